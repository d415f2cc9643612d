// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <stdlib.h>

#include "core-acl.h"
#include "session-frame.h"
#include "session-model.h"
#include "session-record.h"
#include "session-world.h"

#define PORTS_MAX	5
#define TALKS		6
#define ACLS		10
#define PAGES		1024	/* of all ports together */
#define ALLOW	VIFSWITCH_ACL_ALLOW
#define DENY	VIFSWITCH_ACL_DENY
#define STATELESS VIFSWITCH_ACL_RF_STATELESS

struct world_port {
	struct vs_sessions table;
	struct model model;
	const struct vs_acl *acl;
};

/* Two ends that may or may not talk to each other as the protocol wants it. */
struct talk {
	bool ip6;
	u8 proto;
	u16 vid;
	unsigned int port[2];	/* of the world, that the ends are behind */
	struct end end[2];
	u32 next[2];		/* TCP: what each will send next, */
	u32 got[2];		/* and has got from the other */
	u32 window[2];
	int scale[2];
	u32 tag[2];
};

struct world {
	struct vs_acl acl[ACLS];
	struct acl_blob blob[ACLS];
	u8 pages[PAGES][VS_SESSION_PAGE] __attribute__((aligned(8)));
	unsigned int pages_used;
	unsigned int ports;
	struct world_port port[PORTS_MAX];
	struct talk talk[TALKS];
	u32 now;
	char text[400];
};

static struct rule rule_of(u8 action, u8 flags, u8 directions)
{
	struct rule rule = { .action = action, .flags = flags, .directions = directions,
			     .families = 3 };

	return rule;
}

static struct rule ranged(struct rule rule, unsigned int dim, u64 first, u64 last)
{
	rule.dim[dim] = (struct range){ first, last, true };
	return rule;
}

static void add_acl(struct world *w, unsigned int at, const struct rule *rules, unsigned int count,
		    u8 from, u8 from_flags, u8 to)
{
	const u8 actions[] = { from, to }, flags[] = { from_flags, 0 };
	struct vs_program_error err;

	w->blob[at] = make_acl(rules, count, actions, flags);
	if (vs_acl_parse(w->blob[at].data, w->blob[at].len, &w->acl[at], &err))
		abort();
}

struct world *world_new(void)
{
	struct world *w = calloc(1, sizeof(*w));
	struct rule any = rule_of(ALLOW, 0, 2), web = ranged(any, VIFSWITCH_ACL_L4_DST, 50, 80);
	struct rule two[2];

	add_acl(w, 0, NULL, 0, ALLOW, 0, DENY);
	add_acl(w, 1, NULL, 0, DENY, 0, ALLOW);
	add_acl(w, 2, NULL, 0, ALLOW, 0, ALLOW);
	add_acl(w, 3, &web, 1, ALLOW, 0, DENY);
	add_acl(w, 4, &web, 1, DENY, 0, DENY);
	add_acl(w, 5, NULL, 0, ALLOW, STATELESS, ALLOW);
	two[0] = ranged(rule_of(ALLOW, 0, 1), VIFSWITCH_ACL_L4_DST, 50, 80);
	two[1] = ranged(two[0], VIFSWITCH_ACL_PROTO, 6, 6);
	add_acl(w, 6, two, 2, DENY, 0, DENY);
	two[0] = ranged(any, VIFSWITCH_ACL_SRC, 0x0a000001, 0x0a000002);
	two[0].families = 1;
	add_acl(w, 7, two, 1, DENY, 0, DENY);
	two[0] = ranged(any, VIFSWITCH_ACL_PROTO, 1, 1);
	two[1] = ranged(any, VIFSWITCH_ACL_PROTO, 58, 58);
	add_acl(w, 8, two, 2, DENY, 0, DENY);
	two[0] = ranged(rule_of(DENY, 0, 3), VIFSWITCH_ACL_TCP_FLAGS, 2, 2);
	add_acl(w, 9, two, 1, ALLOW, 0, ALLOW);
	return w;
}

void world_free(struct world *w)
{
	unsigned int i;

	for (i = 0; i < ACLS; i++)
		free(w->blob[i].data);
	free(w);
}

static u32 some(struct dice *dice)
{
	return (u32)dice_below(dice, 1 << 16) << 16 | dice_below(dice, 1 << 16);
}

