// SPDX-License-Identifier: GPL-2.0-or-later
#include "blob.h"
#include "core-helpers.h"

static int parse(const void *blob, size_t len, struct vs_program_error *err)
{
	struct vs_program prog;

	memset(err, 0, sizeof(*err));
	return vs_program_parse(blob, len, &prog, err);
}

static void good_blob(struct blob *b)
{
	blob_init(b, VIFSWITCH_PF_GUARD, 100, VLANS(100, 200), VLANS(100));
	b->hdr.rate_bps = 1000000;
	b->hdr.rate_burst = 20000;
	b->hdr.packet_rate = 1000;
	b->hdr.packet_burst = 100;
}

/* Each field wrong in turn: put @value into @size octets at @offset. */
static const struct {
	size_t offset, size;
	u64 value;
	int code;
	const char *field;
} wrong[] = {
#define F(member, val, rc, name) { offsetof(struct vifswitch_program, member), \
	sizeof(((struct vifswitch_program *)0)->member), val, rc, name }
	F(magic, 0x70666976, -EINVAL, "magic"),
	F(version, 0, -EINVAL, "version"),
	F(version, 1, -EINVAL, "version"),
	F(header_len, 64, -EINVAL, "header_len"),
	F(header_len, 72, -EINVAL, "header_len"),
	F(total_len, sizeof(struct blob) - 1, -EINVAL, "total_len"),
	F(total_len, 0xffffffff, -EINVAL, "total_len"),
	F(header_len, 108, -EINVAL, "header_len"),
	F(header_len, 0xfff8, -EINVAL, "header_len"),
	F(header_len, 176, -EINVAL, "header octet in use"),
	F(reserved, 1, -EINVAL, "reserved"),
	F(packet_rate_to, 1000000001, -ERANGE, "packet_rate_to"),
	F(storm_burst, 1, -EINVAL, "storm_burst"),
	F(storm_burst, 1000000001, -ERANGE, "storm_burst"),
	F(flags, VIFSWITCH_PF_ALL + 1, -EINVAL, "unknown bit of flags"),
	F(flags, 0x80000001, -EINVAL, "unknown bit of flags"),
	F(flags, VIFSWITCH_PF_GUARD | VIFSWITCH_PF_LEARN, -EINVAL, "flags"),
	F(pvid, 4095, -ERANGE, "pvid"),
	F(pvid, 0xfffe, -ERANGE, "pvid"),
	F(pvid, 300, -EINVAL, "pvid"),
	F(mac_count, 0, -EINVAL, "mac_count"),
	F(mac_count, 17, -ERANGE, "mac_count"),
	F(mac_count, 2, -EINVAL, "address number"),
	F(mac_offset, 0, -EINVAL, "mac_offset"),
	F(mac_offset, 96, -EINVAL, "mac_offset"),
	F(mac_offset, 105, -EINVAL, "mac_offset"),
	F(mac_offset, sizeof(struct blob), -EINVAL, "mac_offset"),
	F(mac_offset, 0xfffffff8, -EINVAL, "mac_offset"),
	F(vlan_allowed_offset, 8, -EINVAL, "vlan_allowed_offset"),
	F(vlan_allowed_offset, sizeof(struct blob) - 504, -EINVAL, "vlan_allowed_offset"),
	F(vlan_untagged_offset, 4, -EINVAL, "vlan_untagged_offset"),
	F(vlan_untagged_offset, sizeof(struct blob) - 504, -EINVAL, "vlan_untagged_offset"),
	F(fdb_max, 65537, -ERANGE, "fdb_max"),
	F(flags, VIFSWITCH_PF_IP_GUARD, -EINVAL, "flags"),
	F(acl, 1, -ERANGE, "connections_max"),
	F(connections_max, 1, -EINVAL, "connections_max"),
	F(storm_broadcast, 1000000001, -ERANGE, "storm_broadcast"),
	F(storm_multicast, 0xffffffff, -ERANGE, "storm_multicast"),
	F(storm_unknown, 1000000001, -ERANGE, "storm_unknown"),
	F(dscp, 64, -ERANGE, "dscp"),
	F(dscp, 254, -ERANGE, "dscp"),
	F(pcp, 8, -ERANGE, "pcp"),
	F(prefix4_count, 1, -EINVAL, "prefix4_count"),
	F(prefix4_count, 65, -ERANGE, "prefix4_count"),
	F(prefix4_offset, 104, -EINVAL, "prefix4_offset"),
	F(prefix6_count, 1, -EINVAL, "prefix6_count"),
	F(prefix6_count, 65, -ERANGE, "prefix6_count"),
	F(prefix6_offset, 104, -EINVAL, "prefix6_offset"),
	F(rate_bps, 7999, -ERANGE, "rate_bps"),
	F(rate_bps, 1000000000001ULL, -ERANGE, "rate_bps"),
	F(rate_bps, 0, -EINVAL, "rate_burst"),
	F(rate_burst, 0, -ERANGE, "rate_burst"),
	F(rate_burst, 1513, -ERANGE, "rate_burst"),
	F(rate_burst, 0x100000000ULL, -ERANGE, "rate_burst"),
	F(packet_rate, 1000000001, -ERANGE, "packet_rate"),
	F(packet_rate, 0, -EINVAL, "packet_burst"),
	F(packet_burst, 0, -ERANGE, "packet_burst"),
	F(packet_burst, 1000000001, -ERANGE, "packet_burst"),
