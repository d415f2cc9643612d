// SPDX-License-Identifier: GPL-2.0-or-later
/* What is read of IGMP, MLD and PIM. The packets were made by scapy, not by us. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "frame.h"
#include "igmp.h"
#include "packet.h"

static const char REPORT1[] =
	"45c0001c0000000001020617c0000205ef0102031200fcfaef010203";

static const char REPORT2[] =
	"46c00020000000000102710ec0000205ef010203940400001600f8faef010203";

static const char REPORT2_PLAIN[] =
	"45c0001c0000000001020617c0000205ef0102031600f8faef010203";

static const char LEAVE2[] =
	"46c000200000000001028210c0000205e0000002940400001700f7faef010203";

static const char QUERY2[] =
	"46c000200000000001028211c0000205e0000001940400001164ee9b00000000";

static const char QUERY1[] =
	"45c0001c000000000102171ac0000205e00000011100eeff00000000";

static const char QUERY2_GROUP[] =
	"46c00020000000000102710ec0000205ef01020394040000110afdf0ef010203";

static const char QUERY3[] =
	"46c00024000000000102441300000000e0000001940400001164ec1e00000000027d0000";

static const char REPORT3[] =
	"46c0005400000000010281c8c0000205e000001694040000220010e30000000504000000ef0102030300"
	"0000ef01020403000002e80101010a0000010a00000206000001ef0102050a00000102000000e00000fb";

static const char MLD1_REPORT[] =
	"6000000000200001fe800000000000000000000000000001ff1500000000000000000000000000073a00"
	"05020000010083007ff100000000ff150000000000000000000000000007";

static const char MLD1_DONE[] =
	"6000000000200001fe800000000000000000000000000001ff0200000000000000000000000000023a00"
	"05020000010084007f0900000000ff150000000000000000000000000007";

static const char MLD1_QUERY[] =
	"6000000000200001fe800000000000000000000000000001ff0200000000000000000000000000013a00"
	"050200000100820059172710000000000000000000000000000000000000";

static const char MLD2_QUERY[] =
	"6000000000240001fe800000000000000000000000000001ff0200000000000000000000000000013a00"
	"050200000100820058962710000000000000000000000000000000000000007d0000";

static const char MLD2_REPORT[] =
	"60000000005c0001fe800000000000000000000000000001ff0200000000000000000000000000163a00"
	"0502000001008f003b950000000304000000ff15000000000000000000000000000703000000ff150000"
	"00000000000000000000000805000001ff3e000000000000000000000000000920010db8000000000000"
	"000000000001";

static const char MLD2_REPORT_ANY[] =
	"600000000024000100000000000000000000000000000000ff0200000000000000000000000000163a00"
	"0502000001008f006f890000000104000000ff0200000000000000000001ff000001";

static const char PIM[] =
	"450000200001000001671768c0000201e000000d2000df000001000200690000";

/* On the heap, without a final NUL: ASan sees what is read beyond. */
static u8 *packet(const char *hex, size_t *ret_len)
{
	size_t len = strlen(hex) / 2;
	u8 *p = malloc(len ? len : 1);

	for (size_t i = 0; i < len; i++) {
		unsigned int octet;

		assert_int_equal(sscanf(hex + 2 * i, "%2x", &octet), 1);
		p[i] = (u8)octet;
	}
	*ret_len = len;
	return p;
}

static u16 type_of(const u8 *p)
{
	return p[0] >> 4 == 4 ? VS_TYPE_IP4 : VS_TYPE_IP6;
}

/* "+239.1.2.3 -239.1.2.4": who joins and leaves what; groups of IPv6 by their last octets. */
static void tell_records(struct vs_igmp *m, const u8 *p, char *ret, size_t room)
{
	struct vs_igmp_record r;

	*ret = '\0';
	while (vs_igmp_next(m, p, &r)) {
		u32 low = (u32)r.group.address[1];
		size_t at = strlen(ret);

		if (m->ip4)
			snprintf(ret + at, room - at, "%s%c%u.%u.%u.%u", at ? " " : "",
				 r.joins ? '+' : '-', low >> 24, low >> 16 & 255, low >> 8 & 255,
				 low & 255);
		else
			snprintf(ret + at, room - at, "%s%c%x::%x", at ? " " : "",
				 r.joins ? '+' : '-', (u32)(r.group.address[0] >> 48), low);
	}
}

