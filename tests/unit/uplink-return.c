// SPDX-License-Identifier: GPL-2.0-or-later
/* The way back from an adoption, when something stands in it. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "uplink-world.h"

static void it_waits_to_go_back(struct world *w)
{
	struct problem problem;

	assert_true(w->adoption.waits);
	assert_true(adoption_is_over(&w->adoption, "up0"));
	assert_false(adoption_is_over(&w->adoption, "up1"));
	assert_int_equal(access(w->path, F_OK), 0);
	assert_string_equal(w->went_back, "");
	if (links_by_name(&w->links, "up0"))
		assert_true(adoption_confirm(&w->adoption, "up0", &problem) < 0);
}

static void until_it_went_back(struct world *w)
{
	while (w->adoption.waits)
		assert_true(sd_event_run(w->adoption.event, 10000000) >= 0);
	it_went_back(w);
}

/* It is not forgotten, and tried again, by this process or the next one. */
static void test_tried_again(void **state)
{
	struct world *w = *state;
	_cleanup_free_ char *moved = NULL, *again = NULL;
	struct problem problem;

	if (!isolated)
		skip();
	world_begin(w, 3600);
	assert_false(adoption_is_over(&w->adoption, "up0"));
	world_run("echo 1 > /proc/sys/net/ipv6/conf/up0/disable_ipv6");
	assert_true(adoption_release(&w->adoption, "up0", "sw0", &moved, &problem) < 0);
	assert_null(moved);
	assert_non_null(strstr(problem.text, "not all is back from sw0"));
	it_waits_to_go_back(w);
	world_end_process(w);
	world_begin_process(w);
	it_waits_to_go_back(w);
	world_run("echo 0 > /proc/sys/net/ipv6/conf/up0/disable_ipv6");
	until_it_went_back(w);
	/* Killed in the middle. */
	world_begin(w, 3600);
	w->port_error = -EIO;
	assert_true(adoption_release(&w->adoption, "up0", "sw0", &again, &problem) < 0);
	assert_non_null(strstr(problem.text, "leaving its switch"));
	world_end_process(w);
	w->port_error = 0;
	world_begin_process(w);
	it_went_back(w);
}

/* There neither, and both are told. */
static void test_both_fail(void **state)
{
	struct world *w = *state;
	struct problem problem;
	char *moved = NULL;

	if (!isolated)
		skip();
	world_run("echo 1 > /proc/sys/net/ipv6/conf/sw0/disable_ipv6");
	w->port_error = -EIO;
	assert_true(adoption_begin(&w->adoption, "up0", "sw0", 60, &moved, &problem) < 0);
	assert_null(moved);
	assert_non_null(strstr(problem.text, "; uplink up0: not all is back from sw0"));
	it_waits_to_go_back(w);
	w->port_error = 0;
	until_it_went_back(w);
}

/* The uplink is not there when the time is up; another one gets its name later. */
static void test_device_gone(void **state)
{
	struct world *w = *state;

	if (!isolated)
		skip();
	world_begin(w, 1);
	world_run("ip link del up0");
	assert_true(rtnl_events(&w->rtnl) >= 0);
	while (!adoption_is_over(&w->adoption, "up0"))
		assert_true(sd_event_run(w->adoption.event, 10000000) >= 0);
	while (!w->adoption.failed && w->adoption.waits)
		assert_true(sd_event_run(w->adoption.event, 10000000) >= 0);
	it_waits_to_go_back(w);
	world_run("ip link add up0 type veth peer name up0p && ip link set dev up0p up");
	assert_true(rtnl_events(&w->rtnl) >= 0);
	while (w->adoption.waits)
		assert_true(sd_event_run(w->adoption.event, 10000000) >= 0);
	addresses_are_on("up0", "up0", "sw0");
	routes_lead_out_of("up0");
}

