// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Flow key compatibility, as Documentation/networking/openvswitch.rst of the kernel asks for
 * it: what userspace does where the kernel reads the same in a packet, more, or less.
 */
#include <arpa/inet.h>
#include <errno.h>

#include "core-packets.h"
#include "tests/unit/megaflow-kernel.h"

#define TCP4	ETH "0800 45000028 00000000 40060000 0a000001 0a000002 " \
		"1388 0050 00000000 00000000 50020000 00000000"
#define UDP6	ETH "86dd 60000000 00081140 20010db8000000000000000000000001 " \
		"20010db8000000000000000000000002 1388 0035 0008 0000"
#define TRUNK	"00163e000002 00163e000001 8100 0005 "
#define FRAME	"0800 45000014 00000000 40fd0000 0a000001 0a000002"

/* A guarded port, which looks into packets; a plain one that takes whatever is in VLAN 5. */
struct bed {
	struct vs_program guarded, plain;
	struct dp_world_port ports[2];
	const struct dp_world_port *all[2];
	struct dp_world world;
};

static const void *no_guard(const void *tables, u64 mac)
{
	return NULL;
}

static const void *no_entry(const void *tables, u64 mac, u16 vid, bool *ret_fixed)
{
	*ret_fixed = false;
	return NULL;
}

static void no_others(const void *tables, const struct dp_world_port *from, u64 mac, u16 vid,
		      struct vs_others *ret)
{
}

static void bed_make(struct bed *b)
{
	program_make(&b->guarded, VIFSWITCH_PF_GUARD, 0, VLANS(0), VLANS(0));
	program_make(&b->plain, VIFSWITCH_PF_LEARN | VIFSWITCH_PF_FLOOD | VIFSWITCH_PF_STACKED, 0,
		     VLANS(0, 5), VLANS(0));
	b->ports[0] = (struct dp_world_port){ .number = 1, .program = &b->guarded };
	b->ports[1] = (struct dp_world_port){ .number = 2, .program = &b->plain };
	b->all[0] = &b->ports[0];
	b->all[1] = &b->ports[1];
	b->world = (struct dp_world){
		.ports = b->all, .count = 2, .guard_of = no_guard, .entry_of = no_entry,
		.others = no_others,
	};
}

/* What the kernel said of a packet, changed. */
enum change {
	NOTHING,
	MORE,			/* attributes that nobody knows */
	CUT_AT_TYPE,		/* a kernel that does not know what is in IPv6 */
	CUT_AND_MORE,
	NO_VLAN,		/* one that does not tell of VLAN as we know it */
	NO_HEADER,		/* zeros for ports */
	CUT_TAG,		/* a tag that is not whole */
	TWICE,			/* an attribute is there twice, */
	SHORT,			/* cut short, */
	WRONG_SIZE,		/* or of another length */
	NO_PORT,
};

static void more(struct attrs *a)
{
	static const u8 anything[12] = { 1, 2, 3 };
	const struct ovs_key_ipv6_exthdrs headers = { 4 };

	attr_put(a, OVS_KEY_ATTR_IPV6_EXTHDRS, &headers, sizeof(headers));
	attr_put(a, 60, anything, sizeof(anything));
}

static void tell_no_vlan(const struct flow_key *key, struct attrs *a)
{
	const __be16 type = htons(0x8100);
	size_t begun;

	attr_put(a, OVS_KEY_ATTR_IN_PORT, &key->in_port, 4);
	attr_put(a, OVS_KEY_ATTR_ETHERNET, &key->eth, sizeof(key->eth));
	attr_put(a, OVS_KEY_ATTR_ETHERTYPE, &type, 2);
	begun = attr_begin(a, OVS_KEY_ATTR_ENCAP);
	attr_put(a, OVS_KEY_ATTR_ETHERTYPE, &key->type, 2);
	attr_end(a, begun);
}

static void tell_cut_tag(const struct flow_key *key, struct attrs *a)
{
	const __be16 type = htons(0x8100), tci = 0;

	attr_put(a, OVS_KEY_ATTR_IN_PORT, &key->in_port, 4);
	attr_put(a, OVS_KEY_ATTR_ETHERNET, &key->eth, sizeof(key->eth));
	attr_put(a, OVS_KEY_ATTR_ETHERTYPE, &type, 2);
	attr_put(a, OVS_KEY_ATTR_VLAN, &tci, 2);
	attr_put(a, OVS_KEY_ATTR_ENCAP, NULL, 0);
}