/* Both families have the ports' addresses one after the other. */
static union vs_address address_of(bool ip6, unsigned int port)
{
	union vs_address a = { .ip6 = { 0, 0 } };

	if (!ip6)
		a.ip4 = 0x0a000001 + port;
	else
		a = (union vs_address){ .ip6 = { 0x20010db800000000, 1 + port } };
	return a;
}

static void real_new(struct world_port *port, u32 now, struct dice *dice)
{
	const u64 key[2] = { some(dice), (u64)some(dice) << 31 };

	vs_sessions_init(&port->table, key, 100000, now);
}

static void table_new(struct world_port *port, u32 now, struct dice *dice)
{
	real_new(port, now, dice);
	port->model.count = 0;
	port->model.since = now;
}

static void feed(struct world *w, struct vs_sessions *t)
{
	while (vs_sessions_hungry(t)) {
		if (w->pages_used == PAGES)
			abort();
		memset(w->pages[w->pages_used], 0, VS_SESSION_PAGE);
		vs_sessions_give(t, w->pages[w->pages_used++]);
	}
}

static void talk_new(struct world *w, struct talk *talk, struct dice *dice)
{
	static const u8 protocols[] = { 6, 6, 6, 6, 17, 17, 1, 132, 47 };
	static const u16 ports[] = { 80, 53, 5060, 1000, 50, 1001 };
	int i;

	memset(talk, 0, sizeof(*talk));
	talk->proto = protocols[dice_below(dice, sizeof(protocols))];
	talk->ip6 = one_in(dice, 3);
	talk->vid = one_in(dice, 8) ? 7 : 0;
	talk->port[0] = dice_below(dice, w->ports);
	talk->port[1] = (talk->port[0] + 1 + dice_below(dice, w->ports - 1)) % w->ports;
	for (i = 0; i < 2; i++) {
		talk->end[i].ip = address_of(talk->ip6, talk->port[i]);
		talk->end[i].port = ports[dice_below(dice, sizeof(ports) / sizeof(*ports))];
		talk->next[i] = one_in(dice, 3) ? 0xfffffff0 + dice_below(dice, 30) : some(dice);
		talk->scale[i] = (int)dice_below(dice, 16) - 1;
		talk->window[i] = one_in(dice, 4) ? dice_below(dice, 3) :
						    1 + dice_below(dice, 65535);
		talk->tag[i] = some(dice);
	}
	if (talk->ip6 && talk->proto == 1)
		talk->proto = 58;
}

/* Numbers that are wrong by little, by about a window, or by anything. */
static u32 off(struct dice *dice, const struct talk *talk, int who)
{
	u32 window = talk->window[who] << (talk->scale[who] < 0 ? 0 : talk->scale[who]);
	u32 by[] = { 1, window, 66000, 65535, 1U << 24, 1U << 30, some(dice) };
	u32 delta = by[dice_below(dice, sizeof(by) / sizeof(*by))] + dice_below(dice, 3) - 1;

	return one_in(dice, 2) ? delta : 0 - delta;
}

static void make_tcp(struct test_frame *f, struct talk *talk, int who, struct dice *dice)
{
	static const u8 usual[] = { 0x10, 0x18, 0x10, 0x02, 0x12, 0x11, 0x14, 0x04, 0x10 };
	u32 data = one_in(dice, 3) ? dice_below(dice, 100) : 0;
	struct tcp_head tcp = {
		.seq = talk->next[who], .ack = talk->got[who],
		.window = (u16)talk->window[who],
		.flags = usual[dice_below(dice, sizeof(usual))], .scale = -1,
	};

	/* a handshake, more often than chance has it */
	if (!talk->got[who] && !talk->got[!who] && one_in(dice, 2))
		tcp.flags = 0x02;
	else if (talk->got[who] && !talk->got[!who] && !one_in(dice, 4))
		tcp.flags = 0x12;
	if (one_in(dice, 30))
		tcp.flags = (u8)dice_below(dice, 64);
	if (tcp.flags & 2)
		tcp.scale = talk->scale[who];
	if (one_in(dice, 8))
		tcp.seq += off(dice, talk, !who);
	if (one_in(dice, 8))
		tcp.ack += off(dice, talk, who);
	frame_tcp(f, talk->ip6, &talk->end[who], &talk->end[!who], &tcp, data);
	if (tcp.seq == talk->next[who])
		talk->next[who] += data + !!(tcp.flags & 1) + !!(tcp.flags & 2);
	if (!one_in(dice, 4))
		talk->got[!who] = talk->next[who];
	if (one_in(dice, 40)) {	/* begins again somewhere else */
		talk->got[0] = 0;
		talk->got[1] = 0;
		talk->next[who] = some(dice);
	}
	if (!talk->ip6 && one_in(dice, 40))
		f->p[f->l3 + 6] = 0x20;	/* more fragments follow */
}

