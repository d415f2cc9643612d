// SPDX-License-Identifier: GPL-2.0-or-later
#include "session-port.h"

#define MAX	64
#define PASSES(x)	assert_int_equal(x, VIFSWITCH_DROP_NONE)

struct record {
	struct vifswitch_sessions h;
	struct vifswitch_session e[MAX];
};

static void seal(struct record *r, u32 count)
{
	r->h = (struct vifswitch_sessions){
		.magic = VIFSWITCH_SESSIONS_MAGIC,
		.version = VIFSWITCH_SESSIONS_VERSION,
		.header_len = sizeof(r->h),
		.total_len = (u32)(sizeof(r->h) + count * sizeof(r->e[0])),
		.entry_len = sizeof(r->e[0]),
		.entry_count = count,
	};
}

static u32 export(const struct port *p, struct record *r)
{
	u64 place = 0;
	u32 count = 0;

	while (place != VS_SESSIONS_END && count < MAX)
		count += vs_sessions_export(&p->table, &place, p->now, r->e + count, 1);
	seal(r, count);
	return count;
}

/* Anything goes but other VLANs than 0. */
static void open_program(struct vs_program *prog)
{
	memset(prog, 0, sizeof(*prog));
	prog->allowed[0] = 1;
}

static struct vs_session_import import(struct port *p, const struct vs_program *prog,
				       const struct record *r)
{
	struct vs_session_import result = { 0 };
	struct vs_program_error err;
	u32 count, i;

	assert_int_equal(vs_sessions_check(r, r->h.total_len, &count, &err), 0);
	for (i = 0; i < count; i++) {
		port_feed(p);
		vs_session_import(&p->table, prog, &p->acl, r, i, p->now, &result);
	}
	return result;
}

/* Sessions of several kinds, at a VM that answers and nothing else. */
static void fill(struct port *p)
{
	struct end vm6 = { { .ip6 = { 1, 2 } }, 80 }, peer6 = { { .ip6 = { 1, 3 } }, 99 };
	struct tcp_head head = { 1, 0, 100, SYN, 7 };
	struct test_frame f;

	PASSES(tcp(p, 1, 40000, VM, 80, SYN, 1000, 0, 0));
	PASSES(tcp(p, VM, 80, 1, 40000, SYN | ACK, 5000, 1001, 0));
	PASSES(tcp(p, 1, 40000, VM, 80, ACK, 1001, 5001, 0));
	PASSES(tcp(p, 1, 40001, VM, 80, SYN, 1000, 0, 0));
	PASSES(udp(p, 1, 53, VM, 53));
	PASSES(udp(p, VM, 53, 1, 53));
	PASSES(echo(p, 1, VM, 8, 9));
	frame_tcp(&f, true, &peer6, &vm6, &head, 0);
	PASSES(port_frame(p, TO, &f));
}

/* What is read again is what was written, and it goes on: answers pass at the other host. */
static void test_moves(void **state)
{
	struct record before, after;
	struct vs_session_import r;
	struct vs_program prog;
	struct port a, b;
	u32 count;

	open_program(&prog);
	port_init(&a, false, true, 1000);
	port_init(&b, false, true, 1000);
	b.now = 7777777;
	fill(&a);
	a.now += 20 SECONDS + 5;
	count = export(&a, &before);
	assert_int_equal(count, 5);
	assert_int_equal(before.e[0].age_ms, 20078);
	r = import(&b, &prog, &before);
	assert_int_equal(r.taken, count);
	assert_int_equal(export(&b, &after), count);
	for (u32 i = 0, j; i < count; i++) {
		for (j = 0; j < count && memcmp(&before.e[i], &after.e[j], sizeof(after.e[j])); j++)
			;
		assert_true(j < count);
	}
	PASSES(udp(&b, VM, 53, 1, 53));
	PASSES(echo(&b, VM, 1, 0, 9));
	PASSES(tcp(&b, VM, 80, 1, 40000, ACK, 5001, 1001, 100));
	assert_int_equal(tcp(&b, VM, 80, 1, 40000, ACK, 0x50000000, 1001, 100),
			 VIFSWITCH_DROP_ACL);
	PASSES(tcp(&b, VM, 80, 1, 40001, SYN | ACK, 9000, 1001, 0));
	/* once more: all are known */
	r = import(&b, &prog, &before);
	assert_int_equal(r.known, count);
	assert_int_equal(r.taken, 0);
	port_fini(&a);
	port_fini(&b);
}

/* One named is forgotten, and no other; what is named twice or is not there is not. */
static void test_forget(void **state)
{
	struct record before, after;
	struct port a;
	u32 count;

	port_init(&a, false, true, 1000);
	fill(&a);
	count = export(&a, &before);
	for (u32 i = 0; i < count; i++) {
		assert_true(vs_session_forget(&a.table, &before, i));
		assert_false(vs_session_forget(&a.table, &before, i));
		assert_int_equal(export(&a, &after), count - i - 1);
		assert_memory_equal(after.e, before.e + i + 1,
				    (count - i - 1) * sizeof(after.e[0]));
	}
	port_fini(&a);
}

