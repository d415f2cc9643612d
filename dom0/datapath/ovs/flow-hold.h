/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Flows that are in force: whether they still do what would be decided, and what they took. */
#ifndef DATAPATH_OVS_FLOW_HOLD_H
#define DATAPATH_OVS_FLOW_HOLD_H

#include "datapath/ovs/flow-state.h"

/* As attributes, in the room that @s has for them. */
void flow_encode_actions(struct flow_switch *s, const struct decision *d,
			 const struct dp_world_port *from, struct attrs *ret);
void flow_ufid(uint64_t id, uint64_t boot, uint8_t ret[OVS_UFID_LEN]);
/* @count frames of the port @number were dropped. */
void flow_count_drops(struct flow_switch *s, uint32_t number, enum vifswitch_drop_reason reason,
		      uint64_t count);

/* It is no flow of the kernel's any more, and freed. */
void flow_drop(struct flow_switch *s, struct flow *flow);
void flow_drop_all(struct flow_switch *s, struct flow_port *port);
/* Flows that concern @mac, or all if it is NULL: those that do something else go. */
void flow_revalidate(struct flow_switch *s, const uint64_t *mac);

/*
 * The kernel's flows of one that was adopted: those stay that do what is decided now, and say
 * which addresses are where.
 */
int flow_switch_adopt_flows(struct flow_switch *s, uint64_t now_ms);
/* Asks what flows took since: drops are counted, and addresses seen. */
int flow_switch_count(struct flow_switch *s);

#endif /* DATAPATH_OVS_FLOW_HOLD_H */
