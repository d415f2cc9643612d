// SPDX-License-Identifier: GPL-2.0-or-later
#include "core-helpers.h"
#include "mirror.h"

struct mirror_blob {
	struct vifswitch_mirror hdr;
	u8 vlans[VIFSWITCH_VLAN_BITMAP_LEN];
};

static void good_blob(struct mirror_blob *b)
{
	memset(b, 0, sizeof(*b));
	b->hdr = (struct vifswitch_mirror){
		.magic = VIFSWITCH_MIRROR_MAGIC,
		.version = VIFSWITCH_MIRROR_VERSION,
		.header_len = sizeof(b->hdr),
		.total_len = sizeof(*b),
		.output_port = 7,
		.rate_bps = 1000000,
		.packet_rate = 1000,
		.vlan_offset = offsetof(struct mirror_blob, vlans),
	};
	vs_bit_set(b->vlans, 100);
}

static const struct {
	size_t offset, size;
	u64 value;
	int code;
	const char *field;
} wrong[] = {
#define F(member, val, rc, name) { offsetof(struct vifswitch_mirror, member), \
	sizeof(((struct vifswitch_mirror *)0)->member), val, rc, name }
	F(magic, 1, -EINVAL, "magic"),
	F(version, 2, -EINVAL, "version"),
	F(header_len, 40, -EINVAL, "header_len"),
	F(total_len, 48, -EINVAL, "total_len"),
	F(flags, VIFSWITCH_MF_ALL + 1, -EINVAL, "unknown bit of flags"),
	F(output_port, 0, -ERANGE, "output_vlan"),
	F(output_vlan, 5, -EINVAL, "output_vlan"),
	F(reserved, 1, -EINVAL, "reserved"),
	F(snaplen, VIFSWITCH_SNAPLEN_MIN - 1, -ERANGE, "snaplen"),
	F(snaplen, VIFSWITCH_SNAPLEN_MAX + 1, -ERANGE, "snaplen"),
	F(rate_bps, 7999, -ERANGE, "rate_bps"),
	F(rate_bps, 1000000000001ULL, -ERANGE, "rate_bps"),
	F(packet_rate, 1000000001, -ERANGE, "packet_rate"),
	F(vlan_offset, 0, -EINVAL, "total_len"),
	F(vlan_offset, 40, -EINVAL, "vlan_offset"),
	F(vlan_offset, 56, -EINVAL, "vlan_offset"),
#undef F
};

static void test_wrong(void **state)
{
	struct vs_program_error err;
	struct mirror_blob b;
	struct vs_mirror m;

	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		good_blob(&b);
		memcpy((u8 *)&b + wrong[i].offset, &wrong[i].value, wrong[i].size);
		assert_int_equal(vs_mirror_parse(&b, sizeof(b), &m, &err), wrong[i].code);
		assert_string_equal(err.field, wrong[i].field);
	}
	good_blob(&b);
	b.vlans[511] = 0x80;
	assert_int_equal(vs_mirror_parse(&b, sizeof(b), &m, &err), -EINVAL);
	good_blob(&b);
	b.hdr.output_port = 0;
	b.hdr.output_vlan = 5;
	assert_int_equal(vs_mirror_parse(&b, sizeof(b), &m, &err), 0);
	b.hdr.snaplen = 100;
	assert_int_equal(vs_mirror_parse(&b, sizeof(b), &m, &err), -EINVAL);
	for (size_t len = 0; len < sizeof(b); len++)
		assert_true(vs_mirror_parse(&b, len, &m, &err) < 0);
}

static void test_takes(void **state)
{
	struct vs_program_error err;
	struct mirror_blob b;
	struct vs_mirror m;

	good_blob(&b);
	assert_int_equal(vs_mirror_parse(&b, sizeof(b), &m, &err), 0);
	assert_true(vs_mirror_takes(&m, false, true, 100));
	assert_false(vs_mirror_takes(&m, false, false, 101));
	assert_false(vs_mirror_takes(&m, false, false, VIFSWITCH_VID_NONE));
	assert_false(vs_mirror_takes(&m, true, false, 100));
	b.hdr.flags = VIFSWITCH_MF_DROPPED;
	b.hdr.output_port = 0;
	b.hdr.output_vlan = 4094;
	assert_int_equal(vs_mirror_parse(&b, sizeof(b), &m, &err), 0);
	assert_true(vs_mirror_takes(&m, true, false, 100));
	assert_false(vs_mirror_takes(&m, false, true, 100));
	b.hdr.vlan_offset = 0;
	b.hdr.total_len = sizeof(b.hdr);
	assert_int_equal(vs_mirror_parse(&b, sizeof(b.hdr), &m, &err), 0);
	assert_true(vs_mirror_takes(&m, true, false, VIFSWITCH_VID_NONE));
	assert_int_equal(m.snaplen, ~0U);
}

