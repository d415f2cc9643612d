// SPDX-License-Identifier: GPL-2.0-or-later
/* What is said of an uplink that loop protection closed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/log.h"
#include "uplink/uplink-loop.h"

static void test_says(void **state)
{
	static const struct {
		struct vifswitch_loop_port loop;
		const char *said;
	} cases[] = {
		{ {}, NULL },
		{ { .flags = VIFSWITCH_LOOP_CLOSED, .other = 2, .count = 2, .hold_s = 20 },
		  "closed for a loop: a frame that goes out by it or by uplink eth0 comes back by the other one; it is opened when none did for 20 s" },
		{ { .flags = VIFSWITCH_LOOP_CLOSED, .other = 9, .count = 1, .hold_s = 10 },
		  "closed for a loop: a frame that goes out by it or by uplink ? comes back by the other one; it is opened when none did for 10 s" },
		{ { .flags = VIFSWITCH_LOOP_ECHO },
		  "what goes out by it comes back by it: there is a loop outside, and to close it would not end that" },
		{ {}, NULL },
	};
	struct links links = {};
	struct ports ports = {};
	struct problem text;
	struct port *port;

	log_init(LOG_ERR, true);
	assert_int_equal(links_update(&links, &(struct link){ .ifindex = 2, .name = "eth0" }), 0);
	assert_int_equal(links_update(&links, &(struct link){ .ifindex = 3, .name = "eth1" }), 0);
	assert_null(uplink_loop_says(&links, &ports, "eth1", &text));
	assert_null(uplink_loop_says(&links, &ports, "eth7", &text));
	port = ports_update(&ports, 1, 3, NULL, NULL, 0);
	assert_non_null(port);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		const char *said;

		uplink_loop_note(port, &(struct dp_port){ .loop = cases[i].loop }, &links);
		said = uplink_loop_says(&links, &ports, "eth1", &text);
		assert_int_equal(!said, !cases[i].said);
		if (said)
			assert_string_equal(said, cases[i].said);
	}
	ports_deinit(&ports);
	links_deinit(&links);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_says),
	};

	return cmocka_run_group_tests_name("uplink-loop", tests, NULL, NULL);
}
