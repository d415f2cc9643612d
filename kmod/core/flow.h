/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The flows of what a port sends (vifswitch/flow-abi.h). A table is an array of sets of
 * four places each, and a flow has its place in the set that its hash names: looking it up
 * costs the same whatever is in the table, a random secret or not, and who sends many
 * flows only takes places from his own. A flow that finds its set full takes the place of
 * the one that was silent for the longest; what that one had is the caller's to keep.
 *
 * How a frame ended is part of its flow's key, so the sums are exact by reason. Nothing
 * here is locked: the caller has the set for itself.
 */
#ifndef VS_FLOW_H
#define VS_FLOW_H

#include <vifswitch/flow-abi.h>

#include "pipeline.h"

#define VS_FLOW_WAYS	4
#define VS_FLOW_WORDS	6	/* of a key; IPv4 uses the first half */
#define VS_FLOW_WORDS4	3
#define VS_FLOW_SECRETS	5	/* of a table's hash */

/*
 * word[0]: ports, VLAN, flags, reason; word[1]: to, then of IP its version as the first octet
 * of a header has it, TOS and protocol, else the ethertype; then addresses: of IPv4 in one word,
 * of IPv6 in four, of what is neither those of Ethernet in two. Ports
 * and addresses lie there as in the packet, octet by octet. No frame has a word 0 of zero, for
 * it was accepted or has a reason: that of a free place is.
 *
 * What is touched for each packet of IPv4 comes first; with the lock of its set before it,
 * it is a cache line.
 */
struct vs_flow {
	u64 word[VS_FLOW_WORDS4];
	u64 octets;
	u64 octets_l3;
	u64 frames;		/* 0: the place is free */
	u32 last;		/* ticks of the caller's; they may wrap */
	u8 tcp_flags;
	u8 reserved[3];
	u64 more;		/* packets beyond one for each frame */
	u64 word6[VS_FLOW_WORDS - VS_FLOW_WORDS4];	/* the key goes on */
	u32 first;
	u8 macs[2 * VS_MAC_LEN];	/* destination, source */
};

/* What a frame adds to its flow. */
struct vs_flow_part {
	u32 packets;
	u32 octets;
	u32 octets_l3;
	u8 tcp_flags;
};

struct vs_flow_sum {
	u64 packets;		/* 0: nothing */
	u64 octets;
	u64 octets_l3;
	u64 frames;
	u32 first;
	u32 last;
};

/* What is left of flows whose keys are lost, by ACCEPTED and reason. */
struct vs_flow_rest {
	struct vs_flow_sum sum[2][VIFSWITCH_DROP_COUNT];
};

/* @ports: 4 octets as in the packet. */
static inline u64 vs_flow_word0(u32 ports, u16 vid, u32 flags)
{
	return (u64)ports << 32 | (u32)vid << 16 | flags << 8;
}

/* The first octet of a header without options, of traffic class 0. */
#define VS_FLOW_IP4	0x45U
#define VS_FLOW_IP6	0x60U

static inline u64 vs_flow_word1(u32 to, const bool ip4, u32 tos, u8 proto)
{
	return (u64)to << 32 | tos << 16 | (ip4 ? VS_FLOW_IP4 : VS_FLOW_IP6) << 8 | proto;
}

static inline u64 vs_flow_word1_of_type(u16 type)
{
	return (u64)type << 8;
}

/* How the frame ended, of a key that does not have it yet. */
static inline void vs_flow_words_end(u64 *words, u32 reason, bool accepted, u32 to)
{
	words[0] |= (accepted ? VIFSWITCH_FLOW_ACCEPTED << 8 : 0) | reason;
	words[1] |= (u64)to << 32;
}

static inline u64 vs_flow_packets(const struct vs_flow *f)
{
	return f->frames + f->more;
}

static inline void vs_flow_clear(struct vs_flow *f)
{
	f->word[0] = 0;
	f->frames = 0;
}

static inline u32 vs_flow_reason(const struct vs_flow *f)
{
	return (u8)f->word[0];
}

