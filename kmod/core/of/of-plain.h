/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The short way through the tables: flows that do nothing but go on in a table, and at last one
 * that does nothing but put out by one port. Of such a frame nothing has to be kept, so there is
 * no run (of-run.h), and what the tables say is known before anything is counted. Where this way
 * answers, the long one says the same (tests/unit/core-of.c).
 */
#ifndef VS_OF_PLAIN_H
#define VS_OF_PLAIN_H

#include "of-index.h"
#include "of-key.h"

#define VS_OF_PLAIN_MAX	8	/* tables */

enum vs_of_plain_kind {
	VS_OF_PLAIN_NOT,
	VS_OF_PLAIN_GOTO,
	VS_OF_PLAIN_OUTPUT,	/* to a port's number, or NORMAL */
};

struct vs_of_plain {
	u32 port;
	u32 count;
	struct vs_of_flow *flow[VS_OF_PLAIN_MAX];
};

/* @f is being made; its operations are there. */
void vs_of_plain_note(struct vs_of_flow *f);

/*
 * Of a frame whose key has the words that @of needs. False: it is for the long way. The flows are
 * there as long as the reader's RCU section.
 */
static __always_inline bool vs_of_plain_find(struct vs_of_plain *ret, const struct vs_of *of,
					     u64 version, const struct vs_of_key *key)
{
	struct vs_of_flow *f;
	u32 n = 0, table = 0;

	do {
		const struct vs_of_table *t = vs_of_look(of->table[table]);
		const struct vs_of_index *index = t ? vs_of_look(t->index) : NULL;

		if (unlikely(!index || vs_of_look(t->conjuncts)))
			return false;
		f = vs_of_index_look(of, index, key, version);
		if (unlikely(!f))
			return false;
		ret->flow[n++] = f;
		table = f->to;
	} while (f->plain == VS_OF_PLAIN_GOTO && n < VS_OF_PLAIN_MAX);
	ret->count = n;
	ret->port = f->to;
	/* nothing goes back by the port it came from */
	return f->plain == VS_OF_PLAIN_OUTPUT && f->to != vs_of_get32(key, VIFSWITCH_OF_IN_PORT);
}

/* A frame that matched @f, in @t. */
static inline void vs_of_count(struct vs_of_table *t, struct vs_of_flow *f, u32 packets, u32 bytes,
			       u64 now_ms)
{
	vs_of_add(&t->matched, 1);
	vs_of_add(&f->counts.packets, packets);
	vs_of_add(&f->counts.bytes, bytes);
	if (f->used != now_ms)
		vs_of_publish(f->used, now_ms);
}

/* The frame went that way. */
static inline void vs_of_plain_count(const struct vs_of_plain *p, const struct vs_of *of,
				     u32 packets, u32 bytes, u64 now_ms)
{
	u32 i;

	for (i = 0; i < p->count; i++)
		vs_of_count(of->table[p->flow[i]->table], p->flow[i], packets, bytes, now_ms);
}

/*
 * The key of a frame with no tag that vs_packet_parse_usual() read, or of whatever type where only
 * the Ethernet header is asked for; as vs_of_key_read() has it. Words that are not of @needs
 * stay as they were, those of no frame, too.
 */
static __always_inline void vs_of_key_usual(struct vs_of_key *key, u8 needs, const u8 *p,
					    const struct vs_packet *pkt, u32 in_port,
					    const bool ip4)
{
	const u8 *ip = p + VS_ETH_LEN;

	vs_of_put_row(key, VIFSWITCH_OF_IN_PORT, in_port);
	vs_of_put_row(key, VIFSWITCH_OF_ETH_DST, vs_get_be32(p));
	vs_of_put_row(key, VIFSWITCH_OF_ETH_DST + 2, vs_get_be32(p + 4));
	vs_of_put_row(key, VIFSWITCH_OF_ETH_DST + 4, vs_get_be32(p + 8));
	vs_of_put_row(key, VIFSWITCH_OF_VLAN_TCI, vs_get_be16(p + 2 * VS_MAC_LEN));
	if (unlikely(needs & VS_OF_NEEDS_META))
		vs_of_key_no_meta(key);
	if (!(needs & VS_OF_NEEDS_FRAME))
		return;
	key->w[VIFSWITCH_OF_IP_PROTO] = pkt->proto;
	key->w[VIFSWITCH_OF_IP_FRAG] = 0;
	key->w[VIFSWITCH_OF_IP_TOS] = ip4 ? ip[1] : (u8)(vs_get_be16(ip) >> 4);
	key->w[VIFSWITCH_OF_IP_TTL] = ip[ip4 ? 8 : 7];
	vs_of_put_row(key, VIFSWITCH_OF_L4_SRC, vs_get_be32(p + pkt->l4));
	key->w[VIFSWITCH_OF_TCP_FLAGS] = pkt->proto == VS_PROTO_TCP ?
					 vs_get_be16(p + pkt->l4 + 12) & 0xfff : 0;
	vs_of_put_row(key, VIFSWITCH_OF_IP4_SRC, ip4 ? vs_get_be32(ip + 12) : 0);
	vs_of_put_row(key, VIFSWITCH_OF_IP4_DST, ip4 ? vs_get_be32(ip + 16) : 0);
	if (unlikely(needs & VS_OF_NEEDS_REST))
		vs_of_key_rest_usual(key, ip, ip4);
}

#endif /* VS_OF_PLAIN_H */
