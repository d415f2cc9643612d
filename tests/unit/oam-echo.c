// SPDX-License-Identifier: GPL-2.0-or-later
/* Echo requests: their sizes, their form, and which answers count. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "base/cleanup.h"
#include "oam/echo.h"
#include "oam/octets.h"

static uint8_t packet[IP_PACKET_MAX + 64];

/* As a raw socket gives the answer to the nth: of IPv4 with @ip octets of its header. */
static size_t answer(const struct echo *e, uint32_t nth, size_t ip)
{
	size_t len = echo_format(e, nth, packet + ip);

	memset(packet, 0, ip);
	if (ip)
		packet[0] = (uint8_t)(4 << 4 | ip / 4);
	packet[ip] = e->ip6 ? 129 : 0;
	return ip + len;
}

static void sizes(void **state)
{
	static const struct { uint32_t mtu, count, first, second; } cases[] = {
		{ 0, 0, 0, 0 }, { 127, 0, 0, 0 }, { 128, 1, 128, 0 }, { 1500, 7, 1500, 1492 },
		{ 1501, 8, 1501, 1500 }, { 9000, 13, 9000, 8000 }, { 65535, 15, 65535, 9216 },
		{ 1u << 20, 15, 65535, 9216 },
	};
	struct echo e;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		print_message("%u\n", cases[i].mtu);
		echo_init(&e, i % 2, 7, cases[i].mtu);
		assert_int_equal(e.count, cases[i].count);
		assert_int_equal(e.sizes[0], cases[i].first);
		assert_int_equal(e.sizes[1], cases[i].second);
		assert_int_equal(echo_wants(&e, 0), cases[i].count > 0);
		assert_false(echo_wants(&e, e.count));
		for (uint32_t n = 0; n < e.count; n++)
			assert_int_equal(echo_format(&e, n, packet),
					 e.sizes[n] - (e.ip6 ? 40 : 20));
	}
}

/* All 16 bit words of a message are 0xffff together. */
static void checksum(void **state)
{
	struct echo e;

	for (uint32_t id = 0; id < 65536; id += 255) {
		uint32_t sum = 0;
		size_t len;

		echo_init(&e, false, (uint16_t)id, 1500);
		len = echo_format(&e, 3, packet);
		for (size_t i = 0; i < len; i += 2)
			sum += get_be16(packet + i);
		assert_int_equal((sum & 0xffff) + (sum >> 16), 0xffff);
	}
}

/* Octets of a good answer that are changed. */
static void answers(void **state)
{
	static const struct { size_t at; uint8_t value; const char *what; } wrong[] = {
		{ 0, 8, "a request" }, { 0, 3, "unreachable" }, { 1, 1, "a code" }, { 4, 9, "another's" },
		{ 6, 1, "of none that was sent" }, { 7, 99, "the same" },
		{ 7, 0, "shorter than what was sent" },
	};

	for (int ip6 = 0; ip6 < 2; ip6++) {
		size_t ip = ip6 ? 0 : 24, len;
		struct echo e;

		echo_init(&e, ip6, 0x0102, 1500);
		for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
			print_message("%s\n", wrong[i].what);
			len = answer(&e, 2, ip);
			packet[ip + wrong[i].at] = wrong[i].value;
			echo_input(&e, packet, len - (ip6 ? 0 : 4));
			assert_int_equal(e.passes, 0);
		}
		for (size_t l = 0; l < ip + 8; l++)
			echo_input(&e, packet, l);
		assert_int_equal(e.passes, 0);
		echo_input(&e, packet, answer(&e, 2, ip));
		assert_int_equal(e.passes, e.sizes[2]);
		/* A smaller one says nothing more. */
		assert_false(echo_wants(&e, 3));
		assert_true(echo_wants(&e, 1));
		echo_input(&e, packet, answer(&e, 3, ip));
		assert_int_equal(e.passes, e.sizes[2]);
		echo_input(&e, packet, answer(&e, 0, ip));
		assert_int_equal(e.passes, 1500);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sizes), cmocka_unit_test(checksum), cmocka_unit_test(answers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
