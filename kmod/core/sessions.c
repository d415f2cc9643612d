// SPDX-License-Identifier: GPL-2.0-or-later
#include <vifswitch/openflow-abi.h>

#include "sessions.h"

#define ICMP_LEN	8	/* what an error has before the packet it quotes */
#define SCTP_SEEN	20	/* octets of a packet that matter */
#define TCP_HEADER_MAX	60

/* Questions of ICMP and ICMPv6 and their answers, by type; others have no sessions. */
static const struct {
	u8 proto, question, answer;
} echoes[] = {
	{ VS_PROTO_ICMP, 8, 0 },	/* echo */
	{ VS_PROTO_ICMP6, 128, 129 },
	{ VS_PROTO_ICMP, 13, 14 },	/* timestamp */
	{ VS_PROTO_ICMP, 17, 18 },	/* address mask */
	{ VS_PROTO_ICMP6, 139, 140 },	/* node information */
};

static bool is_icmp(const struct vs_packet *pkt)
{
	return pkt->proto == (pkt->family == VIFSWITCH_ACL_IP4 ? VS_PROTO_ICMP : VS_PROTO_ICMP6);
}

static bool has_ports(const struct vs_packet *pkt)
{
	return pkt->l4_src != VIFSWITCH_ACL_ABSENT && pkt->l4_dst != VIFSWITCH_ACL_ABSENT;
}

/* Of a packet that goes in direction @dir. @src, @dst: its ports, if any. */
static __always_inline void set_key(struct vs_session_key *key, const struct vs_packet *pkt,
				    u16 vid, u32 dir, u32 src, u32 dst)
{
	if (dir == VIFSWITCH_ACL_FROM) {
		key->name = vs_session_name((u8)pkt->proto, vid, (u16)src, (u16)dst);
		vs_session_set_ends(key, pkt->family, &pkt->src, &pkt->dst);
	} else {
		key->name = vs_session_name((u8)pkt->proto, vid, (u16)dst, (u16)src);
		vs_session_set_ends(key, pkt->family, &pkt->dst, &pkt->src);
	}
}

/* Who asks has the identifier as its port. False: no question and no answer. */
static bool echo_key(struct vs_session_key *key, const struct vs_packet *pkt, u16 id, u16 vid,
		     u32 dir, bool *question)
{
	unsigned int i;

	for (i = 0; i < sizeof(echoes) / sizeof(*echoes); i++) {
		if (echoes[i].proto != pkt->proto || (pkt->l4_src != echoes[i].question &&
						      pkt->l4_src != echoes[i].answer))
			continue;
		*question = pkt->l4_src == echoes[i].question;
		set_key(key, pkt, vid, dir, *question ? id : 0, *question ? 0 : id);
		return true;
	}
	return false;
}

/* @l4: where the packet's transport header begins. False: it has no session. */
static bool key_of(struct vs_session_key *key, const struct vs_packet *pkt, const u8 *l4, u16 vid,
		   u32 dir, bool *begins)
{
	*begins = true;
	if (unlikely(is_icmp(pkt)))
		return echo_key(key, pkt, vs_get_be16(l4 + 4), vid, dir, begins);
	if (likely(has_ports(pkt)))
		set_key(key, pkt, vid, dir, pkt->l4_src, pkt->l4_dst);
	else
		set_key(key, pkt, vid, dir, 0, 0);
	return true;
}

bool vs_session_sees(const struct vs_packet *pkt, size_t len)
{
	u32 need;

	if (pkt->proto == VS_PROTO_TCP)
		need = pkt->tcp_flags & VS_TCP_SYN ? pkt->l4 + TCP_HEADER_MAX :
						     pkt->l4 + VS_TCP_LEN;
	else if (is_icmp(pkt))
		need = VS_PACKET_HEADERS;
	else
		need = pkt->l4 + (pkt->proto == VS_PROTO_SCTP ? SCTP_SEEN : ICMP_LEN);
	if (need > VS_PACKET_HEADERS)
		need = VS_PACKET_HEADERS;
	return len >= need || len >= pkt->end;
}