static void make_sctp(struct test_frame *f, struct talk *talk, int who, struct dice *dice)
{
	static const u8 chunks[] = { 0, 1, 2, 6, 10, 11, 14, 3 };
	u8 *h;

	frame_begin(f, talk->ip6, &talk->end[who], &talk->end[!who], VS_PROTO_SCTP,
		    one_in(dice, 8) ? 12 : 32);
	h = f->p + f->l4;
	if (f->len - f->l4 >= 20) {
		h[12] = chunks[dice_below(dice, sizeof(chunks))];
		h[13] = (u8)one_in(dice, 4);
		store_be(h + 16, talk->tag[who], 4);
	}
	if (h[12] != 1 || one_in(dice, 8))
		store_be(h + 4, one_in(dice, 8) ? dice_below(dice, 3) : talk->tag[!who], 4);
	if (one_in(dice, 20))
		talk->tag[who] = some(dice);
}

static void make_icmp(struct test_frame *f, struct talk *talk, int who, struct dice *dice)
{
	static const u8 four[] = { 8, 0, 8, 0, 13, 14, 17, 18, 10 };
	static const u8 six[] = { 128, 129, 128, 129, 139, 140, 135, 143, 133 };
	unsigned int n = dice_below(dice, sizeof(four));

	frame_icmp(f, talk->ip6, &talk->end[who], &talk->end[!who], talk->ip6 ? six[n] : four[n],
		   talk->end[0].port, 8);
}

static void make_frame(struct test_frame *f, struct talk *talk, int who, struct dice *dice)
{
	switch (talk->proto) {
	case 6:
		make_tcp(f, talk, who, dice);
		break;
	case 132:
		make_sctp(f, talk, who, dice);
		break;
	case 1:
	case 58:
		make_icmp(f, talk, who, dice);
		break;
	default:
		frame_begin(f, talk->ip6, &talk->end[who], &talk->end[!who], talk->proto,
			    8 + dice_below(dice, 30));
		store_be(f->p + f->l4 + 4, f->len - f->l4, 2);
	}
}

/* An error, from anybody on the way, about what the talk's other end may have sent. */
static void make_error(struct test_frame *f, struct talk *talk, int who, struct dice *dice)
{
	static const u8 four[] = { 3, 11, 12, 5, 4, 9 }, six[] = { 1, 2, 3, 4, 127, 100 };
	struct end router = { address_of(talk->ip6, dice_below(dice, 5)), 0 };
	struct test_frame quoted;
	struct talk copy = *talk;
	unsigned int n = dice_below(dice, sizeof(four));
	u32 len;

	make_frame(&quoted, &copy, !who, dice);
	if (one_in(dice, 10))
		copy.end[!who].ip = address_of(talk->ip6, dice_below(dice, 5));
	len = quoted.len - quoted.l3 < 60 ? quoted.len - quoted.l3 : 60;
	if (one_in(dice, 20))
		len = dice_below(dice, len);
	frame_icmp(f, talk->ip6, &router, &copy.end[!who], talk->ip6 ? six[n] : four[n], 0, len);
	memcpy(f->p + f->l4 + 8, quoted.p + quoted.l3, len);
	if (!talk->ip6)
		f->p[f->l4 + 8 + 6] = 0;
}

static bool differ(struct world *w, unsigned int port, const struct vs_session_packet *in,
		   int real, int model)
{
	if (real == model)
		return false;
	snprintf(w->text, sizeof(w->text),
		 "port %u, %s, protocol %u, flags %x, allowed %d, time %u: %d, the model says %d",
		 port, in->dir ? "to" : "from", in->pkt->proto, in->pkt->tcp_flags, in->allowed,
		 in->now, real, model);
	return true;
}

