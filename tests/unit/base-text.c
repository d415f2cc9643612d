// SPDX-License-Identifier: GPL-2.0-or-later
/* Text of addresses, names and numbers: what is accepted; and (pointer, length) has no NUL. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/cleanup.h"
#include "base/mac.h"
#include "base/mem.h"
#include "base/netdev-name.h"
#include "base/number.h"

#define NO(text) { text, false, false, 0, 0 }

/* @text without its NUL, so that ASan sees a read beyond it. */
static char *bare(const char *text)
{
	return memcpy(xmalloc(strlen(text)), text, strlen(text));
}

static void test_mac(void **state)
{
	static const struct {
		const char *text;
		bool full, brief;
	} macs[] = {
		{ "00:16:3E:0a:0B:fF", true, true },
		{ "0:16:3e:a:b:ff", false, true },
		{ "00:16:3e:0a:0b:f", false, true },
		{ "", false, false },
		{ "00:16:3e:0a:0b", false, false },
		{ "00:16:3e:0a:0b:", false, false },
		{ "00:16:3e:0a:0b:ff:", false, false },
		{ "00:16:3e:0a::0bff", false, false },
		{ "001:6:3e:0a:0b:ff", false, false },
		{ "00-16-3e-0a-0b-ff", false, false },
		{ "00:16:3e:0a:0b:fg", false, false },
		{ " 0:16:3e:0a:0b:ff", false, false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(macs); i++) {
		_cleanup_free_ char *text = bare(macs[i].text);
		size_t len = strlen(macs[i].text);
		uint8_t mac[6] = {};

		assert_int_equal(mac_parse(text, len, mac), macs[i].full);
		assert_int_equal(mac[5], macs[i].full ? 0xff : 0);
		assert_int_equal(mac_parse_short(text, len, mac), macs[i].brief);
	}
	assert_true(mac_is_station((const uint8_t *)"\x00\x16\x3e\x00\x00\x01"));
	assert_false(mac_is_station((const uint8_t *)"\x01\x00\x5e\x00\x00\x01"));
	assert_false(mac_is_station((const uint8_t *)"\0\0\0\0\0\0"));
}

static void test_netdev_name(void **state)
{
	static const char *const good[] = { "v", "vif3.0", "fifteen-octets0", "...", "a\"b" };
	static const char *const bad[] = {
		"", ".", "..", "a/b", "a:b", "a b", "a%d", "\x7f", "\xc3\xa9", "sixteen-octets-0",
	};
	char name[IFNAMSIZ] = "as it was";

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		_cleanup_free_ char *text = bare(bad[i]);

		assert_false(netdev_name_copy(name, text, strlen(bad[i])));
		assert_string_equal(name, "as it was");
	}
	assert_false(netdev_name_valid("a\0b", 3));
	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		assert_true(netdev_name_copy(name, good[i], strlen(good[i])));
		assert_string_equal(name, good[i]);
	}
}

static void test_number(void **state)
{
	static const struct {
		const char *text;
		bool number, range;
		uint64_t first, last;
	} numbers[] = {
		{ "3", true, true, 3, 3 },
		{ "4094", true, true, 4094, 4094 },
		{ "3-4094", false, true, 3, 4094 },
		{ "007-7", false, true, 7, 7 },
		NO(""), NO("-"), NO("3-"), NO("-3"), NO("2"), NO("2-5"), NO("4095"), NO("3-4095"),
		NO("5-4"), NO("3-5-7"), NO("3 "), NO("+3"), NO("0x5"), NO("18446744073709551619"),
	};

	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++) {
		_cleanup_free_ char *text = bare(numbers[i].text);
		size_t len = strlen(numbers[i].text);
		uint64_t first = 0, last = 0, n = 0;

		assert_int_equal(number_parse(text, len, 3, 4094, &n), numbers[i].number);
		assert_int_equal(n, numbers[i].number ? numbers[i].first : 0);
		assert_int_equal(range_parse(text, len, 3, 4094, &first, &last), numbers[i].range);
		assert_int_equal(first, numbers[i].first);
		assert_int_equal(last, numbers[i].last);
	}
	assert_true(number_parse("18446744073709551615", 20, 0, UINT64_MAX, &(uint64_t){ 0 }));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_mac),
		cmocka_unit_test(test_netdev_name),
		cmocka_unit_test(test_number),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