static inline u32 vs_flow_flags(const struct vs_flow *f)
{
	return (u8)(f->word[0] >> 8);
}

/*
 * The key of the frame at @p, which was read as far as it can be, but for how it ended, which
 * is added to words 0 and 1. True: it is IPv4's half. @tagged: it came with a tag.
 */
bool vs_flow_key(const struct vs_verdict *v, const u8 *p, bool tagged, u64 *ret_words);

static inline u32 vs_flow_tos(const u8 *h, const bool ip4)
{
	return ip4 ? h[1] : vs_get_be16(h) >> 4 & 0xff;
}

/* The same from the octets of a frame that vs_packet_parse_usual() reads. */
static __always_inline void vs_flow_key_usual(const u8 *p, u16 vid, u32 to, u32 flags,
					      u64 *ret_words, const bool ip4)
{
	const u8 *h = p + VS_ETH_LEN;
	u32 ports;

	memcpy(&ports, h + (ip4 ? VS_IP4_LEN : VS_IP6_LEN), sizeof(ports));
	ret_words[0] = vs_flow_word0(ports, vid, VIFSWITCH_FLOW_IP | flags);
	if (ip4) {
		/* vs_flow_word1() in fewer steps: two octets are side by side there, too */
		ret_words[1] = (u64)to << 32 | ((u32)h[1] << 8 | h[0]) << 8 | h[9];
		memcpy(&ret_words[2], h + 12, sizeof(ret_words[2]));
		return;
	}
	ret_words[1] = vs_flow_word1(to, false, vs_flow_tos(h, false), h[6]);
	memcpy(&ret_words[2], h + 8, sizeof(ret_words[2]));
	memcpy(&ret_words[3], h + 16, sizeof(ret_words[3]));
	memcpy(&ret_words[4], h + 24, sizeof(ret_words[4]));
	memcpy(&ret_words[5], h + 32, sizeof(ret_words[5]));
}

/*
 * Sums of products with secrets, of which the upper bits are to be taken: who knows none of
 * them cannot tell which flows share a set, and whom he would find there are his own.
 */
static __always_inline u64 vs_flow_hash(const u64 secret[VS_FLOW_SECRETS], const u64 *words,
					const bool ip4)
{
	u64 h = (words[0] + secret[0]) * (words[2] + secret[1]);

	if (ip4)
		return h;
	return h + (words[3] + secret[2]) * (words[4] + secret[3]) + words[5] * secret[4];
}

static __always_inline bool vs_flow_is(const struct vs_flow *f, const u64 *words, const bool ip4)
{
	return f->word[2] == words[2] && f->word[0] == words[0] && f->word[1] == words[1] &&
	       (ip4 || (f->word6[0] == words[3] && f->word6[1] == words[4] &&
			f->word6[2] == words[5]));
}

/* That of @words in a set, if it is not the first; NULL: it has none. */
static __always_inline struct vs_flow *vs_flow_find_other(struct vs_flow *set, const u64 *words,
							  const bool ip4)
{
	if (vs_flow_is(set + 1, words, ip4))
		return set + 1;
	if (vs_flow_is(set + 2, words, ip4))
		return set + 2;
	return vs_flow_is(set + 3, words, ip4) ? set + 3 : NULL;
}

static __always_inline void vs_flow_add(struct vs_flow *f, const struct vs_flow_part *part,
					u32 now)
{
	f->octets += part->octets;
	f->octets_l3 += part->octets_l3;
	f->frames++;
	if (part->packets != 1)
		f->more += part->packets - 1;
	f->last = now;
	f->tcp_flags |= part->tcp_flags;
}

/* Signed: another CPU may be ahead of @now. */
static __always_inline struct vs_flow *vs_flow_longer_silent(struct vs_flow *a, struct vs_flow *b,
							     u32 now)
{
	return (s32)(now - b->last) > (s32)(now - a->last) ? b : a;
}

