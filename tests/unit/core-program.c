// SPDX-License-Identifier: GPL-2.0-or-later
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
	F(version, 2, -EINVAL, "version"),
	F(header_len, 64, -EINVAL, "header_len"),
	F(header_len, 80, -EINVAL, "header_len"),
	F(total_len, sizeof(struct blob) - 1, -EINVAL, "total_len"),
	F(total_len, 0xffffffff, -EINVAL, "total_len"),
	F(flags, VIFSWITCH_PF_ALL + 1, -EINVAL, "flags"),
	F(flags, 0x80000001, -EINVAL, "flags"),
	F(flags, VIFSWITCH_PF_GUARD | VIFSWITCH_PF_LEARN, -EINVAL, "flags"),
	F(pvid, 4095, -ERANGE, "pvid"),
	F(pvid, 0xfffe, -ERANGE, "pvid"),
	F(pvid, 300, -EINVAL, "pvid"),
	F(mac_count, 0, -EINVAL, "mac_count"),
	F(mac_count, 17, -ERANGE, "mac_count"),
	F(mac_count, 2, -EINVAL, "address number"),
	F(mac_offset, 0, -EINVAL, "mac_offset"),
	F(mac_offset, 64, -EINVAL, "mac_offset"),
	F(mac_offset, 73, -EINVAL, "mac_offset"),
	F(mac_offset, sizeof(struct blob), -EINVAL, "mac_offset"),
	F(mac_offset, 0xfffffff8, -EINVAL, "mac_offset"),
	F(vlan_allowed_offset, 8, -EINVAL, "vlan_allowed_offset"),
	F(vlan_allowed_offset, sizeof(struct blob) - 504, -EINVAL, "vlan_allowed_offset"),
	F(vlan_untagged_offset, 4, -EINVAL, "vlan_untagged_offset"),
	F(vlan_untagged_offset, sizeof(struct blob) - 504, -EINVAL, "vlan_untagged_offset"),
	F(fdb_max, 65537, -ERANGE, "fdb_max"),
	F(reserved, 1, -EINVAL, "reserved"),
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

	/* header and one address alone: 78 octets, or 80 with two zeros */
	good_blob(&b);
	b.hdr.vlan_allowed_offset = 0;
	b.hdr.vlan_untagged_offset = 0;
	b.hdr.total_len = 78;
	assert_int_equal(parse(&b, 78, &err), 0);
	b.hdr.total_len = 80;
	assert_int_equal(parse(&b, 80, &err), 0);
	b.macs[7] = 1;
	assert_int_equal(parse(&b, 80, &err), -EINVAL);
	assert_string_equal(err.field, "padding octet");
	b.macs[7] = 0;
	b.hdr.total_len = 88;
	assert_int_equal(parse(&b, 88, &err), -EINVAL);
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
	b.hdr.total_len = 80;
	assert_int_equal(vs_program_parse(&b, 80, &prog, &err), 0);
	assert_true(prog.access);
	assert_true(vs_bit(prog.allowed, 100) && vs_bit(prog.untagged, 100));
	assert_false(vs_bit(prog.allowed, 200));
	b.hdr.pvid = VIFSWITCH_VID_NONE;
	assert_int_equal(vs_program_parse(&b, 80, &prog, &err), -EINVAL);

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

static void test_unaligned(void **state)
{
	u8 buf[sizeof(struct blob) + 1];
	struct vs_program_error err;
	struct blob b;

	good_blob(&b);
	memcpy(buf + 1, &b, sizeof(b));
	assert_int_equal(parse(buf + 1, sizeof(b), &err), 0);
}

static void test_reasons(void **state)
{
	unsigned int i;

	for (i = 1; i < VIFSWITCH_DROP_COUNT; i++) {
		assert_non_null(vs_reason_word(i));
		assert_non_null(vs_reason_sentence(i));
	}
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
		cmocka_unit_test(test_unaligned),
		cmocka_unit_test(test_reasons),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
