/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Watched frames on the short way, for forward.c alone. */
#ifndef VS_EXPRESS_METER_H
#define VS_EXPRESS_METER_H

#include "core/express.h"
#include "meter.h"

/* A watched frame on the short way: the key of its flow, in words that are registers. */
static __always_inline void express_key(const struct vs_verdict *v, const struct sk_buff *skb,
					u32 to, u64 *words, struct vs_flow_part *part)
{
	const u8 *p = skb_mac_header(skb);
	const bool ip4 = likely(v->frame.type == VS_TYPE_IP4);
	u32 l4 = VS_ETH_LEN + (ip4 ? VS_IP4_LEN : VS_IP6_LEN);

	if (ip4)
		vs_flow_key_usual(p, v->vid, to, words, true);
	else
		vs_flow_key_usual(p, v->vid, to, words, false);
	part->octets_l3 = ip4 ? vs_get_be16(p + VS_ETH_LEN + 2) :
			  VS_IP6_LEN + vs_get_be16(p + VS_ETH_LEN + 4);
	part->tcp_flags = (u8)(words[0] >> 8) == VS_PROTO_TCP ? p[l4 + 13] : 0;
}

static __always_inline void express_count(struct vs_meter *m, const struct vs_verdict *v,
					  u32 bytes, u64 *words, struct vs_flow_part *part,
					  enum vifswitch_drop_reason reason, bool accepted)
{
	part->packets = 1;
	part->octets = bytes;
	part->now = (u32)jiffies;
	words[0] |= reason;
	words[1] |= accepted ? VIFSWITCH_FLOW_ACCEPTED : 0;
	if (likely(v->frame.type == VS_TYPE_IP4))
		vs_meter_count(m, words, true, part, v->frame.dst, v->frame.src);
	else
		vs_meter_count(m, words, false, part, v->frame.dst, v->frame.src);
}

/* Of a port without IP guard and ACL nobody has read the packet yet. */
static __always_inline bool express_reads(const struct vs_verdict *v,
					  const struct vs_program *prog,
					  const struct sk_buff *skb, u32 bytes)
{
	struct vs_packet unused __uninitialized;

	return prog->look == VS_LOOK_PACKET || v->frame.type != VS_TYPE_IP4 ||
	       vs_packet_parse_usual(&unused, skb_mac_header(skb), ETH_HLEN + skb_headlen(skb),
				     bytes, &v->frame, true);
}

#endif /* VS_EXPRESS_METER_H */