#undef F
	{ offsetof(struct blob, macs), 1, 1, -EINVAL, "address number" },
	{ offsetof(struct blob, macs), 6, 0, -EINVAL, "address number" },
	{ offsetof(struct blob, allowed) + 511, 1, 0x80, -EINVAL, "vlan_allowed VLAN" },
	{ offsetof(struct blob, allowed), 1, 1, -EINVAL, "vlan_untagged VLAN" },
	{ offsetof(struct blob, untagged) + 1, 1, 1, -EINVAL, "vlan_untagged VLAN" },
};

static void test_each_field_wrong(void **state)
{
	struct vs_program_error err;
	struct blob b;
	size_t i;

	good_blob(&b);
	assert_int_equal(parse(&b, sizeof(b), &err), 0);
	for (i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		int rc;

		good_blob(&b);
		memcpy((u8 *)&b + wrong[i].offset, &wrong[i].value, wrong[i].size);
		rc = parse(&b, sizeof(b), &err);
		if (rc != wrong[i].code || strcmp(err.field, wrong[i].field))
			fail_msg("case %zu (%s): %d, %s", i, wrong[i].field, rc,
				 rc ? err.field : "accepted");
		assert_int_equal(err.code, rc);
		assert_non_null(err.accepted);
	}
}

static void test_length(void **state)
{
	struct vs_program_error err;
	struct blob b;
	u8 big[VIFSWITCH_PROGRAM_MAX + 8] = { 0 };
	size_t len;

	good_blob(&b);
	for (len = 0; len < sizeof(b); len++) {
		u8 *copy = malloc(len ? len : 1);	/* so that ASan sees a read beyond */

		memcpy(copy, &b, len);
		assert_int_not_equal(parse(copy, len, &err), 0);
		free(copy);
	}
	memcpy(big, &b, sizeof(b));
	((struct vifswitch_program *)(void *)big)->total_len = sizeof(big);
	assert_int_equal(parse(big, sizeof(big), &err), -EINVAL);
	assert_string_equal(err.field, "length");
}

static void test_tail(void **state)
{
	struct vs_program_error err;
	struct blob b;
	const u32 whole = sizeof(b.hdr) + 6;

	/* header and one address alone, or with two zeros */
	good_blob(&b);
	b.hdr.vlan_allowed_offset = 0;
	b.hdr.vlan_untagged_offset = 0;
	b.hdr.total_len = whole;
	assert_int_equal(parse(&b, whole, &err), 0);
	b.hdr.total_len = whole + 2;
	assert_int_equal(parse(&b, whole + 2, &err), 0);
	b.macs[7] = 1;
	assert_int_equal(parse(&b, whole + 2, &err), -EINVAL);
	assert_string_equal(err.field, "padding octet");
	b.macs[7] = 0;
	b.hdr.total_len = whole + 10;
	assert_int_equal(parse(&b, whole + 10, &err), -EINVAL);
	assert_string_equal(err.field, "total_len");
}

