// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Adoption against the kernel's own netlink, in a network namespace of this test: two
 * netdevs, one of which plays the switch. A datapath that only counts.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "uplink-world.h"

/* There, confirmed, and back at any time; the switch never keeps the uplink's address. */
static void test_confirmed(void **state)
{
	struct world *w = *state;
	_cleanup_free_ char *moved = NULL;
	struct problem problem;
	char uplink[32], sw[32], now[32];

	if (!isolated)
		skip();
	mac_of("up0", uplink);
	mac_of("sw0", sw);
	it_is_on_the_uplink();
	world_begin(w, 3600);
	it_is_on_the_switch();
	assert_int_equal(access(w->path, F_OK), 0);
	assert_true(adoption_begin(&w->adoption, "up0", "sw0", 60, &moved, &problem) < 0);
	/* The next process goes on waiting. */
	world_end_process(w);
	world_begin_process(w);
	assert_true(w->adoption.waits);
	it_is_on_the_switch();
	assert_true(adoption_confirm(&w->adoption, "other0", &problem) < 0);
	assert_int_equal(adoption_confirm(&w->adoption, "up0", &problem), 0);
	assert_int_equal(access(w->path, F_OK), -1);
	assert_true(adoption_confirm(&w->adoption, "up0", &problem) < 0);
	world_end_process(w);
	world_begin_process(w);
	it_is_on_the_switch();
	assert_int_equal(adoption_release(&w->adoption, "up0", "sw0", &moved, &problem), 0);
	assert_string_equal(w->went_back, "up0");
	addresses_are_on("up0", "up0", "sw0");
	routes_lead_out_of("up0");
	mac_of("sw0", now);
	assert_string_not_equal(now, uplink);
	assert_true(adoption_release(&w->adoption, "up0", "sw0", &moved, &problem) < 0);
	assert_non_null(strstr(problem.text, "nothing to move"));
}

/* Nobody confirms. */
static void test_deadline(void **state)
{
	struct world *w = *state;
	char before[32], after[32];

	if (!isolated)
		skip();
	mac_of("sw0", before);
	world_begin(w, 1);
	it_is_on_the_switch();
	while (w->adoption.waits)
		assert_true(sd_event_run(w->adoption.event, 10000000) >= 0);
	it_went_back(w);
	mac_of("sw0", after);
	assert_string_equal(after, before);
}

/* Nobody is there when the time is up; and a process that died halfway. */
static void test_death(void **state)
{
	struct world *w = *state;

	if (!isolated)
		skip();
	world_begin(w, 1);
	world_end_process(w);
	it_is_on_the_switch();
	sleep(2);
	world_begin_process(w);
	it_went_back(w);
	world_begin(w, 3600);
	world_end_process(w);
	world_edit_state(w, DIED_ON_THE_WAY);
	world_run("ip -4 addr del 192.0.2.2/24 dev sw0 && ip addr add 192.0.2.2/24 dev up0");
	world_begin_process(w);
	it_went_back(w);
	/* Another boot has nothing to take back, and a file that cannot be read stops nobody. */
	world_begin(w, 3600);
	world_end_process(w);
	world_edit_state(w, "s/\"boot\":\"./\"boot\":\"x/");
	world_begin_process(w);
	assert_false(w->adoption.waits);
	assert_int_equal(access(w->path, F_OK), -1);
	it_is_on_the_switch();
	world_run("echo '{\"uplink\": 1}' > /tmp/vifswitch-adoption-$PPID");
	world_end_process(w);
	world_begin_process(w);
	assert_false(w->adoption.waits);
	it_is_on_the_switch();
}

