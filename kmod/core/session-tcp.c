// SPDX-License-Identifier: GPL-2.0-or-later
/* Sequence windows; sessions.h says what they are for. */
#include "session-proto.h"

#define FIN	VS_TCP_FIN
#define SYN	VS_TCP_SYN
#define RST	VS_TCP_RST
#define ACK	VS_TCP_ACK

#define ACK_BACK_MIN	66000	/* octets that an acknowledgement may always lie back */
#define RST_AHEAD	65535	/* where nobody knows what there is room for */
#define REORDER_MAX	(1U << 24)
#define WINDOW_MAX	(1U << 30)
#define SCALE_MAX	14
#define NOT_OFFERED	15
#define OPTION_SCALE	3

struct segment {
	u32 seq, ack, end;
	u32 window;		/* as it is in the header */
	u32 flags;		/* of the four above */
	bool fragment;		/* it is longer than can be seen */
};

/* Sequence numbers go round; of two that are half of all apart each is after the other. */
static bool after(u32 a, u32 b)
{
	return (s32)(b - a) < 0;
}

static void read_segment(struct segment *seg, const struct vs_session_packet *in)
{
	const struct vs_packet *pkt = in->pkt;
	const u8 *h = in->p + pkt->l4;

	seg->seq = vs_get_be32(h + 4);
	seg->ack = vs_get_be32(h + 8);
	seg->window = vs_get_be16(h + 14);
	seg->flags = pkt->tcp_flags & (FIN | SYN | RST | ACK);
	seg->fragment = pkt->fragment;
	seg->end = seg->seq + (pkt->end - pkt->l4 - (h[12] >> 4) * 4U);
	if (unlikely(seg->flags & (SYN | FIN)))
		seg->end += !!(seg->flags & SYN) + !!(seg->flags & FIN);
}

/* What the SYN at the packet offers, if all its options are there. */
static u8 scale_offered(const struct vs_session_packet *in)
{
	const u8 *h = in->p + in->pkt->l4, *o = h + VS_TCP_LEN, *end = h + (h[12] >> 4) * 4U;

	if (end > in->p + in->len)
		return SCALE_MAX;
	while (o < end && *o) {
		if (*o == 1) {
			o++;
			continue;
		}
		if (end - o < 2 || o[1] < 2 || o[1] > end - o)
			break;
		if (*o == OPTION_SCALE && o[1] == 3)
			return o[2] < SCALE_MAX ? o[2] : SCALE_MAX;
		o += o[1];
	}
	return NOT_OFFERED;
}

static u8 scale_of(const struct vs_session *s, u32 dir)
{
	return s->scale >> 4 * dir & 15;
}

static void set_scale(struct vs_session *s, u32 dir, u8 scale)
{
	s->scale = (u8)((s->scale & (dir ? 0x0f : 0xf0)) | scale << 4 * dir);
}

/* Both have said what they can: without both there is no scaling. */
static void settle_scales(struct vs_session *s)
{
	if (scale_of(s, 0) == NOT_OFFERED || scale_of(s, 1) == NOT_OFFERED)
		s->scale = 0;
}

static void set_loose(struct vs_session *s)
{
	s->scale = SCALE_MAX << 4 | SCALE_MAX;
	s->flags |= VIFSWITCH_SF_LOOSE;
}

static bool was_seen(const struct vs_session *s, u32 dir)
{
	return s->flags & VS_SF_SEEN(dir);
}

/* How far acknowledgements of @side may lie back; one that was not seen has no window yet. */
static u32 wide(const struct vs_session_side *side)
{
	if (unlikely(!side->window))
		return WINDOW_MAX;
	return side->window > ACK_BACK_MIN ? side->window : ACK_BACK_MIN;
}

static void take_window(struct vs_session *s, u32 dir, const struct segment *seg)
{
	u32 window = seg->flags & SYN ? seg->window : seg->window << scale_of(s, dir);
	struct vs_session_side *own = &s->tcp.side[dir], *other = &s->tcp.side[!dir];

	if (window > own->window)
		own->window = window;
	if ((seg->flags & ACK) && after(seg->ack + window, other->max))
		other->max = seg->ack + window;
}

