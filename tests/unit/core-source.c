// SPDX-License-Identifier: GPL-2.0-or-later
/* The table of MAC rules in vifswitch-acl(7), row by row. */
#include "core-helpers.h"
#include "forward.h"

#define WEB	"0d6c8d2e-1f0b-4b0e-9d55-0123456789ab"
#define DB	"1d6c8d2e-1f0b-4b0e-9d55-0123456789ab"
#define VROUTER	"\x00\x00\x5e\x00\x01\x0a"

static void kin(void **state)
{
	static const struct {
		const char *a, *b;
		enum vs_kin kin;
	} cases[] = {
		{ WEB "/0", WEB "/0", VS_KIN_TWIN },
		{ WEB "/0", WEB "/1", VS_KIN_VM },
		{ WEB "/0", WEB "/10", VS_KIN_VM },
		{ WEB "/0", DB "/0", VS_KIN_NONE },
		{ "domid:1/0", "domid:1/1", VS_KIN_VM },
		{ "domid:1/0", "domid:11/0", VS_KIN_NONE },
		{ "uplink:eth0", "uplink:eth1", VS_KIN_NONE },
		{ "local", "local", VS_KIN_TWIN },
		{ WEB, WEB "/0", VS_KIN_NONE },
		{ WEB "/", WEB "/0", VS_KIN_VM },
		{ WEB "/0", WEB "/0/0", VS_KIN_NONE },
		{ "", "", VS_KIN_NONE },
		{ "", WEB "/0", VS_KIN_NONE },
		{ "/", "/x", VS_KIN_VM },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const u8 *a = (const u8 *)cases[i].a, *b = (const u8 *)cases[i].b;
		size_t a_len = strlen(cases[i].a), b_len = strlen(cases[i].b);

		if (vs_kin_of(a, a_len, b, b_len) != cases[i].kin ||
		    vs_kin_of(b, b_len, a, a_len) != cases[i].kin)
			fail_msg("%s and %s", cases[i].a, cases[i].b);
	}
}

#define OWNER(...)	{ .given = true, __VA_ARGS__ }
#define STRANGER	VS_KIN_NONE
#define SIBLING		VS_KIN_VM
#define TWIN		VS_KIN_TWIN

