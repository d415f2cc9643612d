/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A switch's tables in vifswitch.ko (vifswitch/openflow-abi.h), by a socket that was granted
 * that switch: requests, and what it is told. Nothing here needs a capability.
 */
#ifndef VIFOFD_KERNEL_H
#define VIFOFD_KERNEL_H

#include "datapath/ko/genl.h"
#include "openflow/ko/of-compile.h"
#include "vifofd/of-fair.h"

/* A granted socket, as vifswitchd hands it over. */
struct kernel_grant {
	int fd;
	uint16_t family;
	uint32_t ifindex;
};

struct kernel_ended {
	TAILQ_ENTRY(kernel_ended) link;
	struct vifswitch_of_flow_stats stats;
};

struct kernel {
	struct netlink nl;		/* fd -1: it has no socket, or lost the switch */
	uint16_t family;
	uint32_t ifindex;
	struct of_switch *sw;
	struct map flows;		/* that are there: struct of_flow by id */
	uint32_t mark, port_mark;	/* of the last refresh, in of_flow.told, of_port.told */
	bool missing;			/* flows went of which it was not told */
	uint32_t seen;			/* flows of this refresh */
	uint64_t refreshed, took;	/* ms */
	uint64_t changes;		/* of what the switch says, counted */
	void (*changed)(void *arg, const struct of_journal *journal);	/* NULL: nobody is told */
	void *changed_arg;
	bool restored;			/* its flows are an earlier process's */
	uint64_t own;			/* COMPILE_*_ID that is there, or 0 */
	uint64_t own_packets;
	struct of_out *doomed;		/* records that remove what is there without our knowing */
	struct map learners;		/* of-learn.h; how many flows each has, by its id */
	uint32_t learned;		/* flows of all of them */
	struct fair fair;
	TAILQ_HEAD(, kernel_ended) ended;
};

extern const struct of_datapath_ops kernel_ops;

void kernel_init(struct kernel *k, struct of_switch *sw);
void kernel_deinit(struct kernel *k);
static inline bool kernel_is_open(const struct kernel *k)
{
	return k->nl.fd >= 0;
}

/* Takes the socket over. What is in the tables becomes what the switch says. */
int kernel_open(struct kernel *k, const struct kernel_grant *grant);
void kernel_close(struct kernel *k);
/* Take what has come to the socket. */
int kernel_receive(struct kernel *k);
/* Sessions are told what came, as far as they have room. */
void kernel_tell(struct kernel *k);
/* Ports as they are now. */
int kernel_read_ports(struct kernel *k);

/* ---- requests: 0 or a negative errno ---- */

/* Records, as one transaction. */
int kernel_change(struct kernel *k, const struct of_out *records);
int kernel_send(struct kernel *k, const struct vifswitch_of_packet_out *head,
		const struct of_out *ops, const uint8_t *frame, size_t len);
/* @record: of @kind, whole; @fn returns nothing, because each is for itself. */
typedef void (*kernel_record_fn)(struct kernel *k, const struct vifswitch_of_record *record);
int kernel_get(struct kernel *k, uint32_t kind, kernel_record_fn fn);

#endif /* VIFOFD_KERNEL_H */