static void tell(struct flow_key *key, enum change change, struct attrs *a)
{
	const u32 port = 1;

	if (change == CUT_AT_TYPE || change == CUT_AND_MORE)
		key->parts &= ~(1U << FLOW_IP6 | 1U << FLOW_L4);
	if (change == NO_HEADER)
		key->l4 = (struct ovs_key_tcp){};
	if (change == NO_VLAN) {
		tell_no_vlan(key, a);
	} else if (change == CUT_TAG) {
		tell_cut_tag(key, a);
	} else if (change == NO_PORT) {
		attr_put(a, OVS_KEY_ATTR_ETHERNET, &key->eth, sizeof(key->eth));
	} else {
		ovs_kernel_tell(key, a);
	}
	if (change == MORE || change == CUT_AND_MORE)
		more(a);
	if (change == TWICE)
		attr_put(a, OVS_KEY_ATTR_IN_PORT, &port, sizeof(port));
	if (change == WRONG_SIZE)
		attr_put(a, OVS_KEY_ATTR_ARP, &port, sizeof(port));
	if (change == SHORT)
		a->len -= 3;
}

static const struct {
	const char *name, *hex;
	u32 from;
	enum change change;
	int decoded;
	enum seen_hand hand;
} cases[] = {
	{ "1 the same", TCP4, 0, NOTHING, 0, SEEN_FLOW },
	{ "1 the same, IPv6", UDP6, 0, NOTHING, 0, SEEN_FLOW },
	{ "2 the kernel has more", UDP6, 0, MORE, 0, SEEN_FLOW },
	{ "3 the kernel has less", UDP6, 0, CUT_AT_TYPE, 0, SEEN_KEY },
	{ "3 an ethertype inside SNAP", ETH "002c aaaa03000000 " FRAME, 1, NOTHING, 0, SEEN_KEY },
	{ "3 an atomic fragment", ETH "86dd 60000000 00102c40 20010db8000000000000000000000001 "
	  "20010db8000000000000000000000002 1100000000000001 1388 0035 0008 0000", 0, NOTHING, 0,
	  SEEN_KEY },
	{ "3 an operation of ARP that has no octet",
	  ETH "0806 0001 0800 06 04 0101 00163e000001 0a000001 000000000000 0a000002", 0, NOTHING, 0,
	  SEEN_KEY },
	{ "4 it has less, but nobody asks", UDP6, 1, CUT_AT_TYPE, 0, SEEN_FLOW },
	{ "4 a third tag", TRUNK "8100 0006 8100 0007 " FRAME, 1, NOTHING, 0, SEEN_FLOW },
	{ "4 behind MPLS", ETH "8847 00001140 " FRAME, 1, NOTHING, 0, SEEN_FLOW },
	{ "5 VLAN is unknown", TRUNK FRAME, 1, NO_VLAN, 0, SEEN_KEY },
	{ "6 TCP is cut", TCP4, 0, NO_HEADER, 0, SEEN_FLOW },
	{ "7 a tag is cut", TRUNK FRAME, 1, CUT_TAG, 0, SEEN_KEY },
	{ "8 twice", TCP4, 0, TWICE, -EINVAL, SEEN_FLOW },
	{ "8 cut short", TCP4, 0, SHORT, -EINVAL, SEEN_FLOW },
	{ "8 of another length", TCP4, 0, WRONG_SIZE, -EINVAL, SEEN_FLOW },
	{ "8 no port", TCP4, 0, NO_PORT, -EINVAL, SEEN_FLOW },
	{ "13 not readable, looked into", ETH "0800 43000014 0000", 0, NOTHING, 0, SEEN_UNREADABLE },
	{ "13 not readable, nobody looks", ETH "0800 43000014 0000", 1, NOTHING, 0, SEEN_FLOW },
	{ "14 more and less", UDP6, 0, CUT_AND_MORE, 0, SEEN_KEY },
};

