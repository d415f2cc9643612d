// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A watched port's frames on the long way: what they are is noted before anything is done
 * with them, and counted and told when it is known how they ended.
 */
#include "meter.h"
#include "trip.h"

/* As far as it can be without moving octets about. */
static void parse(struct vs_verdict *v, const struct sk_buff *skb)
{
	u16 type = v->frame.type;

	if (v->frame.inner || (type != VS_TYPE_IP4 && type != VS_TYPE_IP6))
		return;
	vs_verdict_parse(v, skb_mac_header(skb), ETH_HLEN + skb_headlen(skb),
			 ETH_HLEN + skb->len);
}

static bool is_whole_ip(const struct vs_verdict *v)
{
	return v->parsed && !v->packet.reason && v->packet.family != VIFSWITCH_ACL_OTHER;
}

static void note_parts(struct vs_watch *w, const struct vs_trip *t, const struct sk_buff *skb)
{
	const struct vs_verdict *v = &t->v;

	w->part.octets_l3 = t->wire.bytes - t->wire.packets * ETH_HLEN;
	w->part.tcp_flags = 0;
	if (!is_whole_ip(v))
		return;
	if (!skb_is_gso(skb))
		w->part.octets_l3 = v->packet.end - v->packet.l3;
	if (v->packet.tcp_flags != VIFSWITCH_ACL_ABSENT)
		w->part.tcp_flags = (u8)v->packet.tcp_flags;
}

/* TCP or UDP as vs_packet_parse_usual() reads it, in one packet: the key from its octets. */
static __always_inline bool note_usual(struct vs_watch *w, const struct vs_trip *t,
				       const struct sk_buff *skb)
{
	const struct vs_packet *pkt = &t->v.packet;
	bool ip4;

	/* what is not IP has its type, or a length, as its protocol, and no l4 */
	if (!is_whole_ip(&t->v) || pkt->fragment || pkt->l3 != VS_ETH_LEN ||
	    (pkt->proto != VS_PROTO_TCP && pkt->proto != VS_PROTO_UDP) || skb_is_gso(skb))
		return false;
	ip4 = pkt->family == VIFSWITCH_ACL_IP4;
	if (pkt->l4 != VS_ETH_LEN + (ip4 ? VS_IP4_LEN : VS_IP6_LEN) || w->tag != VS_NO_TAG)
		return false;
	w->part.octets_l3 = pkt->end - VS_ETH_LEN;
	w->part.tcp_flags = pkt->proto == VS_PROTO_TCP ? (u8)pkt->tcp_flags : 0;
	w->ip4 = ip4;
	if (ip4)
		vs_flow_key_usual(skb_mac_header(skb), t->v.vid, 0, 0, w->words, true);
	else
		vs_flow_key_usual(skb_mac_header(skb), t->v.vid, 0, 0, w->words, false);
	return true;
}

static void note(struct vs_watch *w, struct vs_trip *t, struct sk_buff *skb, u32 tag)
{
	w->tag = tag;
	vs_wire_of(&t->wire, skb);
	w->part.packets = t->wire.packets;
	w->part.octets = vs_tagged_bytes(&t->wire, tag);
	if (w->m->sets && !note_usual(w, t, skb)) {
		parse(&t->v, skb);
		note_parts(w, t, skb);
		w->ip4 = vs_flow_key(&t->v, skb_mac_header(skb), tag != VS_NO_TAG, w->words);
	}
}

void vs_watch_begin(struct vs_watch *w, struct vs_trip *t, struct sk_buff *skb, u32 tag)
{
	struct vs_meter *m = w->m;

	note(w, t, skb, tag);
	w->chosen = vs_meter_due(m, t->wire.packets);
	if (w->chosen || m->wish.drops)
		w->head_len = vs_frame_head(skb, w->head, m->wish.octets);
}

void vs_watch_lost(struct vs_watch *w, struct vs_trip *t, u32 octets)
{
	w->tag = VS_NO_TAG;
	w->ip4 = vs_flow_key(&t->v, NULL, false, w->words);
	w->head_len = 0;
	w->part = (struct vs_flow_part){
		.packets = 1, .octets = octets, .octets_l3 = octets - ETH_HLEN,
	};
	w->chosen = vs_meter_due(w->m, 1);
	vs_watch_end(w, t, VIFSWITCH_DROP_TRUNCATED, false, VIFSWITCH_FLOW_TO_NONE);
}

static void fill_sequences(const struct vs_meter *m, struct vifswitch_sample *s)
{
	s->every = m->wish.every;
	s->pool = vs_meter_pool(m);
	s->sequence = atomic64_read(&m->sampled);
	s->excess = atomic64_read(&m->excess);
	s->drop_sequence = atomic64_read(&m->drops_told);
	s->drop_excess = atomic64_read(&m->drops_excess);
}