/* It has another name when the time is up, in this process or the next. */
static void test_renamed(void **state)
{
	struct world *w = *state;
	char now[2048];

	if (!isolated)
		skip();
	for (int next = 0; next < 2; next++) {
		world_begin(w, 1);
		world_run("ip link set dev up0 down && ip link set dev up0 name up9");
		world_dump(w);
		if (next) {
			world_end_process(w);
			world_begin_process(w);
		}
		while (w->adoption.waits && !w->adoption.failed)
			assert_true(sd_event_run(w->adoption.event, 10000000) >= 0);
		assert_false(w->adoption.failed);
		assert_string_equal(w->went_back, "up0");
		routes_lead_out_of("up9");
		snapshot("up9", now, sizeof(now));
		assert_non_null(strstr(now, "inet 192.0.2.2/24 "));
		assert_non_null(strstr(now, "inet 192.0.2.3/32 "));
		assert_non_null(strstr(now, "inet6 2001:db8::2/64 "));
		world_run("ip link set dev up9 down && ip link set dev up9 name up0 && "
			  "ip addr flush dev up0 && ip link set dev up0 up");
		world_run(WORLD_NETWORK);
		world_dump(w);
	}
}

/* The switch is not there: no route of another netdev goes for those that went with it. */
static void test_switch_gone(void **state)
{
	struct world *w = *state;
	_cleanup_free_ char *moved = NULL;
	struct problem problem;

	if (!isolated)
		skip();
	world_run("ip route add 198.51.100.0/24 dev up0p metric 77");
	world_begin(w, 3600);
	world_run("ip link del sw0");
	world_dump(w);
	assert_int_equal(adoption_release(&w->adoption, "up0", "sw0", &moved, &problem), 0);
	bears("up0p", "198.51.100.0/24 scope link metric 77; ");
	world_run("ip route del 198.51.100.0/24 dev up0p");
	routes_lead_out_of("up0");
}

/* What cannot be forgotten is not confirmed. */
static void test_unconfirmed(void **state)
{
	struct world *w = *state;
	struct problem problem;

	if (!isolated)
		skip();
	world_begin(w, 3600);
	assert_int_equal(unlink(w->path), 0);
	assert_int_equal(mkdir(w->path, 0700), 0);
	assert_true(adoption_confirm(&w->adoption, "up0", &problem) < 0);
	assert_non_null(strstr(problem.text, "not confirmed"));
	assert_true(w->adoption.waits);
	assert_int_equal(rmdir(w->path), 0);
	/* This process cannot start. */
	adoption_give_up(&w->adoption);
	it_went_back(w);
	adoption_give_up(&w->adoption);
}

/* What could not go on after a crash does not begin. */
static void test_unwritten(void **state)
{
	_cleanup_free_ char *moved = NULL, *again = NULL;
	struct world *w = *state;
	struct problem problem;

	if (!isolated)
		skip();
	world_begin(w, 3600);
	assert_int_equal(adoption_confirm(&w->adoption, "up0", &problem), 0);
	assert_int_equal(mkdir(w->path, 0700), 0);
	assert_true(adoption_release(&w->adoption, "up0", "sw0", &moved, &problem) < 0);
	assert_null(moved);
	assert_non_null(strstr(problem.text, w->path));
	assert_false(w->adoption.waits);
	it_is_on_the_switch();
	assert_int_equal(rmdir(w->path), 0);
	assert_int_equal(adoption_release(&w->adoption, "up0", "sw0", &again, &problem), 0);
	assert_string_equal(w->went_back, "up0");
	addresses_are_on("up0", "up0", "sw0");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_tried_again, world_setup, world_teardown),
		cmocka_unit_test_setup_teardown(test_both_fail, world_setup, world_teardown),
		cmocka_unit_test_setup_teardown(test_device_gone, world_setup, world_teardown),
		cmocka_unit_test_setup_teardown(test_renamed, world_setup, world_teardown),
		cmocka_unit_test_setup_teardown(test_switch_gone, world_setup, world_teardown),
		cmocka_unit_test_setup_teardown(test_unconfirmed, world_setup, world_teardown),
		cmocka_unit_test_setup_teardown(test_unwritten, world_setup, world_teardown),
	};

	world_isolate();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