/* As a frame on the short way is settled, half of the time. */
static int settle(struct world_port *port, const struct vs_access *access,
		  const struct test_frame *f, const struct vs_session_packet *in)
{
	struct vs_packet pkt;
	struct vs_frame frame;

	if ((in->now ^ in->pkt->l4_src) & 1 && vs_frame_parse(&frame, f->p, f->len, VS_NO_TAG) &&
	    vs_packet_parse_usual(&pkt, f->p, f->len, f->len, &frame,
				  in->pkt->family == VIFSWITCH_ACL_IP4) &&
	    vs_session_goes_on(&port->table, in))
		return VIFSWITCH_DROP_NONE;
	return (int)vs_session_settle(&port->table, port->acl, access, in);
}

/* One packet at one port. 1: it passes, 0: it does not, -1: the two do not agree. */
static int at_port(struct world *w, unsigned int n, int dir, const struct test_frame *f, u16 vid)
{
	struct world_port *port = &w->port[n];
	struct vs_session_packet in = {
		.p = f->p, .len = f->len, .octets = f->len, .packets = 1 + f->len % 3,
		.now = w->now, .vid = vid, .dir = (u8)dir,
	};
	int reason, model;
	struct vs_access access;
	struct vs_packet pkt;

	if (!frame_parse(f, &pkt))
		return 1;
	in.pkt = &pkt;
	vs_acl_decide(port->acl, (enum vifswitch_acl_direction)dir, &pkt, vid, false, &access);
	if (access.track == VS_TRACK_NONE)
		return !access.reason;
	in.allowed = access.track == VS_TRACK_ALLOWED;
	feed(w, &port->table);
	model = (int)model_settle(&port->model, port->acl, &access, &in);
	reason = settle(port, &access, f, &in);
	if (differ(w, n, &in, reason, model))
		return -1;
	return !reason;
}

/* A frame into the switch at one port (or from nowhere), out at one or several. */
static bool play_frame(struct world *w, struct dice *dice)
{
	struct talk *talk = &w->talk[dice_below(dice, TALKS)];
	int who = (int)dice_below(dice, 2), passes = 1;
	unsigned int from = talk->port[who], to = talk->port[!who], i;
	struct test_frame f;

	if (one_in(dice, 12))
		make_error(&f, talk, who, dice);
	else
		make_frame(&f, talk, who, dice);
	if (one_in(dice, 10))	/* forged by another, or by another way */
		from = dice_below(dice, w->ports);
	if (one_in(dice, 15))
		to = dice_below(dice, w->ports);
	if (!one_in(dice, 10))
		passes = at_port(w, from, VIFSWITCH_ACL_FROM, &f, talk->vid);
	if (passes > 0 && !one_in(dice, 15))
		passes = at_port(w, to, VIFSWITCH_ACL_TO, &f, talk->vid);
	for (i = 0; passes >= 0 && i < w->ports && one_in(dice, 40); i++)
		passes = at_port(w, i, VIFSWITCH_ACL_TO, &f, talk->vid);
	return passes >= 0;
}

/* The whole of a port's memory goes to another table, as with a migration. */
static const char *move(struct world *w, struct world_port *port, struct dice *dice)
{
	static struct {
		struct vifswitch_sessions h;
		struct vifswitch_session e[MODEL_SESSIONS];
	} record;
	static struct vs_program everything;
	struct vs_session_import result = { 0 };
	struct vs_program_error err;
	u64 place = 0;
	u32 count = 0, i;

	while (place != VS_SESSIONS_END)
		count += vs_sessions_export(&port->table, &place, w->now, record.e + count, 64);
	record.h = (struct vifswitch_sessions){
		VIFSWITCH_SESSIONS_MAGIC, VIFSWITCH_SESSIONS_VERSION, sizeof(record.h),
		(u32)(sizeof(record.h) + count * sizeof(record.e[0])), sizeof(record.e[0]), count,
		0,
	};
	if (vs_sessions_check(&record, record.h.total_len, &i, &err) || i != count) {
		snprintf(w->text, sizeof(w->text), "a record is refused: %s %llu", err.field,
			 (unsigned long long)err.value);
		return w->text;
	}
	memset(everything.allowed, 0xff, sizeof(everything.allowed));
	real_new(port, w->now, dice);
	for (i = 0; i < count; i++) {
		feed(w, &port->table);
		vs_session_import(&port->table, &everything, port->acl, &record, i, w->now,
				  &result);
	}
	model_move(&port->model, port->acl, w->now);
	if (result.taken == model_alive(&port->model, w->now))
		return NULL;
	snprintf(w->text, sizeof(w->text), "%u of %u sessions taken, the model has %u",
		 result.taken, count, model_alive(&port->model, w->now));
	return w->text;
}