static void test_defaults(void **state)
{
	struct vs_program_error err;
	struct vs_program prog;
	struct blob b;

	good_blob(&b);
	b.hdr.vlan_allowed_offset = 0;
	b.hdr.vlan_untagged_offset = 0;
	b.hdr.total_len = sizeof(b.hdr) + 8;
	assert_int_equal(vs_program_parse(&b, b.hdr.total_len, &prog, &err), 0);
	assert_true(prog.access);
	assert_true(vs_bit(prog.allowed, 100) && vs_bit(prog.untagged, 100));
	assert_false(vs_bit(prog.allowed, 200));
	b.hdr.pvid = VIFSWITCH_VID_NONE;
	assert_int_equal(vs_program_parse(&b, b.hdr.total_len, &prog, &err), -EINVAL);

	/* an allowed set without an untagged one: a trunk, VLAN 0 still untagged */
	blob_init(&b, 0, VIFSWITCH_VID_NONE, VLANS(0, 100), NULL);
	b.hdr.vlan_untagged_offset = 0;
	b.hdr.total_len = offsetof(struct blob, untagged);
	assert_int_equal(vs_program_parse(&b, b.hdr.total_len, &prog, &err), 0);
	assert_true(vs_bit(prog.untagged, 0));
	assert_false(vs_bit(prog.untagged, 100));
	assert_false(prog.access);

	/* native-tagged with one VLAN is no access port */
	program_make(&prog, 0, 100, VLANS(100), VLANS());
	assert_false(prog.access);
	/* a guarded port gets no unknown unicast, whatever FLOOD says */
	ACCESS(&prog, VIFSWITCH_PF_GUARD | VIFSWITCH_PF_FLOOD, 5);
	assert_false(prog.floods);
	ACCESS(&prog, VIFSWITCH_PF_FLOOD, 5);
	assert_true(prog.floods);
}

static void test_duplicate_mac(void **state)
{
	struct vs_program_error err;
	struct blob b;

	good_blob(&b);
	b.hdr.mac_count = 2;
	memcpy(b.macs + 6, OTHER, 6);
	assert_int_equal(parse(&b, sizeof(b), &err), 0);
	memcpy(b.macs + 6, OWN, 6);
	assert_int_equal(parse(&b, sizeof(b), &err), -EINVAL);
	assert_int_equal(err.value, 1);
	assert_string_equal(err.accepted, "each address once");
}

/* A program of a header, one address and prefixes. */
struct locked {
	struct vifswitch_program hdr;
	u8 macs[8];
	struct vifswitch_prefix4 prefix4[4];
	struct vifswitch_prefix6 prefix6[4];
};

static void locked_blob(struct locked *b)
{
	static const struct vifswitch_prefix4 prefix4[4] = {
		{ { 10, 0, 0, 1 }, 32, { 0 } },
		{ { 192, 0, 2, 0 }, 24, { 0 } },
		{ { 192, 0, 3, 0 }, 24, { 0 } },
		{ { 192, 0, 4, 7 }, 32, { 0 } },
	};
	static const struct vifswitch_prefix6 prefix6[4] = {
		{ { 0x20, 0x01, 0x0d, 0xb8 }, 127, { 0 } },
		{ { 0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 2 }, 64, { 0 } },
		{ { 0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0, 9 }, 128, { 0 } },
		{ { 0x20, 0x01, 0x0d, 0xb8, 0, 1 }, 48, { 0 } },
	};

	memset(b, 0, sizeof(*b));
	b->hdr = (struct vifswitch_program){
		.magic = VIFSWITCH_PROGRAM_MAGIC,
		.version = VIFSWITCH_PROGRAM_VERSION,
		.header_len = sizeof(struct vifswitch_program),
		.total_len = sizeof(*b),
		.flags = VIFSWITCH_PF_GUARD | VIFSWITCH_PF_IP_GUARD,
		.pvid = 7,
		.mac_count = 1,
		.mac_offset = offsetof(struct locked, macs),
		.prefix4_count = 4,
		.prefix4_offset = offsetof(struct locked, prefix4),
		.prefix6_count = 4,
		.prefix6_offset = offsetof(struct locked, prefix6),
		.dscp = 46,
		.pcp = 5,
		.acl = 9,
		.connections_max = 100,
		.storm_broadcast = 50,
		.storm_unknown = 1000,
	};
	memcpy(b->macs, OWN, 6);
	memcpy(b->prefix4, prefix4, sizeof(prefix4));
	memcpy(b->prefix6, prefix6, sizeof(prefix6));
}

