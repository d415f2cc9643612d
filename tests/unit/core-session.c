// SPDX-License-Identifier: GPL-2.0-or-later
#include "session-port.h"

#define DENIED		VIFSWITCH_DROP_ACL
#define TO_DENIED	VIFSWITCH_DROP_TO_ACL
#define INVALID		VIFSWITCH_DROP_CONNECTION_INVALID
#define TO_INVALID	VIFSWITCH_DROP_TO_CONNECTION_INVALID
#define TO_LIMIT	VIFSWITCH_DROP_TO_CONNECTION_LIMIT
#define PASSES(x)	assert_int_equal(x, VIFSWITCH_DROP_NONE)

/* 10.0.0.1:40000 connects to the VM's port 80. */
static void connect_in(struct port *p)
{
	PASSES(tcp(p, 1, 40000, VM, 80, SYN, 1000, 0, 0));
	PASSES(tcp(p, VM, 80, 1, 40000, SYN | ACK, 5000, 1001, 0));
	PASSES(tcp(p, 1, 40000, VM, 80, ACK, 1001, 5001, 0));
}

/* A VM that may only answer: its port leaves and joins again while its peer goes on. */
static void test_rejoin(void **state)
{
	struct port p;
	int i;

	port_init(&p, false, true, 1000);
	for (i = 0; i < 3; i++) {
		assert_int_equal(udp(&p, VM, 5060, 1, 5060), DENIED);
		PASSES(udp(&p, 1, 5060, VM, 5060));
		PASSES(udp(&p, VM, 5060, 1, 5060));
		assert_int_equal(echo(&p, VM, 1, 0, 9), DENIED);
		PASSES(echo(&p, 1, VM, 8, 9));
		PASSES(echo(&p, VM, 1, 0, 9));
		assert_int_equal(tcp(&p, VM, 80, 1, 40000, SYN | ACK, 5000, 1001, 0), DENIED);
		if (!i)
			connect_in(&p);
		PASSES(tcp(&p, 1, 40000, VM, 80, ACK, 1001, 5001, 10));
		/* the rebooted VM knows nothing of the connection, and says so */
		PASSES(tcp(&p, VM, 80, 1, 40000, RST, 5001, 0, 0));
		port_forget(&p);
		vs_sessions_init(&p.table, p.table.key, 1000, p.now);
	}
	port_fini(&p);
}

/* A balancer that sees its clients' packets only, and a server that answers them. */
static void test_one_way(void **state)
{
	struct port balancer, server;
	u32 i;

	port_init(&balancer, true, true, 1000);
	port_init(&server, false, true, 1000);
	PASSES(tcp(&balancer, 1, 40000, VM, 80, SYN, 1000, 0, 0));
	connect_in(&server);
	for (i = 0; i < 200; i++) {
		PASSES(tcp(&balancer, 1, 40000, VM, 80, ACK, 1001 + i, 5001 + i * 100000, 1));
		balancer.now += 100 SECONDS;
	}
	assert_int_equal(only_session(&balancer).state, VIFSWITCH_SESSION_TCP_HALF);
	assert_int_equal(only_session(&server).state, VIFSWITCH_SESSION_TCP_ESTABLISHED);
	port_fini(&balancer);
	port_fini(&server);
}

/* A server whose sessions were lost goes on; a VM that may not be reached does not. */
static void test_resumed(void **state)
{
	struct port p;

	port_init(&p, false, true, 1000);
	PASSES(tcp(&p, VM, 80, 1, 40000, ACK, 5001, 1001, 100));
	assert_int_equal(only_session(&p).begun, TO);
	assert_int_equal(tcp(&p, VM, 80, 1, 40001, SYN, 5001, 0, 0), DENIED);
	assert_int_equal(tcp(&p, VM, 80, 1, 40001, SYN | ACK, 5001, 1, 0), DENIED);
	assert_int_equal(tcp(&p, VM, 80, 1, 40001, RST, 5001, 0, 0), DENIED);
	PASSES(tcp(&p, 1, 40000, VM, 80, ACK, 1001, 5001, 0));
	PASSES(tcp(&p, 1, 40000, VM, 80, ACK, 1001, 5101, 0));
	assert_int_equal(only_session(&p).state, VIFSWITCH_SESSION_TCP_ESTABLISHED);
	port_fini(&p);
	port_init(&p, true, false, 1000);
	assert_int_equal(tcp(&p, 1, 80, VM, 40000, ACK, 1, 1, 0), TO_DENIED);
	port_fini(&p);
}