/* A reason comes before the frame's VLAN is known, or after it. */
static void test_knows_vlan(void **state)
{
	for (unsigned int i = 1; i < VIFSWITCH_DROP_COUNT; i++) {
		const char *stage = vs_reason_stage(i);
		bool before = strcmp(stage, "mac-guard") == 0 || strcmp(stage, "control") == 0 ||
			      (strcmp(stage, "vlan") == 0 && !vs_reason_is_egress(i));

		if (i != VIFSWITCH_DROP_CLOSED && i != VIFSWITCH_DROP_TRUNCATED)
			assert_int_equal(vs_mirror_knows_vlan((enum vifswitch_drop_reason)i),
					 !before);
	}
}

/* Frames of a copy's VLAN are for mirrors alone; whatever goes another way stays as it is. */
static void test_copies(void **state)
{
	const u8 frame[64] = OTHER OWN "\x81\x00\x03\x84\x08";
	struct vs_program_error err;
	struct vs_program prog;
	struct vs_verdict v;
	struct blob b;

	blob_init(&b, VIFSWITCH_PF_UPLINK | VIFSWITCH_PF_LEARN, VIFSWITCH_VID_NONE,
		  VLANS(100, 900), VLANS());
	b.hdr.copy_vlan[2] = 900;
	assert_int_equal(vs_program_parse(&b, sizeof(b), &prog, &err), 0);
	assert_true(vs_ingress(&v, &prog, NULL, frame, 64, 64, VS_NO_TAG));
	assert_int_equal(v.reason, VIFSWITCH_DROP_NONE);
	assert_int_equal(v.target, VS_TO_MIRRORS);
	assert_int_equal(v.vid, 900);
	assert_true(vs_ingress(&v, &prog, NULL, frame, 64, 64, VS_TAG(VS_TYPE_CTAG, 100)));
	assert_int_equal(v.target, VS_TO_UNICAST);
	b.hdr.copy_vlan[2] = 901;
	assert_int_equal(vs_program_parse(&b, sizeof(b), &prog, &err), -ERANGE);
	b.hdr.copy_vlan[2] = 4095;
	assert_int_equal(vs_program_parse(&b, sizeof(b), &prog, &err), -ERANGE);
	b.hdr.copy_vlan[2] = 900;
	b.hdr.flags = VIFSWITCH_PF_GUARD;
	assert_int_equal(vs_program_parse(&b, sizeof(b), &prog, &err), -EINVAL);
	assert_string_equal(err.field, "copy_vlan");
	b.hdr.flags = 0;
	b.hdr.copy_vlan[2] = 0;
	assert_int_equal(vs_program_parse(&b, sizeof(b), &prog, &err), 0);
	assert_int_equal(prog.look, VS_LOOK_FRAME);
}

/* A port by which nothing but copies comes takes whatever there is, and nothing leaves by it. */
static void test_all_copies(void **state)
{
	const u8 frames[][64] = {
		OTHER OWN "\x08", OTHER OWN "\x81\x00\x03\x84\x08",
		"\x01\x80\xc2\x00\x00\x0e" OWN "\x08", OTHER "\xff\xff\xff\xff\xff\xff\x08",
		OTHER OWN "\x88\xa8\x00\x07\x81\x00\x00\x08\x08",
	};
	struct vs_program_error err;
	struct vs_program prog;
	struct vs_verdict v;
	struct blob b;
	u32 tag;

	blob_init(&b, 0, VIFSWITCH_VID_NONE, VLANS(), VLANS());
	assert_int_equal(vs_program_parse(&b, sizeof(b), &prog, &err), -EINVAL);
	b.hdr.copy_vlan[0] = VIFSWITCH_VID_NONE;
	b.hdr.mirror_from = 1;
	assert_int_equal(vs_program_parse(&b, sizeof(b), &prog, &err), 0);
	for (unsigned int i = 0; i < sizeof(frames) / sizeof(*frames); i++) {
		assert_true(vs_ingress(&v, &prog, NULL, frames[i], 64, 64, VS_NO_TAG));
		assert_int_equal(v.reason, VIFSWITCH_DROP_NONE);
		assert_int_equal(v.target, VS_TO_MIRRORS);
		assert_int_equal(v.vid, VIFSWITCH_VID_NONE);
	}
	for (u16 vid = 0; vid <= VIFSWITCH_VID_MAX; vid++) {
		v = (struct vs_verdict){ .vid = vid };
		assert_int_equal(vs_egress(&v, &prog, &tag), VIFSWITCH_DROP_TO_VLAN);
	}
	b.hdr.flags = VIFSWITCH_PF_FLOOD;
	assert_int_equal(vs_program_parse(&b, sizeof(b), &prog, &err), -EINVAL);
	b.hdr.flags = 0;
	b.hdr.copy_vlan[3] = 7;
	assert_int_equal(vs_program_parse(&b, sizeof(b), &prog, &err), -EINVAL);
	assert_string_equal(err.field, "copy_vlan");
	blob_init(&b, 0, VIFSWITCH_VID_NONE, VLANS(7), VLANS());
	b.hdr.copy_vlan[0] = VIFSWITCH_VID_NONE;
	assert_int_equal(vs_program_parse(&b, sizeof(b), &prog, &err), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_wrong),
		cmocka_unit_test(test_takes),
		cmocka_unit_test(test_knows_vlan),
		cmocka_unit_test(test_copies),
		cmocka_unit_test(test_all_copies),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
