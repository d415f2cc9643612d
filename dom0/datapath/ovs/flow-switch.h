/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A switch made of flows in openvswitch.ko: misses are decided by the core, and what was
 * decided is put in force as flows, of which each stands for all frames that are decided alike.
 *
 * What a guest can make us keep or do is bounded and its own: each port has an upcall socket, a
 * number of flows (its oldest goes for a new one), and is asked in turn. The masks of a datapath
 * are few (seen.h), and beyond FLOW_MASKS_MAX of them flows are of whole addresses and ports,
 * which have one mask for each kind of packet.
 *
 * When a policy or an address changes, each flow is decided again, and goes if it is not what it
 * was; so a flow is never in force longer than what it was made by. Flows stay in the kernel
 * when this is closed.
 */
#ifndef DATAPATH_OVS_FLOW_SWITCH_H
#define DATAPATH_OVS_FLOW_SWITCH_H

#include "datapath/ovs/ovs-client.h"
#include "datapath/ovs/stations.h"

#define FLOW_PORT_MAX	1024	/* flows that frames of one port make */
#define FLOW_MASKS_MAX	16

struct flow_switch;

struct flow_switch_counts {
	uint64_t misses, installed, by_hand, evicted, revoked, lost;
	size_t flows, masks;
	enum vifswitch_drop_reason last;	/* of the last miss */
	uint64_t hands[SEEN_HANDS];
};

/* Makes a datapath whose local port, 0, is a new netdev @name; one of that name goes. */
int flow_switch_new(struct ovs_client *client, const char *name, struct flow_switch **ret);
/* The datapath stays if @keep. */
void flow_switch_close(struct flow_switch *s, bool keep);

/* @netdev joins, closed, by the number *@ret. @cookie: as of a port of vifswitch.ko. */
int flow_switch_add(struct flow_switch *s, const char *netdev, const uint8_t *cookie,
		    size_t cookie_len, uint32_t *ret);
int flow_switch_remove(struct flow_switch *s, uint32_t number);
/*
 * In force when it returns. -EINVAL, with *err: not a program; -EOPNOTSUPP, with *err: it has
 * what flows cannot do, and the port is closed. @acl must stay until it is not named any more.
 */
int flow_switch_program(struct flow_switch *s, uint32_t number, const void *blob, size_t len,
			const struct vs_acl *acl, struct vs_program_error *err);

/*
 * Some misses of each port that has any, in turn. How many there were, or a negative errno.
 * To be called when one of the sockets can be read.
 */
int flow_switch_run(struct flow_switch *s, uint64_t now_ms);
/*
 * Addresses not seen since @before_ms are forgotten, and so are their flows. One whose frames
 * all have flows is not seen meanwhile: it is learned again by its next frame.
 */
void flow_switch_age(struct flow_switch *s, uint64_t before_ms);

const struct flow_switch_counts *flow_switch_counts(const struct flow_switch *s);

#endif /* DATAPATH_OVS_FLOW_SWITCH_H */
