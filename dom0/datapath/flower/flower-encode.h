/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Rules as tc has them: filters at the hook where a netdev receives, each known by what it
 * says. Its number and the cookie of its first action are sums of its own octets, so whoever
 * finds one knows whether it is ours, and whether it is the same as one that is wanted.
 */
#ifndef DATAPATH_FLOWER_ENCODE_H
#define DATAPATH_FLOWER_ENCODE_H

#include <netlink/msg.h>

#include "datapath/flower/flower-rule.h"

/* Who carries rules out. */
enum flower_where {
	FLOWER_IN_HARDWARE,	/* nobody else: skip_sw */
	FLOWER_IN_SOFTWARE,	/* tc itself: skip_hw. For tests of what rules mean */
};

/* A filter that is there, or is to be. */
struct flower_filter {
	uint16_t prio, type;		/* type: of frames that it is asked of, host order */
	uint32_t handle;
	uint64_t sum;			/* 0: not ours */
	/* Of one that is there. */
	uint32_t to;			/* ifindex that it forwards to */
	uint64_t packets, bytes, drops;
};

/* Of one that is ours. */
enum flower_stage flower_filter_stage(const struct flower_filter *f);
/* The enum vifswitch_drop_reason that it drops for; of one in a list only its rule knows. */
uint32_t flower_filter_reason(const struct flower_filter *f);

/* What @rule will be as a filter. */
void flower_filter_of(const struct flower_rule *rule, enum flower_where where,
		      struct flower_filter *ret);
/* The message that puts it in force at @ifindex as @filter; NULL: out of memory. */
struct nl_msg *flower_encode(const struct flower_rule *rule, const struct flower_filter *filter,
			     enum flower_where where, uint32_t ifindex);
/* One about a filter, or with NULL about all, where @ifindex receives (RTM_*TFILTER). */
struct nl_msg *flower_message(int type, int flags, uint32_t ifindex,
			      const struct flower_filter *filter);
/* Reads one of an answer. False: it is none, but only a head of those that follow. */
bool flower_decode(const struct nlmsghdr *h, struct flower_filter *ret);

#endif /* DATAPATH_FLOWER_ENCODE_H */