static void count(struct vs_session *s, const struct vs_session_packet *in)
{
	u32 dir = in->dir;

	s->octets[dir] += in->octets;
	s->packets[dir] += in->packets;
	if (unlikely(s->packets[dir] < in->packets))
		s->packets_high[dir]++;
}

static bool tells_of_an_error(const struct vs_packet *pkt)
{
	if (pkt->family == VIFSWITCH_ACL_IP6)
		return pkt->l4_src >= 1 && pkt->l4_src <= 4;
	return pkt->l4_src == 3 || pkt->l4_src == 4 || pkt->l4_src == 5 || pkt->l4_src == 11 ||
	       pkt->l4_src == 12;
}

/* The first fields of the packet quoted at @h, of which @len octets are there. */
static bool read_quoted(struct vs_packet *quoted, enum vifswitch_acl_family family, const u8 *h,
			size_t len)
{
	u32 header = VS_IP6_LEN, ports;

	if (len < (family == VIFSWITCH_ACL_IP4 ? VS_IP4_LEN : VS_IP6_LEN))
		return false;
	memset(quoted, 0, sizeof(*quoted));
	quoted->family = family;
	quoted->proto = h[6];
	if (family == VIFSWITCH_ACL_IP4) {
		header = (h[0] & 15U) * 4;
		quoted->proto = h[9];
		if (h[0] >> 4 != 4 || header < VS_IP4_LEN || (vs_get_be16(h + 6) & 0x1fff))
			return false;
	} else if (h[0] >> 4 != 6) {
		return false;
	}
	vs_packet_addresses(quoted, h);
	while (family == VIFSWITCH_ACL_IP6 && vs_is_extension(quoted->proto)) {
		if (header + 8 > len || (quoted->proto == VS_EXT_FRAGMENT &&
					 (vs_get_be16(h + header + 2) & 0xfff8)))
			return false;
		ports = h[header];
		header += quoted->proto == VS_EXT_FRAGMENT ? 8 :
			  quoted->proto == VS_EXT_AH ? (h[header + 1] + 2U) * 4 :
						       (h[header + 1] + 1U) * 8;
		quoted->proto = (u16)ports;
	}
	if (header + 8 > len)
		return false;
	ports = vs_get_be32(h + header);
	quoted->l4 = (u16)header;
	quoted->l4_src = ports >> 16;
	quoted->l4_dst = ports & 0xffff;
	if (is_icmp(quoted))
		quoted->l4_src >>= 8;
	return true;
}

static bool has_port_numbers(u16 proto)
{
	return proto == VS_PROTO_TCP || proto == VS_PROTO_UDP || proto == VS_PROTO_UDPLITE ||
	       proto == VS_PROTO_SCTP || proto == VS_PROTO_DCCP;
}

/* The session that sent what the error quotes. Its sender may be anybody on the way. */
static const struct vs_session *related_to(const struct vs_sessions *t,
					   const struct vs_session_packet *in)
{
	const struct vs_packet *pkt = in->pkt;
	size_t end = pkt->end < in->len ? pkt->end : in->len;
	const u8 *h = in->p + pkt->l4 + ICMP_LEN;
	const struct vs_session *s;
	struct vs_session_key key;
	struct vs_packet quoted;
	bool begins;

	if (!is_icmp(pkt) || !tells_of_an_error(pkt) ||
	    !read_quoted(&quoted, pkt->family, h, end - pkt->l4 - ICMP_LEN) ||
	    memcmp(&quoted.src, &pkt->dst, pkt->family == VIFSWITCH_ACL_IP4 ? 4 : 16))
		return NULL;
	if (!is_icmp(&quoted) && !has_port_numbers(quoted.proto)) {
		quoted.l4_src = 0;
		quoted.l4_dst = 0;
	}
	if (!key_of(&key, &quoted, h + quoted.l4, in->vid, !in->dir, &begins))
		return NULL;
	s = vs_session_find(t, pkt->family, &key);
	if (!s || vs_session_is_over(s, in->now, false))
		return NULL;
	return quoted.proto != VS_PROTO_TCP ||
	       vs_session_tcp_sent(s, !in->dir, vs_get_be32(h + quoted.l4 + 4)) ? s : NULL;
}

