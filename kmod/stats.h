/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Counters of a port, and what a frame is worth in them. */
#ifndef VS_STATS_H
#define VS_STATS_H

#include <linux/skbuff.h>
#include <linux/u64_stats_sync.h>

#include <vifswitch/abi.h>

struct vs_stats {
	u64_stats_t ctr[VIFSWITCH_CTR_MAX + 1];
	u64_stats_t drops[VIFSWITCH_DROP_COUNT];
	struct u64_stats_sync syncp;
};

struct vs_totals {
	u64 ctr[VIFSWITCH_CTR_MAX + 1];
	u64 drops[VIFSWITCH_DROP_COUNT];
};

/* A frame as it is on the wire, without tags that travel beside it. */
struct vs_wire {
	u32 packets;
	u32 bytes;
	u32 largest;	/* octets of its largest packet; U32_MAX: ask the kernel */
};

/* For a GSO frame; @skb->data is behind the Ethernet header. */
void vs_wire_gso(struct vs_wire *w, const struct sk_buff *skb);

static inline void vs_wire_of(struct vs_wire *w, const struct sk_buff *skb)
{
	if (unlikely(skb_is_gso(skb))) {
		vs_wire_gso(w, skb);
		return;
	}
	w->packets = 1;
	w->bytes = skb->len + ETH_HLEN;
	w->largest = w->bytes;
}

static inline void vs_count(struct vs_stats __percpu *stats, unsigned int ctr, u32 packets,
			    u32 bytes)
{
	struct vs_stats *s = this_cpu_ptr(stats);

	u64_stats_update_begin(&s->syncp);
	u64_stats_add(&s->ctr[ctr], packets);
	u64_stats_add(&s->ctr[ctr + 1], bytes);
	u64_stats_update_end(&s->syncp);
}

static inline void vs_count_drop(struct vs_stats __percpu *stats, enum vifswitch_drop_reason reason)
{
	struct vs_stats *s = this_cpu_ptr(stats);

	u64_stats_update_begin(&s->syncp);
	u64_stats_inc(&s->drops[reason]);
	u64_stats_update_end(&s->syncp);
}

struct vs_stats __percpu *vs_stats_alloc(void);
/* What was counted elsewhere: one more than VIFSWITCH_CTR_UNSPEC is counters[0]. */
void vs_stats_add(struct vs_stats __percpu *stats, const u64 *counters, const u64 *drops);
void vs_stats_sum(const struct vs_stats __percpu *stats, struct vs_totals *ret);

#endif /* VS_STATS_H */
