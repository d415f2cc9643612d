// SPDX-License-Identifier: GPL-2.0-or-later
#include "session-table.h"

#define CHAIN_MAX	16	/* sessions of a bucket, whatever hash keys somebody found out */
#define SPLITS		2	/* buckets split, */
#define SWEPT		2	/* and slots looked at for each new session */
#define SAMPLE		16	/* sessions compared where there is no room, */
#define SLOTS_SEEN	256	/* and slots looked at for them */

const u32 vs_session_timeout[VIFSWITCH_SESSION_COUNT][2] = {
#define TIMEOUT(name, word, seconds, pressed, sentence) \
	[VIFSWITCH_SESSION_##name] = { (seconds) * VS_SESSION_HZ, (pressed) * VS_SESSION_HZ },
	VIFSWITCH_SESSION_STATES(TIMEOUT)
#undef TIMEOUT
};

static void space_init(struct vs_session_space *sp, u8 words)
{
	sp->words = words;
	sp->size = (u16)(sizeof(struct vs_session) + words * sizeof(u64));
	sp->slots = (u8)((VS_SESSION_PAGE - VS_SESSION_HEADS * sizeof(u32)) / sp->size);
	sp->hand = VS_SESSION_REF(0, 1U);
}

void vs_sessions_init(struct vs_sessions *t, const u64 key[2], u32 max, u32 now)
{
	memset(t, 0, sizeof(*t));
	t->key[0] = key[0];
	t->key[1] = key[1] | 1;
	t->max = max;
	t->since = now;
	space_init(&t->space[VIFSWITCH_ACL_IP4], 1);
	space_init(&t->space[VIFSWITCH_ACL_IP6], 4);
}

static void *take_page(struct vs_session_space *sp)
{
	void **dir;
	void *page;

	if (sp->pages) {
		dir = sp->dir[--sp->pages / VS_SESSION_DIR];
		return dir[sp->pages % VS_SESSION_DIR];
	}
	for (dir = (void **)sp->dir; dir < (void **)sp->dir + VS_SESSION_DIRS; dir++) {
		page = *dir;
		*dir = NULL;
		if (page)
			return page;
	}
	return NULL;
}

void *vs_sessions_take(struct vs_sessions *t)
{
	void *page = take_page(&t->space[0]);
	unsigned int i;

	if (!page)
		page = take_page(&t->space[1]);
	for (i = 0; !page && i < VS_SESSION_SPARES; i++) {
		page = t->spare[i];
		t->spare[i] = NULL;
	}
	return page;
}

static struct vs_session *at(const struct vs_session_space *sp, u32 ref)
{
	return vs_session_at(sp, ref, sp->size);
}

static u32 hash_of(const struct vs_sessions *t, const struct vs_session_space *sp,
		   const struct vs_session *s)
{
	return vs_session_hash(t->key, s->name, s->ends, sp->words);
}

static bool is_pressed(const struct vs_sessions *t)
{
	return t->count > t->max - t->max / 8;
}

static void forget(struct vs_sessions *t, struct vs_session_space *sp, u32 ref)
{
	struct vs_session *s = at(sp, ref);
	u32 *link = vs_session_head(sp, hash_of(t, sp, s));

	while (*link != ref)
		link = &at(sp, *link)->next;
	*link = s->next;
	s->state = VIFSWITCH_SESSION_UNSPEC;
	s->next = sp->free;
	sp->free = ref;
	sp->count--;
	t->count--;
}

bool vs_session_remove(struct vs_sessions *t, u32 family, const struct vs_session_key *key)
{
	struct vs_session_space *sp = &t->space[family];
	u32 ref;

	if (!sp->pages)
		return false;
	ref = *vs_session_head(sp, vs_session_hash(t->key, key->name, key->ends, sp->words));
	for (; ref; ref = at(sp, ref)->next) {
		const struct vs_session *s = at(sp, ref);

		if (s->name != key->name ||
		    memcmp(s->ends, key->ends, sp->words * sizeof(u64)))
			continue;
		forget(t, sp, ref);
		return true;
	}
	return false;
}

/* The next slot to look at; what it refers to may not be in use. */
static u32 next_slot(struct vs_session_space *sp)
{
	u32 ref = sp->hand;

	sp->hand++;
	if ((sp->hand & 63) > sp->slots)
		sp->hand = VS_SESSION_REF((sp->hand >> 6) + 1, 1U);
	if (sp->hand >> 6 >= sp->pages)
		sp->hand = VS_SESSION_REF(0, 1U);
	return ref;
}

static u32 sweep(struct vs_sessions *t, struct vs_session_space *sp, u32 now, u32 count)
{
	bool pressed = is_pressed(t);
	u32 found = 0, ref;

	for (; sp->count && count; count--) {
		ref = next_slot(sp);
		if (!at(sp, ref)->state || !vs_session_is_over(at(sp, ref), now, pressed))
			continue;
		forget(t, sp, ref);
		found++;
	}
	return found;
}

void vs_sessions_sweep(struct vs_sessions *t, u32 now, u32 count)
{
	unsigned int i;

	for (i = 0; i < 2; i++) {
		struct vs_session_space *sp = &t->space[i];
		u32 all = sp->pages * sp->slots;

		sweep(t, sp, now, count < all ? count : all);
	}
}

/* Somebody's who did not go on after an answer, if there was one at all. */
static bool is_unconfirmed(const struct vs_session *s)
{
	return s->state && (s->state == VIFSWITCH_SESSION_TCP_CLOSED ||
			    !(s->flags & VIFSWITCH_SF_CONFIRMED));
}

/* Who floods: an IPv4 address, or a /64. */
static u64 peer_of(const u64 *ends, u32 words)
{
	return words == 1 ? (u32)ends[0] : ends[2];
}

/* Slots looked at for somebody to make room. */
struct sample {
	u32 count;
	u32 ref[SAMPLE];
	u64 peer[SAMPLE];
};

static u32 how_many(const struct sample *sample, u64 peer)
{
	u32 i, count = 0;

	for (i = 0; i < sample->count; i++)
		count += sample->peer[i] == peer;
	return count;
}

/* Of whom there are most, if there are more than of @peer. */
static u32 victim_of(const struct sample *sample, u64 peer)
{
	u32 i, count, victim = 0, most = how_many(sample, peer);

	for (i = 0; i < sample->count; i++) {
		count = how_many(sample, sample->peer[i]);
		if (count > most) {
			most = count;
			victim = sample->ref[i];
		}
	}
	return victim;
}

/* @peer: of a session of the same family that wants in. */
static bool make_room(struct vs_sessions *t, struct vs_session_space *sp, u64 peer, u32 now)
{
	struct sample sample = { 0 };
	u32 i, ref, victim;
	bool found = false;

	for (i = 0; sp->count && i < SLOTS_SEEN && sample.count < SAMPLE; i++) {
		struct vs_session *s;

		ref = next_slot(sp);
		s = at(sp, ref);
		if (s->state && vs_session_is_over(s, now, true)) {
			forget(t, sp, ref);
			found = true;
		} else if (is_unconfirmed(s)) {
			sample.ref[sample.count] = ref;
			sample.peer[sample.count++] = peer_of(s->ends, sp->words);
		}
	}
	if (found)
		return true;
	victim = victim_of(&sample, peer);
	if (victim)
		forget(t, sp, victim);
	return victim;
}

/* In the family that has more of them first. */
static bool make_room_anywhere(struct vs_sessions *t, struct vs_session_space *sp, u64 peer,
			       u32 now)
{
	struct vs_session_space *other = &t->space[sp == t->space];

	if (other->count > sp->count && make_room(t, other, ~0ULL, now))
		return true;
	return make_room(t, sp, peer, now) ||
	       (other->count <= sp->count && make_room(t, other, ~0ULL, now));
}

/* Moves what belongs there from the bucket that is next into a new one. */
static void split(struct vs_sessions *t, struct vs_session_space *sp)
{
	u32 bucket = sp->buckets, wide = 2 * sp->mask + 1, ref;
	u32 *old = vs_session_head(sp, bucket), *new;

	sp->buckets++;
	new = vs_session_head(sp, bucket);
	while ((ref = *old)) {
		struct vs_session *s = at(sp, ref);

		if ((hash_of(t, sp, s) & wide) == bucket) {
			*old = s->next;
			s->next = *new;
			*new = ref;
		} else {
			old = &s->next;
		}
	}
	if (bucket == wide)
		sp->mask = wide;
}

static void *spare(struct vs_sessions *t)
{
	void *page = t->spare[0];

	t->spare[0] = t->spare[1];
	t->spare[1] = NULL;
	return page;
}

static bool grow(struct vs_sessions *t, struct vs_session_space *sp)
{
	void ***dir = (void ***)&sp->dir[sp->pages / VS_SESSION_DIR];

	if (sp->pages >= VS_SESSION_DIR * VS_SESSION_DIRS)
		return false;
	if (!*dir)
		*dir = spare(t);
	if (!*dir || !t->spare[0])
		return false;
	(*dir)[sp->pages % VS_SESSION_DIR] = spare(t);
	sp->pages++;
	sp->fresh = 0;
	if (sp->pages == 1) {
		sp->buckets = VS_SESSION_HEADS;
		sp->mask = VS_SESSION_HEADS - 1;
	}
	return true;
}

/* A slot that is not in use, or 0. */
static u32 take_slot(struct vs_sessions *t, struct vs_session_space *sp)
{
	u32 ref = sp->free;

	if (ref) {
		sp->free = at(sp, ref)->next;
		return ref;
	}
	if ((!sp->pages || sp->fresh == sp->slots) && !grow(t, sp))
		return 0;
	return VS_SESSION_REF(sp->pages - 1, ++sp->fresh);
}

/* Has the bucket room, or could it be made? */
static bool shorten(struct vs_sessions *t, struct vs_session_space *sp, u32 hash, u32 now)
{
	u32 ref, victim = 0, count = 0;

	if (!sp->pages)
		return true;
	for (ref = *vs_session_head(sp, hash); ref; ref = at(sp, ref)->next) {
		if (is_unconfirmed(at(sp, ref)) || vs_session_is_over(at(sp, ref), now, true))
			victim = ref;
		count++;
	}
	if (likely(count < CHAIN_MAX))
		return true;
	if (victim)
		forget(t, sp, victim);
	return victim;
}

struct vs_session *vs_session_insert(struct vs_sessions *t, u32 family,
				     const struct vs_session_key *key, u32 now)
{
	struct vs_session_space *sp = &t->space[family];
	u32 hash = vs_session_hash(t->key, key->name, key->ends, sp->words), i, ref, *head;
	u64 peer = peer_of(key->ends, sp->words);
	struct vs_session *s;

	sweep(t, sp, now, SWEPT);
	if (t->count >= t->max && !make_room_anywhere(t, sp, peer, now))
		return NULL;
	if (!shorten(t, sp, hash, now))
		return NULL;
	ref = take_slot(t, sp);
	if (unlikely(!ref)) {
		if (!make_room(t, sp, peer, now))
			return NULL;
		ref = take_slot(t, sp);
	}
	for (i = 0; i < SPLITS && sp->buckets < sp->pages * VS_SESSION_HEADS; i++)
		split(t, sp);
	s = at(sp, ref);
	memset(s, 0, sizeof(*s));
	s->name = key->name;
	memcpy(s->ends, key->ends, sp->words * sizeof(u64));
	head = vs_session_head(sp, hash);
	s->next = *head;
	*head = ref;
	sp->count++;
	t->count++;
	return s;
}