static void begin(struct vs_session *s, const struct vs_session_packet *in, u32 begun)
{
	s->flags = begun == VIFSWITCH_ACL_TO ? VS_SF_BEGUN_TO : 0;
	s->created = in->now;
	s->seen = in->now;
	if (in->pkt->proto == VS_PROTO_TCP) {
		vs_session_tcp_begin(s, in);
	} else if (in->pkt->proto == VS_PROTO_SCTP) {
		vs_session_sctp_begin(s, in);
	} else {
		s->state = is_icmp(in->pkt) ? VIFSWITCH_SESSION_ECHO : VIFSWITCH_SESSION_NEW;
		s->flags |= VS_SF_SEEN(in->dir);
	}
	count(s, in);
}

/* @s: one whose time is over, or NULL. @begun: who began it. */
static enum vs_connection begin_at(struct vs_sessions *t, struct vs_session *s,
				   const struct vs_session_key *key,
				   const struct vs_session_packet *in, u32 begun)
{
	if (s) {
		vs_session_wipe(s);
	} else {
		s = vs_session_insert(t, in->pkt->family, key, in->now);
		if (unlikely(!s))
			return VS_CONNECTION_LIMIT;
	}
	begin(s, in, begun);
	return begun == in->dir ? VS_CONNECTION_NEW : VS_CONNECTION_REPLY;
}

static __always_inline enum vs_session_fit fit(struct vs_session *s,
					       const struct vs_session_packet *in)
{
	if (likely(in->pkt->proto == VS_PROTO_TCP))
		return vs_session_tcp(s, in);
	if (in->pkt->proto == VS_PROTO_SCTP)
		return vs_session_sctp(s, in);
	s->flags |= VS_SF_SEEN(in->dir);
	if (s->state == VIFSWITCH_SESSION_NEW && (s->flags & VIFSWITCH_SF_SEEN_FROM) &&
	    (s->flags & VIFSWITCH_SF_SEEN_TO))
		s->state = VIFSWITCH_SESSION_ANSWERED;
	return VS_FIT;
}

/* A packet of a session that there is. */
static __always_inline enum vs_connection go_on(struct vs_session *s,
						const struct vs_session_packet *in)
{
	bool original = vs_session_begun(s) == in->dir;

	if (original && !in->allowed)
		return VS_CONNECTION_ORIGINAL;
	switch (fit(s, in)) {
	case VS_FIT_NOT:
		return VS_CONNECTION_INVALID;
	case VS_FIT_PASS:
		break;
	case VS_FIT_ANEW:
		vs_session_wipe(s);
		begin(s, in, in->dir);
		return VS_CONNECTION_NEW;
	case VS_FIT:
		if (original && s->state == VIFSWITCH_SESSION_ANSWERED)
			s->flags |= VIFSWITCH_SF_CONFIRMED;
		if (original || !in->allowed)
			s->seen = in->now;
		break;
	}
	count(s, in);
	return original ? VS_CONNECTION_ORIGINAL : VS_CONNECTION_REPLY;
}

/* Nearly every packet is UDP or TCP in IPv4: the same as the long way does. */
static __always_inline struct vs_session *find_usual(const struct vs_sessions *t,
						     const struct vs_session_packet *in)
{
	const struct vs_packet *pkt = in->pkt;
	bool from = in->dir == VIFSWITCH_ACL_FROM;
	u64 src = pkt->src.ip4, dst = pkt->dst.ip4;

	return vs_session_find_ip4(t, from ?
		vs_session_name((u8)pkt->proto, in->vid, (u16)pkt->l4_src, (u16)pkt->l4_dst) :
		vs_session_name((u8)pkt->proto, in->vid, (u16)pkt->l4_dst, (u16)pkt->l4_src),
		from ? src << 32 | dst : dst << 32 | src);
}

static bool is_usual(const struct vs_packet *pkt)
{
	return likely(pkt->family == VIFSWITCH_ACL_IP4) &&
	       likely(pkt->proto == VS_PROTO_TCP || pkt->proto == VS_PROTO_UDP);
}

static VS_SLOW struct vs_session *find_any(const struct vs_sessions *t,
					    const struct vs_session_packet *in)
{
	struct vs_session_key key;
	bool begins;

	if (!key_of(&key, in->pkt, in->p + in->pkt->l4, in->vid, in->dir, &begins))
		return NULL;
	return vs_session_find(t, in->pkt->family, &key);
}

