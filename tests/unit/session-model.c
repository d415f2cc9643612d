// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdlib.h>

#include "session-model-tcp.h"

static int seconds_of(u8 state)
{
	switch (state) {
	case S(NEW): return 30;
	case S(ECHO): return 30;
	case S(ANSWERED): return 300;
	case S(TCP_OPENING): return 60;
	case S(TCP_HALF): return 300;
	case S(TCP_ESTABLISHED): return 5 * 24 * 3600;
	case S(TCP_CLOSING): return 240;
	case S(TCP_CLOSED): return 60;
	default: abort();
	}
}

bool model_is_over(const struct model_session *s, u32 now)
{
	return now - s->seen > (u32)seconds_of(s->state) * VS_SESSION_HZ;
}

u32 model_alive(const struct model *m, u32 now)
{
	u32 i, count = 0;

	for (i = 0; i < m->count; i++)
		count += !model_is_over(&m->session[i], now);
	return count;
}

static bool is_icmp_of(u8 family, u16 proto)
{
	return proto == (family == VIFSWITCH_ACL_IP4 ? 1 : 58);
}

static struct model_address address_of(const struct vs_packet *pkt, const union vs_address *a)
{
	if (pkt->family == VIFSWITCH_ACL_IP4)
		return (struct model_address){ 0, a->ip4 };
	return (struct model_address){ a->ip6[0], a->ip6[1] };
}

/* What a session of the packet's would be named; false if it can have none. */
static bool name_of(const struct vs_packet *pkt, const u8 *l4, u16 vid, int dir,
		    struct model_session *ret, bool *asks)
{
	struct model_address src = address_of(pkt, &pkt->src), dst = address_of(pkt, &pkt->dst);
	u16 sport = 0, dport = 0;

	memset(ret, 0, sizeof(*ret));
	ret->family = pkt->family;
	ret->proto = (u8)pkt->proto;
	ret->vid = vid;
	*asks = true;
	if (is_icmp_of(pkt->family, pkt->proto)) {
		u8 type = (u8)pkt->l4_src;
		u16 id = vs_get_be16(l4 + 4);

		if (pkt->family == VIFSWITCH_ACL_IP4 ? type == 8 || type == 13 || type == 17 :
						       type == 128 || type == 139)
			sport = id;
		else if (pkt->family == VIFSWITCH_ACL_IP4 ?
			 type == 0 || type == 14 || type == 18 : type == 129 || type == 140)
			dport = id;
		else
			return false;
		*asks = type == 8 || type == 13 || type == 17 || type == 128 || type == 139;
	} else if (pkt->l4_src != VIFSWITCH_ACL_ABSENT) {
		sport = (u16)pkt->l4_src;
		dport = (u16)pkt->l4_dst;
	}
	ret->vm = dir == FROM ? src : dst;
	ret->peer = dir == FROM ? dst : src;
	ret->vm_port = dir == FROM ? sport : dport;
	ret->peer_port = dir == FROM ? dport : sport;
	return true;
}

static struct model_session *find(struct model *m, const struct model_session *name, u32 now)
{
	u32 i;

	for (i = 0; i < m->count; i++) {
		struct model_session *s = &m->session[i];

		if (s->family == name->family && s->proto == name->proto && s->vid == name->vid &&
		    s->vm.high == name->vm.high && s->vm.low == name->vm.low &&
		    s->peer.high == name->peer.high && s->peer.low == name->peer.low &&
		    s->vm_port == name->vm_port && s->peer_port == name->peer_port &&
		    !model_is_over(s, now))
			return s;
	}
	return NULL;
}

struct sctp {
	u32 tag, names;
	int type;
	bool reflected;
};

static void read_sctp(const struct vs_session_packet *in, struct sctp *c)
{
	const u8 *h = in->p + in->pkt->l4;
	u32 len = in->pkt->end - in->pkt->l4;

	memset(c, 0, sizeof(*c));
	c->tag = vs_get_be32(h + 4);
	if (len >= 16) {
		c->type = h[12];
		c->reflected = h[13] & 1;
	}
	if (len >= 20 && (c->type == 1 || c->type == 2))
		c->names = vs_get_be32(h + 16);
}

static void sctp_begin(struct model_session *s, const struct vs_session_packet *in)
{
	struct sctp c;

	read_sctp(in, &c);
	s->state = S(NEW);
	s->side[in->dir].seen = true;
	if (c.type == 1)
		s->side[!in->dir].fresh = c.names;
	else if (c.type != 6 && c.type != 14)
		s->side[in->dir].tag = c.tag;
}

static enum outcome take_sctp(struct model_session *s, const struct vs_session_packet *in)
{
	struct model_side *own = &s->side[in->dir], *other = &s->side[!in->dir];
	struct sctp c;