/* What the port may not have: others' addresses and VLANs, what no rule allows, too many. */
static void test_refused(void **state)
{
	struct vs_session_import r;
	struct vs_program prog;
	struct record record;
	struct port a, b;

	open_program(&prog);
	port_init(&a, false, true, 1000);
	fill(&a);
	export(&a, &record);
	prog.flags = VIFSWITCH_PF_IP_GUARD | VIFSWITCH_PF_GUARD;
	prog.range4[0] = (struct vs_range4){ 0x0a000003, 0x0a000003 };
	prog.range4_count = 1;
	port_init(&b, false, true, 1000);
	r = import(&b, &prog, &record);
	assert_int_equal(r.refused, 5);
	prog.range4[0] = (struct vs_range4){ 0x0a000002, 0x0a000002 };
	r = import(&b, &prog, &record);
	assert_int_equal(r.taken, 4);
	assert_int_equal(r.refused, 1);
	port_forget(&b);
	port_fini(&b);

	open_program(&prog);
	port_init(&b, false, true, 2);
	r = import(&b, &prog, &record);
	assert_int_equal(r.taken, 2);
	assert_int_equal(r.excess, 3);
	port_fini(&b);

	port_init(&b, true, false, 1000);
	r = import(&b, &prog, &record);
	assert_int_equal(r.refused, 5);
	prog.allowed[0] = 2;
	b.acl.default_action[TO] = VIFSWITCH_ACL_ALLOW;
	r = import(&b, &prog, &record);
	assert_int_equal(r.refused, 5);
	port_fini(&b);
	port_fini(&a);
}

struct spoil {
	const char *field;
	size_t at;
	u64 value;
	unsigned int size;
};

#define H(member, value)	\
	{ #member, offsetof(struct record, h.member), value, \
	  sizeof(((struct record *)0)->h.member) }
#define E(field, member, value)	\
	{ field " of entry", offsetof(struct record, e[0].member), value, \
	  sizeof(((struct record *)0)->e[0].member) }

/* The first entry is UDP, both ways. */
static void test_malformed(void **state)
{
	static const struct spoil spoils[] = {
		H(magic, 1), H(version, 2), H(header_len, 16), H(header_len, 28),
		H(total_len, 8), H(entry_len, 120), H(entry_len, 132), H(entry_len, 40000),
		H(entry_count, 2), H(entry_count, 0), H(entry_count, 0x2000001), H(reserved, 1),
		E("family", family, 2), E("begun", begun, 2), E("vlan", vlan, 4095),
		E("reserved octets", reserved[1], 1), E("address", vm_addr[4], 1),
		E("address", vm_addr[0], 224), E("ports", proto, 47), E("state", proto, 6),
		E("state", state, 0), E("state", state, VIFSWITCH_SESSION_ECHO),
		E("state", state, VIFSWITCH_SESSION_TCP_HALF), E("state", state, 99),
		E("flags", state, VIFSWITCH_SESSION_NEW), E("flags", flags, 0),
		E("flags", flags, 1), E("flags", flags, 0x40 | 3), E("flags", flags, 7),
		E("flags", flags, 0x23), E("windows or tags", scale[0], 1),
		E("windows or tags", window[1], 1), E("windows or tags", tag[0], 1),
		E("age_ms or idle_ms", idle_ms, 1), E("age_ms or idle_ms", age_ms, 1ULL << 63),
	};
	struct vs_program_error err;
	struct record good, bad;
	struct port p;
	u32 count;
	size_t i;

	port_init(&p, true, true, 1000);
	PASSES(udp(&p, VM, 53, 1, 53));
	PASSES(udp(&p, 1, 53, VM, 53));
	memset(&good, 0, sizeof(good));
	export(&p, &good);
	assert_int_equal(vs_sessions_check(&good, good.h.total_len, &count, &err), 0);
	for (i = 0; i < sizeof(spoils) / sizeof(*spoils); i++) {
		memcpy(&bad, &good, sizeof(bad));
		memcpy((u8 *)&bad + spoils[i].at, &spoils[i].value, spoils[i].size);
		if (!vs_sessions_check(&bad, good.h.total_len, &count, &err))
			fail_msg("%s: %llu is taken", spoils[i].field,
				 (unsigned long long)spoils[i].value);
		assert_string_equal(err.field, spoils[i].field);
	}
	port_fini(&p);
}

/* Longer entries of a later release: taken if what is not known of them is zero. */
static void test_grown(void **state)
{
	struct vs_program_error err;
	struct record r;
	struct {
		struct vifswitch_sessions h;
		struct vifswitch_session e;
		u64 more;
	} later;
	struct port p;
	u32 count;

	port_init(&p, true, true, 1000);
	PASSES(udp(&p, VM, 53, 1, 53));
	export(&p, &r);
	later.h = r.h;
	later.e = r.e[0];
	later.more = 0;
	later.h.entry_len += 8;
	later.h.total_len += 8;
	assert_int_equal(vs_sessions_check(&later, sizeof(later), &count, &err), 0);
	assert_int_equal(count, 1);
	later.more = 1;
	assert_int_equal(vs_sessions_check(&later, sizeof(later), &count, &err), -EINVAL);
	assert_string_equal(err.field, "octets in use of entry");
	port_fini(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_moves),
		cmocka_unit_test(test_forget),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_malformed),
		cmocka_unit_test(test_grown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