/* What cannot be moved stays where it is. */
static void test_refused(void **state)
{
	static const struct {
		const char *prepare, *uplink, *sw, *said, *undo;
	} cases[] = {
		{ ":", "no0", "sw0", "there is no such device here", ":" },
		{ ":", "up0", "no0", "its switch does not exist", ":" },
		{ ":", "up0p", "sw0", "there is nothing to move", ":" },
		{ "ip route add 203.0.113.0/24 nexthop via 192.0.2.1 nexthop dev sw0p", "up0", "sw0",
		  "a route has several next hops", "ip route del 203.0.113.0/24" },
		{ "ip rule add iif up0 lookup main", "up0", "sw0", "a rule of policy routing",
		  "ip rule del iif up0 lookup main" },
		{ "ip -6 rule add oif up0 lookup main", "up0", "sw0", "a rule of policy routing",
		  "ip -6 rule del oif up0 lookup main" },
		/* Halfway: IPv6 is off on the switch. */
		{ "echo 1 > /proc/sys/net/ipv6/conf/sw0/disable_ipv6", "up0", "sw0", "up0: ",
		  "echo 0 > /proc/sys/net/ipv6/conf/sw0/disable_ipv6" },
	};
	struct world *w = *state;

	if (!isolated)
		skip();
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char *moved = NULL;
		struct problem problem;

		world_run(cases[i].prepare);
		assert_true(adoption_begin(&w->adoption, cases[i].uplink, cases[i].sw, 60, &moved,
					   &problem) < 0);
		assert_null(moved);
		assert_non_null(strstr(problem.text, cases[i].said));
		world_run(cases[i].undo);
		assert_false(w->adoption.waits);
		assert_int_equal(access(w->path, F_OK), -1);
		it_is_on_the_uplink();
	}
}

/* ---- every way of bearing a network ---- */

static void flush(const char *netdev)
{
	char command[256];

	snprintf(command, sizeof(command), "ip addr flush dev %s scope global; "
		 "ip -6 route flush dev %s root 2000::/3; ip -6 route flush dev %s default",
		 netdev, netdev, netdev);
	world_run(command);
}

/* The same on the switch as it was on the uplink, and again on the way back; others keep theirs. */
static void there_and_back(struct world *w, bool confirm)
{
	char was[2048], others[2048];
	_cleanup_free_ char *moved = NULL, *back = NULL;
	struct problem problem;

	snapshot("up0", was, sizeof(was));
	snapshot("up0p", others, sizeof(others));
	assert_int_equal(adoption_begin(&w->adoption, "up0", "sw0", 60, &moved, &problem), 0);
	bears("sw0", was);
	bears("up0", "");
	bears("up0p", others);
	if (confirm)
		assert_int_equal(adoption_confirm(&w->adoption, "up0", &problem), 0);
	assert_int_equal(adoption_release(&w->adoption, "up0", "sw0", &back, &problem), 0);
	bears("up0", was);
	bears("sw0", "");
	bears("up0p", others);
}

static void test_bearing(void **state)
{
	static const char *const cases[] = {
		/* As NetworkManager does it: the kernel makes no route. */
		"ip addr add 192.0.2.2/24 dev up0 noprefixroute && "
		"ip route add 192.0.2.0/24 dev up0 proto kernel scope link src 192.0.2.2 metric 100 && "
		"ip route add default via 192.0.2.1 dev up0 metric 100 && "
		"ip addr add 2001:db8::2/64 dev up0 nodad noprefixroute && "
		"ip -6 route add 2001:db8::/64 dev up0 proto kernel metric 100 && "
		"ip -6 route add default via 2001:db8::1 dev up0 metric 100",
		/* Routes of another netdev, whose source is what is moved. */
		"ip addr add 192.0.2.2/24 dev up0 && ip addr add 2001:db8::2/64 dev up0 nodad && "
		"ip route add 203.0.113.0/24 dev up0p src 192.0.2.2 && "
		"ip -6 route add 2001:db8:1::/64 dev up0p src 2001:db8::2",
		/* Another netdev has an equal route. */
		"ip addr add 192.0.2.2/24 dev up0 && ip addr add 2001:db8::2/64 dev up0 nodad && "
		"ip -6 route add 2001:db8:5::/64 dev up0 metric 100 && "
		"ip -6 route append 2001:db8:5::/64 dev up0p metric 100",
	};
	struct world *w = *state;

	if (!isolated)
		skip();
	for (size_t i = 0; i < 2 * ARRAY_SIZE(cases); i++) {
		flush("up0");
		flush("up0p");
		world_run(cases[i / 2]);
		there_and_back(w, i % 2);
	}
}

