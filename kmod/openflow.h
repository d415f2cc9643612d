/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Flow mode of a switch, for the rest of the module; kmod/openflow/ has it. A switch that is
 * not in flow mode has no struct vs_flows, and its ports' programs do not say VS_WAY_FLOWS, so
 * nobody asks.
 */
#ifndef VS_OPENFLOW_H
#define VS_OPENFLOW_H

#include <vifswitch/openflow-abi.h>

#include "trip.h"

struct vs_flows;

/* openflow/flow-mode.c, under rtnl */
int vs_flows_mode(struct vs_switch *sw, u32 mode, struct vs_error *err);
u32 vs_flows_mode_of(const struct vs_switch *sw);
/* Of a switch that no frame is on its way through any more. */
void vs_flows_free(struct vs_switch *sw);
void vs_flows_port_joins(struct vs_port *port);
void vs_flows_port_gone(struct vs_port *port);
/* Has the socket the OF_GRANT of the switch? */
bool vs_flows_is_granted(const struct vs_switch *sw, const struct sock *sk);
int vs_flows_init(void);
void vs_flows_exit(void);

/*
 * openflow/flow-way.c: an accepted frame's way through the tables. How it ended, and *ret_to,
 * the ifindex by which it went. Consumes @skb.
 */
enum vifswitch_drop_reason vs_flows_frame(struct vs_trip *t, struct sk_buff *skb, u32 tag,
					  u32 *ret_to);

/*
 * openflow/flow-express.c: the same from the port's receive handler on, by the short way if it can;
 * of a port that would have that without tables.
 */
rx_handler_result_t vs_flows_express(struct vs_port *port, struct sk_buff **pskb,
				     struct vs_policy *policy);
/* forward.c: the long one. */
rx_handler_result_t vs_switch_among_flows(struct vs_port *port, struct sk_buff **pskb);

/* forward.c: the way that an accepted frame takes without tables. */
enum vifswitch_drop_reason vs_switch_normal(struct vs_trip *t, struct sk_buff *skb, u32 *ret_to);

#endif /* VS_OPENFLOW_H */
