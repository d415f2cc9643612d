/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One port for the tests of sessions, with an ACL and a table, and packets as words:
 * the VM is 10.0.0.2, its peers are 10.0.0.N.
 */
#ifndef SESSION_PORT_H
#define SESSION_PORT_H

#include <stdarg.h>
#include <setjmp.h>
#include <stdlib.h>
#include <cmocka.h>

#include "core-acl.h"
#include "session-frame.h"
#include "session-record.h"

#define FIN	VS_TCP_FIN
#define SYN	VS_TCP_SYN
#define RST	VS_TCP_RST
#define ACK	VS_TCP_ACK
#define VM	2U
#define SECONDS	* VS_SESSION_HZ
#define FROM	VIFSWITCH_ACL_FROM
#define TO	VIFSWITCH_ACL_TO

struct port {
	struct vs_sessions table;
	struct acl_blob blob;
	struct vs_acl acl;
	u32 now;
	u32 pages;
	u32 pages_max;		/* no more are given */
};

/* What is allowed by default, statefully. */
static inline void port_init(struct port *p, bool from, bool to, u32 max)
{
	const u8 actions[] = { from ? VIFSWITCH_ACL_ALLOW : VIFSWITCH_ACL_DENY,
			       to ? VIFSWITCH_ACL_ALLOW : VIFSWITCH_ACL_DENY }, flags[] = { 0, 0 };
	static const u64 key[2] = { 0x123456789abcdef0, 0xfedcba9876543211 };
	struct vs_program_error err;

	memset(p, 0, sizeof(*p));
	p->blob = make_acl(NULL, 0, actions, flags);
	if (vs_acl_parse(p->blob.data, p->blob.len, &p->acl, &err))
		fail_msg("%s", err.field);
	p->now = 0xffffff00;
	vs_sessions_init(&p->table, key, max, p->now);
	p->pages_max = ~0U;
}

static inline void port_forget(struct port *p)
{
	void *page;

	while ((page = vs_sessions_take(&p->table))) {
		free(page);
		p->pages--;
	}
	assert_int_equal(p->pages, 0);
}

static inline void port_fini(struct port *p)
{
	port_forget(p);
	free(p->blob.data);
}

static inline void port_feed(struct port *p)
{
	while (vs_sessions_hungry(&p->table) && p->pages < p->pages_max) {
		vs_sessions_give(&p->table, calloc(1, VS_SESSION_PAGE));
		p->pages++;
	}
}

static inline int port_frame(struct port *p, u8 dir, const struct test_frame *f)
{
	struct vs_session_packet in = {
		.p = f->p, .len = f->len, .octets = 100, .packets = 1, .now = p->now, .dir = dir,
	};
	struct vs_access access;
	struct vs_packet pkt;

	assert_true(frame_parse(f, &pkt));
	assert_true(vs_session_sees(&pkt, f->len));
	in.pkt = &pkt;
	vs_acl_decide(&p->acl, (enum vifswitch_acl_direction)dir, &pkt, 0, false, &access);
	in.allowed = access.track == VS_TRACK_ALLOWED;
	port_feed(p);
	return (int)vs_session_settle(&p->table, &p->acl, &access, &in);
}

static inline struct end end_of(u32 host, u16 port)
{
	return (struct end){ { .ip4 = 0x0a000000 + host }, port };
}

/* What goes from @src to @dst, one of which is the VM; the reason, 0 if it passes. */
static inline int udp(struct port *p, u32 src, u16 sport, u32 dst, u16 dport)
{
	struct end from = end_of(src, sport), to = end_of(dst, dport);
	struct test_frame f;

	frame_begin(&f, false, &from, &to, VS_PROTO_UDP, 8);
	return port_frame(p, src == VM ? FROM : TO, &f);
}

static inline int echo(struct port *p, u32 src, u32 dst, u8 type, u16 id)
{
	struct end from = end_of(src, 0), to = end_of(dst, 0);
	struct test_frame f;

	frame_icmp(&f, false, &from, &to, type, id, 0);
	return port_frame(p, src == VM ? FROM : TO, &f);
}

static inline int tcp(struct port *p, u32 src, u16 sport, u32 dst, u16 dport, u8 flags, u32 seq,
		      u32 ack, u32 data)
{
	struct end from = end_of(src, sport), to = end_of(dst, dport);
	struct tcp_head head = { seq, ack, 1000, flags, flags & SYN ? 2 : -1 };
	struct test_frame f;

	frame_tcp(&f, false, &from, &to, &head, data);
	return port_frame(p, src == VM ? FROM : TO, &f);
}

/* The first session of the table. */
static inline struct vifswitch_session only_session(const struct port *p)
{
	struct vifswitch_session e = { 0 };
	u64 place = 0;

	assert_int_equal(vs_sessions_export(&p->table, &place, p->now, &e, 1), 1);
	return e;
}

#endif /* SESSION_PORT_H */