static const struct {
	const char *hex;
	enum vs_igmp_kind kind;
	u8 version;
	const char *records;
	u32 response_ms;
	bool any_source;
} messages[] = {
	{ REPORT1, VS_IGMP_REPORT, 1, "+239.1.2.3" },
	{ REPORT2, VS_IGMP_REPORT, 2, "+239.1.2.3" },
	{ REPORT2_PLAIN, VS_IGMP_REPORT, 2, "+239.1.2.3" },
	{ LEAVE2, VS_IGMP_REPORT, 2, "-239.1.2.3" },
	{ QUERY1, VS_IGMP_QUERY, 1, "", 10000 },
	{ QUERY2, VS_IGMP_QUERY, 2, "", 10000 },
	{ QUERY2_GROUP, VS_IGMP_QUERY, 2, "", 1000 },
	{ QUERY3, VS_IGMP_QUERY, 3, "", 10000, true },
	{ REPORT3, VS_IGMP_REPORT, 3, "+239.1.2.3 -239.1.2.4 +232.1.1.1" },
	{ MLD1_REPORT, VS_IGMP_REPORT, 1, "+ff15::7" },
	{ MLD1_DONE, VS_IGMP_REPORT, 1, "-ff15::7" },
	{ MLD1_QUERY, VS_IGMP_QUERY, 1, "", 10000 },
	{ MLD2_QUERY, VS_IGMP_QUERY, 2, "", 10000 },
	{ MLD2_REPORT, VS_IGMP_REPORT, 2, "+ff15::7 -ff15::8 +ff3e::9" },
	{ MLD2_REPORT_ANY, VS_IGMP_REPORT, 2, "+ff02::ff000001" },
	{ PIM, VS_IGMP_HELLO },
};

#define FOR_EACH_MESSAGE(i)	for (size_t i = 0; i < sizeof(messages) / sizeof(*messages); i++)

static void test_messages(void **state)
{
	FOR_EACH_MESSAGE(i) {
		char records[200];
		struct vs_igmp m;
		size_t len;
		u8 *p = packet(messages[i].hex, &len);

		assert_true(vs_igmp_may_be(p, len < VS_IGMP_HEAD ? len : VS_IGMP_HEAD, type_of(p)));
		vs_igmp_parse(&m, p, len, type_of(p));
		assert_int_equal(m.kind, messages[i].kind);
		assert_int_equal(m.version, messages[i].version);
		assert_int_equal(m.ip4, type_of(p) == VS_TYPE_IP4);
		assert_int_equal(m.response_ms, messages[i].response_ms);
		assert_int_equal(m.any_source, messages[i].any_source);
		tell_records(&m, p, records, sizeof(records));
		assert_string_equal(records, messages[i].records ? messages[i].records : "");
		free(p);
	}
}

/* Cut short anywhere: nothing is learned, and nothing beyond the end is read. */
static void test_cut(void **state)
{
	FOR_EACH_MESSAGE(i) {
		size_t len;
		u8 *p = packet(messages[i].hex, &len);

		for (size_t cut = 0; cut < len; cut++) {
			u8 *shorter = malloc(cut ? cut : 1);
			struct vs_igmp m;

			memcpy(shorter, p, cut);
			vs_igmp_parse(&m, shorter, cut, type_of(p));
			assert_true(m.kind == VS_IGMP_BAD || m.kind == VS_IGMP_DATA);
			free(shorter);
		}
		free(p);
	}
}

/* One bit is wrong behind the IP header: the checksum says so. */
static void test_damaged(void **state)
{
	FOR_EACH_MESSAGE(i) {
		size_t len, first;
		struct vs_igmp m;
		u8 *p = packet(messages[i].hex, &len);

		if (messages[i].kind == VS_IGMP_HELLO) {
			free(p);
			continue;
		}
		first = type_of(p) == VS_TYPE_IP4 ? (size_t)(p[0] & 15) * 4 : VS_IP6_LEN + 8;
		for (size_t bit = first * 8 + 8; bit < len * 8; bit++) {
			p[bit / 8] ^= (u8)(1 << bit % 8);
			vs_igmp_parse(&m, p, len, type_of(p));
			assert_int_equal(m.kind, VS_IGMP_BAD);
			p[bit / 8] ^= (u8)(1 << bit % 8);
		}
		free(p);
	}
}

/* What the header must say, by where and what it says instead. */
static const struct {
	const char *hex;
	size_t at;
	u8 value;
} headers[] = {
	{ REPORT2, 8, 2 },		/* TTL */
	{ REPORT2, 6, 0x20 },		/* a fragment */
	{ REPORT2, 7, 1 },
	{ REPORT3, 20, 0x95 },		/* no router alert where version 3 wants it */
	{ QUERY3, 22, 1 },
	{ REPORT2, 3, 33 },		/* longer than the frame */
	{ REPORT2, 0, 0x44 },		/* an impossible header */
	{ REPORT2, 0, 0x4f },
	{ MLD1_REPORT, 7, 2 },		/* hop limit */
	{ MLD1_REPORT, 5, 0x21 },
	{ MLD1_REPORT, 8, 0x20 },	/* no link-local source */
	{ MLD2_QUERY, 42, 6 },		/* no router alert */
	{ MLD2_QUERY, 43, 1 },
	{ MLD2_QUERY, 41, 9 },		/* its header ends behind the packet */
};