/* @s: one whose time is over, or NULL. */
static VS_SLOW enum vs_connection without_session(struct vs_sessions *t, struct vs_session *s,
						   const struct vs_session_packet *in)
{
	const struct vs_packet *pkt = in->pkt;
	struct vs_session_key key;
	bool begins;

	if (!key_of(&key, pkt, in->p + pkt->l4, in->vid, in->dir, &begins))
		return !in->allowed && related_to(t, in) ? VS_CONNECTION_RELATED :
							   VS_CONNECTION_NONE;
	if (!in->allowed || !begins ||
	    (pkt->proto == VS_PROTO_TCP && !vs_session_tcp_begins(pkt)))
		return VS_CONNECTION_NONE;
	return begin_at(t, s, &key, in, in->dir);
}

static __always_inline enum vs_connection ask(struct vs_sessions *t,
					      const struct vs_session_packet *in)
{
	const struct vs_packet *pkt = in->pkt;
	struct vs_session *s;

	if (pkt->proto == VS_PROTO_TCP && unlikely(!vs_session_tcp_sane(pkt->tcp_flags)))
		return VS_CONNECTION_INVALID;
	s = is_usual(pkt) ? find_usual(t, in) : find_any(t, in);
	if (likely(s && !vs_session_is_over(s, in->now, false)))
		return go_on(s, in);
	return without_session(t, s, in);
}

/* The packet that @pkt answers, as far as rules can tell. */
static void turn_round(struct vs_packet *ret, const struct vs_packet *pkt)
{
	*ret = *pkt;
	ret->src = pkt->dst;
	ret->dst = pkt->src;
	ret->l4_src = pkt->l4_dst;
	ret->l4_dst = pkt->l4_src;
	ret->fragment = VS_FRAGMENT_NONE;
	if (pkt->proto == VS_PROTO_TCP)
		ret->tcp_flags = VS_TCP_ACK;
}

bool vs_session_may_begin(const struct vs_acl *acl, enum vifswitch_acl_direction dir,
			  const struct vs_packet *pkt, u16 vid)
{
	struct vs_access access;

	vs_acl_decide(acl, dir, pkt, vid, false, &access);
	return !access.reason && access.track == VS_TRACK_ALLOWED;
}

/* A segment of a connection that is not known (any more). */
static bool is_midstream(const struct vs_packet *pkt)
{
	return pkt->proto == VS_PROTO_TCP &&
	       (pkt->tcp_flags & (VS_TCP_SYN | VS_TCP_RST | VS_TCP_ACK)) == VS_TCP_ACK;
}

/*
 * What the port sends without a session passes if its peer could have begun one that
 * the port never saw.
 */
static VS_SLOW enum vs_connection resume(struct vs_sessions *t, const struct vs_acl *acl,
				 const struct vs_session_packet *in)
{
	const struct vs_packet *pkt = in->pkt;
	struct vs_session_key key;
	struct vs_packet begun;
	bool begins;

	if (in->now - t->since >= VIFSWITCH_SESSIONS_RESUME * VS_SESSION_HZ)
		return VS_CONNECTION_NONE;
	turn_round(&begun, pkt);
	if (!vs_session_may_begin(acl, VIFSWITCH_ACL_TO, &begun, in->vid))
		return VS_CONNECTION_NONE;
	key_of(&key, pkt, in->p + pkt->l4, in->vid, in->dir, &begins);
	return begin_at(t, vs_session_find(t, pkt->family, &key), &key, in, VIFSWITCH_ACL_TO);
}

/* The same with IPv6. */
static __always_inline struct vs_session *find_usual6(const struct vs_sessions *t,
						      const struct vs_session_packet *in)
{
	struct vs_session_key key;

	set_key(&key, in->pkt, in->vid, in->dir, in->pkt->l4_src, in->pkt->l4_dst);
	return vs_session_find_in(t, key.name, key.ends, false);
}