static void who_may_send(void **state)
{
	static const struct {
		const char *what;
		enum vs_hold hold;	/* of the sender */
		bool uplink;
		struct {		/* a port whose own it is */
			bool given;
			enum vs_kin kin;
			bool active, in_vlan;
		} owner;
		bool listed;		/* by another in the VLAN */
		bool here, fixed;	/* where its entry leads */
		enum vs_source source;
	} cases[] = {
		{ "its own", .hold = VS_HOLD_OWN, .source = VS_SOURCE_OWN },
		{ "its own, the other half has the claim", .hold = VS_HOLD_OWN,
		  .owner = OWNER(TWIN, true, true), .source = VS_SOURCE_OWN },
		{ "its own, listed by others", .hold = VS_HOLD_OWN, .listed = true,
		  .source = VS_SOURCE_OWN },
		{ "a listed one nobody used", .hold = VS_HOLD_LISTED, .source = VS_SOURCE_NEW },
		{ "a listed one of its own use", .hold = VS_HOLD_LISTED, .listed = true,
		  .here = true, .source = VS_SOURCE_KNOWN },
		{ "a listed one others use", .hold = VS_HOLD_LISTED, .listed = true,
		  .source = VS_SOURCE_NEW },
		{ "a listed one that is static elsewhere", .hold = VS_HOLD_LISTED, .fixed = true,
		  .source = VS_SOURCE_CLAIMED },
		{ "a listed one that is another VM's own", .hold = VS_HOLD_LISTED,
		  .owner = OWNER(STRANGER, true, true), .source = VS_SOURCE_CLAIMED },
		{ "the same while that VM moves", .hold = VS_HOLD_LISTED,
		  .owner = OWNER(STRANGER, false, true), .source = VS_SOURCE_CLAIMED },
		{ "the same in another VLAN", .hold = VS_HOLD_LISTED, .here = true,
		  .owner = OWNER(STRANGER, true, false), .source = VS_SOURCE_CLAIMED },
		{ "a bond's second leg", .hold = VS_HOLD_LISTED,
		  .owner = OWNER(SIBLING, true, true), .source = VS_SOURCE_KIN },
		{ "a bond whose first leg is not in the VLAN", .hold = VS_HOLD_LISTED,
		  .owner = OWNER(SIBLING, true, false), .source = VS_SOURCE_NEW },
		{ "a bond whose first leg is not there yet", .hold = VS_HOLD_LISTED,
		  .owner = OWNER(SIBLING, false, true), .source = VS_SOURCE_NEW },
		{ "unguarded, nobody's", .source = VS_SOURCE_NEW },
		{ "unguarded, learned here", .here = true, .source = VS_SOURCE_KNOWN },
		{ "unguarded, static elsewhere", .fixed = true, .source = VS_SOURCE_CLAIMED },
		{ "unguarded, another VM's own", .owner = OWNER(STRANGER, true, true),
		  .source = VS_SOURCE_CLAIMED },
		{ "unguarded, another VM's own in another VLAN",
		  .owner = OWNER(STRANGER, true, false), .source = VS_SOURCE_CLAIMED },
		{ "unguarded, another VM's own that is away",
		  .owner = OWNER(STRANGER, false, true), .source = VS_SOURCE_NEW },
		{ "unguarded, own of a VIF of its VM", .owner = OWNER(SIBLING, true, true),
		  .source = VS_SOURCE_CLAIMED },
		{ "unguarded, listed by others", .listed = true, .source = VS_SOURCE_CLAIMED },
		{ "unguarded, listed by others since it was learned here", .listed = true,
		  .here = true, .source = VS_SOURCE_CLAIMED },
		{ "from outside, nobody's", .uplink = true, .source = VS_SOURCE_NEW },
		{ "from outside, listed", .uplink = true, .listed = true,
		  .source = VS_SOURCE_NEW },
		{ "from outside, listed, and known there", .uplink = true, .listed = true,
		  .here = true, .source = VS_SOURCE_KNOWN },
		{ "from outside, a VM's own", .uplink = true,
		  .owner = OWNER(STRANGER, true, true), .source = VS_SOURCE_CLAIMED },
		{ "from outside, own of a VM that is away", .uplink = true,
		  .owner = OWNER(STRANGER, false, true), .source = VS_SOURCE_NEW },
		{ "from outside, static elsewhere", .uplink = true, .fixed = true,
		  .source = VS_SOURCE_CLAIMED },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct vs_others others = { .listed = cases[i].listed };
		enum vs_source source;

		if (cases[i].owner.given)
			vs_others_own(&others, cases[i].owner.kin, cases[i].owner.active,
				      cases[i].owner.in_vlan);
		source = vs_source_of(cases[i].hold, cases[i].uplink, &others, cases[i].here,
				      cases[i].fixed);
		if (source != cases[i].source)
			fail_msg("%s: %d, not %d", cases[i].what, source, cases[i].source);
	}
}

/* OWN and OTHER are own, VROUTER is listed, in VLAN 100. */
static int parse(struct vs_program *prog, u32 flags, u32 listed, struct vs_program_error *err)
{
	struct blob b;

	blob_init(&b, flags, 100, VLANS(100), VLANS(100));
	memcpy(b.macs, OWN OTHER VROUTER, 18);
	b.hdr.mac_count = 3;
	b.hdr.mac_listed = listed;
	return vs_program_parse(&b, sizeof(b), prog, err);
}

static void lister(struct vs_program *prog, u32 listed)
{
	struct vs_program_error err;

	assert_int_equal(parse(prog, VIFSWITCH_PF_GUARD, listed, &err), 0);
}

static void lists_that_cannot_be(void **state)
{
	struct vs_program_error err;
	struct vs_program prog;

	assert_int_equal(parse(&prog, VIFSWITCH_PF_GUARD, 4, &err), -ERANGE);
	assert_string_equal(err.field, "mac_listed");
	assert_int_equal(parse(&prog, VIFSWITCH_PF_GUARD, 0x10001, &err), -ERANGE);
	assert_int_equal(parse(&prog, VIFSWITCH_PF_LEARN, 1, &err), -EINVAL);
	assert_string_equal(err.field, "mac_listed");
}

