// SPDX-License-Identifier: GPL-2.0-or-later
/* What flow tables are told of sessions (OP_CT), as ovs-fields(7) has ct_state. */
#include <vifswitch/openflow-abi.h>

#include "session-port.h"

#define NEW	VIFSWITCH_OF_CT_NEW
#define EST	VIFSWITCH_OF_CT_ESTAB
#define REL	VIFSWITCH_OF_CT_RELATED
#define RPL	VIFSWITCH_OF_CT_REPLY
#define INV	VIFSWITCH_OF_CT_INVALID

enum doing { LOOK, COMMIT, FULL };

/* Without TRACKED, which is always there. */
static u16 track(struct port *p, u16 zone, u8 dir, const struct test_frame *f, enum doing doing)
{
	struct vs_session_packet in = {
		.p = f->p, .len = f->len, .octets = 100, .packets = 1, .now = p->now, .dir = dir,
		.vid = zone, .allowed = true,
	};
	struct vs_packet pkt;
	u16 state;

	assert_true(frame_parse(f, &pkt));
	in.pkt = &pkt;
	port_feed(p);
	state = vs_session_track(&p->table, &in);
	if (!state) {
		state = vs_session_untracked(&in);
		if (doing != LOOK && state & NEW)
			assert_int_equal(vs_session_commit(&p->table, &in), doing == COMMIT);
	}
	assert_true(state & VIFSWITCH_OF_CT_TRACKED);
	return state & (u16)~VIFSWITCH_OF_CT_TRACKED;
}

static u16 segment(struct port *p, u16 zone, u32 src, u8 flags, u32 seq, u32 ack, enum doing doing)
{
	struct end vm = end_of(VM, 40000), peer = end_of(1, 80);
	struct tcp_head head = { seq, ack, 1000, flags, flags & SYN ? 2 : -1 };
	struct test_frame f;

	frame_tcp(&f, false, src == VM ? &vm : &peer, src == VM ? &peer : &vm, &head, 0);
	return track(p, zone, src == VM ? FROM : TO, &f, doing);
}

static u16 datagram(struct port *p, u32 src, u16 sport, u32 dst, u16 dport, enum doing doing)
{
	struct end from = end_of(src, sport), to = end_of(dst, dport);
	struct test_frame f;

	frame_begin(&f, false, &from, &to, VS_PROTO_UDP, 8);
	return track(p, 0, src == VM ? FROM : TO, &f, doing);
}

static u16 ping(struct port *p, u32 src, u32 dst, u8 type, enum doing doing)
{
	struct end from = end_of(src, 0), to = end_of(dst, 0);
	struct test_frame f;

	frame_icmp(&f, false, &from, &to, type, 9, 0);
	return track(p, 0, src == VM ? FROM : TO, &f, doing);
}

static void begin(struct port *p)
{
	port_init(p, false, false, 1000);	/* that its ACL denies all is asked by nobody */
}

/* Nothing is remembered before it is committed; then the handshake, as both sides see it. */
static void test_tcp(void **state)
{
	struct port p;

	begin(&p);
	assert_int_equal(segment(&p, 0, VM, SYN, 1000, 0, LOOK), NEW);
	assert_int_equal(segment(&p, 0, 1, SYN | ACK, 5000, 1001, LOOK), NEW);
	assert_int_equal(segment(&p, 0, 1, RST, 5000, 0, LOOK), INV);
	assert_int_equal(p.table.count, 0);
	assert_int_equal(segment(&p, 0, VM, SYN, 1000, 0, COMMIT), NEW);
	assert_int_equal(p.table.count, 1);
	assert_int_equal(segment(&p, 0, VM, SYN, 1000, 0, COMMIT), NEW);
	assert_int_equal(segment(&p, 0, 1, SYN | ACK, 5000, 1001, LOOK), EST | RPL);
	assert_int_equal(segment(&p, 0, VM, ACK, 1001, 5001, LOOK), EST);
	assert_int_equal(segment(&p, 0, VM, SYN | FIN, 1001, 5001, LOOK), INV);
	assert_int_equal(segment(&p, 0, 1, ACK, 5001, 1001, LOOK), EST | RPL);
	/* who does not know the numbers is no part of it */
	assert_int_equal(segment(&p, 0, 1, ACK, 0x70000000, 0x60000000, LOOK), INV);
	assert_int_equal(segment(&p, 0, 1, RST, 0x70000000, 0, LOOK), INV);
	assert_int_equal(p.table.count, 1);
	port_fini(&p);
}

