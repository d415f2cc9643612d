// SPDX-License-Identifier: GPL-2.0-or-later
/* Frame parsing, VLAN rules, guard and their order, as tables. */
#include "core-helpers.h"

#define GUARD	VIFSWITCH_PF_GUARD
#define STACKED	VIFSWITCH_PF_STACKED
#define R(name)	VIFSWITCH_DROP_##name
#define PASS	VIFSWITCH_DROP_NONE

enum mode { ACCESS_100, TRUNK, NATIVE_TAGGED, NATIVE_UNTAGGED, NATIVE_ALONE, PLAIN };

static void mode_make(struct vs_program *prog, enum mode mode, u32 flags)
{
	switch (mode) {
	case ACCESS_100:
		ACCESS(prog, flags, 100);
		break;
	case TRUNK:
		program_make(prog, flags, VIFSWITCH_VID_NONE, VLANS(100, 200), VLANS());
		break;
	case NATIVE_TAGGED:
		program_make(prog, flags, 100, VLANS(100, 200), VLANS());
		break;
	case NATIVE_UNTAGGED:
		program_make(prog, flags, 100, VLANS(100, 200), VLANS(100));
		break;
	case NATIVE_ALONE:
		ACCESS(prog, flags | VIFSWITCH_PF_OWN_TAG, 100);
		break;
	case PLAIN:
		ACCESS(prog, flags, 0);
		break;
	}
}

static const struct {
	enum mode mode;
	u32 flags, outer, inner;
	enum vifswitch_drop_reason reason;
	u16 vid;
} ingress[] = {
	{ ACCESS_100, GUARD, 0, 0, PASS, 100 },
	{ ACCESS_100, GUARD, Q(0), 0, PASS, 100 },
	{ ACCESS_100, GUARD, Q(0xe000), 0, PASS, 100 },
	{ ACCESS_100, GUARD, Q(100), 0, R(VLAN_DENIED), 0 },
	{ ACCESS_100, GUARD, Q(200), 0, R(VLAN_DENIED), 0 },
	{ ACCESS_100, GUARD, Q(4095), 0, R(VLAN_DENIED), 0 },
	{ ACCESS_100, GUARD, Q(0), Q(200), R(VLAN_STACKED), 0 },
	{ ACCESS_100, GUARD, Q(100), Q(200), R(VLAN_STACKED), 0 },
	{ ACCESS_100, GUARD, AD(100), 0, R(VLAN_STACKED), 0 },
	{ ACCESS_100, GUARD | STACKED, AD(0), 0, R(VLAN_STACKED), 0 },
	{ ACCESS_100, GUARD | STACKED, Q(100), Q(200), R(VLAN_DENIED), 0 },
	{ ACCESS_100, GUARD | STACKED, Q(0), Q(200), PASS, 100 },
	{ NATIVE_ALONE, GUARD, 0, 0, PASS, 100 },
	{ NATIVE_ALONE, GUARD, Q(0xe000), 0, PASS, 100 },
	{ NATIVE_ALONE, GUARD, Q(0xe000 | 100), 0, PASS, 100 },
	{ NATIVE_ALONE, GUARD, Q(200), 0, R(VLAN_DENIED), 0 },
	{ NATIVE_ALONE, GUARD, Q(100), Q(200), R(VLAN_STACKED), 0 },
	{ TRUNK, GUARD, 0, 0, R(VLAN_UNTAGGED), 0 },
	{ TRUNK, GUARD, Q(0), 0, R(VLAN_UNTAGGED), 0 },
	{ TRUNK, GUARD, Q(100), 0, PASS, 100 },
	{ TRUNK, GUARD, Q(0xf000 | 200), 0, PASS, 200 },
	{ TRUNK, GUARD, Q(300), 0, R(VLAN_DENIED), 0 },
	{ TRUNK, GUARD, Q(4095), 0, R(VLAN_DENIED), 0 },
	{ TRUNK, GUARD, Q(100), Q(200), R(VLAN_STACKED), 0 },
	{ TRUNK, GUARD, Q(100), AD(200), R(VLAN_STACKED), 0 },
	{ TRUNK, GUARD, Q(100), VS_TAG(VS_TYPE_QINQ, 5), R(VLAN_STACKED), 0 },
	{ TRUNK, GUARD | STACKED, Q(100), Q(200), PASS, 100 },
	{ TRUNK, GUARD | STACKED, Q(300), Q(200), R(VLAN_DENIED), 0 },
	{ TRUNK, GUARD | STACKED, AD(100), Q(200), R(VLAN_STACKED), 0 },
	{ TRUNK, GUARD | STACKED, VS_TAG(VS_TYPE_QINQ, 100), 0, R(VLAN_STACKED), 0 },
	{ NATIVE_TAGGED, GUARD, 0, 0, PASS, 100 },
	{ NATIVE_TAGGED, GUARD, Q(100), 0, PASS, 100 },
	{ NATIVE_TAGGED, GUARD, Q(200), 0, PASS, 200 },
	{ NATIVE_UNTAGGED, GUARD, 0, 0, PASS, 100 },
	{ NATIVE_UNTAGGED, GUARD, Q(100), 0, PASS, 100 },
	{ NATIVE_UNTAGGED, GUARD, Q(300), 0, R(VLAN_DENIED), 0 },
	{ PLAIN, GUARD, 0, 0, PASS, 0 },
	{ PLAIN, GUARD, Q(0), 0, PASS, 0 },
	{ PLAIN, GUARD, Q(1), 0, R(VLAN_DENIED), 0 },
};

