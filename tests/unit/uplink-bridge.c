// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A Linux bridge becomes a switch, and a bridge again, against the kernel's own netlink:
 * sw0, with an uplink and the netdevs of two VMs. A veth plays the switch.
 */
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
#include "datapath/links/switch-kind.h"
#include "uplink-world.h"

#define PORTS "up0; vif1.0; vif2.0; "

static char network[2048], mac[32];

static void ports_are(const char *bridge, const char *want)
{
	char command[128], got[512];

	snprintf(command, sizeof(command), "ip -o link show master %s | sed 's/^[0-9]*: //;s/@.*//' | "
		 "LC_ALL=C sort", bridge);
	world_output(command, got, sizeof(got));
	assert_string_equal(got, want);
}

static void kind_is(const char *netdev, const char *want)
{
	char command[128], got[512];

	snprintf(command, sizeof(command), "ip -d -o link show dev %s 2>&1 | grep -ow 'bridge\\|veth' | "
		 "head -1", netdev);
	world_output(command, got, sizeof(got));
	assert_string_equal(got, want);
}

static int setup(void **state)
{
	struct world *w;
	int r = world_setup(state);

	if (!isolated)
		return r;
	w = *state;
	world_run("ip addr flush dev up0; ip -6 route flush dev up0; ip link del sw0; ip link add sw0 type bridge ageing_time 4200");
	for (int i = 1; i <= 2; i++) {
		char command[128];

		snprintf(command, sizeof(command), "ip link add vif%d.0 type veth peer name p%d && "
			 "ip link set dev vif%d.0 up master sw0", i, i, i);
		world_run(command);
	}
	world_run("ip link set dev up0 master sw0 && ip link set dev sw0 up address 02:00:00:00:00:05");
	world_run("ip addr add 192.0.2.2/24 dev sw0 && ip route add default via 192.0.2.1 && "
		  "ip addr add 2001:db8::2/64 dev sw0 nodad && ip -6 route add default via 2001:db8::1");
	assert_int_equal(rtnl_dump(&w->rtnl), 0);
	snapshot("sw0", network, sizeof(network));
	mac_of("sw0", mac);
	return r;
}

static int teardown(void **state)
{
	if (isolated)
		world_run("for n in vif1.0 vif2.0 vif3.0 sw0-was; do ip link del $n 2>&1; done >/dev/null; :");
	return world_teardown(state);
}

static void it_is_a_bridge(void)
{
	char now[32], left[512];

	kind_is("sw0", "bridge; ");
	ports_are("sw0", PORTS);
	bears("sw0", network);
	mac_of("sw0", now);
	assert_string_equal(now, mac);
	world_output("ip -o link show dev sw0-was 2>/dev/null; ip -o link show master sw0 | grep -v '[<,]UP[,>]'", left,
		     sizeof(left));
	assert_string_equal(left, "");
	world_output("ip -o link show dev sw0 | grep -o '[<,]UP[,>]'", left, sizeof(left));
	assert_string_not_equal(left, "");
}

static void it_is_a_switch(void)
{
	char now[32];

	kind_is("sw0", "veth; ");
	kind_is("sw0-was", "bridge; ");
	ports_are("sw0-was", "");
	bears("sw0", network);
	bears("sw0-was", "");
	mac_of("sw0", now);
	assert_string_equal(now, mac);
}

static void begin(struct world *w, unsigned int seconds)
{
	_cleanup_free_ char *moved = NULL;
	struct problem problem = { "" };
	int r = adoption_begin(&w->adoption, "sw0", "sw0", seconds, &moved, &problem);

	assert_string_equal(problem.text, "");
	assert_int_equal(r, 0);
	assert_string_equal(moved, "192.0.2.2/24, more and the default route");
	it_is_a_switch();
}

static void next_process(struct world *w)
{
	world_end_process(w);
	world_dump(w);
	world_begin_process(w);
}