	read_sctp(in, &c);
	switch (c.type) {
	case 6:
	case 14: {
		struct model_side *whose = c.reflected ? other : own;

		if (c.tag && (c.tag == whose->tag || c.tag == whose->fresh))
			return close_session(s);
		return own->tag ? REFUSE : LET_BY;
	}
	case 1:
		other->fresh = c.names;
		own->fresh = 0;
		break;
	case 2:
		if (c.tag == own->fresh)
			other->fresh = c.names;
		break;
	default:
		if (c.type == 10 && c.tag && c.tag == own->fresh) {
			own->tag = own->fresh;
			other->tag = other->fresh;
		} else if (!own->tag) {
			own->tag = c.tag;
		} else if (own->tag != c.tag) {
			return in->allowed ? LET_BY : REFUSE;
		}
	}
	own->seen = true;
	s->state = other->seen ? S(ANSWERED) : S(NEW);
	return TAKEN;
}

static enum outcome take(struct model_session *s, const struct vs_session_packet *in)
{
	if (s->proto == 6)
		return take_tcp(s, in);
	if (s->proto == 132)
		return take_sctp(s, in);
	s->side[in->dir].seen = true;
	if (s->state == S(NEW) && s->side[FROM].seen && s->side[TO].seen)
		s->state = S(ANSWERED);
	return TAKEN;
}

static void begin(struct model_session *s, const struct model_session *name, int begun,
		  const struct vs_session_packet *in)
{
	*s = *name;
	s->begun = (u8)begun;
	s->claimed = -1;
	s->created = in->now;
	s->seen = in->now;
	if (s->proto == 6) {
		tcp_begin(s, in);
	} else if (s->proto == 132) {
		sctp_begin(s, in);
	} else {
		s->state = is_icmp_of(s->family, s->proto) ? S(ECHO) : S(NEW);
		s->side[in->dir].seen = true;
	}
	s->side[in->dir].packets += in->packets;
	s->side[in->dir].octets += in->octets;
}

static struct model_session *new_session(struct model *m, u32 now)
{
	u32 i;

	for (i = 0; i < m->count; i++)
		if (model_is_over(&m->session[i], now))
			return &m->session[i];
	if (m->count == MODEL_SESSIONS)
		abort();
	return &m->session[m->count++];
}

/* An error that quotes what a session sent; only well-formed quotes of the tests' own form. */
static bool is_related(struct model *m, const struct vs_session_packet *in)
{
	const struct vs_packet *pkt = in->pkt;
	bool ip4 = pkt->family == VIFSWITCH_ACL_IP4, asks;
	const u8 *q = in->p + pkt->l4 + 8, *l4 = q + (ip4 ? 20 : 40);
	u32 room = pkt->end - pkt->l4 - 8, seq, back;
	struct model_session name, *s;
	struct vs_packet quoted = { .family = pkt->family };
	struct model_side *own;

	if (!is_icmp_of(pkt->family, pkt->proto))
		return false;
	if (ip4 ? pkt->l4_src != 3 && pkt->l4_src != 4 && pkt->l4_src != 5 && pkt->l4_src != 11 &&
		  pkt->l4_src != 12 : pkt->l4_src < 1 || pkt->l4_src > 4)
		return false;
	if (room < (ip4 ? 28 : 48) || q[0] >> 4 != (ip4 ? 4 : 6))
		return false;
	vs_packet_addresses(&quoted, q);
	quoted.proto = ip4 ? q[9] : q[6];
	quoted.l4_src = VIFSWITCH_ACL_ABSENT;
	if (is_icmp_of(pkt->family, quoted.proto)) {
		quoted.l4_src = l4[0];
	} else if (quoted.proto == 6 || quoted.proto == 17 || quoted.proto == 132) {
		quoted.l4_src = vs_get_be16(l4);
		quoted.l4_dst = vs_get_be16(l4 + 2);
	}
	if (memcmp(&quoted.src, &pkt->dst, ip4 ? 4 : 16) ||
	    !name_of(&quoted, l4, in->vid, !in->dir, &name, &asks))
		return false;
	s = find(m, &name, in->now);
	if (!s || quoted.proto != 6)
		return s;
	own = &s->side[!in->dir];
	seq = vs_get_be32(l4 + 4);
	back = s->side[in->dir].window;
	back = !back ? 1 << 30 : back > 66000 ? back : 66000;
	return own->seen && distance(seq, own->next) >= 0 && distance(own->next - back, seq) >= 0;
}

static bool flags_make_sense(const struct vs_packet *pkt)
{
	static const u8 good[] = { 0x10, 0x02, 0x12, 0x11, 0x04, 0x14 };
	size_t i;

	for (i = 0; i < sizeof(good); i++)
		if ((pkt->tcp_flags & 0x17) == good[i])
			return true;
	return false;
}

