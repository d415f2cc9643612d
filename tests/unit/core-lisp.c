// SPDX-License-Identifier: GPL-2.0-or-later
/* LISP's header, what a host asks for, and the longest prefix of a map. */
#include <stdlib.h>

#include "core-helpers.h"
#include "eid.h"
#include "lisp.h"

#define IP4(a, b, c, d)	{ [10] = 0xff, 0xff, a, b, c, d }

/* ---- the header ---- */

static const u8 ip4[] = { 0x45, 0, 0, 28, 0, 0, 0, 0, 64, 17, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2,
			  1, 2, 3, 4, 5, 6, 7, 8 };

static void test_header(void **state)
{
	static const struct {
		u8 flags;
		bool good;
		u32 instance;
	} cases[] = {
		{ 0x08, true, 0x010203 }, { 0x00, true, 0 }, { 0x88, true, 0x010203 },
		{ 0xe8, true, 0x010203 }, { 0x18, true, 0x010203 }, { 0x0c, true, 0x010203 },
		{ 0x98, false, 0 }, { 0x09, false, 0 }, { 0x0a, false, 0 }, { 0x0b, false, 0 },
	};
	u8 p[8 + sizeof(ip4)] = { [4] = 1, 2, 3, 0xff };
	struct vs_lisp lisp;

	memcpy(p + 8, ip4, sizeof(ip4));
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		p[0] = cases[i].flags;
		assert_int_equal(vs_lisp_parse(p, sizeof(p), sizeof(p), &lisp), cases[i].good);
		if (!cases[i].good)
			continue;
		assert_int_equal(lisp.instance, cases[i].instance);
		assert_int_equal(lisp.len, sizeof(ip4));
		assert_false(lisp.ip6);
	}
	vs_lisp_build(p, 0x0abcde);
	assert_memory_equal(p, "\x08\0\0\0\x0a\xbc\xde", 8);
}

static void test_inside(void **state)
{
	u8 *p = calloc(1, 8 + 60);
	struct vs_lisp lisp;

	memcpy(p + 8, ip4, sizeof(ip4));
	for (u32 len = 0; len < 8 + sizeof(ip4); len++) {
		u8 *exact = malloc(len + 1);

		memcpy(exact, p, len);
		assert_false(vs_lisp_parse(exact, len, len, &lisp));
		free(exact);
	}
	/* the rest of the packet need not be readable, but there */
	assert_true(vs_lisp_parse(p, 28, 36, &lisp));
	assert_false(vs_lisp_parse(p, 28, 35, &lisp));
	assert_true(vs_lisp_parse(p, 28, 60, &lisp));
	assert_int_equal(lisp.len, 28);
	p[8] = 0x44;
	assert_false(vs_lisp_parse(p, 36, 36, &lisp));
	p[8] = 0x48;	/* 32 octets of header in 28 */
	assert_false(vs_lisp_parse(p, 36, 36, &lisp));
	p[8] = 0x50;
	assert_false(vs_lisp_parse(p, 36, 36, &lisp));
	p[8] = 0x60;
	p[12] = 0;
	p[13] = 20;
	assert_false(vs_lisp_parse(p, 47, 68, &lisp));
	assert_false(vs_lisp_parse(p, 48, 67, &lisp));
	assert_true(vs_lisp_parse(p, 48, 68, &lisp));
	assert_true(lisp.ip6);
	assert_int_equal(lisp.len, 60);
	free(p);
}

/* ---- questions ---- */

static void arp(u8 p[28], u8 op, const u8 *sender, const u8 *target)
{
	const u8 head[] = { 0, 1, 8, 0, 6, 4, 0, op, 2, 0, 0, 0, 0, 1 };

	memset(p, 0, 28);
	memcpy(p, head, sizeof(head));
	memcpy(p + 14, sender, 4);
	memcpy(p + 24, target, 4);
}