/* There, kept over the daemon's death, back before and after it was confirmed. */
static void test_confirmed(void **state)
{
	struct world *w = *state;
	_cleanup_free_ char *moved = NULL, *again = NULL, *third = NULL;
	struct problem problem;
	char ageing[64];

	if (!isolated)
		skip();
	begin(w, 3600);
	assert_true(adoption_concerns(&w->adoption, "vif1.0"));
	assert_true(adoption_begin(&w->adoption, "sw0", "sw0", 60, &again, &problem) < 0);
	assert_true(adoption_begin(&w->adoption, "up0", "sw0", 60, &again, &problem) < 0);
	next_process(w);
	it_is_a_switch();
	assert_true(w->adoption.waits);
	assert_int_equal(adoption_release(&w->adoption, "sw0", "sw0", &moved, &problem), 0);
	it_is_a_bridge();
	begin(w, 3600);
	assert_int_equal(adoption_confirm(&w->adoption, "sw0", &problem), 0);
	next_process(w);
	it_is_a_switch();
	/* Who was a port of the switch at last is one of the bridge. */
	links_by_name(&w->links, "up0")->master = links_by_name(&w->links, "sw0")->ifindex;
	links_by_name(&w->links, "vif1.0")->master = links_by_name(&w->links, "sw0")->ifindex;
	links_by_name(&w->links, "vif2.0")->master = links_by_name(&w->links, "sw0")->ifindex;
	assert_int_equal(adoption_release(&w->adoption, "sw0", "sw0", &third, &problem), 0);
	it_is_a_bridge();
	world_output("ip -d link show dev sw0 | grep -o 'ageing_time [0-9]*'", ageing, sizeof(ageing));
	assert_string_equal(ageing, "ageing_time 4200; ");
}

/* The kernel deletes a switch of flows for openvswitch.ko alone. */
static void test_of_flows(void **state)
{
	struct world *w = *state;
	_cleanup_free_ char *moved = NULL;
	struct problem problem;
	struct link *sw;
	uint32_t ifindex;

	if (!isolated)
		skip();
	begin(w, 3600);
	sw = links_by_name(&w->links, "sw0");
	ifindex = sw->ifindex;
	strcpy(sw->kind, SWITCH_KIND_FLOWS);
	assert_int_equal(adoption_release(&w->adoption, "sw0", "sw0", &moved, &problem), 0);
	assert_int_equal(w->deleted, ifindex);
	it_is_a_bridge();
}

/* The old bridge was deleted meanwhile, and one VM came and another went. */
static void test_new_bridge(void **state)
{
	struct world *w = *state;
	_cleanup_free_ char *moved = NULL;
	struct problem problem;

	if (!isolated)
		skip();
	begin(w, 3600);
	world_run("ip link del sw0-was; ip link del vif2.0; ip link add vif3.0 type veth peer name p3");
	world_dump(w);
	links_by_name(&w->links, "vif3.0")->master = links_by_name(&w->links, "sw0")->ifindex;
	assert_int_equal(adoption_release(&w->adoption, "sw0", "sw0", &moved, &problem), 0);
	assert_string_equal(w->went_back, "sw0");
	kind_is("sw0", "bridge; ");
	ports_are("sw0", "up0; vif1.0; vif3.0; ");
	bears("sw0", network);
}

/* One VM came and another went, and a third is on another switch, before the daemon died. */
static void test_newcomers(void **state)
{
	struct world *w = *state;

	if (!isolated)
		skip();
	begin(w, 3600);
	world_run("ip link del vif2.0; ip link add vif3.0 type veth peer name p3; "
		  "ip link add other type bridge; ip link set dev vif1.0 master other");
	world_dump(w);
	links_by_name(&w->links, "vif3.0")->master = links_by_name(&w->links, "sw0")->ifindex;
	adoption_note_ports(&w->adoption);
	assert_int_equal(w->adoption.pending.bridge.count, 3);
	w->knows_nothing = true;
	world_end_process(w);
	world_edit_state(w, DIED_ON_THE_WAY);
	world_dump(w);
	world_begin_process(w);
	assert_string_equal(w->went_back, "sw0");
	kind_is("sw0", "bridge; ");
	ports_are("sw0", "up0; vif3.0; ");
	ports_are("other", "vif1.0; ");
	world_run("ip link del other");
	/* Nothing waits. */
	adoption_note_ports(&w->adoption);
	assert_int_equal(access(w->path, F_OK), -1);
}

/* A bridge whose MTU is not its ports'; it was deleted meanwhile, and the daemon restarted. */
static void test_mtu(void **state)
{
	struct world *w = *state;
	_cleanup_free_ char *moved = NULL;
	struct problem problem;
	char mtu[64];

	if (!isolated)
		skip();
	world_run("ip link set dev sw0 mtu 1400");
	world_dump(w);
	begin(w, 3600);
	world_run("ip link del sw0-was");
	next_process(w);
	assert_int_equal(adoption_release(&w->adoption, "sw0", "sw0", &moved, &problem), 0);
	kind_is("sw0", "bridge; ");
	world_output("ip link show dev sw0 | grep -o 'mtu [0-9]*'", mtu, sizeof(mtu));
	assert_string_equal(mtu, "mtu 1400; ");
}

