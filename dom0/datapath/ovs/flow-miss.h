/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Frames that no flow took: they are decided, and what was decided becomes a flow. */
#ifndef DATAPATH_OVS_FLOW_MISS_H
#define DATAPATH_OVS_FLOW_MISS_H

#include "datapath/ovs/flow-state.h"

/* Some of those that wait at @port, before it is another's turn; how many there were. */
int flow_port_run(struct flow_port *port, uint64_t now_ms);

/*
 * Likewise of each port that has any, in turn. To be called when one of the sockets can be
 * read.
 */
int flow_switch_run(struct flow_switch *s, uint64_t now_ms);

#endif /* DATAPATH_OVS_FLOW_MISS_H */
