/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * openvswitch.ko as a datapath (datapath/ops.h, which has the contracts): its switches are
 * datapaths of openvswitch.ko that this service made, and has marked as such. What the module
 * cannot keep of a port is in files (keeper.h). Whoever comes next adopts all of it: ports,
 * claims, limits, flows.
 *
 * Misses are decided in ovs_dp_events(): a few of each port that has any, so that a call takes
 * no longer whatever guests send.
 */
#ifndef DATAPATH_OVS_OVS_H
#define DATAPATH_OVS_OVS_H

#include "datapath/ops.h"

struct ovs_datapath;

/* @dir: where files are kept. What is there of an earlier one is adopted. */
int ovs_dp_open(const char *dir, struct ovs_datapath **ret);
struct ovs_datapath *ovs_dp_close(struct ovs_datapath *dp);
const char *ovs_dp_error(const struct ovs_datapath *dp);

bool ovs_dp_has_switch(const struct ovs_datapath *dp, uint32_t sw);
size_t ovs_dp_switches(const struct ovs_datapath *dp);

/* Loads the module if it must. -EEXIST: something else has that name. */
int ovs_dp_switch_new(struct ovs_datapath *dp, const char *name);
int ovs_dp_switch_del(struct ovs_datapath *dp, uint32_t sw);
int ovs_dp_switch_get(struct ovs_datapath *dp, uint32_t sw, struct dp_switch *ret);
int ovs_dp_switch_dump(struct ovs_datapath *dp, dp_switch_fn fn, void *arg);
int ovs_dp_switch_set(struct ovs_datapath *dp, uint32_t sw, uint32_t ageing_ms, int flow_mode);

int ovs_dp_events_fd(const struct ovs_datapath *dp);
int ovs_dp_events(struct ovs_datapath *dp, dp_event_fn fn, void *arg);

#endif /* DATAPATH_OVS_OVS_H */
