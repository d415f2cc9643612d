/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The short way into the switch, for nearly every frame: an untagged one of TCP or UDP
 * in a whole IP packet, from the first own address of a guarded port in one VLAN. It is
 * made of the same pieces as vs_ingress() and answers for fewer frames, never
 * otherwise: tests/fuzz/core-frame.c and tests/unit/core-express.c hold them together.
 *
 * Nothing here hands out the address of the verdict, so that the caller's lives in
 * registers; whatever would is left to vs_ingress().
 */
#ifndef VS_EXPRESS_H
#define VS_EXPRESS_H

#include "pipeline.h"

/* Can @acl be asked, if the program names one? */
static __always_inline bool vs_express_asks(const struct vs_program *prog,
					    const struct vs_acl *acl)
{
	return likely(!prog->acl || (acl && acl->express));
}

/* Is it worth a try, where the program says so (@way)? */
static __always_inline bool vs_express_may(const struct vs_program *prog, const struct vs_acl *acl,
					   const enum vs_way way)
{
	return prog->way == way && vs_express_asks(prog, acl);
}

static __always_inline bool vs_express_frame(struct vs_verdict *v, const struct vs_program *prog,
					     const u8 *p)
{
	struct vs_frame *f = &v->frame;

	f->dst = vs_mac_load(p);
	f->src = vs_mac_load(p + VS_MAC_LEN);
	f->type = vs_get_be16(p + 2 * VS_MAC_LEN);
	f->tag = VS_NO_TAG;
	f->l3 = VS_ETH_LEN;
	f->inner = false;
	f->dst_group = false;
	f->control = VS_CONTROL_NONE;
	v->vid = prog->pvid;
	v->prio = prog->prio_set;
	v->target = VS_TO_UNICAST;
	v->reason = VIFSWITCH_DROP_NONE;
	v->isolated = false;
	return f->src == prog->macs[0] && !(p[0] & 1);
}

static __always_inline bool vs_express_guard(const struct vs_program *prog,
					     const struct vs_packet *pkt, const bool ip4)
{
	if (unlikely(pkt->l4_src == (ip4 ? VS_PORT_DHCP_SERVER : VS_PORT_DHCP6_SERVER) ||
		     pkt->l4_dst == (ip4 ? VS_PORT_DHCP_CLIENT : VS_PORT_DHCP6_CLIENT)))
		return false;
	if (!(prog->flags & VIFSWITCH_PF_IP_GUARD))
		return true;
	return ip4 ? vs_guard_listed4(prog, pkt->src.ip4) :
		     vs_guard_listed6(prog, pkt->src.ip6[0], pkt->src.ip6[1]);
}

/* What the rule means to the port's sessions, which the caller asks then. */
static __always_inline bool vs_express_tracked(struct vs_access *access, const struct vs_acl *acl)
{
	u8 flags = vs_acl_flags(acl, VIFSWITCH_ACL_FROM, access->rule);

	if (unlikely(vs_acl_action(acl, VIFSWITCH_ACL_FROM, access->rule) !=
		     VIFSWITCH_ACL_ALLOW)) {
		access->track = VS_TRACK_DENIED;
		return acl->stateful;
	}
	access->track = flags ? VS_TRACK_NONE : VS_TRACK_ALLOWED;
	return !(flags & ~VIFSWITCH_ACL_RF_STATELESS);
}

/*
 * A rule that allows, with nothing to be remembered, logged or counted but itself. @tracks: or
 * any that leaves it to the port's sessions.
 */
static __always_inline bool vs_express_acl(struct vs_access *access, const struct vs_acl *acl,
					   const struct vs_acl_table *t,
					   const struct vs_packet *pkt, const u8 *addresses,
					   const bool ip4, const bool tracks)
{
	const struct vifswitch_acl_rule *r;

	access->rule = ip4 ? vs_acl_lookup_usual4(t, pkt->src.ip4, pkt->dst.ip4, pkt->proto,
						  pkt->l4_dst) :
			     vs_acl_lookup_usual6(t, addresses, pkt->proto, pkt->l4_dst);
	if (tracks)
		return vs_express_tracked(access, acl);
	if (unlikely(access->rule < 0))
		return false;
	r = acl->rules + access->rule;
	return likely(r->action == VIFSWITCH_ACL_ALLOW &&
		      r->flags == VIFSWITCH_ACL_RF_STATELESS);
}

static __always_inline bool vs_express_packet(struct vs_verdict *v, const struct vs_program *prog,
					      const struct vs_acl *acl, const u8 *p, size_t len,
					      size_t whole, const bool ip4, const bool tracks)
{
	const struct vs_acl_table *t = NULL;

	if (prog->acl) {
		t = &acl->table[VIFSWITCH_ACL_FROM][ip4 ? VIFSWITCH_ACL_IP4 : VIFSWITCH_ACL_IP6];
		if (unlikely(!t->usual))
			return false;
	}
	if (!vs_packet_parse_usual(&v->packet, p, len, whole, &v->frame, ip4) ||
	    !vs_express_guard(prog, &v->packet, ip4))
		return false;
	return !t || vs_express_acl(&v->access, acl, t, &v->packet, p + VS_ETH_LEN + 8, ip4,
				    tracks);
}

/*
 * For a program and ACL that may. True: the frame at @p, with no tag beside it, passes, for
 * one address; *v has what forwarding reads, and access.rule if the program names an ACL,
 * whose answer is plain. False says nothing: ask vs_ingress(). With @tracks, a constant, it may
 * also be that access.track is VS_TRACK_ALLOWED or VS_TRACK_DENIED (NONE without an ACL): then
 * the frame passes if vs_session_goes_on() says so, and if not ask vs_ingress(), too. With
 * @reads, a constant, v->packet is what the frame is, even where the program does not ask.
 */
static __always_inline bool vs_express(struct vs_verdict *v, const struct vs_program *prog,
				       const struct vs_acl *acl, const u8 *p, size_t len,
				       size_t whole, const bool tracks, const bool reads)
{
	if (tracks)
		v->access.track = VS_TRACK_NONE;
	if (unlikely(len < VS_ETH_LEN + VS_IP4_LEN + VS_TCP_LEN ||
		     !vs_express_frame(v, prog, p)))
		return false;
	if (likely(v->frame.type == VS_TYPE_IP4)) {
		if (!reads && prog->look == VS_LOOK_GLANCE)
			return vs_guard_glance(&v->frame, p, len);
		return vs_express_packet(v, prog, acl, p, len, whole, true, tracks);
	}
	return v->frame.type == VS_TYPE_IP6 &&
	       vs_express_packet(v, prog, acl, p, len, whole, false, tracks);
}

#endif /* VS_EXPRESS_H */