/* Prefixes become ranges, in the order they have to be in. */
static void test_prefixes(void **state)
{
	struct vs_program_error err;
	struct vs_program prog;
	struct locked b;

	locked_blob(&b);
	assert_int_equal(vs_program_parse(&b, sizeof(b), &prog, &err), 0);
	assert_int_equal(prog.range4_count, 4);
	assert_int_equal(prog.range4[0].first, 0x0a000001);
	assert_int_equal(prog.range4[0].last, 0x0a000001);
	assert_int_equal(prog.range4[1].first, 0xc0000200);
	assert_int_equal(prog.range4[1].last, 0xc00002ff);
	assert_int_equal(prog.range4[3].first, 0xc0000407);
	assert_int_equal(prog.range4[3].last, 0xc0000407);
	assert_int_equal(prog.range6_count, 4);
	assert_int_equal(prog.range6[0].first[0], 0x20010db800000000);
	assert_int_equal(prog.range6[0].last[0], 0x20010db800000000);
	assert_int_equal(prog.range6[0].first[1], 0);
	assert_int_equal(prog.range6[0].last[1], 1);
	assert_int_equal(prog.range6[1].first[0], 0x20010db800000002);
	assert_int_equal(prog.range6[1].last[0], 0x20010db800000002);
	assert_int_equal(prog.range6[1].last[1], ~0ULL);
	assert_int_equal(prog.range6[2].first[1], 9);
	assert_int_equal(prog.range6[2].last[1], 9);
	assert_int_equal(prog.range6[3].first[0], 0x20010db800010000);
	assert_int_equal(prog.range6[3].last[0], 0x20010db80001ffff);
	assert_int_equal(prog.dscp, 46);
	assert_int_equal(prog.prio_keep, 0);
	assert_int_equal(prog.prio_set, 0xa000);
	assert_int_equal(prog.acl, 9);
	assert_int_equal(prog.connections_max, 100);
	assert_true(prog.stormy && prog.limit[VS_LIMIT_BROADCAST].mult &&
		    prog.limit[VS_LIMIT_UNKNOWN].mult && !prog.limit[VS_LIMIT_MULTICAST].mult);

	memset(&b.prefix4[0], 0, sizeof(b.prefix4[0]));
	b.hdr.prefix4_count = 1;
	memset(&b.prefix6[0], 0, sizeof(b.prefix6[0]));
	b.hdr.prefix6_count = 1;
	b.hdr.prefix6_offset = offsetof(struct locked, prefix4[1]);
	memmove(&b.prefix4[1], &b.prefix6[0], sizeof(b.prefix6[0]));
	b.hdr.total_len = offsetof(struct locked, prefix4[1]) + sizeof(b.prefix6[0]);
	assert_int_equal(vs_program_parse(&b, b.hdr.total_len, &prog, &err), 0);
	assert_int_equal(prog.range4_count, 1);
	assert_int_equal(prog.range4[0].last, 0xffffffff);
	assert_int_equal(prog.range6_count, 1);
	assert_int_equal(prog.range6[0].last[0], ~0ULL);
	assert_int_equal(prog.range6[0].last[1], ~0ULL);
}