/* Once it must have heard of every connection that is alive, a port resumes none. */
static void test_resumed_for_a_time(void **state)
{
	struct port p;

	port_init(&p, false, true, 1000);
	p.now += VIFSWITCH_SESSIONS_RESUME SECONDS - 1;
	PASSES(tcp(&p, VM, 80, 1, 40000, ACK, 5001, 1001, 100));
	p.now++;
	assert_int_equal(tcp(&p, VM, 80, 1, 40001, ACK, 5001, 1001, 100), DENIED);
	PASSES(tcp(&p, VM, 80, 1, 40000, ACK, 5101, 1001, 100));
	PASSES(tcp(&p, 1, 40001, VM, 80, ACK, 1001, 5001, 0));
	PASSES(tcp(&p, VM, 80, 1, 40001, ACK, 5001, 1001, 100));
	port_fini(&p);
}

/* Whoever does not know the numbers neither resets nor confuses a connection. */
static void test_blind(void **state)
{
	struct port p;
	u32 i;

	port_init(&p, false, true, 1000);
	connect_in(&p);
	for (i = 1; i < 60; i++)
		assert_int_equal(tcp(&p, 1, 40000, VM, 80, RST, 1001 + i * 0x4000000, 0, 0),
				 TO_INVALID);
	for (i = 1; i < 60; i++) {
		PASSES(tcp(&p, 1, 40000, VM, 80, SYN, i * 0x4000000, 0, 0));
		PASSES(tcp(&p, 1, 40000, VM, 80, ACK, i * 0x4000000, i * 77, 5));
		PASSES(tcp(&p, 1, 40000, VM, 80, FIN | ACK, i * 0x4000000, i * 77, 5));
	}
	/* the VM answers what it got of that as RFC 5961 wants it, and the peer's real data */
	PASSES(tcp(&p, VM, 80, 1, 40000, ACK, 5001, 1001, 0));
	PASSES(tcp(&p, 1, 40000, VM, 80, ACK, 1001, 5001, 10));
	PASSES(tcp(&p, VM, 80, 1, 40000, ACK, 5001, 1011, 10));
	assert_int_equal(only_session(&p).state, VIFSWITCH_SESSION_TCP_ESTABLISHED);
	/* within the window, but not exact: passes, for the VM to challenge; the session stays */
	PASSES(tcp(&p, 1, 40000, VM, 80, RST, 1500, 0, 0));
	assert_int_equal(only_session(&p).state, VIFSWITCH_SESSION_TCP_CLOSING);
	PASSES(tcp(&p, VM, 80, 1, 40000, ACK, 5011, 1011, 0));
	assert_int_equal(only_session(&p).state, VIFSWITCH_SESSION_TCP_ESTABLISHED);
	PASSES(tcp(&p, 1, 40000, VM, 80, RST, 1011, 0, 0));
	assert_int_equal(only_session(&p).state, VIFSWITCH_SESSION_TCP_CLOSED);
	port_fini(&p);
}

/* Half of all numbers away a number is neither before nor behind another: it fits nothing. */
static void test_half_away(void **state)
{
	struct port p;

	port_init(&p, false, true, 1000);
	PASSES(tcp(&p, 1, 40000, VM, 80, SYN, 1000, 0, 0));
	assert_int_equal(tcp(&p, VM, 80, 1, 40000, SYN | ACK, 5000, 1001 + 0x80000000, 0), DENIED);
	assert_int_equal(tcp(&p, VM, 80, 1, 40000, RST | ACK, 0, 1001 + 0x80000000, 0), DENIED);
	PASSES(tcp(&p, VM, 80, 1, 40000, SYN | ACK, 5000, 1001, 0));
	assert_int_equal(tcp(&p, VM, 80, 1, 40000, ACK, 5001 + 0x80000000, 1001, 0), DENIED);
	assert_int_equal(tcp(&p, VM, 80, 1, 40000, ACK, 5001, 1001 + 0x80000000, 0), DENIED);
	port_fini(&p);
}