static void test_arp(void **state)
{
	static const u8 none[4], vm[] = { 10, 1, 0, 1 }, far[] = { 10, 2, 0, 9 };
	static const u8 group[] = { 224, 0, 0, 1 }, link[] = { 169, 254, 0, 1 };
	static const u8 mac[] = { 2, 3, 4, 5, 6, 7 }, expected[16] = IP4(10, 2, 0, 9);
	u8 p[28], address[16], answer[VS_LISP_ADVERT_LEN];

	arp(p, 1, vm, far);
	assert_int_equal(vs_lisp_look(p, 28, 0x806, address), VS_LISP_ASKS);
	assert_memory_equal(address, expected, 16);
	assert_int_equal(vs_lisp_answer(p, false, mac, answer), 28);
	assert_int_equal(answer[7], 2);
	assert_memory_equal(answer + 8, mac, 6);
	assert_memory_equal(answer + 14, far, 4);
	assert_memory_equal(answer + 18, p + 8, 10);
	assert_int_equal(vs_lisp_look(p, 27, 0x806, address), VS_LISP_OTHER);
	arp(p, 2, vm, far);
	assert_int_equal(vs_lisp_look(p, 28, 0x806, address), VS_LISP_OTHER);
	arp(p, 1, none, far);
	assert_int_equal(vs_lisp_look(p, 28, 0x806, address), VS_LISP_OTHER);
	arp(p, 1, vm, vm);
	assert_int_equal(vs_lisp_look(p, 28, 0x806, address), VS_LISP_OTHER);
	arp(p, 1, vm, group);
	assert_int_equal(vs_lisp_look(p, 28, 0x806, address), VS_LISP_OTHER);
	arp(p, 1, vm, link);
	assert_int_equal(vs_lisp_look(p, 28, 0x806, address), VS_LISP_OTHER);
}

static void test_discovery(void **state)
{
	static const u8 mac[] = { 2, 3, 4, 5, 6, 7 };
	u8 p[72] = { 0x60, [5] = 32, 58, 255, 0x20, 1, [23] = 1, [24] = 0xff, 2, [40] = 135,
		     [48] = 0x20, 2, [63] = 9 }, address[16], answer[VS_LISP_ADVERT_LEN];
	u32 sum = 32 + 58;

	assert_int_equal(vs_lisp_look(p, 72, 0x86dd, address), VS_LISP_ASKS);
	assert_memory_equal(address, p + 48, 16);
	assert_int_equal(vs_lisp_answer(p, true, mac, answer), 72);
	assert_memory_equal(answer + 8, p + 48, 16);
	assert_memory_equal(answer + 24, p + 8, 16);
	assert_memory_equal(answer + 66, mac, 6);
	for (size_t i = 8; i < 72; i += 2)
		sum += vs_get_be16(answer + i);
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	assert_int_equal(sum, 0xffff);
	/* a hop limit that a router took from, too short, no sender, its own, routers' */
	p[7] = 254;
	assert_int_equal(vs_lisp_look(p, 72, 0x86dd, address), VS_LISP_OTHER);
	p[7] = 255;
	assert_int_equal(vs_lisp_look(p, 63, 0x86dd, address), VS_LISP_OTHER);
	for (u8 type = 133; type <= 137; type++) {
		p[40] = type;
		assert_int_equal(vs_lisp_look(p, 72, 0x86dd, address),
				 type == 135 ? VS_LISP_ASKS : VS_LISP_OTHER);
	}
	p[40] = 128;
	p[24] = 0x20;
	assert_int_equal(vs_lisp_look(p, 72, 0x86dd, address), VS_LISP_ROUTED);
	p[24] = 0xfe;
	p[25] = 0x80;
	assert_int_equal(vs_lisp_look(p, 72, 0x86dd, address), VS_LISP_OTHER);
	p[40] = 135;
	memset(p + 8, 0, 16);
	assert_int_equal(vs_lisp_look(p, 72, 0x86dd, address), VS_LISP_OTHER);
	memcpy(p + 8, p + 48, 16);
	assert_int_equal(vs_lisp_look(p, 72, 0x86dd, address), VS_LISP_OTHER);
}

static void test_routed(void **state)
{
	u8 p[28], address[16];
	static const u8 expected[16] = IP4(10, 0, 0, 2);

	memcpy(p, ip4, sizeof(p));
	assert_int_equal(vs_lisp_look(p, 28, 0x800, address), VS_LISP_ROUTED);
	assert_memory_equal(address, expected, 16);
	assert_int_equal(vs_lisp_look(p, 19, 0x800, address), VS_LISP_OTHER);
	assert_int_equal(vs_lisp_look(p, 28, 0x88b5, address), VS_LISP_OTHER);
	for (u32 first = 0; first < 256; first++) {
		p[16] = (u8)first;
		assert_int_equal(vs_lisp_look(p, 28, 0x800, address),
				 first && first != 127 && first < 224 ? VS_LISP_ROUTED :
									VS_LISP_OTHER);
	}
}

