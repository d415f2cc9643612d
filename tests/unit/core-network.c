// SPDX-License-Identifier: GPL-2.0-or-later
#include "core-helpers.h"
#include "network.h"

#define REMOTES	3
#define EIDS	3

struct network_blob {
	struct vifswitch_network hdr;
	u8 remote[REMOTES][VIFSWITCH_ADDRESS_LEN];
	struct vifswitch_eid eid[EIDS];
};

static const u8 ip4[VIFSWITCH_ADDRESS_LEN] = { [10] = 0xff, 0xff, 192, 0, 2, 1 };
static const u8 ip6[VIFSWITCH_ADDRESS_LEN] = { 0x20, 1, 0xd, 0xb8, [15] = 1 };

static void good_blob(struct network_blob *b)
{
	memset(b, 0, sizeof(*b));
	b->hdr = (struct vifswitch_network){
		.magic = VIFSWITCH_NETWORK_MAGIC, .version = VIFSWITCH_NETWORK_VERSION,
		.header_len = sizeof(b->hdr), .total_len = sizeof(*b), .key = 5100,
		.remote_count = REMOTES, .remote_offset = sizeof(b->hdr),
	};
	memcpy(b->hdr.own, ip4, sizeof(ip4));
	memcpy(b->remote[0], ip4, sizeof(ip4));
	memcpy(b->remote[1], ip4, sizeof(ip4));
	b->remote[1][15] = 2;
	memcpy(b->remote[2], ip6, sizeof(ip6));
	b->hdr.eid_count = EIDS;
	b->hdr.eid_offset = offsetof(struct network_blob, eid);
	b->eid[0] = (struct vifswitch_eid){ .prefix = { [10] = 0xff, 0xff, 10 }, .len = 104 };
	b->eid[1] = (struct vifswitch_eid){ .prefix = { [10] = 0xff, 0xff, 10 }, .len = 112,
					    .remote = 2 };
	b->eid[2] = (struct vifswitch_eid){ .prefix = { 0x20, 1 }, .len = 16,
					    .remote = VIFSWITCH_EID_HERE };
}

static const struct {
	size_t offset, size;
	u64 value;
	int code;
	const char *field;
} wrong[] = {
#define F(member, val, rc, name) { offsetof(struct vifswitch_network, member), \
	sizeof(((struct vifswitch_network *)0)->member), val, rc, name }
	F(magic, 1, -EINVAL, "magic"),
	F(version, 2, -EINVAL, "version"),
	F(header_len, 40, -EINVAL, "header_len"),
	F(total_len, 48, -EINVAL, "total_len"),
	F(silent[0], 1 << REMOTES, -EINVAL, "silent"),
	F(silent[31], 0x80, -EINVAL, "silent"),
	F(flags, 4, -EINVAL, "unknown bit of flags"),
	F(flags, 3, -EINVAL, "flags"),
	F(key, 0, -ERANGE, "key"),
	F(remote_count, VIFSWITCH_NETWORK_REMOTES_MAX + 1, -ERANGE, "remote_count"),
	F(remote_count, REMOTES + 1, -EINVAL, "remote"),
	F(remote_count, 0, -EINVAL, "remote_offset"),
	F(remote_count, REMOTES - 1, -EINVAL, "eid"),
	F(remote_offset, 1024, -EINVAL, "remote_offset"),
	F(remote_offset, 40, -EINVAL, "remote_offset"),
	F(udp_port, 65536, -ERANGE, "udp_port"),
	F(eid_count, VIFSWITCH_NETWORK_EIDS_MAX + 1, -ERANGE, "eid_count"),
	F(eid_count, EIDS + 1, -EINVAL, "eid_offset"),
	F(eid_count, 0, -EINVAL, "eid_offset"),
	F(eid_count, EIDS - 1, -EINVAL, "total_len"),
	F(eid_offset, 48, -EINVAL, "eid_offset"),