static void holds(void **state)
{
	const u64 own = vs_mac_load((const u8 *)OWN), other = vs_mac_load((const u8 *)OTHER);
	const u64 vrouter = vs_mac_load((const u8 *)VROUTER);
	struct vs_program prog;

	lister(&prog, 1);
	assert_int_equal(vs_hold_of(&prog, own), VS_HOLD_OWN);
	assert_int_equal(vs_hold_of(&prog, other), VS_HOLD_OWN);
	assert_int_equal(vs_hold_of(&prog, vrouter), VS_HOLD_LISTED);
	assert_int_equal(vs_hold_of(&prog, vrouter + 1), VS_HOLD_NONE);
	assert_false(prog.exclusive);
	assert_int_equal(prog.way, VS_WAY_EXPRESS);
	/* As the first release means it. */
	lister(&prog, 0);
	assert_int_equal(vs_hold_of(&prog, vrouter), VS_HOLD_OWN);
	assert_true(prog.exclusive);
	lister(&prog, 3);
	assert_int_equal(vs_hold_of(&prog, own), VS_HOLD_LISTED);
	assert_int_equal(prog.way, VS_WAY_LONG);
	ACCESS(&prog, VIFSWITCH_PF_LEARN, 100);
	assert_int_equal(vs_hold_of(&prog, own), VS_HOLD_NONE);
	assert_false(prog.exclusive);
}

static bool are_twins(const void *a, const void *b)
{
	return *(const int *)a == *(const int *)b;
}

/* Who gets what is for many, or for an address that was seen nowhere. */
static void who_receives(void **state)
{
	const int from = 1, twin = 1, stranger = 2;
	struct vs_verdict v = { .target = VS_TO_GROUP, .vid = 100 };
	struct vs_program prog;
	u32 tag;

	lister(&prog, 1);
	assert_true(vs_forward_wants(&v, &from, &stranger, &prog, true, are_twins, &tag));
	assert_false(vs_forward_wants(&v, &from, &stranger, &prog, false, are_twins, &tag));
	assert_false(vs_forward_wants(&v, &from, &twin, &prog, true, are_twins, &tag));
	v.target = VS_TO_UNICAST;
	v.frame.dst = vs_mac_load((const u8 *)OTHER);
	assert_false(vs_forward_wants(&v, &from, &stranger, &prog, true, are_twins, &tag));
	v.frame.dst = vs_mac_load((const u8 *)VROUTER);
	assert_true(vs_forward_wants(&v, &from, &stranger, &prog, true, are_twins, &tag));
	assert_false(vs_forward_wants(&v, &from, &twin, &prog, true, are_twins, &tag));
	v.vid = 200;
	assert_false(vs_forward_wants(&v, &from, &stranger, &prog, true, are_twins, &tag));
}

/* From one isolated port to another nothing goes, whoever it is for; else all does. */
static void who_is_isolated(void **state)
{
	const int from = 1, to = 2;
	struct vs_program plain, apart;
	u8 p[64];
	u32 tag;

	ACCESS(&plain, VIFSWITCH_PF_UPLINK | VIFSWITCH_PF_FLOOD, 100);
	ACCESS(&apart, VIFSWITCH_PF_UPLINK | VIFSWITCH_PF_FLOOD | VIFSWITCH_PF_ISOLATED, 100);
	for (int i = 0; i < 8; i++) {
		const struct vs_program *sender = i & 1 ? &apart : &plain;
		const struct vs_program *receiver = i & 2 ? &apart : &plain;
		bool both = (i & 3) == 3;
		struct vs_verdict v;

		frame_make(p, i & 4 ? BCAST : VROUTER, OTHER, 0, 0);
		vs_ingress(&v, sender, NULL, p, 60, 60, VS_NO_TAG);
		assert_int_equal(v.reason, VIFSWITCH_DROP_NONE);
		assert_int_equal(vs_egress(&v, receiver, &tag),
				 both ? VIFSWITCH_DROP_ISOLATED : VIFSWITCH_DROP_NONE);
		assert_int_equal(vs_forward_wants(&v, &from, &to, receiver, true, are_twins, &tag),
				 !both);
	}
	assert_true(vs_forward_is_senders(VIFSWITCH_DROP_ISOLATED));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(kin), cmocka_unit_test(who_may_send), cmocka_unit_test(holds),
		cmocka_unit_test(lists_that_cannot_be),
		cmocka_unit_test(who_receives), cmocka_unit_test(who_is_isolated),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