/* Wherever the outer tag is, in the frame or beside it, the answer is the same. */
static void test_vlan_ingress(void **state)
{
	struct vs_program prog;
	struct vs_verdict v;
	u8 p[64];
	size_t i, len;
	int beside;

	for (i = 0; i < sizeof(ingress) / sizeof(*ingress); i++) {
		mode_make(&prog, ingress[i].mode, ingress[i].flags);
		for (beside = 0; beside < 2; beside++) {
			if (beside)
				len = frame_make(p, BCAST, OWN, ingress[i].inner, 0);
			else
				len = frame_make(p, BCAST, OWN, ingress[i].outer, ingress[i].inner);
			memset(&v, 0xff, sizeof(v));
			vs_ingress(&v, &prog, NULL, p, len, len,
				   beside ? ingress[i].outer : VS_NO_TAG);
			if (v.reason != ingress[i].reason ||
			    (!v.reason && v.vid != ingress[i].vid))
				fail_msg("case %zu (beside %d): %s, VLAN %u", i, beside,
					 v.reason ? vs_reason_word(v.reason) : "passes", v.vid);
		}
	}
}

static const struct {
	enum mode mode;
	u16 vid, prio;
	bool inner;
	enum vifswitch_drop_reason reason;
	u32 tag;
} egress[] = {
	{ ACCESS_100, 100, 0xa000, false, PASS, VS_NO_TAG },
	{ ACCESS_100, 100, 0, true, R(TO_STACKED), 0 },
	{ ACCESS_100, 200, 0, false, R(TO_VLAN), 0 },
	{ ACCESS_100, 0, 0, false, R(TO_VLAN), 0 },
	{ TRUNK, 100, 0xa000, false, PASS, Q(0xa000 | 100) },
	{ TRUNK, 200, 0, true, PASS, Q(200) },
	{ TRUNK, 300, 0, false, R(TO_VLAN), 0 },
	{ TRUNK, 0, 0, false, R(TO_VLAN), 0 },
	{ NATIVE_TAGGED, 100, 0, false, PASS, Q(100) },
	{ NATIVE_UNTAGGED, 100, 0xe000, false, PASS, VS_NO_TAG },
	{ NATIVE_UNTAGGED, 100, 0, true, R(TO_STACKED), 0 },
	{ NATIVE_UNTAGGED, 200, 0, false, PASS, Q(200) },
	{ PLAIN, 0, 0xe000, false, PASS, VS_NO_TAG },
	{ PLAIN, 0, 0, true, R(TO_STACKED), 0 },
	{ PLAIN, 100, 0, false, R(TO_VLAN), 0 },
};

static void test_vlan_egress(void **state)
{
	struct vs_program prog;
	size_t i;

	for (i = 0; i < sizeof(egress) / sizeof(*egress); i++) {
		enum vifswitch_drop_reason reason;
		u32 tag = 0xdeadbeef;

		mode_make(&prog, egress[i].mode, 0);
		reason = vs_vlan_egress(&prog, egress[i].vid, egress[i].prio, egress[i].inner,
					&tag);
		if (reason != egress[i].reason || (!reason && tag != egress[i].tag))
			fail_msg("case %zu: reason %d, tag %08x", i, reason, tag);
	}
	assert_int_equal(vs_egress(&(struct vs_verdict){ .vid = 1 }, NULL, &(u32){ 0 }),
			 R(TO_CLOSED));
}

