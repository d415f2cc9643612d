/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Ports of the datapath of flows (ovs.h), and what they name. */
#ifndef DATAPATH_OVS_OVS_PORT_H
#define DATAPATH_OVS_OVS_PORT_H

#include "datapath/ovs/ovs-state.h"

bool ovs_dp_has_port(const struct ovs_datapath *dp, uint32_t port);
int ovs_dp_port_get(struct ovs_datapath *dp, uint32_t port, dp_port_fn fn, void *arg);
int ovs_dp_port_dump(struct ovs_datapath *dp, uint32_t sw, dp_port_fn fn, void *arg);
int ovs_dp_port_new(struct ovs_datapath *dp, uint32_t sw, uint32_t port,
		    const struct dp_port_change *change);
int ovs_dp_port_set(struct ovs_datapath *dp, uint32_t port, const struct dp_port_change *change);
int ovs_dp_port_del(struct ovs_datapath *dp, uint32_t port);
int ovs_dp_port_announce(struct ovs_datapath *dp, uint32_t port);
int ovs_dp_fdb_dump(struct ovs_datapath *dp, uint32_t sw, uint32_t port, dp_fdb_fn fn, void *arg);

/* Of the ACL that its program names; 0: none. */
uint32_t ovs_port_acl(const struct ovs_port *port);
/* What is kept of it is in force. */
int ovs_port_apply(struct ovs_datapath *dp, struct ovs_port *port);
/* It is known as port @number of @sw; @kept is taken over. */
struct ovs_port *ovs_port_enter(struct ovs_datapath *dp, struct ovs_switch *sw, uint32_t number,
				const char *name, struct kept *kept);
/* Nothing more is known of it; the port itself is gone, or goes with its switch. */
void ovs_port_forget(struct ovs_datapath *dp, struct ovs_port *port);
/* The one that has @number in @flows; NULL: it is not known. */
struct ovs_port *ovs_port_find(const struct ovs_datapath *dp, const struct flow_switch *flows,
			       uint32_t number);
/* Its own addresses came here by a frame: true once. */
bool ovs_port_woke(struct ovs_datapath *dp, struct ovs_port *port);
/* An event of it, but for what happened. */
struct dp_event ovs_port_event(const struct ovs_port *port);

#endif /* DATAPATH_OVS_OVS_PORT_H */