/* A connection that is over lets nobody begin the next one without being asked. */
static void test_again(void **state)
{
	struct port p;

	begin(&p);
	segment(&p, 0, VM, SYN, 1000, 0, COMMIT);
	segment(&p, 0, 1, SYN | ACK, 5000, 1001, LOOK);
	segment(&p, 0, VM, ACK, 1001, 5001, LOOK);
	assert_int_equal(segment(&p, 0, VM, RST | ACK, 1001, 5001, LOOK), EST);
	assert_int_equal(segment(&p, 0, VM, SYN, 90000, 0, LOOK), NEW);
	assert_int_equal(p.table.count, 0);
	assert_int_equal(segment(&p, 0, 1, SYN | ACK, 7000, 90001, LOOK), NEW);
	assert_int_equal(segment(&p, 0, VM, SYN, 90000, 0, COMMIT), NEW);
	assert_int_equal(segment(&p, 0, 1, SYN | ACK, 7000, 90001, LOOK), EST | RPL);
	port_fini(&p);
}

static void test_zones(void **state)
{
	struct port p;

	begin(&p);
	segment(&p, 7, VM, SYN, 1000, 0, COMMIT);
	assert_int_equal(segment(&p, 8, 1, SYN | ACK, 5000, 1001, LOOK), NEW);
	assert_int_equal(segment(&p, 65535, 1, SYN | ACK, 5000, 1001, LOOK), NEW);
	assert_int_equal(segment(&p, 7, 1, SYN | ACK, 5000, 1001, LOOK), EST | RPL);
	port_fini(&p);
}

static void test_udp_and_time(void **state)
{
	struct port p;

	begin(&p);
	assert_int_equal(datagram(&p, VM, 5060, 1, 53, COMMIT), NEW);
	assert_int_equal(datagram(&p, VM, 5060, 1, 53, LOOK), NEW);
	assert_int_equal(datagram(&p, 1, 53, VM, 5060, LOOK), EST | RPL);
	assert_int_equal(datagram(&p, VM, 5060, 1, 53, LOOK), EST);
	assert_int_equal(datagram(&p, 1, 54, VM, 5060, LOOK), NEW);
	p.now += 301 SECONDS;
	assert_int_equal(datagram(&p, 1, 53, VM, 5060, LOOK), NEW);
	assert_int_equal(datagram(&p, 1, 53, VM, 5060, COMMIT), NEW);
	assert_int_equal(datagram(&p, VM, 5060, 1, 53, LOOK), EST | RPL);
	assert_int_equal(p.table.count, 1);
	port_fini(&p);
}

static void test_icmp(void **state)
{
	struct end vm = end_of(VM, 0), router = end_of(9, 0);
	struct test_frame f;
	struct port p;
	u8 *quoted;

	begin(&p);
	assert_int_equal(ping(&p, 1, VM, 0, LOOK), INV);
	assert_int_equal(ping(&p, VM, 1, 8, COMMIT), NEW);
	assert_int_equal(ping(&p, 1, VM, 0, LOOK), EST | RPL);
	datagram(&p, VM, 5060, 1, 53, COMMIT);
	frame_icmp(&f, false, &router, &vm, 3, 0, 28);
	assert_int_equal(track(&p, 0, TO, &f, LOOK), INV);
	quoted = f.p + f.len - 28;
	memcpy(quoted, (const u8[]){ 0x45, 0, 0, 28, 0, 0, 0, 0, 9, 17, 0, 0, 10, 0, 0, VM,
				     10, 0, 0, 1, 5060 >> 8, 5060 & 0xff, 0, 53, 0, 8, 0, 0 }, 28);
	assert_int_equal(track(&p, 0, TO, &f, LOOK), REL | RPL);
	port_fini(&p);
}

static void test_full(void **state)
{
	struct port p;
	u16 i;

	begin(&p);
	p.table.max = 10;
	for (i = 0; i < 10; i++) {
		datagram(&p, VM, (u16)(1000 + i), 1, 53, COMMIT);
		datagram(&p, 1, 53, VM, (u16)(1000 + i), LOOK);
		datagram(&p, VM, (u16)(1000 + i), 1, 53, LOOK);
	}
	assert_int_equal(datagram(&p, VM, 2000, 1, 53, FULL), NEW);
	assert_int_equal(p.table.count, 10);
	assert_int_equal(datagram(&p, 1, 53, VM, 1003, LOOK), EST | RPL);
	port_fini(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_tcp),
		cmocka_unit_test(test_again),
		cmocka_unit_test(test_zones),
		cmocka_unit_test(test_udp_and_time),
		cmocka_unit_test(test_icmp),
		cmocka_unit_test(test_full),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
