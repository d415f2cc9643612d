// SPDX-License-Identifier: GPL-2.0-or-later
#include <linux/etherdevice.h>
#include <linux/percpu.h>
#include <linux/tcp.h>
#include <linux/udp.h>

#include "compat.h"
#include "stats.h"

struct vs_stats __percpu *vs_stats_alloc(void)
{
	struct vs_stats __percpu *stats = alloc_percpu(struct vs_stats);
	int cpu;

	if (!stats)
		return NULL;
	for_each_possible_cpu(cpu)
		u64_stats_init(&per_cpu_ptr(stats, cpu)->syncp);
	return stats;
}

void vs_stats_add(struct vs_stats __percpu *stats, const u64 *counters, const u64 *drops)
{
	struct vs_stats *s;
	unsigned int i;

	/* frames count with bottom halves off, on their own CPU */
	local_bh_disable();
	s = this_cpu_ptr(stats);
	u64_stats_update_begin(&s->syncp);
	for (i = VIFSWITCH_CTR_UNSPEC + 1; i <= VIFSWITCH_CTR_MAX; i++)
		u64_stats_add(&s->ctr[i], counters[i - 1]);
	for (i = VIFSWITCH_DROP_NONE + 1; i < VIFSWITCH_DROP_COUNT; i++)
		u64_stats_add(&s->drops[i], drops[i]);
	u64_stats_update_end(&s->syncp);
	local_bh_enable();
}

void vs_stats_sum(const struct vs_stats __percpu *stats, struct vs_totals *ret)
{
	struct vs_totals one;
	unsigned int i, start;
	int cpu;

	memset(ret, 0, sizeof(*ret));
	for_each_possible_cpu(cpu) {
		const struct vs_stats *s = per_cpu_ptr(stats, cpu);

		do {
			start = u64_stats_fetch_begin(&s->syncp);
			for (i = 0; i < ARRAY_SIZE(one.ctr); i++)
				one.ctr[i] = u64_stats_read(&s->ctr[i]);
			for (i = 0; i < ARRAY_SIZE(one.drops); i++)
				one.drops[i] = u64_stats_read(&s->drops[i]);
		} while (u64_stats_fetch_retry(&s->syncp, start));
		for (i = 0; i < ARRAY_SIZE(one.ctr); i++)
			ret->ctr[i] += one.ctr[i];
		for (i = 0; i < ARRAY_SIZE(one.drops); i++)
			ret->drops[i] += one.drops[i];
	}
}

/*
 * Octets of headers from the network header to the payload, which every segment
 * repeats; 0 if the frame does not tell. The transport header of a frame that
 * comes from a driver need not be set, but the checksum start is, for GSO needs
 * the checksum made for each segment.
 */
static u32 gso_header_len(const struct sk_buff *skb)
{
	const unsigned int type = skb_shinfo(skb)->gso_type;
	struct tcphdr buf;
	const struct tcphdr *th;
	int offset;

	if (skb->ip_summed == CHECKSUM_PARTIAL)
		offset = skb_checksum_start_offset(skb);
	else if (skb_transport_header_was_set(skb))
		offset = skb_transport_offset(skb);
	else
		return 0;
	if (offset <= 0 || (u32)offset >= skb->len)
		return 0;
	if (type & (SKB_GSO_UDP_L4 | SKB_GSO_UDP))
		return offset + sizeof(struct udphdr);
	if (!(type & (SKB_GSO_TCPV4 | SKB_GSO_TCPV6)))
		return 0;
	th = skb_header_pointer(skb, offset, sizeof(buf), &buf);
	if (!th || th->doff < sizeof(buf) / 4)
		return 0;
	return offset + th->doff * 4;
}

/* gso_segs is a hint that may be 0 or, from an untrusted sender, wrong. */
void vs_wire_gso(struct vs_wire *w, const struct sk_buff *skb)
{
	const struct skb_shared_info *shinfo = skb_shinfo(skb);
	u32 headers = gso_header_len(skb);
	u32 payload;

	w->packets = max_t(u32, shinfo->gso_segs, 1);
	w->largest = U32_MAX;
	if (shinfo->gso_size == GSO_BY_FRAGS || (shinfo->gso_type & SKB_GSO_FRAGLIST)) {
		w->bytes = skb->len + ETH_HLEN * w->packets;
		return;
	}
	if (headers > skb->len)
		headers = 0;
	payload = skb->len - headers;
	w->packets = max_t(u32, DIV_ROUND_UP(payload, shinfo->gso_size), 1);
	w->bytes = payload + (headers + ETH_HLEN) * w->packets;
	if (headers)
		w->largest = headers + ETH_HLEN + min_t(u32, payload, shinfo->gso_size);
}
