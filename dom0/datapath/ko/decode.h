/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Messages of the family "vifswitch" into plain structs; no I/O. */
#ifndef DATAPATH_KO_DECODE_H
#define DATAPATH_KO_DECODE_H

#include <linux/netlink.h>

#include "datapath/messages.h"
#include "vifswitch/session-abi.h"

/* 0, or -EBADMSG for a message without what it must have. */
int dp_group_decode(const struct nlmsghdr *h, struct dp_group *ret);
int dp_switch_decode(const struct nlmsghdr *h, struct dp_switch *ret);
int dp_port_decode(const struct nlmsghdr *h, struct dp_port *ret);
int dp_fdb_decode(const struct nlmsghdr *h, struct dp_fdb *ret);
int dp_event_decode(const struct nlmsghdr *h, struct dp_event *ret);
int dp_module_decode(const struct nlmsghdr *h, struct dp_module *ret);

struct dp_acl_piece {
	uint32_t total;
	uint32_t offset;
	const void *data;
	uint32_t len;
};

int dp_acl_decode(const struct nlmsghdr *h, struct dp_acl *ret);
int dp_acl_piece_decode(const struct nlmsghdr *h, struct dp_acl_piece *ret);
int dp_hits_taken_decode(const struct nlmsghdr *h, uint32_t *ret);
int dp_acl_hits_decode(const struct nlmsghdr *h,
		       int (*fn)(const struct vifswitch_acl_hits *hits, void *arg), void *arg);

int dp_mirror_decode(const struct nlmsghdr *h, struct dp_mirror *ret);
int dp_network_decode(const struct nlmsghdr *h, struct dp_network *ret);
/* -EOPNOTSUPP: an older module. */
int dp_sealed_drops_decode(const struct nlmsghdr *h, struct vifswitch_sealed_drops *ret);

/* Each of a part of a port's; of a later kernel's entries the octets that are known here. */
int dp_sessions_decode(const struct nlmsghdr *h,
		       int (*fn)(const struct vifswitch_session *session, void *arg), void *arg);

/* Adds to @ret what became of sessions. */
int dp_sessions_taken_decode(const struct nlmsghdr *h, struct dp_sessions_taken *ret);
int dp_state_decode(const struct nlmsghdr *h, struct vifswitch_state *ret);

/* "port-joined", ...; NULL for an unknown event. */
const char *datapath_event_word(uint32_t event);

#endif /* DATAPATH_KO_DECODE_H */
