/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Client of the kernel's generic-netlink family "vifswitch" (vifswitch/abi.h)
 * in the network namespace the datapath was opened in.
 *
 * Every call returns 0 or a negative errno; datapath_error() then has the
 * kernel's own words. -EOPNOTSUPP from datapath_resolve(), and -EPROTONOSUPPORT
 * from the others, mean that the module is not loaded. Reloading the module
 * changes the family's number; calls find that out by themselves and resolve it
 * again once.
 */
#ifndef DATAPATH_KO_CLIENT_H
#define DATAPATH_KO_CLIENT_H

#include "datapath/ops.h"

int datapath_new(struct datapath **ret);
struct datapath *datapath_free(struct datapath *dp);
void datapath_freep(struct datapath **dp);
const char *datapath_error(const struct datapath *dp);
/* Look the family up (again) and subscribe to its events. */
int datapath_resolve(struct datapath *dp);
/* As found when the family was looked up last; NULL: it is not loaded. */
const struct dp_module *datapath_module(const struct datapath *dp);

int datapath_switch_get(struct datapath *dp, uint32_t sw, struct dp_switch *ret);
int datapath_switch_dump(struct datapath *dp, dp_switch_fn fn, void *arg);
int datapath_switch_set(struct datapath *dp, uint32_t sw, uint32_t ageing_ms, int flow_mode);

int datapath_port_get(struct datapath *dp, uint32_t port, dp_port_fn fn, void *arg);
/* All ports, or those of one switch if @sw is not 0. */
int datapath_port_dump(struct datapath *dp, uint32_t sw, dp_port_fn fn, void *arg);
int datapath_port_new(struct datapath *dp, uint32_t sw, uint32_t port,
		      const struct dp_port_change *change);
int datapath_port_set(struct datapath *dp, uint32_t port, const struct dp_port_change *change);
int datapath_port_del(struct datapath *dp, uint32_t port);
int datapath_port_announce(struct datapath *dp, uint32_t port);

int datapath_fdb_dump(struct datapath *dp, uint32_t sw, uint32_t port, dp_fdb_fn fn, void *arg);

/*
 * Events: poll datapath_events_fd() for input, then call datapath_events(). It
 * returns -ENOBUFS if events were lost and -ESTALE if the family came or went:
 * resolve and look at everything again.
 */
int datapath_events_fd(const struct datapath *dp);
int datapath_events(struct datapath *dp, int limit, dp_event_fn fn, void *arg);

#endif /* DATAPATH_KO_CLIENT_H */