/* A client that begins again with the same port: the server's answer tells that it is true. */
static void test_begins_again(void **state)
{
	struct port p;

	port_init(&p, false, true, 1000);
	connect_in(&p);
	PASSES(tcp(&p, 1, 40000, VM, 80, SYN, 0x70000000, 0, 0));
	assert_int_equal(only_session(&p).state, VIFSWITCH_SESSION_TCP_ESTABLISHED);
	assert_int_equal(tcp(&p, VM, 80, 1, 40000, SYN | ACK, 0x90000000, 0x70000002, 0), DENIED);
	PASSES(tcp(&p, VM, 80, 1, 40000, SYN | ACK, 0x90000000, 0x70000001, 0));
	assert_int_equal(only_session(&p).state, VIFSWITCH_SESSION_TCP_OPENING);
	PASSES(tcp(&p, 1, 40000, VM, 80, ACK, 0x70000001, 0x90000001, 20));
	PASSES(tcp(&p, VM, 80, 1, 40000, ACK, 0x90000001, 0x70000015, 20));
	assert_int_equal(only_session(&p).state, VIFSWITCH_SESSION_TCP_ESTABLISHED);
	port_fini(&p);
}

/* A rule that is taken away ends what it allowed, a rule that comes revives it. */
static void test_rules(void **state)
{
	struct port p;

	port_init(&p, false, true, 1000);
	connect_in(&p);
	p.acl.default_action[TO] = VIFSWITCH_ACL_DENY;
	assert_int_equal(tcp(&p, 1, 40000, VM, 80, ACK, 1001, 5001, 10), TO_DENIED);
	PASSES(tcp(&p, VM, 80, 1, 40000, ACK, 5001, 1001, 0));
	p.acl.default_action[TO] = VIFSWITCH_ACL_ALLOW;
	PASSES(tcp(&p, 1, 40000, VM, 80, ACK, 1001, 5001, 10));
	port_fini(&p);
}

/* Two that change roles: an answer with a rule of its own does not keep the old ones. */
static void test_roles(void **state)
{
	struct port p;
	int i;

	port_init(&p, true, false, 1000);
	PASSES(udp(&p, VM, 5060, 1, 5060));
	PASSES(udp(&p, 1, 5060, VM, 5060));
	p.acl.default_action[FROM] = VIFSWITCH_ACL_DENY;
	p.acl.default_action[TO] = VIFSWITCH_ACL_ALLOW;
	for (i = 0; i < 20; i++) {
		PASSES(udp(&p, 1, 5060, VM, 5060));
		p.now += 20 SECONDS;
	}
	PASSES(udp(&p, VM, 5060, 1, 5060));
	port_fini(&p);
}

static void test_echo(void **state)
{
	struct port p;

	port_init(&p, false, true, 1000);
	PASSES(echo(&p, 1, VM, 8, 9));
	assert_int_equal(echo(&p, VM, 1, 8, 9), DENIED);
	assert_int_equal(echo(&p, VM, 1, 0, 10), DENIED);
	PASSES(echo(&p, VM, 1, 0, 9));
	PASSES(echo(&p, 1, VM, 0, 9));	/* allowed, and begins nothing */
	p.now += 29 SECONDS;
	PASSES(echo(&p, VM, 1, 0, 9));
	p.now += 31 SECONDS;
	assert_int_equal(echo(&p, VM, 1, 0, 9), DENIED);
	port_fini(&p);
}

static int error_about(struct port *p, u32 router, u32 to, u8 type, const struct test_frame *f)
{
	struct end from = end_of(router, 0), dst = end_of(to, 0);
	struct test_frame error;

	frame_icmp(&error, false, &from, &dst, type, 0, f->len - f->l3);
	memcpy(error.p + error.l4 + 8, f->p + f->l3, f->len - f->l3);
	return port_frame(p, to == VM ? TO : FROM, &error);
}

static void test_errors(void **state)
{
	struct end vm = end_of(VM, 1000), peer = end_of(1, 53), other = end_of(3, 53);
	struct tcp_head head = { 7000, 0, 1000, SYN, -1 };
	struct test_frame f, g;
	struct port p;

	port_init(&p, true, false, 1000);
	frame_begin(&f, false, &vm, &peer, VS_PROTO_UDP, 8);
	assert_int_equal(error_about(&p, 77, VM, 3, &f), TO_DENIED);
	PASSES(port_frame(&p, FROM, &f));
	PASSES(error_about(&p, 77, VM, 3, &f));
	PASSES(error_about(&p, 77, VM, 11, &f));
	assert_int_equal(error_about(&p, 77, VM, 9, &f), TO_DENIED);
	frame_begin(&g, false, &vm, &other, VS_PROTO_UDP, 8);
	assert_int_equal(error_about(&p, 77, VM, 3, &g), TO_DENIED);
	/* what the peer did not send, and what the VM did not get an error about */
	frame_begin(&g, false, &peer, &vm, VS_PROTO_UDP, 8);
	assert_int_equal(error_about(&p, 77, VM, 3, &g), TO_DENIED);
	/* of TCP only about what was sent */
	frame_tcp(&f, false, &vm, &peer, &head, 0);
	PASSES(port_frame(&p, FROM, &f));
	PASSES(error_about(&p, 77, VM, 3, &f));
	head.seq += 10;
	frame_tcp(&f, false, &vm, &peer, &head, 0);
	assert_int_equal(error_about(&p, 77, VM, 3, &f), TO_DENIED);
	port_fini(&p);
}