static void test_bad_prefixes(void **state)
{
	static const struct {
		size_t offset;
		u8 value;
		int code;
	} bad[] = {
		{ offsetof(struct locked, prefix4[0].len), 31, -EINVAL },
		{ offsetof(struct locked, prefix4[0].len), 33, -ERANGE },
		{ offsetof(struct locked, prefix4[1].len), 0, -EINVAL },
		{ offsetof(struct locked, prefix4[2].addr[2]), 2, -EINVAL },	/* twice */
		{ offsetof(struct locked, prefix4[3].addr[2]), 3, -EINVAL },	/* inside */
		{ offsetof(struct locked, prefix4[0].addr[0]), 200, -EINVAL },	/* descending */
		{ offsetof(struct locked, prefix4[3].reserved[2]), 1, -EINVAL },
		{ offsetof(struct locked, prefix6[2].len), 127, -EINVAL },
		{ offsetof(struct locked, prefix6[2].len), 129, -ERANGE },
		{ offsetof(struct locked, prefix6[1].len), 62, -EINVAL },
		{ offsetof(struct locked, prefix6[2].addr[7]), 2, -EINVAL },	/* inside */
		{ offsetof(struct locked, prefix6[1].addr[7]), 4, -EINVAL },	/* descending */
		{ offsetof(struct locked, prefix6[3].addr[5]), 0, -EINVAL },	/* descending */
		{ offsetof(struct locked, prefix6[3].reserved[6]), 1, -EINVAL },
		{ offsetof(struct locked, hdr.prefix6_offset), 8, -EINVAL },
		{ offsetof(struct locked, hdr.flags), VIFSWITCH_PF_GUARD, -EINVAL },
	};
	struct vs_program_error err;
	struct locked b;
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		locked_blob(&b);
		((u8 *)&b)[bad[i].offset] = bad[i].value;
		assert_int_equal(parse(&b, sizeof(b), &err), bad[i].code);
	}
}

/* @b with a header of @len octets: cut short, or with zeros; on the heap. */
static u8 *with_header(const struct blob *b, u16 len, size_t *ret_len)
{
	const size_t own = sizeof(b->hdr), rest = sizeof(*b) - own;
	struct vifswitch_program h = b->hdr;
	u8 *blob = calloc(1, len + rest);

	*ret_len = len + rest;
	h.header_len = len;
	h.total_len = (u32)*ret_len;
	h.mac_offset += (u32)(len - own);
	h.vlan_allowed_offset += (u32)(len - own);
	h.vlan_untagged_offset += (u32)(len - own);
	memcpy(blob, &h, len < own ? len : own);
	memcpy(blob + len, b->macs, rest);
	return blob;
}

/* A later release's header: what it says in fields we do not know must be nothing. */
static void test_longer_header(void **state)
{
	struct vs_program want, got;
	struct vs_program_error err;
	struct blob b;
	u16 len;

	good_blob(&b);
	assert_int_equal(vs_program_parse(&b, sizeof(b), &want, &err), 0);
	for (len = sizeof(b.hdr) + 8; len <= sizeof(b.hdr) + 64; len += 8) {
		size_t size, i;
		u8 *blob = with_header(&b, len, &size);

		assert_int_equal(vs_program_parse(blob, size, &got, &err), 0);
		assert_memory_equal(&got, &want, sizeof(got));
		for (i = sizeof(b.hdr); i < len; i++) {
			blob[i] = 1;
			assert_int_equal(parse(blob, size, &err), -EINVAL);
			assert_string_equal(err.field, "header octet in use");
			assert_int_equal(err.value, i);
			blob[i] = 0;
		}
		/* sections lie behind the header as the blob has it */
		((struct vifswitch_program *)(void *)blob)->mac_offset = sizeof(b.hdr);
		assert_int_equal(parse(blob, size, &err), -EINVAL);
		assert_string_equal(err.field, "mac_offset");
		free(blob);
	}
}