#undef F
	{ offsetof(struct network_blob, remote[0][12]), 1, 224, -EINVAL, "remote" },
	{ offsetof(struct network_blob, remote[0][12]), 1, 127, -EINVAL, "remote" },
	{ offsetof(struct network_blob, remote[0][15]), 1, 2, -EINVAL, "remote" },
	{ offsetof(struct network_blob, remote[0][15]), 1, 3, -EINVAL, "remote" },
	{ offsetof(struct network_blob, remote[2][0]), 1, 0xff, -EINVAL, "remote" },
	{ offsetof(struct network_blob, hdr.own[12]), 1, 0, -EINVAL, "own" },
	{ offsetof(struct network_blob, eid[0].len), 1, 129, -EINVAL, "eid" },
	{ offsetof(struct network_blob, eid[0].len), 1, 112, -EINVAL, "eid" },
	{ offsetof(struct network_blob, eid[0].prefix[13]), 1, 1, -EINVAL, "eid" },
	{ offsetof(struct network_blob, eid[0].reserved[2]), 1, 1, -EINVAL, "eid" },
	{ offsetof(struct network_blob, eid[1].len), 1, 104, -EINVAL, "eid" },
	{ offsetof(struct network_blob, eid[1].remote), 4, REMOTES, -EINVAL, "eid" },
	{ offsetof(struct network_blob, eid[2].prefix[0]), 2, 0, -EINVAL, "eid" },
};

static void test_wrong(void **state)
{
	struct vs_program_error err;
	struct network_blob b;
	struct vs_network n;

	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		good_blob(&b);
		memcpy((u8 *)&b + wrong[i].offset, &wrong[i].value, wrong[i].size);
		assert_int_equal(vs_network_parse(&b, sizeof(b), &n, &err), wrong[i].code);
		assert_string_equal(err.field, wrong[i].field);
		assert_non_null(err.accepted);
	}
}

static void test_good(void **state)
{
	struct vs_program_error err;
	struct network_blob b;
	struct vs_network n;

	good_blob(&b);
	assert_int_equal(vs_network_parse(&b, sizeof(b), &n, &err), 0);
	assert_int_equal(n.key, 5100);
	assert_int_equal(n.remote_count, REMOTES);
	assert_int_equal(n.remote_offset, sizeof(b.hdr));
	assert_memory_equal(n.own, ip4, sizeof(ip4));
	assert_int_equal(n.eid_count, EIDS);
	assert_int_equal(n.eid_offset, offsetof(struct network_blob, eid));
	b.hdr.remote_count = b.hdr.remote_offset = b.hdr.eid_count = b.hdr.eid_offset = 0;
	b.hdr.total_len = sizeof(b.hdr);
	memset(b.hdr.own, 0, sizeof(b.hdr.own));
	assert_int_equal(vs_network_parse(&b, sizeof(b.hdr), &n, &err), 0);
	assert_int_equal(n.remote_count, 0);
	/* the first release's header */
	b.hdr.header_len = b.hdr.total_len = VIFSWITCH_NETWORK_FIRST_LEN;
	assert_int_equal(vs_network_parse(&b, VIFSWITCH_NETWORK_FIRST_LEN, &n, &err), 0);
	b.hdr.header_len = b.hdr.total_len = sizeof(b.hdr);
	for (size_t len = 0; len < sizeof(b.hdr); len++)
		assert_true(vs_network_parse(&b, len, &n, &err) < 0);
}

static void test_ends(void **state)
{
	static const struct {
		u8 address[VIFSWITCH_ADDRESS_LEN];
		bool end;
	} cases[] = {
		{ { 0 }, false },
		{ { [15] = 1 }, false },
		{ { 0xfe, 0x80, [15] = 1 }, false },
		{ { 0xfe, 0xbf, [15] = 1 }, false },
		{ { 0xfe, 0xc0, [15] = 1 }, true },
		{ { 0xfd, [15] = 1 }, true },
		{ { 0xff, 2, [15] = 1 }, false },
		{ { [10] = 0xff, 0xff, 0, 0, 0, 1 }, false },
		{ { [10] = 0xff, 0xff, 223, 0, 0, 1 }, true },
		{ { [10] = 0xff, 0xff, 255, 255, 255, 255 }, false },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		assert_int_equal(vs_network_is_end(cases[i].address), cases[i].end);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_wrong),
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_ends),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
