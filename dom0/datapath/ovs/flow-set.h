/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The flows of a switch as they are in the kernel, bounded in number for each port and in
 * masks for all. No I/O.
 */
#ifndef DATAPATH_OVS_FLOW_SET_H
#define DATAPATH_OVS_FLOW_SET_H

#include "datapath/ovs/flow-attrs.h"

struct flow {
	struct flow *next;		/* of the port, from old to new */
	uint64_t id, boot;		/* both are its UFID */
	enum vifswitch_drop_reason reason;	/* NONE: its frames go somewhere */
	uint32_t dropped_at;		/* the port whose drop it is */
	uint16_t vid;			/* its sender's, as was decided */
	uint64_t packets;		/* that it took, as last heard */
	struct flow_key key, mask;
	size_t actions_len;
	uint8_t actions[];
};

/* Of one port, from old to new. */
struct flow_list {
	struct flow *first, **last;
	size_t count;
};

void flow_list_init(struct flow_list *list);
void flow_list_add(struct flow_list *list, struct flow *flow);
/* The oldest, which is the caller's then; NULL: there is none. */
struct flow *flow_list_take(struct flow_list *list);
/* Takes out *@at, which is list->first or the next of a flow in it. */
struct flow *flow_list_cut(struct flow_list *list, struct flow **at);

struct flow *flow_new(uint64_t id, uint64_t boot, const struct flow_key *key,
		      const struct flow_key *mask, const uint8_t *actions, size_t actions_len);

/* The masks in use, each by how many flows. */
struct flow_masks {
	struct flow_mask_use {
		struct flow_key mask;
		size_t flows;
	} *uses;
	size_t count;
};

/*
 * One more flow has @mask. False, and nothing is done, if that would be a further one where
 * there are @max of them.
 */
bool flow_masks_add(struct flow_masks *m, const struct flow_key *mask, size_t max);
void flow_masks_remove(struct flow_masks *m, const struct flow_key *mask);
void flow_masks_deinit(struct flow_masks *m);

/*
 * The mask that looks at all addresses, ports and flags of packets with keys like @key: sound
 * for whatever was decided of it, and there are as many as kinds of packets.
 */
void flow_mask_whole(const struct flow_key *key, struct flow_key *ret);

#endif /* DATAPATH_OVS_FLOW_SET_H */
