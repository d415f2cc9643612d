/* SPDX-License-Identifier: GPL-2.0-or-later */
/* forward.c: where a frame comes into the switch. */
#ifndef VS_SWITCH_FRAME_H
#define VS_SWITCH_FRAME_H

#include "recording.h"
#include "vifswitch.h"

rx_handler_result_t vs_switch_express(struct vs_port *port, struct sk_buff **pskb,
				      struct vs_policy *policy);
rx_handler_result_t vs_switch_metered(struct vs_port *port, struct sk_buff **pskb,
				      struct vs_policy *policy);
rx_handler_result_t vs_switch_watched(struct vs_port *port, struct sk_buff **pskb,
				      struct vs_policy *policy);
rx_handler_result_t vs_switch_recorded(struct vs_port *port, struct sk_buff **pskb);
/* The long way, which answers for every frame. */
rx_handler_result_t vs_switch_any(struct vs_port *port, struct sk_buff **pskb);

/*
 * RX_HANDLER_PASS if the frame was not consumed but is for the port's own host stack; never of
 * the local port. Which way it takes is asked here, before anybody has put registers away.
 */
static __always_inline rx_handler_result_t vs_switch_frame(struct vs_port *port,
							   struct sk_buff **pskb)
{
	struct vs_policy *policy = rcu_dereference(port->policy);

	if (vs_is_recording())
		return vs_switch_recorded(port, pskb);
	if (likely(policy && policy->prog.way == VS_WAY_EXPRESS))
		return vs_switch_express(port, pskb, policy);
	if (policy && policy->prog.way == VS_WAY_METERED)
		return vs_switch_metered(port, pskb, policy);
	if (policy && policy->prog.way >= VS_WAY_FLOWS)
		return vs_switch_watched(port, pskb, policy);
	return vs_switch_any(port, pskb);
}

#endif /* VS_SWITCH_FRAME_H */