/* A router on a stick: the two legs of what it forwards are two sessions. */
static void test_stick(void **state)
{
	struct end a = end_of(1, 1000), b = end_of(3, 53);
	struct test_frame there, back;
	struct port p;

	port_init(&p, true, false, 1000);
	p.acl.default_action[TO] = VIFSWITCH_ACL_ALLOW;
	frame_begin(&there, false, &a, &b, VS_PROTO_UDP, 8);
	frame_begin(&back, false, &b, &a, VS_PROTO_UDP, 8);
	PASSES(port_frame(&p, TO, &there));
	PASSES(port_frame(&p, FROM, &there));
	assert_int_equal(p.table.count, 2);
	p.acl.default_action[TO] = VIFSWITCH_ACL_DENY;
	p.acl.default_action[FROM] = VIFSWITCH_ACL_DENY;
	PASSES(port_frame(&p, TO, &back));
	PASSES(port_frame(&p, FROM, &back));
	assert_int_equal(port_frame(&p, FROM, &there), DENIED);
	port_fini(&p);
}

/* The figures that session.h promises; a full table costs no more. */
static void test_memory(void **state)
{
	const u32 count = 100000;
	struct port p;
	u32 i;

	port_init(&p, true, true, count);
	for (i = 0; i < count; i++)
		PASSES(udp(&p, VM, (u16)i, 3 + (i >> 16), 9));
	assert_int_equal(p.table.count, count);
	assert_true(((u64)p.pages * VS_SESSION_PAGE + sizeof(p.table)) <= (u64)count * 96);
	for (i = 0; i < count; i++)
		PASSES(udp(&p, VM, (u16)i, 3 + (i >> 16), 9));
	assert_int_equal(p.table.count, count);
	assert_int_equal(udp(&p, VM, 1, 3, 10), VIFSWITCH_DROP_CONNECTION_LIMIT);
	port_fini(&p);
}

static void test_memory6(void **state)
{
	struct end vm = { { .ip6 = { 1, 2 } }, 1 }, peer = { { .ip6 = { 3, 4 } }, 2 };
	const u32 count = 60000;
	struct test_frame f;
	struct port p;
	u32 i;

	port_init(&p, true, true, count);
	for (i = 0; i < 2 * count; i++) {
		vm.port = (u16)(i % count);
		frame_begin(&f, true, &vm, &peer, VS_PROTO_UDP, 8);
		PASSES(port_frame(&p, FROM, &f));
	}
	assert_int_equal(p.table.count, count);
	assert_true(((u64)p.pages * VS_SESSION_PAGE + sizeof(p.table)) <= (u64)count * 144);
	port_fini(&p);
}

/* At the limit: from one peer no more; what is over makes room, and so does a flood. */
static void test_limit(void **state)
{
	struct port p;
	u32 i;

	port_init(&p, false, true, 10);
	for (i = 0; i < 10; i++)
		PASSES(udp(&p, 1, (u16)(100 + i), VM, 9));
	for (i = 10; i < 15; i++)
		assert_int_equal(udp(&p, 1, (u16)(100 + i), VM, 9), TO_LIMIT);
	PASSES(udp(&p, 1, 103, VM, 9));
	/* another peer takes the place of one of those, who cannot take it back */
	PASSES(udp(&p, 3, 100, VM, 9));
	assert_int_equal(p.table.count, 10);
	for (i = 15; i < 40; i++)
		assert_int_equal(udp(&p, 1, (u16)(100 + i), VM, 9), TO_LIMIT);
	PASSES(udp(&p, VM, 9, 3, 100));
	p.now += 11 SECONDS;
	PASSES(udp(&p, 1, 200, VM, 9));
	port_fini(&p);
}

