/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is in force of switches that are made of flows of openvswitch.ko: out of the files where
 * vifswitchd keeps what the kernel cannot (datapath/ovs/keeper.h), and its own word on addresses.
 */
#ifndef VIFCTL_WHY_FLOW_WORLD_H
#define VIFCTL_WHY_FLOW_WORLD_H

#include "datapath/ops.h"

/* How many there are; negative: @fn said so. */
int flow_world_ports(dp_port_fn fn, void *arg);
/* Of ports in such switches: their own addresses, and those behind them. */
int flow_world_fdb(dp_fdb_fn fn, void *arg);
/* The ACL of that number, to be freed; NULL: there is none. */
void *flow_world_acl(uint32_t id, uint32_t *ret_len);

#endif /* VIFCTL_WHY_FLOW_WORLD_H */