/* An earlier release's header: what it lacks is zero. */
static void test_shorter_header(void **state)
{
	struct vs_program want, got;
	struct vs_program_error err;
	struct vifswitch_program h;
	struct blob b;
	u16 len;

	good_blob(&b);
	assert_int_equal(vs_program_parse(&b, sizeof(b), &want, &err), 0);
	for (len = VIFSWITCH_PROGRAM_FIRST_LEN; len < sizeof(b.hdr); len += 8) {
		size_t size;
		u8 *blob = with_header(&b, len, &size);

		assert_int_equal(vs_program_parse(blob, size, &got, &err), 0);
		assert_memory_equal(&got, &want, sizeof(got));
		assert_true(vs_program_header(blob, size, &h));
		assert_int_equal(h.pvid, 100);
		assert_int_equal(h.storm_burst, 0);
		free(blob);
	}
}

/* Both, with a release that knows more than ours. */
static void test_other_release(void **state)
{
	const struct blob_form later = {
		.magic = VIFSWITCH_PROGRAM_MAGIC, .version = VIFSWITCH_PROGRAM_VERSION,
		.first = VIFSWITCH_PROGRAM_FIRST_LEN, .known = 192, .max = VIFSWITCH_PROGRAM_MAX,
	};
	const u16 own = sizeof(struct vifswitch_program);
	struct vs_program_error err;
	struct reader r = { .err = &err };
	u8 got[192], zeros[192] = { 0 };
	struct vifswitch_program h;
	struct blob b;
	size_t size;
	u8 *blob;

	good_blob(&b);
	memset(got, 0xff, sizeof(got));
	assert_int_equal(vs_blob_header(&r, &later, &b, sizeof(b), got), 0);
	assert_memory_equal(got, &b, own);
	assert_memory_equal(got + own, zeros, sizeof(got) - own);
	assert_int_equal(r.header, own);
	assert_int_equal(r.end, own);
	/* a field of its own, which who only looks passes over */
	blob = with_header(&b, own + 8, &size);
	blob[own] = 7;
	assert_int_equal(vs_blob_header(&r, &later, blob, size, got), 0);
	assert_int_equal(got[own], 7);
	assert_memory_equal(got + own + 1, zeros, sizeof(got) - own - 1);
	assert_int_equal(parse(blob, size, &err), -EINVAL);
	assert_true(vs_program_header(blob, size, &h));
	assert_int_equal(h.pvid, 100);
	assert_false(vs_program_header(blob, 100, &h));
	/* how long it makes one */
	assert_int_equal(vs_blob_header_len(got, 104, 192), own + 8);
	got[own + 8] = 1;
	assert_int_equal(vs_blob_header_len(got, 104, 192), own + 16);
	assert_int_equal(vs_blob_header_len(zeros, 104, 192), 104);
	free(blob);
	b.hdr.header_len = 96;
	assert_int_equal(vs_blob_header(&r, &later, &b, sizeof(b), got), -EINVAL);
	assert_string_equal(err.field, "header_len");
}

/* What is given, else a tenth of a second's and at least 10. */
static void test_storm_burst(void **state)
{
	static const struct {
		u32 rate, given, burst;
	} cases[] = {
		{ 5000, 0, 500 }, { 20, 0, 10 }, { 5000, 3, 3 }, { 1, 1000000000, 1000000000 },
	};
	struct vs_program_error err;
	struct vs_program prog;
	struct vs_rate want;
	struct blob b;
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		good_blob(&b);
		b.hdr.storm_multicast = cases[i].rate;
		b.hdr.storm_burst = cases[i].given;
		assert_int_equal(vs_program_parse(&b, sizeof(b), &prog, &err), 0);
		vs_rate_init(&want, 1000000000ULL, cases[i].rate, cases[i].burst, 1);
		assert_memory_equal(&prog.limit[VS_LIMIT_MULTICAST], &want, sizeof(want));
	}
}

