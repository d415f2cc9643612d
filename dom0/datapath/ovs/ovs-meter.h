/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Limits of ports as meters of openvswitch.ko, which drop what is too much. */
#ifndef DATAPATH_OVS_OVS_METER_H
#define DATAPATH_OVS_OVS_METER_H

#include "datapath/ovs/ovs-client.h"
#include "kmod/core/program.h"

/* The meter @number does what @limit of a port with @prog does; it begins full. */
int ovs_meter_set(struct ovs_client *c, int dp, uint32_t number, const struct vs_program *prog,
		  enum vs_limit limit);
int ovs_meter_del(struct ovs_client *c, int dp, uint32_t number);
/* How many packets it dropped since it was set. */
int ovs_meter_drops(struct ovs_client *c, int dp, uint32_t number, uint64_t *ret);

#endif /* DATAPATH_OVS_OVS_METER_H */
