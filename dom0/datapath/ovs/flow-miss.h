/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Frames that no flow took: they are decided, and what was decided becomes a flow. */
#ifndef DATAPATH_OVS_FLOW_MISS_H
#define DATAPATH_OVS_FLOW_MISS_H

#include "datapath/ovs/flow-state.h"

/*
 * Some of those that wait at @port, before it is another's turn; how many there were. Where
 * sockets are polled, a port whose misses took more than its share of the time (flow-budget.h)
 * is not polled until flow_switch_release(), FLOW_HOLD_MS later.
 */
int flow_port_run(struct flow_port *port, uint64_t now_ms);
bool flow_switch_holds(const struct flow_switch *s);
void flow_switch_release(struct flow_switch *s);

/*
 * Likewise of each port that has any, in turn. To be called when one of the sockets can be
 * read.
 */
int flow_switch_run(struct flow_switch *s, uint64_t now_ms);

#endif /* DATAPATH_OVS_FLOW_MISS_H */