/* The first that @dir sends; what the other side sent is only known by what this acknowledges. */
static void take_first(struct vs_session *s, u32 dir, const struct segment *seg)
{
	struct vs_session_side *own = &s->tcp.side[dir], *other = &s->tcp.side[!dir];

	own->end = seg->end;
	own->max = seg->end + other->window;
	own->window = 1;
	if (!was_seen(s, !dir)) {
		other->end = seg->ack;
		other->max = seg->ack;
	}
	take_window(s, dir, seg);
	s->flags |= VS_SF_SEEN(dir);
}

static void take_syn(struct vs_session *s, const struct vs_session_packet *in,
		     const struct segment *seg)
{
	set_scale(s, in->dir, scale_offered(in));
	take_first(s, in->dir, seg);
	if (was_seen(s, !in->dir))
		settle_scales(s);
}

static void advance(struct vs_session *s, u32 dir, const struct segment *seg)
{
	bool both = was_seen(s, 0) && was_seen(s, 1);

	if (seg->flags & FIN)
		s->flags |= VS_SF_FIN(dir);
	if (s->state == VIFSWITCH_SESSION_TCP_CLOSED)
		return;
	if (dir == !!(s->flags & VS_SF_BEGUN_TO) && both)
		s->flags |= VIFSWITCH_SF_CONFIRMED;
	if (unlikely(s->flags & (VIFSWITCH_SF_FIN_FROM | VIFSWITCH_SF_FIN_TO)))
		s->state = (s->flags & VIFSWITCH_SF_FIN_FROM) && (s->flags & VIFSWITCH_SF_FIN_TO) ?
			   VIFSWITCH_SESSION_TCP_CLOSED : VIFSWITCH_SESSION_TCP_CLOSING;
	else if (s->flags & VIFSWITCH_SF_CONFIRMED)
		s->state = VIFSWITCH_SESSION_TCP_ESTABLISHED;
	else if (s->state != VIFSWITCH_SESSION_TCP_OPENING ||
		 dir == !!(s->flags & VS_SF_BEGUN_TO))
		s->state = VIFSWITCH_SESSION_TCP_HALF;
}

void vs_session_tcp_begin(struct vs_session *s, const struct vs_session_packet *in)
{
	struct segment seg;

	read_segment(&seg, in);
	if ((seg.flags & (SYN | ACK)) == SYN) {
		s->state = VIFSWITCH_SESSION_TCP_OPENING;
		take_syn(s, in, &seg);
		s->tcp.claim = seg.seq + 1;
		return;
	}
	s->state = VIFSWITCH_SESSION_TCP_HALF;
	set_loose(s);
	take_first(s, in->dir, &seg);
	advance(s, in->dir, &seg);
}

/* What is allowed by a rule and does not fit: the session may be the one that is wrong. */
static enum vs_session_fit misfit(struct vs_session *s, const struct vs_session_packet *in,
				  const struct segment *seg)
{
	if (!in->allowed)
		return VS_FIT_NOT;
	if (s->state != VIFSWITCH_SESSION_TCP_OPENING) {
		s->tcp.claim = seg->end;
		s->flags &= (u16)~VS_SF_CLAIM_TO;
		s->flags |= VS_SF_CLAIM | (in->dir == VIFSWITCH_ACL_TO ? VS_SF_CLAIM_TO : 0);
	}
	return VS_FIT_PASS;
}

/* Does it acknowledge exactly what did not fit before? */
static bool answers_claim(const struct vs_session *s, u32 dir, const struct segment *seg)
{
	return (s->flags & VS_SF_CLAIM) && !!(s->flags & VS_SF_CLAIM_TO) != dir &&
	       (seg->flags & ACK) && seg->ack == s->tcp.claim;
}

