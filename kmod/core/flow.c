// SPDX-License-Identifier: GPL-2.0-or-later
#include "flow.h"

static u32 ports_of(const struct vs_packet *pkt)
{
	u32 src = pkt->l4_src == VIFSWITCH_ACL_ABSENT ? 0 : pkt->l4_src, ports;
	u32 dst = pkt->l4_dst == VIFSWITCH_ACL_ABSENT ? 0 : pkt->l4_dst;
	u8 octets[] = { (u8)(src >> 8), (u8)src, (u8)(dst >> 8), (u8)dst };

	memcpy(&ports, octets, sizeof(ports));
	return ports;
}

static bool is_ip(const struct vs_verdict *v)
{
	return v->parsed && !v->packet.reason && v->packet.family != VIFSWITCH_ACL_OTHER;
}

bool vs_flow_key(const struct vs_verdict *v, const u8 *p, bool tagged, u64 *ret_words)
{
	u32 flags = tagged ? VIFSWITCH_FLOW_TAGGED : 0;
	const struct vs_packet *pkt = &v->packet;
	u16 type = v->frame.type < VS_TYPE_MIN ? 0 : v->frame.type;
	const u8 *h;
	bool ip4;

	if (!is_ip(v)) {
		ret_words[0] = vs_flow_word0(0, v->vid, flags);
		ret_words[1] = vs_flow_word1_of_type(type);
		ret_words[2] = v->frame.src;
		ret_words[3] = v->frame.dst;
		ret_words[4] = 0;
		ret_words[5] = 0;
		return false;
	}
	ip4 = pkt->family == VIFSWITCH_ACL_IP4;
	h = p + pkt->l3;
	flags |= VIFSWITCH_FLOW_IP;
	if (pkt->fragment == VS_FRAGMENT_LATER)
		flags |= VIFSWITCH_FLOW_FRAGMENT;
	ret_words[0] = vs_flow_word0(ports_of(pkt), v->vid, flags);
	ret_words[1] = vs_flow_word1(0, ip4, vs_flow_tos(h, ip4), (u8)pkt->proto);
	ret_words[3] = 0;
	ret_words[4] = 0;
	ret_words[5] = 0;
	if (ip4)
		memcpy(ret_words + 2, h + 12, 8);
	else
		memcpy(ret_words + 2, h + 8, 32);
	return ip4;
}

struct vs_flow *vs_flow_place(struct vs_flow *set, u32 now)
{
	struct vs_flow *f = set;

	for (; f < set + VS_FLOW_WAYS; f++)
		if (!f->frames)
			return f;
	return vs_flow_oldest(set, now);
}

enum vifswitch_flow_end vs_flow_ended(const struct vs_flow *f, u32 now, u32 idle, u32 active)
{
	u32 silent = now - f->last;

	if (!f->frames)
		return VIFSWITCH_FLOW_END_UNSPEC;
	if (silent && (f->tcp_flags & (VS_TCP_FIN | VS_TCP_RST)))
		return VIFSWITCH_FLOW_END_DETECTED;
	if (silent >= idle)
		return VIFSWITCH_FLOW_END_IDLE;
	return now - f->first >= active ? VIFSWITCH_FLOW_END_ACTIVE : VIFSWITCH_FLOW_END_UNSPEC;
}

void vs_flow_sum_add(struct vs_flow_sum *to, const struct vs_flow_sum *sum)
{
	if (!to->packets || (s32)(sum->first - to->first) < 0)
		to->first = sum->first;
	if (!to->packets || (s32)(sum->last - to->last) > 0)
		to->last = sum->last;
	to->packets += sum->packets;
	to->octets += sum->octets;
	to->octets_l3 += sum->octets_l3;
	to->frames += sum->frames;
}

void vs_flow_fold(struct vs_flow_rest *rest, const struct vs_flow *f)
{
	bool accepted = vs_flow_flags(f) & VIFSWITCH_FLOW_ACCEPTED;

	vs_flow_sum_one(&rest->sum[accepted][vs_flow_reason(f)], f);
}

static u16 type_of(const struct vs_flow *f)
{
	if (!(vs_flow_flags(f) & VIFSWITCH_FLOW_IP))
		return (u16)(f->word[1] >> 8);
	return (u8)(f->word[1] >> 8) == VS_FLOW_IP4 ? VS_TYPE_IP4 : VS_TYPE_IP6;
}

static void tell_addresses(const struct vs_flow *f, struct vifswitch_flow *ret)
{
	if (ret->ethertype == VS_TYPE_IP4) {
		memcpy(ret->src, &f->word[2], 4);
		memcpy(ret->dst, (const u8 *)&f->word[2] + 4, 4);
		return;
	}
	memcpy(ret->src, &f->word[2], 8);
	memcpy(ret->src + 8, &f->word6[0], 8);
	memcpy(ret->dst, &f->word6[1], 16);
}

void vs_flow_tell(const struct vs_flow *f, enum vifswitch_flow_end end,
		  struct vifswitch_flow *ret)
{
	u32 ports = (u32)(f->word[0] >> 32);
	u8 octets[4];

	memcpy(octets, &ports, sizeof(octets));
	*ret = (struct vifswitch_flow){
		.packets = vs_flow_packets(f), .octets = f->octets, .octets_l3 = f->octets_l3,
		.frames = f->frames, .ethertype = type_of(f),
		.vlan = (u16)(f->word[0] >> 16), .src_port = vs_get_be16(octets),
		.dst_port = vs_get_be16(octets + 2), .to = (u32)(f->word[1] >> 32),
		.reason = vs_flow_reason(f), .proto = (u8)f->word[1],
		.tcp_flags = f->tcp_flags, .end = (u8)end, .flags = vs_flow_flags(f),
	};
	memcpy(ret->dst_mac, f->macs, VS_MAC_LEN);
	memcpy(ret->src_mac, f->macs + VS_MAC_LEN, VS_MAC_LEN);
	if (!(ret->flags & VIFSWITCH_FLOW_IP))
		return;
	ret->tos = (u8)(f->word[1] >> 16);
	tell_addresses(f, ret);
}

void vs_flow_tell_rest(const struct vs_flow_sum *sum, bool accepted, u32 reason,
		       struct vifswitch_flow *ret)
{
	*ret = (struct vifswitch_flow){
		.packets = sum->packets, .octets = sum->octets, .octets_l3 = sum->octets_l3,
		.frames = sum->frames, .vlan = VIFSWITCH_VID_NONE, .reason = reason,
		.end = VIFSWITCH_FLOW_END_RESOURCES,
		.flags = VIFSWITCH_FLOW_REST | (accepted ? VIFSWITCH_FLOW_ACCEPTED : 0),
	};
}

/* xorshift64*: fast, and nobody gains by guessing it. */
static u32 draw(struct vs_skip *s, u32 every)
{
	s->state ^= s->state >> 12;
	s->state ^= s->state << 25;
	s->state ^= s->state >> 27;
	return 1 + (u32)((s->state * 0x2545f4914f6cdd1dULL >> 32) * (2ULL * every - 1) >> 32);
}

void vs_skip_init(struct vs_skip *s, u64 seed, u32 every)
{
	s->pool = 0;
	s->state = seed ? seed : 1;
	s->left = draw(s, every);
}

u32 vs_skip_choose(struct vs_skip *s, u32 packets, u32 every)
{
	u32 chosen = 0;

	while (s->left <= packets) {
		packets -= s->left;
		s->left = draw(s, every);
		chosen++;
	}
	s->left -= packets;
	return chosen;
}