/* Only where nothing else tells the port from an access port. */
static void test_own_tag(void **state)
{
	static const struct {
		u16 pvid;
		u16 allowed[3], untagged[2];
	} bad[] = {
		{ VIFSWITCH_VID_NONE, { 100, VLANS_END }, { VLANS_END } },
		{ 100, { 100, VLANS_END }, { VLANS_END } },
		{ 100, { 100, 200, VLANS_END }, { 100, VLANS_END } },
		{ 0, { 0, VLANS_END }, { 0, VLANS_END } },
	};
	struct vs_program_error err;
	struct vs_program prog;
	struct blob b;

	ACCESS(&prog, VIFSWITCH_PF_GUARD | VIFSWITCH_PF_OWN_TAG, 100);
	assert_false(prog.access);
	assert_int_equal(prog.way, VS_WAY_LONG);
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		blob_init(&b, VIFSWITCH_PF_OWN_TAG, bad[i].pvid, bad[i].allowed, bad[i].untagged);
		assert_int_equal(vs_program_parse(&b, sizeof(b), &prog, &err), -EINVAL);
		assert_string_equal(err.field, "flags");
	}
}

static const struct {
	u32 flags;
	const char *dst, *src;
	enum vifswitch_drop_reason reason;
	enum vs_target target;
} addresses[] = {
	{ GUARD, BCAST, OWN, PASS, VS_TO_GROUP },
	{ GUARD, OTHER, OWN, PASS, VS_TO_UNICAST },
	{ GUARD, OTHER, OTHER, R(MAC_GUARD), 0 },
	{ 0, OWN, OTHER, PASS, VS_TO_UNICAST },
	{ 0, OTHER, BCAST, R(SOURCE_INVALID), 0 },
	{ 0, OTHER, "\x01\x00\x5e\x00\x00\x01", R(SOURCE_INVALID), 0 },
	{ 0, OTHER, "\0\0\0\0\0\0", R(SOURCE_INVALID), 0 },
	{ GUARD, STP, OWN, R(CONTROL), 0 },
	{ GUARD, LLDP, OWN, R(CONTROL), 0 },
	{ GUARD, "\x01\x80\xc2\x00\x00\x0f", OWN, R(CONTROL), 0 },
	{ GUARD, "\x01\x80\xc2\x00\x00\x10", OWN, R(CONTROL), 0 },
	{ GUARD, "\x01\x80\xc2\x00\x00\x11", OWN, PASS, VS_TO_GROUP },
	{ GUARD, "\x01\x80\xc2\x00\x00\x1f", OWN, PASS, VS_TO_GROUP },
	{ GUARD, "\x01\x80\xc2\x00\x00\x20", OWN, R(CONTROL), 0 },
	{ GUARD, "\x01\x80\xc2\x00\x00\x30", OWN, R(CONTROL), 0 },
	{ GUARD, "\x01\x80\xc2\x00\x00\x3f", OWN, R(CONTROL), 0 },
	{ GUARD, "\x01\x80\xc2\x00\x00\x40", OWN, PASS, VS_TO_GROUP },
	{ GUARD, "\x01\x80\xc2\x00\x01\x00", OWN, PASS, VS_TO_GROUP },
	{ GUARD, "\x01\x00\x0c\xcd\xcd\xcd", OWN, R(CONTROL), 0 },
	{ GUARD, "\x01\x00\x0c\xdd\xdd\xdd", OWN, R(CONTROL), 0 },
	{ GUARD, "\x01\x00\x0c\x00\x00\x00", OWN, R(CONTROL), 0 },
	{ GUARD, CDP, OWN, R(CONTROL), 0 },
	{ GUARD, "\x01\x00\x0c\xcc\xcc\xcd", OWN, R(CONTROL), 0 },
	{ GUARD, "\x01\x00\x0c\xcc\xcc\xce", OWN, PASS, VS_TO_GROUP },
	{ GUARD, LLDP, OTHER, R(MAC_GUARD), 0 },
	{ GUARD | VIFSWITCH_PF_CONTROL, LLDP, OWN, PASS, VS_TO_UPLINKS },
	{ GUARD | VIFSWITCH_PF_CONTROL, CDP, OWN, PASS, VS_TO_UPLINKS },
	{ VIFSWITCH_PF_UPLINK, LLDP, OTHER, PASS, VS_TO_HOST },
	{ VIFSWITCH_PF_UPLINK, CDP, OTHER, R(CONTROL), 0 },
	{ VIFSWITCH_PF_UPLINK | VIFSWITCH_PF_CONTROL, STP, OTHER, PASS, VS_TO_HOST },
	/* STP, by the kind of the port: a VM with and without permission, a tunnel, dom0's own */
	{ GUARD, STP, OWN, R(CONTROL), 0 },
	{ GUARD | VIFSWITCH_PF_CONTROL, STP, OWN, PASS, VS_TO_UPLINKS },
	{ VIFSWITCH_PF_UPLINK | VIFSWITCH_PF_TUNNEL, STP, OTHER, R(CONTROL), 0 },
	{ 0, STP, OTHER, R(CONTROL), 0 },
	/* PVST+ */
	{ VIFSWITCH_PF_UPLINK, "\x01\x00\x0c\xcc\xcc\xcd", OTHER, R(CONTROL), 0 },
	/* probes of loop protection: uplinks alone */
	{ VIFSWITCH_PF_UPLINK, PROBES, OTHER, PASS, VS_TO_PROBED },
	{ VIFSWITCH_PF_UPLINK | VIFSWITCH_PF_CONTROL, PROBES, OTHER, PASS, VS_TO_PROBED },
	{ GUARD, PROBES, OWN, R(CONTROL), 0 },
	{ GUARD | VIFSWITCH_PF_CONTROL, PROBES, OWN, R(CONTROL), 0 },
	{ VIFSWITCH_PF_UPLINK | VIFSWITCH_PF_TUNNEL | VIFSWITCH_PF_CONTROL, PROBES, OTHER,
	  R(CONTROL), 0 },
	{ 0, PROBES, OTHER, R(CONTROL), 0 },
	{ GUARD, "\x03\x76\x73\x77\x6c\x71", OWN, PASS, VS_TO_GROUP },
};