static void test_headers(void **state)
{
	for (size_t i = 0; i < sizeof(headers) / sizeof(*headers); i++) {
		struct vs_igmp m;
		size_t len;
		u8 *p = packet(headers[i].hex, &len);

		p[headers[i].at] = headers[i].value;
		vs_igmp_parse(&m, p, len, type_of(p));
		assert_int_equal(m.kind, VS_IGMP_BAD);
		free(p);
	}
}

/* Padding of the frame belongs to nothing. */
static void test_padded(void **state)
{
	char records[40], hex[200];
	struct vs_igmp m;
	size_t len;
	u8 *p;

	snprintf(hex, sizeof(hex), "%s%s", REPORT2, "ffffffffffffffffffffffffffff");
	p = packet(hex, &len);
	vs_igmp_parse(&m, p, len, VS_TYPE_IP4);
	tell_records(&m, p, records, sizeof(records));
	assert_string_equal(records, "+239.1.2.3");
	free(p);
}

static const struct {
	struct vs_igmp_asking asking;
	size_t len;
	const char *group;
} queries[] = {
	{ { { { 0, VS_GROUP_IP4 }, 0 }, { 2, 0, 0, 0, 0, 9 }, 2, 10000, 125 }, 14 + 32 },
	{ { { { 0, VS_GROUP_IP4 }, 0 }, { 2, 0, 0, 0, 0, 9 }, 3, 10000, 125 }, 14 + 36 },
	{ { { { 0, VS_GROUP_IP4 | 0xef010203 }, 0 }, { 2, 0, 0, 0, 0, 9 }, 3, 1000, 125 }, 50 },
	{ { { { 0, VS_GROUP_IP4 }, 0 }, { 2, 0, 0, 0, 0, 9 }, 3, 100000, 600 }, 14 + 36 },
	{ { { { 0, 0 }, 0 }, { 2, 0, 0, 0, 0, 9 }, 2, 10000, 125 }, 14 + 72 },
	{ { { { 0, 0 }, 0 }, { 2, 0, 0, 0, 0, 9 }, 3, 10000, 125 }, 14 + 76 },
	{ { { { 0xff15ULL << 48, 7 }, 0 }, { 2, 0, 0, 0, 0, 9 }, 3, 1000, 125 }, 14 + 76 },
};

/* What we ask ourselves is what we read of others; the kernel's own reading is tests/vm's. */
static void test_queries(void **state)
{
	for (size_t i = 0; i < sizeof(queries) / sizeof(*queries); i++) {
		const struct vs_igmp_asking *q = &queries[i].asking;
		bool ip4 = vs_group_is_ip4(&q->group);
		u8 frame[VS_IGMP_QUERY_MAX];
		struct vs_group to;
		struct vs_igmp m;
		size_t len = vs_igmp_query(frame, q);

		assert_int_equal(len, queries[i].len);
		assert_memory_equal(frame + 6, q->mac, 6);
		assert_int_equal(vs_get_be16(frame + 12), ip4 ? VS_TYPE_IP4 : VS_TYPE_IP6);
		vs_igmp_parse(&m, frame + 14, len - 14, vs_get_be16(frame + 12));
		assert_int_equal(m.kind, VS_IGMP_QUERY);
		assert_int_equal(m.version, ip4 ? q->version : q->version - 1);
		assert_true(vs_group_same(&m.group, &q->group));
		assert_int_equal(m.any_source, ip4);
		/* a float: at most one part in sixteen is lost */
		assert_true(m.response_ms <= q->response_ms);
		assert_true(m.response_ms > q->response_ms - q->response_ms / 16);
		assert_true(vs_group_of_packet(frame + 14, len - 14, vs_get_be16(frame + 12), &to));
		assert_int_equal(frame[0] & 1, 1);
		assert_int_equal(frame[5], (u8)to.address[1]);
	}
}

static const struct {
	u64 high, low;
	bool for_all, link;
} groups[] = {
	{ 0, VS_GROUP_IP4 | 0xe0000001, true, false },
	{ 0, VS_GROUP_IP4 | 0xe00000fb, true, false },
	{ 0, VS_GROUP_IP4 | 0xe0000100, false, false },
	{ 0, VS_GROUP_IP4 | 0xefffffff, false, false },
	{ 0xff02ULL << 48, 1, true, true },
	{ 0xff02ULL << 48, 2, false, true },
	{ 0xff02ULL << 48, 0x1ff000001, false, true },
	{ 0xff01ULL << 48, 2, true, false },
	{ 0xff15ULL << 48, 1, false, false },
};

static void test_groups(void **state)
{
	for (size_t i = 0; i < sizeof(groups) / sizeof(*groups); i++) {
		const struct vs_group g = { { groups[i].high, groups[i].low }, 0 };

		assert_int_equal(vs_group_is_for_all(&g), groups[i].for_all);
		assert_int_equal(vs_group_is_link(&g), groups[i].link);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_messages), cmocka_unit_test(test_cut),
		cmocka_unit_test(test_damaged), cmocka_unit_test(test_headers),
		cmocka_unit_test(test_padded), cmocka_unit_test(test_queries),
		cmocka_unit_test(test_groups),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