/* ---- the map ---- */

#define ROWS	200

static int compare(const void *a, const void *b)
{
	const struct vifswitch_eid *x = a, *y = b;

	return memcmp(x->prefix, y->prefix, 16) ?: x->len - y->len;
}

/* Addresses of few values, so that prefixes nest; half of them are IPv4. */
static void some_address(u8 p[16])
{
	static const u8 mapped[12] = { [10] = 0xff, 0xff };

	for (size_t i = 0; i < 16; i++)
		p[i] = (u8)(rand() % 3 ? 0 : rand() % 4 << 6);
	if (rand() % 2)
		memcpy(p, mapped, sizeof(mapped));
}

static bool has(const struct vifswitch_eid *row, const u8 *p)
{
	static const u8 mapped[12] = { [10] = 0xff, 0xff };

	if (!memcmp(p, mapped, 12) && row->len < 96)
		return false;
	for (u32 bit = 0; bit < row->len; bit++)
		if ((row->prefix[bit / 8] ^ p[bit / 8]) >> (7 - bit % 8) & 1)
			return false;
	return true;
}

static void test_map(void **state)
{
	struct vifswitch_eid rows[ROWS];
	struct vs_eid list[ROWS];

	srand(1);
	for (u32 world = 0; world < 200; world++) {
		u32 count = 0;

		for (u32 i = 0; i < 1 + world; i++) {
			struct vifswitch_eid *row = &rows[count];
			u64 half[2];

			memset(row, 0, sizeof(*row));
			some_address(row->prefix);
			row->len = (u8)(rand() % 129);
			vs_eid_load(half, row->prefix);
			vs_eid_cut(half, row->len);
			for (u32 k = 0; k < 16; k++)
				row->prefix[k] = (u8)(half[k / 8] >> (56 - k % 8 * 8));
			row->remote = i;
			count++;
			for (u32 k = 0; k + 1 < count; k++)
				if (!compare(&rows[k], row)) {
					count--;
					break;
				}
		}
		qsort(rows, count, sizeof(*rows), compare);
		vs_eids_read(rows, count, list);
		for (u32 n = 0; n < 200; n++) {
			const struct vifswitch_eid *best = NULL;
			const struct vs_eid *found;
			u64 half[2];
			u8 p[16];

			some_address(p);
			for (u32 i = 0; i < count; i++)
				if (has(&rows[i], p) && (!best || rows[i].len > best->len))
					best = &rows[i];
			vs_eid_load(half, p);
			found = vs_eids_find(list, count, half);
			assert_int_equal(!found, !best);
			if (best)
				assert_int_equal(found->remote, best->remote);
		}
	}
}

static void test_ranges(void **state)
{
	static const struct {
		u64 first[2], last[2];
		u8 lens[5];
		u32 count;
	} cases[] = {
		{ { 0, 5 }, { 0, 5 }, { 128 }, 1 },
		{ { 0, 0 }, { ~0ULL, ~0ULL }, { 0 }, 1 },
		{ { 0, 1 }, { 0, 6 }, { 128, 127, 127, 128 }, 4 },
		{ { 1, 0 }, { 1, ~0ULL }, { 64 }, 1 },
		{ { 1, ~0ULL }, { 2, 0 }, { 128, 128 }, 2 },
		{ { ~0ULL, ~0ULL - 1 }, { ~0ULL, ~0ULL }, { 127 }, 1 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		u64 at[2] = { cases[i].first[0], cases[i].first[1] };
		u32 n = 0;
		u8 len;

		do {
			len = vs_eid_fit(at, cases[i].last);
			assert_int_equal(len, cases[i].lens[n]);
			n++;
		} while (vs_eid_step(at, len, cases[i].last));
		assert_int_equal(n, cases[i].count);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_header),
		cmocka_unit_test(test_inside),
		cmocka_unit_test(test_arp),
		cmocka_unit_test(test_discovery),
		cmocka_unit_test(test_routed),
		cmocka_unit_test(test_map),
		cmocka_unit_test(test_ranges),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