/* Something other than a packet. */
static const char *disturb(struct world *w, struct dice *dice)
{
	static const u32 pauses[] = { 1, 10, 29, 31, 61, 241, 299, 301, 7500, 86400, 432001 };
	struct world_port *port = &w->port[dice_below(dice, w->ports)];

	switch (dice_below(dice, 6)) {
	case 0:
		table_new(port, w->now, dice);
		break;
	case 1:
		port->acl = &w->acl[dice_below(dice, ACLS)];
		break;
	case 2:
		talk_new(w, &w->talk[dice_below(dice, TALKS)], dice);
		break;
	case 3:
		return move(w, port, dice);
	default:
		w->now += pauses[dice_below(dice, sizeof(pauses) / sizeof(*pauses))] *
			  VS_SESSION_HZ + dice_below(dice, 3) - 1;
	}
	return NULL;
}

/* A session of the table, as the model has it. */
static bool is_of_model(const struct model *m, const struct vifswitch_session *e, u32 now)
{
	u32 i;

	for (i = 0; i < m->count; i++) {
		const struct model_session *s = &m->session[i];
		bool six = s->family == VIFSWITCH_ACL_IP6;

		if (!model_is_over(s, now) && s->family == e->family && s->proto == e->proto &&
		    s->vid == e->vlan && s->vm_port == e->vm_port &&
		    s->peer_port == e->peer_port &&
		    s->vm.low == (six ? vs_get_be64(e->vm_addr + 8) : vs_get_be32(e->vm_addr)) &&
		    s->peer.low == (six ? vs_get_be64(e->peer_addr + 8) :
					  vs_get_be32(e->peer_addr)))
			return s->state == e->state && s->begun == e->begun &&
			       s->confirmed == !!(e->flags & VIFSWITCH_SF_CONFIRMED) &&
			       s->side[0].packets == e->packets[0] &&
			       s->side[1].packets == e->packets[1] &&
			       s->side[0].octets == e->octets[0] &&
			       s->side[1].octets == e->octets[1] &&
			       (u64)(now - s->created) * 1000 / VS_SESSION_HZ == e->age_ms &&
			       (u64)(now - s->seen) * 1000 / VS_SESSION_HZ == e->idle_ms;
	}
	return false;
}

static bool compare(struct world *w, unsigned int n)
{
	struct vifswitch_session e[16];
	u32 count, i, all = 0;
	u64 place = 0;

	while (place != VS_SESSIONS_END) {
		count = vs_sessions_export(&w->port[n].table, &place, w->now, e, 16);
		for (i = 0; i < count; i++) {
			if (is_of_model(&w->port[n].model, &e[i], w->now))
				continue;
			snprintf(w->text, sizeof(w->text),
				 "port %u: a session of protocol %u, state %u, %u to %u, begun by %u, is not the model's",
				 n, e[i].proto, e[i].state, e[i].vm_port, e[i].peer_port,
				 e[i].begun);
			return false;
		}
		all += count;
	}
	if (all == model_alive(&w->port[n].model, w->now))
		return true;
	snprintf(w->text, sizeof(w->text), "port %u: %u sessions, the model has %u", n, all,
		 model_alive(&w->port[n].model, w->now));
	return false;
}

const char *world_play(struct world *w, struct dice *dice, unsigned int packets)
{
	unsigned int i;

	w->pages_used = 0;
	w->now = one_in(dice, 3) ? 0U - dice_below(dice, 20000) : some(dice);
	w->ports = 3 + dice_below(dice, 3);
	for (i = 0; i < w->ports; i++) {
		w->port[i].acl = &w->acl[dice_below(dice, ACLS)];
		table_new(&w->port[i], w->now, dice);
	}
	for (i = 0; i < TALKS; i++)
		talk_new(w, &w->talk[i], dice);
	while (packets--) {
		if (one_in(dice, 15) && disturb(w, dice))
			return w->text;
		if (!play_frame(w, dice))
			return w->text;
	}
	for (i = 0; i < w->ports; i++)
		if (!compare(w, i))
			return w->text;
	return NULL;
}