static void compatibility(void **state)
{
	struct bed b;

	bed_make(&b);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct decided_output outputs[2];
		struct decision d = { .outputs = outputs };
		struct flow_key key;
		u8 told[512];
		struct attrs a = { .p = told, .room = sizeof(told) };
		size_t len;
		u8 *p = frame_of(cases[i].hex, &len);
		int r;

		ovs_kernel_key(p, len, b.ports[cases[i].from].number, &key);
		tell(&key, cases[i].change, &a);
		r = flow_key_decode(told, a.len, &key);
		if (r != cases[i].decoded)
			fail_msg("%s: %d", cases[i].name, r);
		decide(&b.world, &b.ports[cases[i].from], p, len, len, &d);
		if (!r)
			decision_bears_flow(&d, &key);
		if (d.seen.hand != cases[i].hand)
			fail_msg("%s: %s", cases[i].name, seen_hand_word(d.seen.hand));
		free(p);
	}
}

/* 6: where somebody asks for ports, zeros of the kernel's are not the packet's. */
static void cut_header(void **state)
{
	struct flow_key kernel, ours, mask = { .parts = 1U << FLOW_L4, .l4 = { 0xffff, 0 } };
	size_t len;
	u8 *p = frame_of(TCP4, &len);

	ovs_kernel_key(p, len, 1, &kernel);
	ours = kernel;
	assert_true(flow_key_fits(&kernel, &ours, &mask));
	kernel.l4 = (struct ovs_key_tcp){};
	assert_false(flow_key_fits(&kernel, &ours, &mask));
	mask.l4.tcp_src = 0;
	assert_true(flow_key_fits(&kernel, &ours, &mask));
	free(p);
}

static size_t attr_len(const u8 *p)
{
	u16 len;

	memcpy(&len, p, sizeof(len));
	return (len + 3U) & ~3U;
}

/* 9: in any order it is the same key; 10: the same packet has the same octets. */
static void order(void **state)
{
	const char *const frames[] = { TCP4, UDP6, TRUNK "8100 0006 " FRAME };

	for (size_t i = 0; i < 3; i++) {
		u8 told[512], again[512], turned[512];
		struct attrs a = { .p = told, .room = sizeof(told) };
		struct attrs b = { .p = again, .room = sizeof(again) };
		struct flow_key key, other;
		size_t len, at = 0, put = sizeof(turned);
		u8 *p = frame_of(frames[i], &len);

		ovs_kernel_key(p, len, 3, &key);
		ovs_kernel_tell(&key, &a);
		ovs_kernel_tell(&key, &b);
		assert_int_equal(a.len, b.len);
		assert_memory_equal(told, again, a.len);
		for (; at < a.len; at += attr_len(told + at)) {
			put -= attr_len(told + at);
			memcpy(turned + put, told + at, attr_len(told + at));
		}
		assert_int_equal(flow_key_decode(turned + put, sizeof(turned) - put, &other), 0);
		assert_memory_equal(&key, &other, sizeof(key));
		free(p);
	}
}

/* 11: the kernel may look at more than it was asked to, and not at less. */
static void narrowed(void **state)
{
	struct flow_key wanted = {
		.parts = 1U << FLOW_IP4 | 1U << FLOW_TYPE, .type = 0xffff,
		.ip4 = { .ipv4_proto = 0xff, .ipv4_src = htonl(0xffffff00) },
	}, has = wanted;

	assert_true(flow_mask_covers(&has, &wanted));
	has.ip4.ipv4_src = 0xffffffff;
	has.ip4.ipv4_ttl = 0xff;
	assert_true(flow_mask_covers(&has, &wanted));
	has.ip4.ipv4_src = htonl(0xffff0000);
	assert_false(flow_mask_covers(&has, &wanted));
}

/* What does not find room is told of. */
static void room(void **state)
{
	u8 octets[64];

	for (size_t size = 0; size < sizeof(octets); size++) {
		u8 *exact = malloc(size + 1);
		struct attrs a = { .p = exact, .room = size };
		size_t begun = attr_begin(&a, OVS_KEY_ATTR_ENCAP);

		attr_put(&a, OVS_KEY_ATTR_ETHERNET, octets, 12);
		attr_put(&a, OVS_KEY_ATTR_ETHERTYPE, octets, 2);
		attr_end(&a, begun);
		assert_int_equal(a.full, size < 4 + 16 + 8);
		free(exact);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(compatibility), cmocka_unit_test(cut_header),
		cmocka_unit_test(order), cmocka_unit_test(narrowed), cmocka_unit_test(room),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