/* By ethertype, with any destination, tagged or not. */
static const struct {
	u32 flags;
	u16 type;
	const char *dst;
	enum vifswitch_drop_reason reason;
	enum vs_target target;
} types[] = {
	{ GUARD, 0x8808, OTHER, R(CONTROL), 0 },
	{ GUARD, 0x8809, BCAST, R(CONTROL), 0 },
	{ GUARD, 0x888e, OTHER, R(CONTROL), 0 },
	{ GUARD, 0x8899, BCAST, R(CONTROL), 0 },
	{ GUARD, 0x88cc, OTHER, R(CONTROL), 0 },
	{ GUARD, 0x88f5, OTHER, R(CONTROL), 0 },
	{ GUARD, 0x88f6, OTHER, R(CONTROL), 0 },
	{ GUARD, 0x8902, OTHER, R(CONTROL), 0 },
	{ GUARD, 0x9000, BCAST, R(CONTROL), 0 },
	{ GUARD, 0x88f7, OTHER, PASS, VS_TO_UNICAST },		/* PTP */
	{ GUARD, 0x88e5, BCAST, PASS, VS_TO_GROUP },		/* MACsec */
	{ GUARD, 0x8903, BCAST, PASS, VS_TO_GROUP },
	{ GUARD | VIFSWITCH_PF_CONTROL, 0x8902, OTHER, PASS, VS_TO_UNICAST },
	{ GUARD | VIFSWITCH_PF_CONTROL, 0x8902, BCAST, PASS, VS_TO_UPLINKS },
	{ VIFSWITCH_PF_UPLINK, 0x8902, OTHER, PASS, VS_TO_UNICAST },
	{ VIFSWITCH_PF_UPLINK, 0x8902, BCAST, PASS, VS_TO_HOST },
	{ VIFSWITCH_PF_UPLINK, 0x88cc, "\x01\x80\xc2\x00\x00\x30", PASS, VS_TO_HOST },
};

static void test_control_types(void **state)
{
	struct vs_program prog;
	struct vs_verdict v;
	u8 p[64];
	size_t i, len;

	for (i = 0; i < 2 * sizeof(types) / sizeof(*types); i++) {
		u32 tag = i % 2 ? Q(0xe000) : 0;	/* a priority */

		ACCESS(&prog, types[i / 2].flags, 100);
		len = frame_make(p, types[i / 2].dst, OWN, tag, 0);
		p[12 + (tag ? 4 : 0)] = (u8)(types[i / 2].type >> 8);
		p[13 + (tag ? 4 : 0)] = (u8)types[i / 2].type;
		vs_ingress(&v, &prog, NULL, p, len, len, VS_NO_TAG);
		if (v.reason != types[i / 2].reason ||
		    (!v.reason && v.target != types[i / 2].target))
			fail_msg("type %04x, case %zu: reason %d, target %d", types[i / 2].type, i,
				 v.reason, v.target);
	}
}