/* Tells @s as far as its port may: as chosen, as dropped, or both. */
static void tell(struct vs_meter *m, struct vifswitch_sample *s, const u8 *head, u32 head_len)
{
	if (!vs_event_samples_heard(m->port))
		return;
	if ((s->flags & VIFSWITCH_SAMPLE_CHOSEN) && atomic_dec_if_positive(&m->sample_tokens) < 0) {
		atomic64_add(s->count, &m->excess);
		s->flags &= ~VIFSWITCH_SAMPLE_CHOSEN;
	}
	if ((s->flags & VIFSWITCH_SAMPLE_DROPPED) && atomic_dec_if_positive(&m->drop_tokens) < 0) {
		atomic64_inc(&m->drops_excess);
		s->flags &= ~VIFSWITCH_SAMPLE_DROPPED;
	}
	if (s->flags & VIFSWITCH_SAMPLE_CHOSEN)
		atomic64_add(s->count, &m->sampled);
	if (s->flags & VIFSWITCH_SAMPLE_DROPPED)
		atomic64_inc(&m->drops_told);
	if (!(s->flags & (VIFSWITCH_SAMPLE_CHOSEN | VIFSWITCH_SAMPLE_DROPPED)))
		return;
	fill_sequences(m, s);
	if (!vs_event_sample(m->port, s, head, head_len))
		return;
	if (s->flags & VIFSWITCH_SAMPLE_CHOSEN) {
		atomic64_sub(s->count, &m->sampled);
		atomic64_add(s->count, &m->excess);
	}
	if (s->flags & VIFSWITCH_SAMPLE_DROPPED) {
		atomic64_dec(&m->drops_told);
		atomic64_inc(&m->drops_excess);
	}
}

static void tell_frame(const struct vs_watch *w, const struct vs_trip *t,
		       enum vifswitch_drop_reason reason, bool accepted, u32 to)
{
	bool drop = reason && w->m->wish.drops;
	struct vifswitch_sample s = {
		.flags = (w->chosen ? VIFSWITCH_SAMPLE_CHOSEN : 0) |
			 (drop ? VIFSWITCH_SAMPLE_DROPPED : 0) |
			 (w->tag == VS_NO_TAG ? 0 : VIFSWITCH_SAMPLE_TAGGED) |
			 (accepted ? VIFSWITCH_SAMPLE_ACCEPTED : 0),
		.to = to, .reason = reason, .count = w->chosen,
		.frame_len = w->part.octets / w->part.packets, .vlan = t->v.vid,
		.prio = VS_TAG_TCI(w->tag) >> VS_TCI_PCP_SHIFT,
	};

	tell(w->m, &s, w->head, w->head_len);
}

static struct vs_meter_set *set_of(const struct vs_watch *w, const bool ip4)
{
	return vs_meter_set(w->m, w->words, ip4);
}

static void count(struct vs_watch *w, const struct vs_trip *t,
		  enum vifswitch_drop_reason reason, bool accepted, u32 to)
{
	const struct vs_frame *f = &t->v.frame;

	vs_flow_words_end(w->words, reason, accepted, to);
	if (w->ip4)
		vs_meter_count(w->m, set_of(w, true), w->words, true, &w->part, f->dst, f->src);
	else
		vs_meter_count(w->m, set_of(w, false), w->words, false, &w->part, f->dst, f->src);
}

void vs_watch_end(struct vs_watch *w, struct vs_trip *t, enum vifswitch_drop_reason reason,
		  bool accepted, u32 to)
{
	if (w->m->sets)
		count(w, t, reason, accepted, to);
	if (unlikely(w->chosen || (reason && w->m->wish.drops)))
		tell_frame(w, t, reason, accepted, to);
}

void vs_watch_refused(struct vs_meter *m, struct sk_buff *skb, enum vifswitch_drop_reason reason,
		      u16 vid)
{
	struct vs_watch w __uninitialized;
	struct vs_trip t __uninitialized;

	w.m = m;
	w.chosen = 0;
	t.v.vid = vid;
	t.v.parsed = false;
	vs_frame_parse(&t.v.frame, skb_mac_header(skb), ETH_HLEN + skb_headlen(skb), VS_NO_TAG);
	note(&w, &t, skb, VS_NO_TAG);
	w.head_len = m->wish.drops ? vs_frame_head(skb, w.head, m->wish.octets) : 0;
	vs_watch_end(&w, &t, reason, false, VIFSWITCH_FLOW_TO_NONE);
}
