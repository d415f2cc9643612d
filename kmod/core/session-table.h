/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where the sessions of a port are: for each family pages that hold the sessions and
 * the heads of the hash buckets, 64 in a page. Linear hashing: with each page come 64
 * buckets more, and each new session splits two old ones, until all are there. A
 * session is referred to by its page and its slot, counted from 1: 0 is none.
 */
#ifndef VS_SESSION_TABLE_H
#define VS_SESSION_TABLE_H

#include <vifswitch/session-abi.h>

#include "packet.h"

#define VS_SESSION_PAGE		4096
#define VS_SESSION_DIR		(VS_SESSION_PAGE / 8)	/* pages that one of a directory names */
#define VS_SESSION_DIRS		64
#define VS_SESSION_SPARES	2
#define VS_SESSION_HZ		64	/* ticks a second; they may wrap */

#define VS_SF_SEEN(dir)	(VIFSWITCH_SF_SEEN_FROM << (dir))
#define VS_SF_FIN(dir)	(VIFSWITCH_SF_FIN_FROM << (dir))
/* Beside those of the ABI. */
#define VS_SF_BEGUN_TO	(1U << 8)
#define VS_SF_CLAIM	(1U << 9)	/* claim says where a segment of CLAIM_TO ended */
#define VS_SF_CLAIM_TO	(1U << 10)

/* TCP: what one direction sends. */
struct vs_session_side {
	u32 end;	/* behind the last octet seen */
	u32 max;	/* behind the last octet there is room for */
	u32 window;	/* the widest it has told the other side */
};

struct vs_session {
	u64 name;		/* ports, VLAN, protocol */
	u64 octets[2];
	u32 packets[2];
	u16 packets_high[2];
	u32 next;		/* in its bucket, or free */
	u32 created;		/* ticks */
	u32 seen;
	u16 flags;
	u8 state;		/* enum vifswitch_session_state; UNSPEC: not in use */
	u8 scale;		/* FROM's in the low half; 15: not offered */
	union {
		struct {
			struct vs_session_side side[2];
			u32 claim;	/* without CLAIM: behind the SYN that began it */
		} tcp;
		struct {
			u32 tag[2];
			u32 fresh[2];	/* of an association that may take its place */
		} sctp;
	};
	u64 ends[];		/* IPv4: VM's end << 32 | peer's; IPv6: 2 for each */
};

/* Sessions of one family. */
struct vs_session_space {
	u32 buckets;		/* linear hashing: mask + 1 to 2 * mask + 1 */
	u32 mask;
	u32 pages;
	u32 count;
	u32 fresh;		/* slots of the last page that were used */
	u32 free;		/* list of others */
	u32 hand;		/* where sweeping goes on */
	u16 size;		/* octets of a session */
	u8 slots;		/* of a page */
	u8 words;		/* of ends */
	void **dir[VS_SESSION_DIRS];
};

struct vs_sessions {
	u64 key[2];		/* of the hash */
	u32 max;
	u32 since;		/* ticks: it remembers what came then or later */
	u32 count;
	void *spare[VS_SESSION_SPARES];
	struct vs_session_space space[2];	/* by enum vifswitch_acl_family */
};

/* @key: random, and the table's own. */
void vs_sessions_init(struct vs_sessions *t, const u64 key[2], u32 max, u32 now);

/* Should a page be handed in before the next packet? */
static inline bool vs_sessions_hungry(const struct vs_sessions *t)
{
	return !t->spare[VS_SESSION_SPARES - 1];
}

/* @page: VS_SESSION_PAGE octets, all zero, aligned to 8; for a hungry table. */
static inline void vs_sessions_give(struct vs_sessions *t, void *page)
{
	t->spare[t->spare[0] ? 1 : 0] = page;
}

/* Takes a page away, whatever is in it: the table must not be used any more. NULL: no more. */
void *vs_sessions_take(struct vs_sessions *t);

/* Forgets what has its time behind it among the next @count slots. */
void vs_sessions_sweep(struct vs_sessions *t, u32 now, u32 count);

#define VS_SESSION_HEADS	64
#define VS_SESSION_REF(page, slot)	((page) << 6 | (slot))

struct vs_session_key {
	u64 name;
	u64 ends[4];
};

/* What a session is named by, beside its ends. */
static inline u64 vs_session_name(u8 proto, u16 vid, u16 port, u16 peer_port)
{
	return (u64)port << 48 | (u64)peer_port << 32 | (u64)vid << 16 | proto;
}

static inline u16 vs_session_port(const struct vs_session *s)
{
	return (u16)(s->name >> 48);
}

static inline u16 vs_session_peer_port(const struct vs_session *s)
{
	return (u16)(s->name >> 32);
}