/* A 20th of a second's, and at least 128: then what goes to the port is looked at. */
static void test_limit_to(void **state)
{
	static const struct {
		u32 rate, burst;
	} cases[] = {
		{ 1, 128 }, { 2560, 128 }, { 2600, 130 }, { 1000000000, 50000000 },
	};
	struct vs_program_error err;
	struct vs_program prog;
	struct vs_rate want;
	struct blob b;
	size_t i;

	good_blob(&b);
	b.hdr.acl = b.hdr.connections_max = 0;
	assert_int_equal(vs_program_parse(&b, sizeof(b), &prog, &err), 0);
	assert_false(prog.admits || prog.limit[VS_LIMIT_TO_PACKETS].mult);
	for (i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		b.hdr.packet_rate_to = cases[i].rate;
		assert_int_equal(vs_program_parse(&b, sizeof(b), &prog, &err), 0);
		vs_rate_init(&want, 1000000000ULL, cases[i].rate, cases[i].burst, 1);
		assert_memory_equal(&prog.limit[VS_LIMIT_TO_PACKETS], &want, sizeof(want));
		assert_true(prog.admits);
	}
	good_blob(&b);
	b.hdr.acl = b.hdr.connections_max = 1;
	assert_int_equal(vs_program_parse(&b, sizeof(b), &prog, &err), 0);
	assert_true(prog.admits);
}

/* Each unknown flag by itself, and the lowest of several. */
static void test_unknown_flags(void **state)
{
	struct vs_program_error err;
	struct blob b;
	u32 bit;

	for (bit = 0; bit < 32; bit++) {
		good_blob(&b);
		b.hdr.flags |= 1U << bit | 1U << 31;
		assert_int_equal(parse(&b, sizeof(b), &err), -EINVAL);
		assert_string_equal(err.field, "unknown bit of flags");
		assert_int_equal(err.value, VIFSWITCH_PF_ALL >> bit & 1 ? 31 : bit);
	}
}

static void test_unaligned(void **state)
{
	u8 buf[sizeof(struct blob) + 1];
	struct vs_program_error err;
	struct blob b;

	good_blob(&b);
	memcpy(buf + 1, &b, sizeof(b));
	assert_int_equal(parse(buf + 1, sizeof(b), &err), 0);
}

static bool is_stage(const char *word)
{
	static const char *const stages[] = {
		"port", "frame", "mac-guard", "control", "vlan", "address-guard", "acl-from",
		"flows", "claim", "police", "forward", "acl-to", "police-to", "link", "mtu", "tunnel",
	};

	for (size_t i = 0; i < sizeof(stages) / sizeof(*stages); i++)
		if (strcmp(stages[i], word) == 0)
			return true;
	return false;
}

static void test_reasons(void **state)
{
	unsigned int i;

	for (i = 1; i < VIFSWITCH_DROP_COUNT; i++) {
		assert_non_null(vs_reason_word(i));
		assert_non_null(vs_reason_sentence(i));
		assert_true(is_stage(vs_reason_stage(i)));
	}
	assert_string_equal(vs_reason_stage(VIFSWITCH_DROP_RATE), "police");
	assert_null(vs_reason_stage(VIFSWITCH_DROP_COUNT));
	assert_null(vs_reason_word(VIFSWITCH_DROP_NONE));
	assert_null(vs_reason_word(VIFSWITCH_DROP_COUNT));
	assert_string_equal(vs_reason_word(VIFSWITCH_DROP_MAC_GUARD), "mac-guard");
	assert_true(vs_reason_is_egress(VIFSWITCH_DROP_TO_MTU));
	assert_false(vs_reason_is_egress(VIFSWITCH_DROP_NO_MEMORY));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_field_wrong),
		cmocka_unit_test(test_length),
		cmocka_unit_test(test_tail),
		cmocka_unit_test(test_defaults),
		cmocka_unit_test(test_duplicate_mac),
		cmocka_unit_test(test_prefixes),
		cmocka_unit_test(test_bad_prefixes),
		cmocka_unit_test(test_longer_header),
		cmocka_unit_test(test_shorter_header),
		cmocka_unit_test(test_other_release),
		cmocka_unit_test(test_storm_burst),
		cmocka_unit_test(test_limit_to),
		cmocka_unit_test(test_unknown_flags),
		cmocka_unit_test(test_unaligned),
		cmocka_unit_test(test_reasons),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
