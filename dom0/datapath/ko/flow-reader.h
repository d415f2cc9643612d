/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Flow records and samples as vifswitch.ko tells them (vifswitch/flow-abi.h). The socket is
 * opened, and joins the groups, where there is CAP_NET_ADMIN; it may be handed to a process
 * without: that one only reads. While some process has it open, what it was not given yet
 * waits in it, so who was killed leaves to the next one what it had not read.
 */
#ifndef DATAPATH_KO_FLOW_READER_H
#define DATAPATH_KO_FLOW_READER_H

#include <linux/netlink.h>
#include <net/if.h>
#include <stdint.h>

#include "vifswitch/abi.h"
#include "vifswitch/flow-abi.h"

/* By whose frames it is. The cookie is the message's: copy what you keep. */
struct flow_port {
	uint32_t sw;
	uint32_t ifindex;
	char switch_name[IFNAMSIZ];
	char name[IFNAMSIZ];
	const void *cookie;		/* identity, as vifswitchd set it; NULL: none */
	uint32_t cookie_len;
};

/* What is to be done with each; @packet: the frame's first octets, its tag put back. */
struct flow_sink {
	void (*record)(const struct flow_port *port, const struct vifswitch_flow *record,
		       void *arg);
	void (*sample)(const struct flow_port *port, const struct vifswitch_sample *sample,
		       const uint8_t *packet, uint32_t packet_len, void *arg);
	void *arg;
};

/* One message. 0; -EBADMSG: it is none of these, or lacks what it must have. */
int flow_message(const struct nlmsghdr *h, const struct flow_sink *sink);

struct flow_reader;

/* Takes @fd over, when it succeeds. */
int flow_reader_new(int fd, struct flow_reader **ret);
struct flow_reader *flow_reader_free(struct flow_reader *reader);
/* Poll for input, then take at most @limit messages, without waiting: how many, or an errno. */
int flow_reader_fd(const struct flow_reader *reader);
int flow_reader_take(struct flow_reader *reader, int limit, const struct flow_sink *sink);

#endif /* DATAPATH_KO_FLOW_READER_H */