/* The claim was right: from here on the session is what the two sides agree on. */
static enum vs_session_fit begin_anew(struct vs_session *s, const struct vs_session_packet *in,
				      const struct segment *seg)
{
	u32 claim = s->tcp.claim, dir = in->dir;

	memset(&s->tcp, 0, sizeof(s->tcp));
	memset(s->octets, 0, sizeof(s->octets));
	memset(s->packets, 0, sizeof(s->packets));
	memset(s->packets_high, 0, sizeof(s->packets_high));
	s->created = in->now;
	s->seen = in->now;
	s->flags = dir == VIFSWITCH_ACL_FROM ? VS_SF_BEGUN_TO : 0;
	set_loose(s);
	take_first(s, dir, seg);
	s->tcp.side[!dir].end = claim;
	s->flags |= VS_SF_SEEN(!dir);
	s->tcp.side[!dir].window = seg->window << SCALE_MAX;
	s->tcp.side[dir].max = seg->end + s->tcp.side[!dir].window;
	s->tcp.claim = claim;
	s->state = seg->flags & RST ? VIFSWITCH_SESSION_TCP_CLOSED :
		   seg->flags & SYN ? VIFSWITCH_SESSION_TCP_OPENING : VIFSWITCH_SESSION_TCP_HALF;
	return VS_FIT;
}

/* Of a handshake, to the SYN that began it: does it acknowledge what it should? */
static bool answers_syn(const struct vs_session *s, u32 dir, const struct segment *seg)
{
	return (seg->flags & ACK) && !after(s->tcp.claim, seg->ack) &&
	       !after(seg->ack, s->tcp.side[!dir].end);
}

static bool in_window(const struct vs_session *s, u32 dir, const struct segment *seg)
{
	const struct vs_session_side *own = &s->tcp.side[dir], *other = &s->tcp.side[!dir];

	return !after(seg->seq, own->max) && !after(own->end - other->window, seg->end) &&
	       !after(seg->ack, other->end) && !after(other->end - wide(own), seg->ack);
}

static enum vs_session_fit syn(struct vs_session *s, const struct vs_session_packet *in,
			       const struct segment *seg)
{
	bool began = in->dir == !!(s->flags & VS_SF_BEGUN_TO);

	if (s->state == VIFSWITCH_SESSION_TCP_CLOSED)
		return in->allowed ? VS_FIT_ANEW : VS_FIT_NOT;
	if (s->state != VIFSWITCH_SESSION_TCP_OPENING)
		return misfit(s, in, seg);
	if (was_seen(s, in->dir) && seg->end == s->tcp.side[in->dir].end)
		return VS_FIT;
	if (was_seen(s, !in->dir) && was_seen(s, in->dir))
		return misfit(s, in, seg);
	take_syn(s, in, seg);
	if (began)
		s->tcp.claim = seg->seq + 1;
	return VS_FIT;
}

static enum vs_session_fit syn_ack(struct vs_session *s, const struct vs_session_packet *in,
				   const struct segment *seg)
{
	bool began = in->dir == !!(s->flags & VS_SF_BEGUN_TO);

	if (s->state == VIFSWITCH_SESSION_TCP_OPENING) {
		if (was_seen(s, in->dir) && seg->end == s->tcp.side[in->dir].end)
			return VS_FIT;
		if (began ? !was_seen(s, !in->dir) || seg->ack != s->tcp.side[!in->dir].end :
			    !answers_syn(s, in->dir, seg))
			return misfit(s, in, seg);
		take_syn(s, in, seg);
		return VS_FIT;
	}
	if (answers_claim(s, in->dir, seg))
		return begin_anew(s, in, seg);
	if (was_seen(s, 0) && was_seen(s, 1) && in_window(s, in->dir, seg))
		return VS_FIT_PASS;
	return misfit(s, in, seg);
}

/* Octets where a reset may begin, if not exactly at the sender's next one. */
static bool resets(const struct vs_session *s, u32 dir, const struct segment *seg)
{
	const struct vs_session_side *own = &s->tcp.side[dir], *other = &s->tcp.side[!dir];
	u32 last = own->max, first = own->max - other->window;

	if (s->flags & VIFSWITCH_SF_LOOSE) {
		first = own->end - RST_AHEAD;
		last = own->end + RST_AHEAD;
	}
	return !after(first, seg->seq) && !after(seg->seq, last);
}

