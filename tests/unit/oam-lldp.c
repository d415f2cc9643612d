// SPDX-License-Identifier: GPL-2.0-or-later
/* LLDP: what is read of neighbours, how long they are known, when they are told of us. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "base/cleanup.h"
#include "oam/lldp.h"

#define S	1000000ULL

struct unit {
	uint8_t octets[1500];
	size_t len;
};

static void add(struct unit *u, unsigned int type, const void *value, size_t len)
{
	put_be16(u->octets + u->len, (uint16_t)(type << 9 | len));
	memcpy(u->octets + u->len + 2, value, len);
	u->len += 2 + len;
}

/* A switch's, up to its time to live. */
static void begin(struct unit *u, uint8_t port, uint16_t ttl)
{
	uint8_t seconds[2], name[] = { 5, 's', 'w', port };

	*u = (struct unit){ .len = ETHER_HEADER_LEN };
	u->octets[6] = 2;
	put_be16(u->octets + 12, LLDP_TYPE);
	put_be16(seconds, ttl);
	add(u, 1, "\x04\x02\x00\x00\x00\x00\x09", 7);
	add(u, 2, name, sizeof(name));
	add(u, 3, seconds, 2);
}

static bool is(const struct lldp_text *t, const char *text)
{
	return t->len == strlen(text) && memcmp(t->text, text, t->len) == 0;
}

static void reads_all(void **state)
{
	struct lldp_told told;
	struct unit u;
	char longest[300];

	begin(&u, '1', 120);
	memset(longest, 'x', sizeof(longest));
	add(&u, 4, "to dom0", 7);
	add(&u, 5, "leaf1", 5);
	add(&u, 6, longest, sizeof(longest));
	add(&u, 7, "\0\4\0\4", 4);
	add(&u, 8, "\x05\x01\x0a\x00\x00\x03\x02\0\0\0\1\0", 12);
	add(&u, 127, "\x00\x80\xc2\x01\x00\x64", 6);
	for (uint8_t vid = 1; vid <= LLDP_VLANS_MAX + 1; vid++)
		add(&u, 127, (uint8_t[]){ 0, 0x80, 0xc2, 3, 0, vid, 0 }, 7);
	add(&u, 127, "\x00\x12\x0f\x04\x23\xf0", 6);
	add(&u, 127, "\x00\x12\x0f", 3);	/* cut, and unknown ones, are left out */
	add(&u, 9, "", 0);
	add(&u, 0, "", 0);
	assert_int_equal(lldp_parse(u.octets, u.len, &told), 0);
	assert_true(is(&told.chassis, "02:00:00:00:00:09"));
	assert_true(is(&told.port, "sw1") && is(&told.port_descr, "to dom0"));
	assert_true(is(&told.system_name, "leaf1") && is(&told.management, "10.0.0.3"));
	assert_int_equal(told.system_descr.len, LLDP_TEXT_MAX);
	assert_int_equal(told.pvid, 100);
	assert_int_equal(told.max_frame, 9200);
	assert_int_equal(told.vlan_count, LLDP_VLANS_MAX);
	assert_true(told.vlans_cut);
	/* Cut anywhere it is read as far as it goes, or not at all. */
	for (size_t len = 0; len < u.len; len++)
		(void)lldp_parse(u.octets, len, &told);
}

static void refuses(void **state)
{
	struct lldp_told told;
	struct unit u;

	for (int wrong = 0; wrong < 5; wrong++) {
		begin(&u, '1', 120);
		switch (wrong) {
		case 0:
			put_be16(u.octets + 12, 0x0800);
			break;
		case 1:
			u.len -= 1;	/* its time is cut */
			break;
		case 2:
			add(&u, 1, "\x04\x02\x00\x00\x00\x00\x08", 7);
			break;
		case 3:
			u.octets[ETHER_HEADER_LEN] = 2 << 1;	/* the port comes first */
			break;
		case 4:
			u.octets[ETHER_HEADER_LEN + 1] = 1;	/* a chassis without a name */
			break;
		}
		assert_true(lldp_parse(u.octets, u.len, &told) < 0);
	}
}