/* What could not go on after a crash does not begin. */
static void test_unwritten(void **state)
{
	struct world *w = *state;
	_cleanup_free_ char *moved = NULL;
	struct problem problem;

	if (!isolated)
		skip();
	begin(w, 3600);
	assert_int_equal(adoption_confirm(&w->adoption, "sw0", &problem), 0);
	assert_int_equal(mkdir(w->path, 0700), 0);
	assert_true(adoption_release(&w->adoption, "sw0", "sw0", &moved, &problem) < 0);
	assert_null(moved);
	assert_non_null(strstr(problem.text, w->path));
	assert_int_equal(rmdir(w->path), 0);
	assert_false(w->adoption.waits);
	it_is_a_switch();
}

/* Nobody confirms: by the process that did it, or by the next one. */
static void test_deadline(void **state)
{
	struct world *w = *state;

	if (!isolated)
		skip();
	begin(w, 1);
	while (w->adoption.waits)
		assert_true(sd_event_run(w->adoption.event, 10000000) >= 0);
	it_is_a_bridge();
	begin(w, 1);
	world_end_process(w);
	sleep(2);
	world_dump(w);
	world_begin_process(w);
	assert_false(w->adoption.waits);
	it_is_a_bridge();
}

/* A process that died anywhere on the way. */
static void test_death(void **state)
{
	static const char *const left[] = {
		/* before anything was done */
		"ip link del sw0; ip link set dev sw0-was name sw0; "
		"for n in up0 vif1.0 vif2.0; do ip link set dev $n master sw0; done; "
		"ip link set dev sw0 up; ip addr add 192.0.2.2/24 dev sw0",
		/* some ports are out */
		"ip link del sw0; ip link set dev sw0-was name sw0; ip link set dev sw0 up; "
		"ip link set dev vif2.0 master sw0",
		/* it is out of the way, and there is no switch */
		"ip link del sw0",
		/* there is a switch, and not all is there */
		"ip addr del 192.0.2.2/24 dev sw0",
		":",
	};
	struct world *w = *state;

	if (!isolated)
		skip();
	for (size_t i = 0; i < ARRAY_SIZE(left); i++) {
		begin(w, 3600);
		world_end_process(w);
		world_edit_state(w, DIED_ON_THE_WAY);
		world_run(left[i]);
		assert_int_equal(rtnl_dump(&w->rtnl), 0);
		if (i >= 3)
			world_dump(w);
		world_begin_process(w);
		assert_false(w->adoption.waits);
		it_is_a_bridge();
	}
}

/* What cannot be taken over stays as it is, and so does what turns out not to work. */
static void test_refused(void **state)
{
	static const struct {
		const char *prepare, *said, *undo;
	} cases[] = {
		{ "ip link set dev sw0 type bridge vlan_filtering 1", "it filters VLANs",
		  "ip link set dev sw0 type bridge vlan_filtering 0" },
		{ "ip link set dev sw0 type bridge stp_state 1", "it speaks STP",
		  "ip link set dev sw0 type bridge stp_state 0" },
		{ "ip link add link sw0 name sw0.7 type vlan id 7", "sw0.7 is on top of it",
		  "ip link del sw0.7" },
		{ "ip link add sw0-was type bridge", "there is a sw0-was already", "ip link del sw0-was" },
		{ "ip link set dev up0p master sw0", "its port up0p would be without network: nobody's",
		  "ip link set dev up0p nomaster" },
		{ "ip rule add iif sw0 lookup main", "a rule of policy routing",
		  "ip rule del iif sw0 lookup main" },
		{ ":", "none today", ":" },
	};
	struct world *w = *state;

	if (!isolated)
		skip();
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char *moved = NULL;
		struct problem problem;

		/* A kernel without VLANs: tests/vm has it. */
		if (system(cases[i].prepare) != 0)
			continue;
		assert_int_equal(rtnl_dump(&w->rtnl), 0);
		w->no_switch = i + 1 == ARRAY_SIZE(cases);
		assert_true(adoption_begin(&w->adoption, "sw0", "sw0", 60, &moved, &problem) < 0);
		assert_null(moved);
		assert_non_null(strstr(problem.text, cases[i].said));
		world_run(cases[i].undo);
		assert_false(w->adoption.waits);
		assert_int_equal(access(w->path, F_OK), -1);
		it_is_a_bridge();
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_confirmed, setup, teardown),
		cmocka_unit_test_setup_teardown(test_of_flows, setup, teardown),
		cmocka_unit_test_setup_teardown(test_new_bridge, setup, teardown),
		cmocka_unit_test_setup_teardown(test_newcomers, setup, teardown),
		cmocka_unit_test_setup_teardown(test_mtu, setup, teardown),
		cmocka_unit_test_setup_teardown(test_unwritten, setup, teardown),
		cmocka_unit_test_setup_teardown(test_deadline, setup, teardown),
		cmocka_unit_test_setup_teardown(test_death, setup, teardown),
		cmocka_unit_test_setup_teardown(test_refused, setup, teardown),
	};

	world_isolate();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
