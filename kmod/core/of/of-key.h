/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A frame as the row of words that flows are matched with. */
#ifndef VS_OF_KEY_H
#define VS_OF_KEY_H

#include "of.h"
#include "../packet.h"

#define VS_OF_LABEL	4	/* octets of an entry of a label stack */
#define VS_OF_IP_FIRST	VIFSWITCH_OF_IP_PROTO	/* from here on: NEEDS_IP */
#define VS_OF_REST_FIRST VIFSWITCH_OF_IP6_SRC	/* and NEEDS_REST, up to CONJ_ID */

#define VS_OF_NEEDS_IP		1U
#define VS_OF_NEEDS_REST	2U	/* with NEEDS_IP only */
#define VS_OF_NEEDS_META	4U	/* of no frame: 0 as it comes, but for IN_PORT */
#define VS_OF_NEEDS_FRAME	(VS_OF_NEEDS_IP | VS_OF_NEEDS_REST)
#define VS_OF_NEEDS_ALL		(VS_OF_NEEDS_FRAME | VS_OF_NEEDS_META)

/* Where things are in a frame, as far as it has them. */
struct vs_of_headers {
	u8 ip;			/* 4, 6; 0: none that can be read */
	bool arp;
	bool l4;		/* a transport header that can be read, or ICMP's */
	u8 frag;		/* VIFSWITCH_OF_FRAG_* */
	u16 proto;
	u16 l3;
	u16 l4_at;
	u32 end;
};

void vs_of_headers_read(struct vs_of_headers *h, const u8 *p, size_t len, size_t whole,
			const struct vs_frame *f);

/*
 * @p: the frame, min(whole, VS_PACKET_HEADERS) octets of it; @tag: the one it has now. Words
 * that are not of @needs stay as they were.
 */
void vs_of_key_read(struct vs_of_key *key, u8 needs, const u8 *p, size_t len,
		    size_t whole, const struct vs_frame *f, u32 tag, u32 in_port);

/* Words of no frame but IN_PORT, as it comes. */
void vs_of_key_no_meta(struct vs_of_key *key);
/* Those of NEEDS_REST, of TCP or UDP in IP that begins at @ip. */
void vs_of_key_rest_usual(struct vs_of_key *key, const u8 *ip, bool ip4);

/* What a change of the frame's shape left other than it was: all words of the frame. */
void vs_of_key_reread(struct vs_of_key *key, u8 needs, const u8 *p, size_t len, size_t whole,
		      const struct vs_frame *f, u32 tag);

/* Which words a frame that has read its version needs: noted before that was published. */
static inline u8 vs_of_needs(const struct vs_of *of)
{
	return vs_of_look(of->needs);
}

/* Does a label follow the Ethernet header? */
static inline bool vs_of_has_label(const struct vs_frame *f, size_t len)
{
	return (f->type == VS_TYPE_MPLS || f->type == VS_TYPE_MPLS_MC) && !f->inner &&
	       len >= f->l3 + (size_t)VS_OF_LABEL;
}

static inline void vs_of_put32(struct vs_of_key *key, unsigned int first, u32 value)
{
	key->w[first] = (u16)(value >> 16);
	key->w[first + 1] = (u16)value;
}

/* Two words that stand in a frame one behind the other, @row being those four octets' number. */
static inline void vs_of_put_row(struct vs_of_key *key, unsigned int first, u32 row)
{
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	row = row << 16 | row >> 16;
#endif
	memcpy(&key->w[first], &row, sizeof(row));
}

static inline u32 vs_of_get32(const struct vs_of_key *key, unsigned int first)
{
	return (u32)key->w[first] << 16 | key->w[first + 1];
}

static inline u64 vs_of_get64(const struct vs_of_key *key, unsigned int first)
{
	return (u64)vs_of_get32(key, first) << 32 | vs_of_get32(key, first + 2);
}

static inline u16 vs_of_tci(u32 tag)
{
	u16 tci = VS_TAG_TCI(tag);

	if (tag == VS_NO_TAG)
		return 0;
	return (u16)((tci & 0xe000) | VIFSWITCH_OF_VLAN_PRESENT | (tci & VS_TCI_VID));
}

#endif /* VS_OF_KEY_H */