static void neighbours(void **state)
{
	struct lldp_config config;
	struct lldp lldp;
	struct unit u;
	uint8_t frame[LLDP_FRAME_MAX];

	memset(&config, 0, sizeof(config));
	lldp_init(&lldp, &config, S);
	for (uint8_t i = 0; i <= LLDP_NEIGHBOURS_MAX; i++) {
		begin(&u, 'a' + i, i ? 120 : 10);
		lldp_input(&lldp, u.octets, u.len, S);
	}
	assert_int_equal(lldp.left_out, 1);
	assert_int_equal(lldp.changes, LLDP_NEIGHBOURS_MAX);
	assert_int_equal(lldp_next(&lldp), 11 * S);
	/* The same again is no change; one goes by its time, one by its word. */
	begin(&u, 'b', 120);
	lldp_input(&lldp, u.octets, u.len, 2 * S);
	assert_int_equal(lldp.changes, LLDP_NEIGHBOURS_MAX);
	assert_int_equal(lldp_tick(&lldp, 11 * S, frame), 0);
	assert_int_equal(lldp.changes, LLDP_NEIGHBOURS_MAX + 1);
	begin(&u, 'b', 0);
	lldp_input(&lldp, u.octets, u.len, 12 * S);
	lldp_input(&lldp, u.octets, u.len, 12 * S);
	assert_int_equal(lldp.changes, LLDP_NEIGHBOURS_MAX + 2);
	assert_true(lldp_check(&lldp));
	lldp.neighbours[0].told.vlan_count = LLDP_VLANS_MAX + 1;
	assert_false(lldp_check(&lldp));
}

static unsigned int sends(struct lldp *lldp, uint64_t from, uint64_t until)
{
	uint8_t frame[LLDP_FRAME_MAX];
	unsigned int n = 0;

	while (from < until) {
		n += lldp_tick(lldp, from, frame) > 0;
		assert_true(lldp_next(lldp) > from);
		from = lldp_next(lldp);
	}
	return n;
}

/* Four at first and to who is new, then each half minute; what we say is read back. */
static void says(void **state)
{
	struct lldp_config config;
	uint8_t frame[LLDP_FRAME_MAX];
	struct lldp_told told;
	struct lldp lldp;
	struct unit u;

	memset(&config, 0, sizeof(config));
	config.sends = true;
	config.self = (struct lldp_self){ .mac = { 2, 0, 0, 0, 0, 1 },
					  .chassis = { 2, 0, 0, 0, 0, 7 }, .port = "enp1s0f0np0abcd", .pvid = 5, .max_frame = 9018 };
	memset(config.self.system, 'h', sizeof(config.self.system) - 1);
	memset(config.self.description, 'd', sizeof(config.self.description) - 1);
	lldp_init(&lldp, &config, S);
	assert_int_equal(lldp_end(&lldp, frame), 0);
	assert_int_equal(sends(&lldp, S, 64 * S), 5);
	begin(&u, '1', 120);
	lldp_input(&lldp, u.octets, u.len, 65 * S);
	assert_int_equal(sends(&lldp, 65 * S, 73 * S), 4);
	lldp_configure(&lldp, &config, 74 * S);
	assert_int_equal(lldp_tick(&lldp, 74 * S, frame), 0);
	config.self.max_frame = 1518;
	lldp_configure(&lldp, &config, 74 * S);
	assert_int_equal(lldp_parse(frame, lldp_tick(&lldp, 74 * S, frame), &told), 0);
	assert_true(is(&told.chassis, "02:00:00:00:00:07") && is(&told.port, "enp1s0f0np0abcd"));
	assert_int_equal(told.max_frame, 1518);
	assert_int_equal(told.pvid, 5);
	assert_int_equal(told.ttl, LLDP_TTL);
	assert_int_equal(lldp_parse(frame, lldp_end(&lldp, frame), &told), 0);
	assert_int_equal(told.ttl, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_all), cmocka_unit_test(refuses),
		cmocka_unit_test(neighbours), cmocka_unit_test(says),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