static inline u16 vs_session_vid(const struct vs_session *s)
{
	return (u16)(s->name >> 16);
}

static inline u8 vs_session_proto(const struct vs_session *s)
{
	return (u8)s->name;
}

static inline enum vifswitch_acl_direction vs_session_begun(const struct vs_session *s)
{
	return s->flags & VS_SF_BEGUN_TO ? VIFSWITCH_ACL_TO : VIFSWITCH_ACL_FROM;
}

static inline void vs_session_set_ends(struct vs_session_key *key, u32 family,
				       const union vs_address *vm, const union vs_address *peer)
{
	if (likely(family == VIFSWITCH_ACL_IP4)) {
		key->ends[0] = (u64)vm->ip4 << 32 | peer->ip4;
		return;
	}
	memcpy(key->ends, vm->ip6, sizeof(vm->ip6));
	memcpy(key->ends + 2, peer->ip6, sizeof(peer->ip6));
}

/* Where @s was, there is nothing now but its name. */
static inline void vs_session_wipe(struct vs_session *s)
{
	u32 next = s->next;
	u64 name = s->name;

	memset(s, 0, sizeof(*s));
	s->name = name;
	s->next = next;
}

static inline u8 *vs_session_page(const struct vs_session_space *sp, u32 page)
{
	return sp->dir[page / VS_SESSION_DIR][page % VS_SESSION_DIR];
}

static inline struct vs_session *vs_session_at(const struct vs_session_space *sp, u32 ref, u32 size)
{
	return (struct vs_session *)(vs_session_page(sp, ref >> 6) +
				     VS_SESSION_HEADS * sizeof(u32) + ((ref & 63) - 1) * size);
}

static __always_inline u32 vs_session_hash(const u64 key[2], u64 name, const u64 *ends, u32 words)
{
	u64 h = (name ^ key[0]) * key[1];
	u32 i;

	for (i = 0; i < words; i++) {
		h ^= h >> 32;
		h = (h ^ ends[i]) * key[1];
	}
	h ^= h >> 32;
	return (u32)(h * 0x9e3779b97f4a7c15 >> 32);
}

/* Which bucket @hash is in now. */
static inline u32 *vs_session_head(const struct vs_session_space *sp, u32 hash)
{
	u32 bucket = hash & (2 * sp->mask + 1);

	if (bucket >= sp->buckets)
		bucket &= sp->mask;
	return (u32 *)vs_session_page(sp, bucket / VS_SESSION_HEADS) + bucket % VS_SESSION_HEADS;
}

/* Whatever its time. */
static __always_inline struct vs_session *vs_session_find_in(const struct vs_sessions *t, u64 name,
							     const u64 *ends, const bool ip4)
{
	const struct vs_session_space *sp = &t->space[ip4 ? 0 : 1];
	const u32 words = ip4 ? 1 : 4, size = sizeof(struct vs_session) + words * sizeof(u64);
	struct vs_session *s;
	u32 ref;

	if (unlikely(!sp->pages))
		return NULL;
	ref = *vs_session_head(sp, vs_session_hash(t->key, name, ends, words));
	for (; ref; ref = s->next) {
		s = vs_session_at(sp, ref, size);
		if (s->name == name && s->ends[0] == ends[0] &&
		    (ip4 || (s->ends[1] == ends[1] && s->ends[2] == ends[2] &&
			     s->ends[3] == ends[3])))
			return s;
	}
	return NULL;
}

static __always_inline struct vs_session *vs_session_find_ip4(const struct vs_sessions *t,
							      u64 name, u64 ends)
{
	return vs_session_find_in(t, name, &ends, true);
}

static inline struct vs_session *vs_session_find(const struct vs_sessions *t, u32 family,
						 const struct vs_session_key *key)
{
	if (family == VIFSWITCH_ACL_IP4)
		return vs_session_find_in(t, key->name, key->ends, true);
	return vs_session_find_in(t, key->name, key->ends, false);
}

extern const u32 vs_session_timeout[VIFSWITCH_SESSION_COUNT][2];

/* Is its time behind it? @pressed: under pressure. */
static inline bool vs_session_is_over(const struct vs_session *s, u32 now, bool pressed)
{
	return (s32)(now - s->seen) > (s32)vs_session_timeout[s->state][pressed];
}

/* One for @key, which has none; its state is yet to be set. NULL: there is no room. */
struct vs_session *vs_session_insert(struct vs_sessions *t, u32 family,
				     const struct vs_session_key *key, u32 now);

/* Forgets that of @key; false: it has none. */
bool vs_session_remove(struct vs_sessions *t, u32 family, const struct vs_session_key *key);

#endif /* VS_SESSION_TABLE_H */
