// SPDX-License-Identifier: GPL-2.0-or-later
#include "session-model-tcp.h"

struct tcp {
	bool fin, syn, rst, ack;
	u32 first, behind;	/* octets of sequence space */
	u32 acked, window;
	bool cut;		/* more follows in fragments */
};

static void read_tcp(const struct vs_session_packet *in, struct tcp *seg)
{
	const u8 *h = in->p + in->pkt->l4;
	u32 data = in->pkt->end - in->pkt->l4 - (u32)(h[12] >> 4) * 4;

	seg->fin = in->pkt->tcp_flags & 1;
	seg->syn = in->pkt->tcp_flags & 2;
	seg->rst = in->pkt->tcp_flags & 4;
	seg->ack = in->pkt->tcp_flags & 16;
	seg->first = vs_get_be32(h + 4);
	seg->behind = seg->first + data + seg->fin + seg->syn;
	seg->acked = vs_get_be32(h + 8);
	seg->window = vs_get_be16(h + 14);
	seg->cut = in->pkt->fragment != VS_FRAGMENT_NONE;
}

/* The window scale option of a SYN; -1 without. The tests' SYNs have it first, if at all. */
static int scale_option(const struct vs_session_packet *in)
{
	const u8 *h = in->p + in->pkt->l4;

	if ((h[12] >> 4) * 4 < 24 || h[20] != 3)
		return -1;
	return h[22] > 14 ? 14 : h[22];
}

static void loosen(struct model_session *s)
{
	s->loose = true;
	s->side[FROM].scale = 14;
	s->side[TO].scale = 14;
}

static u32 told_window(const struct model_session *s, int dir, const struct tcp *seg)
{
	return seg->syn ? seg->window : seg->window << s->side[dir].scale;
}

/* @dir has told how much it takes. */
static void note_window(struct model_session *s, int dir, const struct tcp *seg)
{
	u32 window = told_window(s, dir, seg);

	if (window > s->side[dir].window)
		s->side[dir].window = window;
	if (seg->ack && distance(seg->acked + window, s->side[!dir].room) < 0)
		s->side[!dir].room = seg->acked + window;
}

static void first_segment(struct model_session *s, int dir, const struct tcp *seg)
{
	struct model_side *own = &s->side[dir], *other = &s->side[!dir];

	own->next = seg->behind;
	own->room = seg->behind + other->window;
	own->window = 1;
	if (!other->seen) {
		other->next = seg->acked;
		other->room = seg->acked;
	}
	own->seen = true;
	note_window(s, dir, seg);
}

static void scale_if_both_can(struct model_session *s)
{
	if (s->side[FROM].scale < 0 || s->side[TO].scale < 0) {
		s->side[FROM].scale = 0;
		s->side[TO].scale = 0;
	}
}

static void syn_segment(struct model_session *s, int dir, const struct tcp *seg,
			const struct vs_session_packet *in)
{
	s->side[dir].scale = scale_option(in);
	first_segment(s, dir, seg);
	if (s->side[!dir].seen)
		scale_if_both_can(s);
}

static void next_state(struct model_session *s, int dir, const struct tcp *seg)
{
	bool both = s->side[FROM].seen && s->side[TO].seen;

	if (seg->fin)
		s->side[dir].finished = true;
	if (s->state == S(TCP_CLOSED))
		return;
	if (both && dir == s->begun)
		s->confirmed = true;
	if (s->side[FROM].finished && s->side[TO].finished)
		s->state = S(TCP_CLOSED);
	else if (s->side[FROM].finished || s->side[TO].finished)
		s->state = S(TCP_CLOSING);
	else if (s->confirmed)
		s->state = S(TCP_ESTABLISHED);
	else if (s->state == S(TCP_OPENING) && dir != s->begun)
		s->state = S(TCP_OPENING);
	else
		s->state = S(TCP_HALF);
}

void tcp_begin(struct model_session *s, const struct vs_session_packet *in)
{
	struct tcp seg;

	read_tcp(in, &seg);
	if (seg.syn && !seg.ack) {
		s->state = S(TCP_OPENING);
		syn_segment(s, in->dir, &seg, in);
		s->claim = seg.first + 1;
		return;
	}
	s->state = S(TCP_HALF);
	loosen(s);
	first_segment(s, in->dir, &seg);
	next_state(s, in->dir, &seg);
}

static bool fits(const struct model_session *s, int dir, const struct tcp *seg)
{
	const struct model_side *own = &s->side[dir], *other = &s->side[!dir];
	s64 back = own->window > 66000 ? own->window : 66000;

	if (!own->window)
		back = 1 << 30;
	if (distance(seg->first, own->room) < 0)
		return false;
	if (distance(own->next - other->window, seg->behind) < 0)
		return false;
	if (distance(seg->acked, other->next) < 0)
		return false;
	return distance(other->next - (u32)back, seg->acked) >= 0;
}

static enum outcome does_not_fit(struct model_session *s, const struct vs_session_packet *in,
				 const struct tcp *seg)
{
	if (!in->allowed)
		return REFUSE;
	if (s->state != S(TCP_OPENING)) {
		s->claimed = in->dir;
		s->claim = seg->behind;
	}
	return LET_BY;
}

static bool admits_claim(const struct model_session *s, int dir, const struct tcp *seg)
{
	return s->claimed == !dir && seg->ack && seg->acked == s->claim;
}