static enum vs_session_fit reset_opening(struct vs_session *s, u32 dir, const struct segment *seg)
{
	bool began = dir == !!(s->flags & VS_SF_BEGUN_TO);

	if (!began && !was_seen(s, dir) ? !answers_syn(s, dir, seg) :
					  seg->seq != s->tcp.side[dir].end)
		return began ? VS_FIT_PASS : VS_FIT_NOT;
	settle_scales(s);
	s->state = VIFSWITCH_SESSION_TCP_CLOSED;
	return VS_FIT;
}

static enum vs_session_fit reset(struct vs_session *s, const struct vs_session_packet *in,
				 const struct segment *seg)
{
	u32 dir = in->dir;

	if (s->state == VIFSWITCH_SESSION_TCP_OPENING)
		return reset_opening(s, dir, seg);
	if (answers_claim(s, dir, seg))
		return begin_anew(s, in, seg);
	if (seg->seq == s->tcp.side[dir].end) {
		s->state = VIFSWITCH_SESSION_TCP_CLOSED;
		return VS_FIT;
	}
	if (!was_seen(s, !dir))
		return VS_FIT_PASS;
	if (!was_seen(s, dir) || !resets(s, dir, seg))
		return VS_FIT_NOT;
	if (s->state != VIFSWITCH_SESSION_TCP_CLOSED)
		s->state = VIFSWITCH_SESSION_TCP_CLOSING;
	return VS_FIT;
}

/* The newer of two positions, unless they have nothing to do with each other. */
static u32 newer(u32 old, u32 now)
{
	return old - now < REORDER_MAX ? old : now;
}

/* Only one side is seen, so there is nothing to compare its numbers with. */
static void follow(struct vs_session *s, u32 dir, const struct segment *seg)
{
	struct vs_session_side *own = &s->tcp.side[dir], *other = &s->tcp.side[!dir];

	if (s->state == VIFSWITCH_SESSION_TCP_OPENING) {
		set_loose(s);
		other->end = seg->ack;
	}
	own->end = newer(own->end, seg->end);
	other->end = newer(other->end, seg->ack);
	other->max = other->end;
	take_window(s, dir, seg);
}

static void take(struct vs_session *s, u32 dir, const struct segment *seg)
{
	struct vs_session_side *own = &s->tcp.side[dir], *other = &s->tcp.side[!dir];

	if (after(seg->end, own->end))
		own->end = seg->end;
	if (unlikely(seg->fragment)) {
		set_loose(s);
		own->window = WINDOW_MAX;
		other->window = WINDOW_MAX;
		own->end = seg->seq + 65535;
	}
	if (unlikely(!was_seen(s, dir))) {
		own->window = 1;
		s->flags |= VS_SF_SEEN(dir);
	}
	take_window(s, dir, seg);
}

enum vs_session_fit vs_session_tcp(struct vs_session *s, const struct vs_session_packet *in)
{
	u32 dir = in->dir;
	struct segment seg;

	read_segment(&seg, in);
	if (unlikely(seg.flags & SYN))
		return seg.flags & ACK ? syn_ack(s, in, &seg) : syn(s, in, &seg);
	if (unlikely(seg.flags & RST))
		return reset(s, in, &seg);
	if (unlikely(!was_seen(s, !dir))) {
		follow(s, dir, &seg);
	} else if (unlikely(s->state == VIFSWITCH_SESSION_TCP_OPENING && !was_seen(s, dir))) {
		/* of an older connection: who sent the SYN will reset that */
		return VS_FIT_PASS;
	} else if (unlikely(!in_window(s, dir, &seg))) {
		return answers_claim(s, dir, &seg) ? begin_anew(s, in, &seg) :
						     misfit(s, in, &seg);
	} else {
		take(s, dir, &seg);
	}
	advance(s, dir, &seg);
	return VS_FIT;
}

bool vs_session_tcp_sent(const struct vs_session *s, u32 dir, u32 seq)
{
	const struct vs_session_side *own = &s->tcp.side[dir];

	return was_seen(s, dir) && !after(seq, own->end) &&
	       !after(own->end - wide(&s->tcp.side[!dir]), seq);
}