/* Who was silent for the longest. */
static __always_inline struct vs_flow *vs_flow_oldest(struct vs_flow *set, u32 now)
{
	return vs_flow_longer_silent(vs_flow_longer_silent(set, set + 1, now),
				     vs_flow_longer_silent(set + 2, set + 3, now), now);
}

/* The place for a new one: free, or of the oldest. */
struct vs_flow *vs_flow_place(struct vs_flow *set, u32 now);
/* Begins one there, with its first frame. */
static __always_inline void vs_flow_begin(struct vs_flow *f, const u64 *words,
					  const struct vs_flow_part *part, u32 now, u64 dst,
					  u64 src, const bool ip4)
{
	f->word[0] = words[0];
	f->word[1] = words[1];
	f->word[2] = words[2];
	if (!ip4) {
		f->word6[0] = words[3];
		f->word6[1] = words[4];
		f->word6[2] = words[5];
	}
	f->octets = part->octets;
	f->octets_l3 = part->octets_l3;
	f->frames = 1;
	f->more = part->packets - 1;
	f->first = now;
	f->last = now;
	f->tcp_flags = part->tcp_flags;
	vs_mac_store(f->macs, dst);
	vs_mac_store(f->macs + VS_MAC_LEN, src);
}

/* Has it ended, or gone on for so long that it is to be told? END_UNSPEC: no. Ticks. */
enum vifswitch_flow_end vs_flow_ended(const struct vs_flow *f, u32 now, u32 idle, u32 active);

void vs_flow_sum_add(struct vs_flow_sum *to, const struct vs_flow_sum *sum);
/* A flow's own. */
static __always_inline void vs_flow_sum_one(struct vs_flow_sum *to, const struct vs_flow *f)
{
	if (!to->packets || (s32)(f->first - to->first) < 0)
		to->first = f->first;
	if (!to->packets || (s32)(f->last - to->last) > 0)
		to->last = f->last;
	to->packets += vs_flow_packets(f);
	to->octets += f->octets;
	to->octets_l3 += f->octets_l3;
	to->frames += f->frames;
}

/* Was it accepted, and did it go out? */
static inline bool vs_flow_is_delivered(const struct vs_flow *f)
{
	return ((u32)f->word[0] & (VIFSWITCH_FLOW_ACCEPTED << 8 | 0xff)) ==
	       VIFSWITCH_FLOW_ACCEPTED << 8;
}

/* Its sums without its key. */
void vs_flow_fold(struct vs_flow_rest *rest, const struct vs_flow *f);

/* As it is told, but for its times. */
void vs_flow_tell(const struct vs_flow *f, enum vifswitch_flow_end end,
		  struct vifswitch_flow *ret);
void vs_flow_tell_rest(const struct vs_flow_sum *sum, bool accepted, u32 reason,
		       struct vifswitch_flow *ret);

/*
 * Sampling: one of every so many packets, on average. How many are passed over before the
 * next is random, 0 to 2 * every - 2, so no pattern of traffic escapes it.
 */
struct vs_skip {
	u64 pool;		/* packets that were looked at */
	u64 state;		/* of the random numbers; not 0 */
	u32 left;		/* until the next is chosen, this one too; 1 or more */
};

void vs_skip_init(struct vs_skip *s, u64 seed, u32 every);
/* With fewer than s->left packets nothing is chosen; this is for as many or more: how many. */
u32 vs_skip_choose(struct vs_skip *s, u32 packets, u32 every);

/* Of one packet: is it not chosen? Then it is counted by vs_skip_one(). */
static __always_inline bool vs_skip_passes_over(const struct vs_skip *s)
{
	return likely(s->left > 1);
}

static __always_inline void vs_skip_one(struct vs_skip *s)
{
	s->left--;
	s->pool++;
}

static __always_inline u32 vs_skip_due(struct vs_skip *s, u32 packets, u32 every)
{
	s->pool += packets;
	if (likely(s->left > packets)) {
		s->left -= packets;
		return 0;
	}
	return vs_skip_choose(s, packets, every);
}

#endif /* VS_FLOW_H */