static enum outcome trust_claim(struct model_session *s, const struct vs_session_packet *in,
				const struct tcp *seg)
{
	int dir = in->dir;

	memset(s->side, 0, sizeof(s->side));
	s->created = in->now;
	s->seen = in->now;
	s->begun = (u8)!dir;
	s->confirmed = false;
	s->claimed = -1;
	loosen(s);
	first_segment(s, dir, seg);
	s->side[!dir].seen = true;
	s->side[!dir].next = s->claim;
	s->side[!dir].window = seg->window << 14;
	s->side[dir].room = seg->behind + s->side[!dir].window;
	s->state = seg->rst ? S(TCP_CLOSED) : seg->syn ? S(TCP_OPENING) : S(TCP_HALF);
	return TAKEN;
}

/* Does it acknowledge the SYN that began the session, and no more than was sent with it? */
static bool admits_syn(const struct model_session *s, int dir, const struct tcp *seg)
{
	return seg->ack && distance(s->claim, seg->acked) >= 0 &&
	       distance(seg->acked, s->side[!dir].next) >= 0;
}

static enum outcome take_syn(struct model_session *s, const struct vs_session_packet *in,
			     const struct tcp *seg)
{
	struct model_side *own = &s->side[in->dir];

	if (s->state == S(TCP_CLOSED))
		return in->allowed ? BEGIN : REFUSE;
	if (s->state != S(TCP_OPENING))
		return does_not_fit(s, in, seg);
	if (own->seen && own->next == seg->behind)
		return TAKEN;
	if (s->side[FROM].seen && s->side[TO].seen)
		return does_not_fit(s, in, seg);
	syn_segment(s, in->dir, seg, in);
	if (in->dir == s->begun)
		s->claim = seg->first + 1;
	return TAKEN;
}

static enum outcome take_syn_ack(struct model_session *s, const struct vs_session_packet *in,
				 const struct tcp *seg)
{
	struct model_side *own = &s->side[in->dir], *other = &s->side[!in->dir];
	bool good;

	if (s->state == S(TCP_OPENING)) {
		if (own->seen && own->next == seg->behind)
			return TAKEN;
		if (in->dir == s->begun)
			good = other->seen && other->next == seg->acked;
		else
			good = admits_syn(s, in->dir, seg);
		if (!good)
			return does_not_fit(s, in, seg);
		syn_segment(s, in->dir, seg, in);
		return TAKEN;
	}
	if (admits_claim(s, in->dir, seg))
		return trust_claim(s, in, seg);
	if (own->seen && other->seen && fits(s, in->dir, seg))
		return LET_BY;
	return does_not_fit(s, in, seg);
}

enum outcome close_session(struct model_session *s)
{
	scale_if_both_can(s);
	s->state = S(TCP_CLOSED);
	return TAKEN;
}

static enum outcome take_reset(struct model_session *s, const struct vs_session_packet *in,
			       const struct tcp *seg)
{
	struct model_side *own = &s->side[in->dir], *other = &s->side[!in->dir];
	s64 before, behind;

	if (s->state == S(TCP_OPENING)) {
		if (in->dir == s->begun)
			return seg->first == own->next ? close_session(s) : LET_BY;
		if (own->seen)
			return seg->first == own->next ? close_session(s) : REFUSE;
		return admits_syn(s, in->dir, seg) ? close_session(s) : REFUSE;
	}
	if (admits_claim(s, in->dir, seg))
		return trust_claim(s, in, seg);
	if (seg->first == own->next)
		return close_session(s);
	if (!other->seen)
		return LET_BY;
	if (!own->seen)
		return REFUSE;
	if (s->loose) {
		before = distance(own->next - 65535, seg->first);
		behind = distance(seg->first, own->next + 65535);
	} else {
		before = distance(own->room - other->window, seg->first);
		behind = distance(seg->first, own->room);
	}
	if (before < 0 || behind < 0)
		return REFUSE;
	if (s->state != S(TCP_CLOSED))
		s->state = S(TCP_CLOSING);
	return TAKEN;
}

static u32 not_older(u32 known, u32 now)
{
	u32 back = known - now;

	return back < 1 << 24 ? known : now;
}

static void one_sided(struct model_session *s, int dir, const struct tcp *seg)
{
	struct model_side *own = &s->side[dir], *other = &s->side[!dir];

	if (s->state == S(TCP_OPENING)) {
		loosen(s);
		other->next = seg->acked;
	}
	own->next = not_older(own->next, seg->behind);
	other->next = not_older(other->next, seg->acked);
	other->room = other->next;
	note_window(s, dir, seg);
}

static void both_sided(struct model_session *s, int dir, const struct tcp *seg)
{
	struct model_side *own = &s->side[dir], *other = &s->side[!dir];

	if (distance(seg->behind, own->next) < 0)
		own->next = seg->behind;
	if (seg->cut) {
		loosen(s);
		own->window = 1 << 30;
		other->window = 1 << 30;
		own->next = seg->first + 65535;
	}
	if (!own->seen)
		own->window = 1;
	own->seen = true;
	note_window(s, dir, seg);
}

enum outcome take_tcp(struct model_session *s, const struct vs_session_packet *in)
{
	int dir = in->dir;
	struct tcp seg;

	read_tcp(in, &seg);
	if (seg.syn)
		return seg.ack ? take_syn_ack(s, in, &seg) : take_syn(s, in, &seg);
	if (seg.rst)
		return take_reset(s, in, &seg);
	if (!s->side[!dir].seen) {
		one_sided(s, dir, &seg);
	} else if (s->state == S(TCP_OPENING) && !s->side[dir].seen) {
		return LET_BY;
	} else if (fits(s, dir, &seg)) {
		both_sided(s, dir, &seg);
	} else if (admits_claim(s, dir, &seg)) {
		return trust_claim(s, in, &seg);
	} else {
		return does_not_fit(s, in, &seg);
	}
	next_state(s, dir, &seg);
	return TAKEN;
}
