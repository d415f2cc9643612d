/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Keys, masks and actions of openvswitch.ko as netlink attributes. Bytes in, bytes out. */
#ifndef DATAPATH_OVS_FLOW_ATTRS_H
#define DATAPATH_OVS_FLOW_ATTRS_H

#include "datapath/ovs/decide.h"

/* Where attributes go; what does not find room leaves it full, and the whole is void. */
struct attrs {
	uint8_t *p;
	size_t len, room;
	bool full;
};

void attr_put(struct attrs *a, uint16_t type, const void *data, size_t len);
/* What is put until attr_end() is inside it. */
size_t attr_begin(struct attrs *a, uint16_t type);
void attr_end(struct attrs *a, size_t begun);

/*
 * The attributes of OVS_FLOW_ATTR_KEY or OVS_PACKET_ATTR_KEY at @p, in any order. What is not
 * known is passed over. -EINVAL: one is there twice, of a wrong length, cut short, or one that
 * must be there is not.
 */
int flow_key_decode(const uint8_t *p, size_t len, struct flow_key *ret);

/* Likewise of OVS_FLOW_ATTR_MASK, in which nothing must be. */
int flow_mask_decode(const uint8_t *p, size_t len, struct flow_key *ret);

/* A mask for a flow with @kernel as its key, which has the attributes that @mask may have. */
void flow_mask_encode(const struct flow_key *kernel, const struct flow_key *mask,
		      struct attrs *ret);

/* The meter of one of a port's limits, in openvswitch.ko. */
typedef uint32_t (*flow_meter_fn)(const struct dp_world_port *port, enum vs_limit limit);

/*
 * What is to be done with a frame, and with all that the decision is for: nothing if it is
 * dropped. A frame's DEI goes where its tag does: a key does not tell it, so no flow sets it.
 */
void flow_actions_encode(const struct decision *d, const struct dp_world_port *from,
			 flow_meter_fn meter_of, struct attrs *ret);

#endif /* DATAPATH_OVS_FLOW_ATTRS_H */