/* Would the ACL let the peer have begun what this packet seems to be an answer of? */
static bool peer_may(const struct vs_acl *acl, const struct vs_session_packet *in)
{
	struct vs_packet back = *in->pkt;
	struct vs_access access;

	back.src = in->pkt->dst;
	back.dst = in->pkt->src;
	back.l4_src = in->pkt->l4_dst;
	back.l4_dst = in->pkt->l4_src;
	back.tcp_flags = 0x10;
	back.fragment = VS_FRAGMENT_NONE;
	vs_acl_decide(acl, VIFSWITCH_ACL_TO, &back, in->vid, false, &access);
	return !access.reason && access.track == VS_TRACK_ALLOWED;
}

enum vifswitch_drop_reason model_settle(struct model *m, const struct vs_acl *acl,
					const struct vs_access *access,
					const struct vs_session_packet *in)
{
	const struct vs_packet *pkt = in->pkt;
	enum vifswitch_drop_reason denied = (enum vifswitch_drop_reason)access->reason;
	enum vifswitch_drop_reason invalid = in->dir == FROM ?
		VIFSWITCH_DROP_CONNECTION_INVALID : VIFSWITCH_DROP_TO_CONNECTION_INVALID;
	struct model_session name, *s;
	enum outcome outcome;
	bool asks;

	if (pkt->proto == 6 && !flags_make_sense(pkt))
		return in->allowed ? invalid : denied;
	if (!name_of(pkt, in->p + pkt->l4, in->vid, in->dir, &name, &asks))
		return in->allowed || is_related(m, in) ? VIFSWITCH_DROP_NONE : denied;
	s = find(m, &name, in->now);
	if (!s && in->allowed) {
		if (asks && !(pkt->proto == 6 && (pkt->tcp_flags & 4)))
			begin(new_session(m, in->now), &name, in->dir, in);
		return VIFSWITCH_DROP_NONE;
	}
	if (!s) {
		if (in->dir != FROM || pkt->proto != 6 || (pkt->tcp_flags & 0x16) != 0x10 ||
		    in->now - m->since >= 7440 * VS_SESSION_HZ || !peer_may(acl, in))
			return denied;
		begin(new_session(m, in->now), &name, TO, in);
		return VIFSWITCH_DROP_NONE;
	}
	if (s->begun == in->dir && !in->allowed)
		return denied;
	outcome = take(s, in);
	if (outcome == REFUSE)
		return in->allowed ? invalid : denied;
	if (outcome == BEGIN) {
		begin(s, &name, in->dir, in);
		return VIFSWITCH_DROP_NONE;
	}
	if (outcome == TAKEN) {
		if (s->begun == in->dir && s->state == S(ANSWERED))
			s->confirmed = true;
		if (s->begun == in->dir || !in->allowed)
			s->seen = in->now;
	}
	s->side[in->dir].packets += in->packets;
	s->side[in->dir].octets += in->octets;
	return VIFSWITCH_DROP_NONE;
}

static union vs_address plain(const struct model_session *s, struct model_address a)
{
	if (s->family == VIFSWITCH_ACL_IP4)
		return (union vs_address){ .ip4 = (u32)a.low };
	return (union vs_address){ .ip6 = { a.high, a.low } };
}

static bool may_begin(const struct model_session *s, const struct vs_acl *acl)
{
	bool from = s->begun == FROM;
	struct vs_packet pkt = {
		.family = s->family,
		.proto = s->proto,
		.src = plain(s, from ? s->vm : s->peer),
		.dst = plain(s, from ? s->peer : s->vm),
		.l4_src = from ? s->vm_port : s->peer_port,
		.l4_dst = from ? s->peer_port : s->vm_port,
		.tcp_flags = s->proto == 6 ? 0x10 : VIFSWITCH_ACL_ABSENT,
	};
	struct vs_access access;

	if (is_icmp_of(s->family, s->proto)) {
		pkt.l4_src = s->family == VIFSWITCH_ACL_IP4 ? 8 : 128;
		pkt.l4_dst = 0;
	} else if (s->proto == 47) {
		pkt.l4_src = VIFSWITCH_ACL_ABSENT;
		pkt.l4_dst = VIFSWITCH_ACL_ABSENT;
	}
	vs_acl_decide(acl, (enum vifswitch_acl_direction)s->begun, &pkt, s->vid, false, &access);
	return !access.reason && access.track == VS_TRACK_ALLOWED;
}

void model_move(struct model *m, const struct vs_acl *acl, u32 now)
{
	u32 i, kept = 0;

	for (i = 0; i < m->count; i++) {
		struct model_session *s = &m->session[i];

		if (model_is_over(s, now) || !may_begin(s, acl))
			continue;
		s->side[FROM].fresh = 0;
		s->side[TO].fresh = 0;
		if (s->claimed >= 0)
			s->claimed = -1;
		if (s->state == S(TCP_OPENING))
			s->claim = s->side[s->begun].next;
		m->session[kept++] = *s;
	}
	m->count = kept;
	m->since = now;
}