/* A lease goes on running out; what is over has a minute. */
static void test_lease(void **state)
{
	struct world *w = *state;
	_cleanup_free_ char *moved = NULL;
	struct problem problem;
	char got[64];

	if (!isolated)
		skip();
	for (unsigned int passed = 600; passed <= 6000; passed *= 10) {
		unsigned int left = passed < 1000 ? 400 : 60, valid;

		flush("up0");
		world_run("ip addr add 192.0.2.2/24 dev up0 valid_lft 1000 preferred_lft 500");
		free(TAKE_PTR(moved));
		assert_int_equal(adoption_begin(&w->adoption, "up0", "sw0", 3600, &moved, &problem), 0);
		assert_in_range(adoption_lease(&w->adoption), 980, 1000);
		world_end_process(w);
		world_begin_process(w);
		/* Before this machine booted, maybe. */
		w->adoption.pending.read -= passed * 1000000LL;
		assert_in_range(adoption_lease(&w->adoption), passed < 1000 ? 380 : 1,
				passed < 1000 ? 400 : 1);
		free(TAKE_PTR(moved));
		assert_int_equal(adoption_release(&w->adoption, "up0", "sw0", &moved, &problem), 0);
		world_output("ip -o addr show dev up0 scope global | grep -o 'valid_lft [0-9]*'", got,
		       sizeof(got));
		assert_int_equal(sscanf(got, "valid_lft %u", &valid), 1);
		assert_in_range(valid, left - 20, left);
	}
}

static bool shows(const char *command)
{
	char got[1024];

	world_output(command, got, sizeof(got));
	return got[0] != '\0';
}

/* Of IPv6, what is somebody else's stays, and what was not found out is found out there. */
static void test_duplicates(void **state)
{
	struct world *w = *state;

	if (!isolated)
		skip();
	world_run("ip addr add 2001:db8:9::9/64 dev up0p nodad && sleep 1 && "
		  "ip addr add 2001:db8:9::9/64 dev up0");
	for (int i = 0; i < 100 && !shows("ip addr show dev up0 dadfailed"); i++)
		usleep(100000);
	assert_true(shows("ip addr show dev up0 dadfailed"));
	world_run("ip link set dev up0p down && ip addr add 2001:db8:7::7/64 dev up0");
	world_begin(w, 3600);
	assert_true(shows("ip -o addr show dev up0 | grep 2001:db8:9::9"));
	assert_false(shows("ip -o addr show dev sw0 | grep 2001:db8:9::9"));
	assert_true(shows("ip -o addr show dev sw0 | grep 2001:db8:7::7"));
	assert_false(shows("ip -o addr show dev sw0 | grep 2001:db8:7::7 | grep nodad"));
	assert_true(shows("ip -o addr show dev sw0 | grep 2001:db8::2 | grep nodad"));
}

/* A port before is a port after; and a switch that has its uplink's address gets another one. */
static void test_was_port(void **state)
{
	struct world *w = *state;
	_cleanup_free_ char *moved = NULL, *again = NULL;
	struct problem problem;
	char mac[32];

	if (!isolated)
		skip();
	links_by_name(&w->links, "up0")->master = links_by_name(&w->links, "sw0")->ifindex;
	world_begin(w, 3600);
	world_end_process(w);
	world_begin_process(w);
	assert_int_equal(adoption_release(&w->adoption, "up0", "sw0", &moved, &problem), 0);
	assert_int_equal(w->left, 0);
	it_is_on_the_uplink();
	world_begin(w, 3600);
	assert_int_equal(adoption_confirm(&w->adoption, "up0", &problem), 0);
	world_run("ip link set dev up0 address 06:00:00:00:00:01");
	world_dump(w);
	assert_int_equal(adoption_release(&w->adoption, "up0", "sw0", &again, &problem), 0);
	assert_int_equal(w->left, links_by_name(&w->links, "up0")->ifindex);
	mac_of("sw0", mac);
	assert_string_equal(mac, "ether 06:00:00:80:00:01; ");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_confirmed, world_setup, world_teardown),
		cmocka_unit_test_setup_teardown(test_deadline, world_setup, world_teardown),
		cmocka_unit_test_setup_teardown(test_death, world_setup, world_teardown),
		cmocka_unit_test_setup_teardown(test_refused, world_setup, world_teardown),
		cmocka_unit_test_setup_teardown(test_bearing, world_setup, world_teardown),
		cmocka_unit_test_setup_teardown(test_lease, world_setup, world_teardown),
		cmocka_unit_test_setup_teardown(test_duplicates, world_setup, world_teardown),
		cmocka_unit_test_setup_teardown(test_was_port, world_setup, world_teardown),
	};

	world_isolate();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
