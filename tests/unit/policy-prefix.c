// SPDX-License-Identifier: GPL-2.0-or-later
/* Prefixes and sets of them. */
#include <arpa/inet.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/cleanup.h"
#include "base/prefix.h"
#include "policy/prefix-program.h"
#include "policy-random.h"

static struct prefix parsed(const char *text)
{
	struct problem problem = {};
	struct prefix prefix;

	if (prefix_parse(text, strlen(text), &prefix, &problem) < 0)
		fail_msg("%s", problem.text);
	return prefix;
}

static void test_good(void **state)
{
	static const struct { const char *text, *canonical; int family, len; } cases[] = {
		{ "192.0.2.1", "192.0.2.1", 4, 32 },
		{ "192.0.2.1/32", "192.0.2.1", 4, 32 },
		{ "192.0.2.0/24", "192.0.2.0/24", 4, 24 },
		{ "0.0.0.0/0", "0.0.0.0/0", 4, 0 },
		{ "128.0.0.0/1", "128.0.0.0/1", 4, 1 },
		{ "255.255.255.254/31", "255.255.255.254/31", 4, 31 },
		{ "::/0", "::/0", 6, 0 },
		{ "::", "::", 6, 128 },
		{ "2001:DB8::/64", "2001:db8::/64", 6, 64 },
		{ "2001:0db8:0:0:0:0:0:1", "2001:db8::1", 6, 128 },
		{ "fe80::/10", "fe80::/10", 6, 10 },
		{ "2001:db8::8000/113", "2001:db8::8000/113", 6, 113 },
		{ "ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255/128",
		  "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", 6, 128 },
	};
	char text[PREFIX_TEXT_MAX];

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct prefix prefix = parsed(cases[i].text);

		prefix_format(&prefix, text);
		assert_string_equal(text, cases[i].canonical);
		assert_int_equal(prefix.family, cases[i].family);
		assert_int_equal(prefix.len, cases[i].len);
	}
}

static void test_bad(void **state)
{
	static const char *const bad[] = {
		"", "/", "/24", "192.0.2", "192.0.2.256", "192.0.2.01", "192.0.2.0/", "192.0.2.0/33",
		"192.0.2.0/024", "192.0.2.0/+24", "192.0.2.0/ 24", "192.0.2.0/24 ", " 192.0.2.0/24",
		"192.0.2.0/255.255.255.0", "192.0.2.0/24/24", "192.0.2.0/-1", "192.0.2.0/9999999999",
		"::/129", "::/1000", "2001:db8::/", "fe80::1%eth0", "[::1]", "1:2:3:4:5:6:7:8:9", ":::",
		"host", "10.0.0.5/8", "2001:db8::1/64", "255.255.255.255/31", "any", "0x7f.0.0.1",
		"ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255/0128",
	};
	struct prefix prefix = { .len = 77 };
	struct problem problem;

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		_cleanup_free_ char *copy = malloc(strlen(bad[i]) + 1);

		memcpy(copy, bad[i], strlen(bad[i]));
		copy = realloc(copy, strlen(bad[i]) ? strlen(bad[i]) : 1);
		memset(&problem, 0, sizeof(problem));
		assert_int_equal(prefix_parse(copy, strlen(bad[i]), &prefix, &problem), -EINVAL);
		assert_int_equal(prefix.len, 77);
		assert_true(problem.text[0] == '"');
	}
	assert_int_equal(prefix_parse("::\0", 3, &prefix, &problem), -EINVAL);
	prefix_parse("10.0.0.5/8", 10, &prefix, &problem);
	assert_string_equal(problem.text, "\"10.0.0.5/8\" has bits set beyond its length; "
			    "the prefix is 10.0.0.0/8, the address alone is 10.0.0.5");
	prefix_parse("10.0.0.0/33", 11, &prefix, &problem);
	assert_string_equal(problem.text,
			    "\"10.0.0.0/33\": the length of an IPv4 prefix is 0 to 32");
	assert_int_equal(prefix_parse("::ffff:10.0.0.5", 15, &prefix, &problem), -EINVAL);
	assert_string_equal(problem.text, "\"::ffff:10.0.0.5\" is in no packet: it is IPv4 in a "
			    "form for programs; write 10.0.0.5");
	assert_int_equal(prefix_parse("::ffff:10.0.0.0/104", 19, &prefix, &problem), -EINVAL);
	assert_true(strstr(problem.text, "write 10.0.0.0/8"));
	prefix_parse("web1", 4, &prefix, &problem);
	assert_string_equal(problem.text, "\"web1\" is not an address or prefix, like 192.0.2.1, "
			    "192.0.2.0/24 or 2001:db8::/64");
}