static void test_addresses(void **state)
{
	struct vs_program prog;
	struct vs_verdict v;
	u8 p[64];
	size_t i, len;

	for (i = 0; i < sizeof(addresses) / sizeof(*addresses); i++) {
		ACCESS(&prog, addresses[i].flags, 100);
		len = frame_make(p, addresses[i].dst, addresses[i].src, 0, 0);
		vs_ingress(&v, &prog, NULL, p, len, len, VS_NO_TAG);
		if (v.reason != addresses[i].reason ||
		    (!v.reason && v.target != addresses[i].target))
			fail_msg("case %zu: reason %d, target %d", i, v.reason, v.target);
	}
}

static void test_every_guarded_address(void **state)
{
	struct vs_program_error err;
	struct vs_program prog;
	struct vs_verdict v;
	struct blob b;
	u8 p[64];
	unsigned int i;

	blob_init(&b, GUARD, 100, VLANS(100), VLANS(100));
	b.hdr.mac_count = VIFSWITCH_PROGRAM_MACS_MAX;
	for (i = 0; i < VIFSWITCH_PROGRAM_MACS_MAX; i++) {
		memcpy(b.macs + i * 6, OWN, 6);
		b.macs[i * 6 + 5] = (u8)(0x40 + i);
	}
	assert_int_equal(vs_program_parse(&b, sizeof(b), &prog, &err), 0);
	for (i = 0; i < 256; i++) {
		frame_make(p, BCAST, OWN, 0, 0);
		p[11] = (u8)i;
		vs_ingress(&v, &prog, NULL, p, 60, 60, VS_NO_TAG);
		assert_int_equal(v.reason, i >= 0x40 && i < 0x50 ? PASS : R(MAC_GUARD));
	}
}

static void test_truncated(void **state)
{
	struct vs_program prog;
	struct vs_verdict v;
	u8 p[64];
	size_t len;

	ACCESS(&prog, GUARD, 100);
	frame_make(p, BCAST, OWN, Q(0), 0);
	for (len = 0; len <= 18; len++) {
		u8 *copy = malloc(len ? len : 1);

		memcpy(copy, p, len);
		vs_ingress(&v, &prog, NULL, copy, len, len, VS_NO_TAG);
		assert_int_equal(v.reason, len < 18 ? R(TRUNCATED) : R(HEADERS));
		/* with its tag beside it, 14 octets are enough */
		vs_ingress(&v, &prog, NULL, copy, len, len, Q(0));
		assert_int_equal(v.reason, len < 14 ? R(TRUNCATED) : R(VLAN_STACKED));
		free(copy);
	}
}

static void test_closed(void **state)
{
	struct vs_verdict v;
	u8 p[64];

	frame_make(p, BCAST, OWN, 0, 0);
	vs_ingress(&v, NULL, NULL, p, 60, 60, VS_NO_TAG);
	assert_int_equal(v.reason, R(CLOSED));
}

static void test_flood_classes(void **state)
{
	struct vs_program guest, uplink, plain;

	ACCESS(&guest, GUARD, 100);
	ACCESS(&uplink, VIFSWITCH_PF_UPLINK | VIFSWITCH_PF_FLOOD | VIFSWITCH_PF_LEARN, 100);
	ACCESS(&plain, 0, 100);
	assert_true(vs_wants_flood(&guest, VS_TO_GROUP));
	assert_false(vs_wants_flood(&guest, VS_TO_UNICAST));
	assert_false(vs_wants_flood(&guest, VS_TO_UPLINKS));
	assert_true(vs_wants_flood(&uplink, VS_TO_UNICAST));
	assert_true(vs_wants_flood(&uplink, VS_TO_UPLINKS));
	assert_false(vs_wants_flood(&plain, VS_TO_UNICAST));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_vlan_ingress),
		cmocka_unit_test(test_own_tag),
		cmocka_unit_test(test_vlan_egress),
		cmocka_unit_test(test_addresses),
		cmocka_unit_test(test_control_types),
		cmocka_unit_test(test_every_guarded_address),
		cmocka_unit_test(test_truncated),
		cmocka_unit_test(test_closed),
		cmocka_unit_test(test_flood_classes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
