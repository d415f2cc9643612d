/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Metered frames on the short way, for forward.c alone. Nothing hands out the address of
 * what its caller has in registers.
 */
#ifndef VS_EXPRESS_METER_H
#define VS_EXPRESS_METER_H

#include "core/express.h"
#include "meter.h"

/* What is known of a frame before it is gone. Its data begins with the Ethernet header. */
struct express_flow {
	u64 words[VS_FLOW_WORDS];
	struct vs_meter_set *set;
};

static __always_inline void express_key(struct express_flow *f, struct vs_meter *m,
					const struct vs_verdict *v, const struct sk_buff *skb,
					u32 to)
{
	const u8 *p = skb->data;

	if (likely(v->frame.type == VS_TYPE_IP4)) {
		/* what is read of it is not read before it is known how much: registers are few */
		OPTIMIZER_HIDE_VAR(m);
		vs_flow_key_usual(p, v->vid, to, VIFSWITCH_FLOW_ACCEPTED, f->words, true);
		f->set = vs_meter_set(m, f->words, true);
	} else {
		OPTIMIZER_HIDE_VAR(m);
		vs_flow_key_usual(p, v->vid, to, VIFSWITCH_FLOW_ACCEPTED, f->words, false);
		f->set = vs_meter_set(m, f->words, false);
	}
}

static __always_inline void express_count(struct express_flow *f, struct vs_meter *m,
					  const struct vs_verdict *v, u32 bytes,
					  enum vifswitch_drop_reason reason)
{
	const struct vs_flow_part part = {
		.packets = 1, .octets = bytes, .octets_l3 = v->packet.end - VS_ETH_LEN,
		.tcp_flags = (u8)v->packet.tcp_flags,
	};

	BUILD_BUG_ON((u8)VIFSWITCH_ACL_ABSENT);

	if (unlikely(reason))
		f->words[0] |= reason;
	if (likely(v->frame.type == VS_TYPE_IP4))
		vs_meter_count(m, f->set, f->words, true, &part, v->frame.dst, v->frame.src);
	else
		vs_meter_count(m, f->set, f->words, false, &part, v->frame.dst, v->frame.src);
}

#endif /* VS_EXPRESS_METER_H */