/* Space-separated prefixes, as a set and back. */
static void fill(struct prefix_set *set, const char *list)
{
	_cleanup_free_ char *copy = strdup(list);
	char *at = NULL;

	for (char *text = strtok_r(copy, " ", &at); text; text = strtok_r(NULL, " ", &at)) {
		struct prefix prefix = parsed(text);

		assert_int_equal(prefix_set_add(set, &prefix), 0);
	}
}

static void test_normalize(void **state)
{
	static const struct { const char *given, *normal; } cases[] = {
		{ "", "" },
		{ "10.0.0.1 10.0.0.1", "10.0.0.1" },
		{ "10.0.0.0 10.0.0.1", "10.0.0.0/31" },
		{ "10.0.0.1 10.0.0.2", "10.0.0.1 10.0.0.2" },
		{ "10.1.0.0/16 10.0.0.0/8", "10.0.0.0/8" },
		{ "10.0.0.3 10.0.0.2 10.0.0.1 10.0.0.0", "10.0.0.0/30" },
		{ "128.0.0.0/1 0.0.0.0/1", "0.0.0.0/0" },
		{ "::/1 8000::/1 0.0.0.0/0 10.0.0.0/8", "0.0.0.0/0 ::/0" },
		{ "10.0.0.0/25 10.0.0.128/26 10.0.0.192/26 10.0.1.0/24", "10.0.0.0/23" },
		{ "2001:db8::1 2001:db8:: 192.0.2.1", "192.0.2.1 2001:db8::/127" },
		{ "0.0.0.0 0.0.0.0/0", "0.0.0.0/0" },
		{ "2001:db8:0:1::/64 2001:db8::/64", "2001:db8::/63" },
		{ "10.0.0.0/24 10.0.0.0/25 10.0.1.0/24", "10.0.0.0/23" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct prefix_set set = {}, wanted = {};

		fill(&set, cases[i].given);
		fill(&wanted, cases[i].normal);
		prefix_set_normalize(&set);
		assert_true(prefix_set_is_normal(&set) && prefix_set_check(&set));
		assert_int_equal(set.count, wanted.count);
		if (set.count)
			assert_memory_equal(set.items, wanted.items,
					    set.count * sizeof(*set.items));
		prefix_set_deinit(&set);
		prefix_set_deinit(&wanted);
	}
}

static void test_family(void **state)
{
	const struct prefix *first;
	struct prefix_set set = {};
	struct vifswitch_prefix4 four[4];
	struct vifswitch_prefix6 six[4];

	assert_int_equal(prefix_set_family(&set, PREFIX_IP6, &first), 0);
	assert_null(first);
	fill(&set, "2001:db8::/32 10.0.0.0/8 192.0.2.7");
	prefix_set_normalize(&set);
	assert_int_equal(prefix_set_family(&set, PREFIX_IP4, &first), 2);
	assert_ptr_equal(first, set.items);
	assert_int_equal(prefix_set_family(&set, PREFIX_IP6, &first), 1);
	assert_ptr_equal(first, set.items + 2);
	memset(four, 0xff, sizeof(four));
	memset(six, 0xff, sizeof(six));
	prefix_set_abi4(&set, four);
	prefix_set_abi6(&set, six);
	assert_memory_equal(&four[0], "\x0a\0\0\0\x08\0\0\0", 8);
	assert_memory_equal(&four[1], "\xc0\0\2\7\x20\0\0\0", 8);
	assert_memory_equal(&four[2], "\xff\xff", 2);
	assert_memory_equal(&six[0], "\x20\1\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\0\x20\0\0\0\0\0\0\0", 24);
	assert_memory_equal(&six[1], "\xff\xff", 2);
	prefix_set_deinit(&set);
}

static void test_bounds(void **state)
{
	struct prefix prefix = { .family = PREFIX_IP4, .len = 32 };
	struct prefix_set set = {}, more = {};
	unsigned int i;

	for (i = 0; i < PREFIX_SET_MAX; i++) {
		uint32_t addr = htonl(2 * i);

		memcpy(prefix.addr, &addr, sizeof(addr));
		assert_int_equal(prefix_set_add(&set, &prefix), 0);
	}
	assert_int_equal(prefix_set_add(&set, &prefix), -ENOSPC);
	assert_int_equal(prefix_set_add(&more, &prefix), 0);
	assert_int_equal(prefix_set_add_all(&set, &more), -ENOSPC);
	assert_int_equal(set.count, PREFIX_SET_MAX);
	prefix_set_normalize(&set);
	assert_int_equal(set.count, PREFIX_SET_MAX);
	prefix_set_deinit(&set);
	assert_int_equal(prefix_set_add_all(&more, &set), 0);
	assert_int_equal(more.count, 1);
	prefix_set_deinit(&more);
}

static bool bit_by_bit(const struct prefix_set *set, int family, const uint8_t *addr)
{
	for (size_t i = 0; i < set->count; i++) {
		const struct prefix *prefix = &set->items[i];
		unsigned int bit = 0;

		while (bit < prefix->len && !((prefix->addr[bit / 8] ^ addr[bit / 8]) &
					      0x80 >> bit % 8))
			bit++;
		if (prefix->family == family && bit == prefix->len)
			return true;
	}
	return false;
}

/* A set means the same before and after it became normal. */
static void test_random(void **state)
{
	unsigned int inside = 0;

	for (unsigned int round = 1; round <= 2000; round++) {
		struct dice dice = { .state = round * 0x9e3779b97f4a7c15ULL };
		struct prefix_set given = {}, normal = {};
		struct acl_packet packet;
		struct pool pool;

		pool_make(&pool, &dice);
		for (unsigned int i = dice_below(&dice, 20); i; i--)
			assert_int_equal(prefix_set_add(&given, &pool.prefixes[
						dice_below(&dice, POOL_PREFIXES)]), 0);
		assert_int_equal(prefix_set_add_all(&normal, &given), 0);
		prefix_set_normalize(&normal);
		assert_true(prefix_set_is_normal(&normal) && prefix_set_check(&normal));
		assert_true(normal.count <= given.count);
		for (unsigned int i = 0; i < 20; i++) {
			int family;
			bool wanted;

			random_packet(&packet, &pool, &dice);
			if (packet.family == VIFSWITCH_ACL_OTHER)
				continue;
			family = packet.family == VIFSWITCH_ACL_IP4 ? PREFIX_IP4 : PREFIX_IP6;
			wanted = bit_by_bit(&given, family, packet.src);
			assert_int_equal(prefix_set_contains(&normal, family, packet.src), wanted);
			inside += wanted;
		}
		prefix_set_deinit(&given);
		prefix_set_deinit(&normal);
		pool_deinit(&pool);
	}
	assert_in_range(inside, 2000, 38000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_bad),
		cmocka_unit_test(test_normalize),
		cmocka_unit_test(test_family),
		cmocka_unit_test(test_bounds),
		cmocka_unit_test(test_random),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