bool vs_session_goes_on(struct vs_sessions *t, const struct vs_session_packet *in)
{
	const struct vs_packet *pkt = in->pkt;
	enum vs_connection connection;
	struct vs_session *s;

	if (pkt->proto == VS_PROTO_TCP &&
	    unlikely((pkt->tcp_flags & (VS_TCP_SYN | VS_TCP_RST)) ||
		     !vs_session_tcp_sane(pkt->tcp_flags)))
		return false;
	s = likely(pkt->family == VIFSWITCH_ACL_IP4) ? find_usual(t, in) : find_usual6(t, in);
	if (unlikely(!s || vs_session_is_over(s, in->now, false)))
		return false;
	connection = go_on(s, in);
	return likely(connection == VS_CONNECTION_ORIGINAL ? in->allowed :
							     connection == VS_CONNECTION_REPLY);
}

enum vifswitch_drop_reason vs_session_settle(struct vs_sessions *t, const struct vs_acl *acl,
					     const struct vs_access *access,
					     const struct vs_session_packet *in)
{
	enum vs_connection connection = ask(t, in);

	if (unlikely(connection == VS_CONNECTION_NONE && !in->allowed &&
		     in->dir == VIFSWITCH_ACL_FROM && is_midstream(in->pkt)))
		connection = resume(t, acl, in);
	return vs_access_tracked(access, in->dir, connection);
}

/* ---- for flow tables ---- */

static bool is_sane(const struct vs_packet *pkt)
{
	return pkt->proto != VS_PROTO_TCP || vs_session_tcp_sane(pkt->tcp_flags);
}

static u16 track_related(const struct vs_sessions *t, const struct vs_session_packet *in)
{
	const struct vs_session *s = related_to(t, in);

	if (!s)
		return 0;
	return VIFSWITCH_OF_CT_TRACKED | VIFSWITCH_OF_CT_RELATED |
	       (vs_session_begun(s) == in->dir ? 0 : VIFSWITCH_OF_CT_REPLY);
}

u16 vs_session_track(struct vs_sessions *t, const struct vs_session_packet *in)
{
	struct vs_session_packet as = *in;
	struct vs_session_key key;
	struct vs_session *s;
	bool begins;

	if (!is_sane(in->pkt))
		return VIFSWITCH_OF_CT_TRACKED | VIFSWITCH_OF_CT_INVALID;
	if (!key_of(&key, in->pkt, in->p + in->pkt->l4, in->vid, in->dir, &begins))
		return track_related(t, in);
	s = vs_session_find(t, in->pkt->family, &key);
	if (!s || vs_session_is_over(s, in->now, false))
		return 0;
	as.allowed = vs_session_begun(s) == in->dir;
	switch (go_on(s, &as)) {
	case VS_CONNECTION_ORIGINAL:
		return VIFSWITCH_OF_CT_TRACKED |
		       (s->flags & VS_SF_SEEN(!in->dir) ? VIFSWITCH_OF_CT_ESTAB :
							  VIFSWITCH_OF_CT_NEW);
	case VS_CONNECTION_REPLY:
		return VIFSWITCH_OF_CT_TRACKED | VIFSWITCH_OF_CT_ESTAB | VIFSWITCH_OF_CT_REPLY;
	case VS_CONNECTION_NEW:
		/* nobody allowed that yet */
		vs_session_remove(t, in->pkt->family, &key);
		return 0;
	default:
		return VIFSWITCH_OF_CT_TRACKED | VIFSWITCH_OF_CT_INVALID;
	}
}

u16 vs_session_untracked(const struct vs_session_packet *in)
{
	const struct vs_packet *pkt = in->pkt;
	struct vs_session_key key;
	bool begins;

	return VIFSWITCH_OF_CT_TRACKED |
	       (is_sane(pkt) && key_of(&key, pkt, in->p + pkt->l4, in->vid, in->dir, &begins) &&
		begins && (pkt->proto != VS_PROTO_TCP || vs_session_tcp_begins(pkt)) ?
		VIFSWITCH_OF_CT_NEW : VIFSWITCH_OF_CT_INVALID);
}

bool vs_session_commit(struct vs_sessions *t, const struct vs_session_packet *in)
{
	struct vs_session *s = find_any(t, in);

	return (s && !vs_session_is_over(s, in->now, false)) ||
	       without_session(t, s, in) != VS_CONNECTION_LIMIT;
}
