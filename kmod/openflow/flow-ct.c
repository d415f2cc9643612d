// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Connection tracking for flow tables (OP_CT). A session is of the port whose frame began it, and
 * is charged to that. So a frame's session is in one of two places: in what the port it came from
 * began, or, where it is an answer, in what the port of its destination began. These tables are
 * not those of stateful ACLs, which a controller would else unlock: an ACL judges each frame by
 * its own.
 */
#include "flow-mode.h"

static bool readable(const struct vs_packet *pkt)
{
	return !pkt->reason && pkt->fragment != VS_FRAGMENT_LATER;
}

static u16 look(struct vs_trip *t, const struct vs_verdict *v, struct vs_session_packet *in)
{
	struct vs_port *other = v->frame.dst_group ? NULL : vs_port_to(v, t->from);
	u16 state = vs_tracked_look(t->from, in);

	if (!state && other) {
		in->dir = VIFSWITCH_ACL_TO;
		state = vs_tracked_look(other, in);
		in->dir = VIFSWITCH_ACL_FROM;
	}
	return state;
}

enum vifswitch_drop_reason vs_flows_track(struct vs_trip *t, struct sk_buff *skb,
					  const struct vs_of_run *run, u16 vid, u16 *ret_state)
{
	struct vs_session_packet in = {
		.now = vs_sessions_now(), .vid = run->track.zone, .dir = VIFSWITCH_ACL_FROM,
		.allowed = true, .packets = run->packets, .octets = run->bytes,
	};
	u32 max = t->policy->prog.connections_max ?: VIFSWITCH_OF_CT_MAX;
	struct vs_verdict v = { .vid = vid };

	*ret_state = VIFSWITCH_OF_CT_TRACKED | VIFSWITCH_OF_CT_INVALID;
	if (!vs_make_readable(skb))
		return VIFSWITCH_DROP_NO_MEMORY;
	in.pkt = &v.packet;
	in.p = skb_mac_header(skb);
	in.len = ETH_HLEN + skb_headlen(skb);
	if (!vs_frame_parse(&v.frame, in.p, in.len, run->tag) || v.frame.inner ||
	    (v.frame.type != VS_TYPE_IP4 && v.frame.type != VS_TYPE_IP6))
		return VIFSWITCH_DROP_NONE;
	vs_verdict_parse(&v, in.p, min_t(size_t, in.len, VS_PACKET_HEADERS), ETH_HLEN + skb->len);
	if (!readable(&v.packet))
		return VIFSWITCH_DROP_NONE;
	*ret_state = look(t, &v, &in);
	if (*ret_state)
		return VIFSWITCH_DROP_NONE;
	*ret_state = vs_session_untracked(&in);
	return run->track.commit && *ret_state & VIFSWITCH_OF_CT_NEW ?
	       vs_tracked_commit(t->from, max, &in) : VIFSWITCH_DROP_NONE;
}
