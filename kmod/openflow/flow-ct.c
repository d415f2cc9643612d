// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Connection tracking for flow tables (OP_CT). A session is of the port whose frame began it, and
 * is charged to that. So a frame's session is in one of two places: in what the port it came from
 * began, or, where it is an answer, in what the port of its destination began. These tables are
 * not those of stateful ACLs, which a controller would else unlock: an ACL judges each frame by
 * its own.
 */
#include "flow-mode.h"

static struct vs_port *port_of_destination(const struct vs_switch *sw, const struct vs_frame *f,
					   u16 vid)
{
	const struct vs_guard *g;
	const struct vs_fdb_entry *e;

	if (f->dst_group)
		return NULL;
	g = vs_guard_find(sw, f->dst);
	if (g)
		return READ_ONCE(g->at);
	e = vs_fdb_find(sw, VS_KEY(f->dst, vid));
	return e ? READ_ONCE(e->port) : NULL;
}

static bool readable(const struct vs_packet *pkt)
{
	return !pkt->reason && pkt->fragment != VS_FRAGMENT_LATER;
}

static u16 look(struct vs_trip *t, const struct vs_frame *f, u16 vid, struct vs_session_packet *in)
{
	struct vs_port *other = port_of_destination(t->from->sw, f, vid);
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
	struct vs_packet pkt;
	struct vs_frame f;

	*ret_state = VIFSWITCH_OF_CT_TRACKED | VIFSWITCH_OF_CT_INVALID;
	if (!vs_make_readable(skb))
		return VIFSWITCH_DROP_NO_MEMORY;
	in.pkt = &pkt;
	in.p = skb_mac_header(skb);
	in.len = ETH_HLEN + skb_headlen(skb);
	if (!vs_frame_parse(&f, in.p, in.len, run->tag) || f.inner ||
	    (f.type != VS_TYPE_IP4 && f.type != VS_TYPE_IP6))
		return VIFSWITCH_DROP_NONE;
	vs_packet_parse(&pkt, in.p, min_t(size_t, in.len, VS_PACKET_HEADERS), ETH_HLEN + skb->len,
			&f);
	if (!readable(&pkt))
		return VIFSWITCH_DROP_NONE;
	*ret_state = look(t, &f, vid, &in);
	if (*ret_state)
		return VIFSWITCH_DROP_NONE;
	*ret_state = vs_session_untracked(&in);
	return run->track.commit && *ret_state & VIFSWITCH_OF_CT_NEW ?
	       vs_tracked_commit(t->from, max, &in) : VIFSWITCH_DROP_NONE;
}