/* A flood, from one address or from many, does not end what is confirmed. */
static void test_flood(void **state)
{
	struct port p;
	u32 i;

	port_init(&p, false, true, 1000);
	for (i = 0; i < 100; i++) {
		PASSES(udp(&p, 1, (u16)i, VM, 9));
		PASSES(udp(&p, VM, 9, 1, (u16)i));
		PASSES(udp(&p, 1, (u16)i, VM, 9));
	}
	connect_in(&p);
	for (i = 0; i < 20000; i++)
		udp(&p, 1000 + i, 7, VM, 9);
	for (i = 0; i < 20000; i++)
		udp(&p, 7, (u16)i, VM, 9);
	assert_int_equal(p.table.count, 1000);
	PASSES(tcp(&p, VM, 80, 1, 40000, ACK, 5001, 1001, 0));
	for (i = 0; i < 100; i++)
		PASSES(udp(&p, VM, 9, 1, (u16)i));
	/* and who comes now finds room */
	for (i = 0; i < 100; i++) {
		PASSES(udp(&p, 5, (u16)i, VM, 9));
		PASSES(udp(&p, VM, 9, 5, (u16)i));
		PASSES(udp(&p, 5, (u16)i, VM, 9));
	}
	port_fini(&p);
}

/* Without memory it is the same as at the limit. */
static void test_no_memory(void **state)
{
	struct port p;
	u32 i, passed = 0;

	port_init(&p, false, true, 1000);
	p.pages_max = 3;
	for (i = 0; i < 200; i++)
		passed += !udp(&p, 1, (u16)i, VM, 9);
	assert_int_equal(passed, 2 * 43);
	PASSES(udp(&p, 3, 1, VM, 9));
	port_fini(&p);
	port_init(&p, false, true, 1000);
	p.pages_max = 0;
	assert_int_equal(udp(&p, 1, 1, VM, 9), TO_LIMIT);
	port_fini(&p);
}

/* What has its time behind it goes, little by little, and its memory serves others. */
static void test_sweep(void **state)
{
	struct port p;
	u32 i, pages;

	port_init(&p, true, true, 100000);
	for (i = 0; i < 5000; i++)
		PASSES(udp(&p, VM, (u16)i, 3, 9));
	pages = p.pages;
	p.now += 31 SECONDS;
	vs_sessions_sweep(&p.table, p.now, 1000);
	assert_in_range(p.table.count, 4000, 4000 + 42);
	for (i = 0; i < 5; i++)
		vs_sessions_sweep(&p.table, p.now, 1000);
	assert_int_equal(p.table.count, 0);
	for (i = 0; i < 5000; i++)
		PASSES(udp(&p, VM, (u16)i, 3, 9));
	assert_int_equal(p.pages, pages);
	port_fini(&p);
}

static void test_counts(void **state)
{
	struct vifswitch_session e;
	struct port p;

	port_init(&p, true, false, 1000);
	PASSES(udp(&p, VM, 1, 3, 9));
	p.now += 10 SECONDS;
	PASSES(udp(&p, VM, 1, 3, 9));
	PASSES(udp(&p, 3, 9, VM, 1));
	p.now += 7 SECONDS;
	e = only_session(&p);
	assert_int_equal(e.packets[FROM], 2);
	assert_int_equal(e.packets[TO], 1);
	assert_int_equal(e.octets[FROM], 200);
	assert_int_equal(e.octets[TO], 100);
	assert_int_equal(e.age_ms, 17000);
	assert_int_equal(e.idle_ms, 7000);
	port_fini(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rejoin),
		cmocka_unit_test(test_one_way),
		cmocka_unit_test(test_resumed),
		cmocka_unit_test(test_resumed_for_a_time),
		cmocka_unit_test(test_blind),
		cmocka_unit_test(test_half_away),
		cmocka_unit_test(test_begins_again),
		cmocka_unit_test(test_rules),
		cmocka_unit_test(test_roles),
		cmocka_unit_test(test_echo),
		cmocka_unit_test(test_errors),
		cmocka_unit_test(test_stick),
		cmocka_unit_test(test_memory),
		cmocka_unit_test(test_memory6),
		cmocka_unit_test(test_limit),
		cmocka_unit_test(test_flood),
		cmocka_unit_test(test_no_memory),
		cmocka_unit_test(test_sweep),
		cmocka_unit_test(test_counts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
