// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Verification tags (RFC 9260, 8.5), so that nobody who does not know them ends a
 * session. Each side names in INIT or INIT ACK the tag that the other is to use. An
 * INIT for a session that there is may begin an association in its place: its tags
 * wait in fresh[] until a COOKIE ECHO proves that both sides mean it.
 */
#include "session-proto.h"

#define COMMON_LEN	12
#define INIT_LEN	8	/* of the chunk, with its tag */

#define INIT		1
#define INIT_ACK	2
#define ABORT		6
#define COOKIE_ECHO	10
#define SHUTDOWN_COMPLETE 14
#define REFLECTED	0x01	/* flag of ABORT and SHUTDOWN COMPLETE: the other side's tag */

struct chunk {
	u32 tag;	/* of the packet */
	u32 names;	/* in INIT and INIT ACK */
	u8 type;
	u8 flags;
};

/* The first chunk; type 0 (DATA) where there is none that matters. */
static void read_chunk(struct chunk *c, const struct vs_session_packet *in)
{
	const u8 *h = in->p + in->pkt->l4;
	size_t len = (in->pkt->end < in->len ? in->pkt->end : in->len) - in->pkt->l4;

	*c = (struct chunk){ .tag = vs_get_be32(h + 4) };
	if (len < COMMON_LEN + 4)
		return;
	c->type = h[COMMON_LEN];
	c->flags = h[COMMON_LEN + 1];
	if ((c->type == INIT || c->type == INIT_ACK) && len >= COMMON_LEN + INIT_LEN)
		c->names = vs_get_be32(h + COMMON_LEN + 4);
}

static bool ends(const struct chunk *c)
{
	return c->type == ABORT || c->type == SHUTDOWN_COMPLETE;
}

/* Does a packet that ends an association carry the tag that it has to? */
static bool may_end(const struct vs_session *s, u32 dir, const struct chunk *c)
{
	if (c->flags & REFLECTED)
		dir = !dir;
	return c->tag && (c->tag == s->sctp.tag[dir] || c->tag == s->sctp.fresh[dir]);
}

static void take_handshake(struct vs_session *s, u32 dir, const struct chunk *c)
{
	if (c->type == INIT) {
		s->sctp.fresh[!dir] = c->names;
		s->sctp.fresh[dir] = 0;
	} else if (c->tag == s->sctp.fresh[dir]) {
		s->sctp.fresh[!dir] = c->names;
	}
}

void vs_session_sctp_begin(struct vs_session *s, const struct vs_session_packet *in)
{
	struct chunk c;

	read_chunk(&c, in);
	s->state = VIFSWITCH_SESSION_NEW;
	s->flags |= VS_SF_SEEN(in->dir);
	if (c.type == INIT)
		s->sctp.fresh[!in->dir] = c.names;
	else if (!ends(&c))
		s->sctp.tag[in->dir] = c.tag;
}

enum vs_session_fit vs_session_sctp(struct vs_session *s, const struct vs_session_packet *in)
{
	u32 dir = in->dir;
	struct chunk c;

	read_chunk(&c, in);
	if (ends(&c)) {
		if (!may_end(s, dir, &c))
			return s->sctp.tag[dir] ? VS_FIT_NOT : VS_FIT_PASS;
		s->state = VIFSWITCH_SESSION_TCP_CLOSED;
		return VS_FIT;
	}
	if (c.type == INIT || c.type == INIT_ACK) {
		take_handshake(s, dir, &c);
	} else if (c.type == COOKIE_ECHO && c.tag && c.tag == s->sctp.fresh[dir]) {
		memcpy(s->sctp.tag, s->sctp.fresh, sizeof(s->sctp.tag));
	} else if (!s->sctp.tag[dir]) {
		s->sctp.tag[dir] = c.tag;
	} else if (s->sctp.tag[dir] != c.tag) {
		return in->allowed ? VS_FIT_PASS : VS_FIT_NOT;
	}
	s->flags |= VS_SF_SEEN(dir);
	s->state = (s->flags & VIFSWITCH_SF_SEEN_FROM) && (s->flags & VIFSWITCH_SF_SEEN_TO) ?
		   VIFSWITCH_SESSION_ANSWERED : VIFSWITCH_SESSION_NEW;
	return VS_FIT;
}
