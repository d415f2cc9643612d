// SPDX-License-Identifier: GPL-2.0-or-later
/* Uplinks that are bonds: from what is said of them to the order of what is done. */
#include <setjmp.h>
#include <errno.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <net/if.h>
#include <linux/if_bonding.h>
#include <cmocka.h>

#include "base/cleanup.h"
#include "base/json-value.h"
#include "policy/fields.h"
#include "tests/unit/uplink-rows.h"
#include "tests/unit/vifswitchd-world.h"

enum { SWITCH = 1, E1 = 5, E2 = 6, BOND = 10 };

/* Options of the switch's uplink from now on. */
static void say(struct world *w, const char *text)
{
	struct cfg_uplink *uplink = &w->facts.config.switches[0].uplinks[0];
	struct uplink_settings settings;
	struct problem problem;

	if (settings_of(text, &settings, &problem) < 0)
		fail_msg("%s: %s", text, problem.text);
	cfg_uplink_deinit(uplink);
	strcpy(uplink->name, "bond0");
	uplink->policy = settings.policy;
	uplink->bond = settings.bond;
	uplink->cable = settings.cable;
}

static void configured(struct world *w)
{
	world_configure(w);
	world_add_link(w, SWITCH, "xenbr0", true);
	world_add_link(w, E1, "e1", false);
	world_add_link(w, E2, "e2", false);
	say(w, "{" MEMBERS ", \"primary\": \"e1\"}");
	assert_string_equal(world_run(w), "1:program 1:up 0:link 10:bond 5:add 6:add 10:free 10:join "
			    "10:up 10:primary");
}

static void test_made(void **state)
{
	struct world *w = *state;
	struct link *link;

	configured(w);
	assert_string_equal(world_run(w), "");
	link = links_get(&w->facts.links, BOND);
	assert_int_equal(link->bond.mode, BOND_MODE_ACTIVEBACKUP);
	assert_int_equal(link->bond.miimon, 100);
	assert_int_equal(link->bond.primary, E1);
	/* One that comes back is put in again. */
	links_remove(&w->facts.links, E2);
	assert_string_equal(world_run(w), "");
	world_add_link(w, 7, "e2", false);
	assert_string_equal(world_run(w), "7:add");
}

/* A new daemon that finds it as it is to be does nothing. */
static void test_found(void **state)
{
	struct world *w = *state;

	configured(w);
	named_progresses_deinit(&w->facts.progress);
	w->facts.progress = (struct named_progresses){};
	assert_string_equal(world_run(w), "");
	/* Until the database was heard it stays, whatever the file says of it. */
	w->facts.uplinks_unknown = true;
	say(w, "{" MEMBERS ", \"bond_mode\": \"balance-tcp\"}");
	assert_string_equal(world_run(w), "");
	say(w, "{}");
	assert_string_equal(world_run(w), "");
}

/* In the order that the kernel allows, and no more than has to be. */
static void test_changed(void **state)
{
	struct world *w = *state;
	const struct bond *bond;

	configured(w);
	say(w, "{" MEMBERS ", \"primary\": \"e2\", \"bond_updelay\": 500}");
	assert_string_equal(world_run(w), "10:bond 10:primary");
	say(w, "{" MEMBERS ", \"bond_mode\": \"balance-tcp\"}");
	/* Which one goes first is the map's. */
	assert_string_equal(world_run(w), "6:out 5:out 10:set 10:bond 5:add 6:add 10:up");
	say(w, "{" MEMBERS ", \"bond_mode\": \"balance-tcp\", \"lacp_time\": \"fast\"}");
	assert_string_equal(world_run(w), "10:set 10:bond 10:up");
	say(w, "{\"members\": \"e2\", \"bond_mode\": \"balance-tcp\", \"lacp_time\": \"fast\"}");
	assert_string_equal(world_run(w), "5:out");
	assert_int_equal(links_get(&w->facts.links, E2)->master, BOND);
	/* All by others: the last one goes when another is in, and not for one that is not here. */
	say(w, "{\"members\": \"e3\", \"bond_mode\": \"balance-tcp\", \"lacp_time\": \"fast\"}");
	assert_string_equal(world_run(w), "");
	bond = w->facts.config.switches[0].uplinks[0].bond;
	assert_non_null(strstr(bond_problem(&w->facts.links, bond), "none of its members"));
	world_add_link(w, 7, "e3", false);
	assert_string_equal(world_run(w), "7:add 6:out");
	assert_null(bond_problem(&w->facts.links, bond));
}

/* What a message does not say of a bond is no reason to change it. */
static void test_unsaid(void **state)
{
	struct world *w = *state;
	struct link link;

	configured(w);
	link = *links_get(&w->facts.links, BOND);
	link.bond = (struct link_bond){ .primary = E1 };
	links_update(&w->facts.links, &link);
	assert_string_equal(world_run(w), "");
}

static void set_mtu(struct world *w, uint32_t ifindex, uint32_t mtu)
{
	links_get(&w->facts.links, ifindex)->mtu = mtu;
}

/* Members keep theirs, as far as all of them can. */
static void test_mtu(void **state)
{
	struct world *w = *state;

	world_configure(w);
	world_add_link(w, SWITCH, "xenbr0", true);
	world_add_link(w, E1, "e1", false);
	world_add_link(w, E2, "e2", false);
	set_mtu(w, E1, 9000);
	set_mtu(w, E2, 8000);
	say(w, "{" MEMBERS "}");
	assert_string_equal(world_run(w), "1:program 1:up 0:link 10:bond 10:set 5:add 6:add 10:free "
			    "10:join 10:up");
	assert_int_equal(links_get(&w->facts.links, BOND)->mtu, 8000);
	set_mtu(w, E1, 8000);
	assert_string_equal(world_run(w), "");
}

/* What we made goes with its row, what others made does not, and is not changed. */
static void test_whose(void **state)
{
	struct world *w = *state;
	struct link link;

	configured(w);
	link = *links_get(&w->facts.links, BOND);
	link.ours = false;
	links_update(&w->facts.links, &link);
	say(w, "{" MEMBERS ", \"bond_updelay\": 500}");
	world_plan(w);
	assert_int_equal(w->plan.count, 1);
	assert_int_equal(w->plan.ops[0].code, OP_LINK_NEW);
	say(w, "{}");
	assert_string_equal(world_run(w), "");
	link.ours = true;
	links_update(&w->facts.links, &link);
	w->facts.vifs.complete = false;
	assert_string_equal(world_run(w), "");
	w->facts.vifs.complete = true;
	assert_string_equal(world_run(w), "10:delete");
}

/* No member of it is on this host: it has no such uplink. */
static void test_elsewhere(void **state)
{
	struct world *w = *state;

	world_configure(w);
	world_add_link(w, SWITCH, "xenbr0", true);
	say(w, "{" MEMBERS "}");
	assert_string_equal(world_run(w), "1:program 1:up");
	world_add_link(w, E2, "e2", false);
	assert_string_equal(world_run(w), "0:link 10:bond 6:add 10:free 10:join 10:up");
}

/* A member that cannot be had holds nothing else back. */
static void test_refused_member(void **state)
{
	struct world *w = *state;
	struct named_progress *e1;

	world_configure(w);
	world_add_link(w, SWITCH, "xenbr0", true);
	world_add_link(w, E1, "e1", false);
	world_add_link(w, E2, "e2", false);
	say(w, "{" MEMBERS "}");
	world_plan(w);
	e1 = named_progress_get(&w->facts.progress, "e1");
	assert_non_null(e1);
	e1->progress.retry.at = w->now + 500;
	assert_string_equal(world_run(w), "1:program 1:up 0:link 10:bond 6:add 10:free 10:join 10:up");
	assert_int_equal(w->plan.retry_at, w->now + 500);
	w->now += 500;
	assert_string_equal(world_run(w), "5:add");
}

/* A row that asks for what is there anyway ends what the one before could not have. */
static void test_failed_before(void **state)
{
	struct world *w = *state;
	struct link link;
	struct named_progress *bond, *e1;

	configured(w);
	link = *links_get(&w->facts.links, BOND);
	link.ours = false;
	links_update(&w->facts.links, &link);
	bond = named_progress_get(&w->facts.progress, "bond0");
	retry_failed(&bond->progress.retry, w->now, -EEXIST, "made by others");
	e1 = named_progress_get(&w->facts.progress, "e1");
	retry_failed(&e1->progress.retry, w->now, -EBUSY, "not made a member");
	say(w, "{}");
	w->facts.config.generation++;
	assert_string_equal(world_run(w), "10:settled");
	assert_null(bond->progress.retry.error);
	link.ours = true;
	links_update(&w->facts.links, &link);
	say(w, "{" MEMBERS "}");
	e1 = named_progress_want(&w->facts.progress, "e1");
	retry_failed(&e1->progress.retry, w->now, -EBUSY, "not made a member");
	assert_string_equal(world_run(w), "5:settled 10:primary");
}

/* An uplink by itself that is to be a member stays a port until there is the bond. */
static void test_uplink_before(void **state)
{
	struct world *w = *state;
	struct link foreign;
	struct named_progress *bond;

	world_configure(w);
	world_add_link(w, SWITCH, "xenbr0", true);
	world_add_link(w, E1, "eth0", false);
	world_add_link(w, E2, "e2", false);
	assert_string_equal(world_run(w), "1:program 1:up 5:free 5:join 5:up");
	say(w, "{\"members\": [\"set\", [\"eth0\", \"e2\"]]}");
	/* It fails, and is tried again later. */
	world_add_link(w, BOND, "bond0", false);
	foreign = *links_get(&w->facts.links, BOND);
	strcpy(foreign.kind, BOND_KIND);
	links_update(&w->facts.links, &foreign);
	w->facts.config.generation++;
	world_plan(w);
	assert_int_equal(w->plan.count, 1);
	assert_int_equal(w->plan.ops[0].code, OP_LINK_NEW);
	bond = named_progress_get(&w->facts.progress, "bond0");
	bond->progress.generation = w->facts.config.generation;
	bond->progress.retry.at = w->now + 500;
	assert_string_equal(world_run(w), "");
	assert_non_null(ports_get(&w->facts.ports, E1));
	links_remove(&w->facts.links, BOND);
	w->now += 500;
	assert_string_equal(world_run(w), "0:link 5:leave 10:bond 5:add 6:add 10:free 10:join 10:up");
}

/* The way to the database may be such a bond. */
static void test_unheard(void **state)
{
	struct world *w = *state;

	w->facts.uplinks_unknown = true;
	world_configure(w);
	world_add_link(w, SWITCH, "xenbr0", true);
	world_add_link(w, E1, "e1", false);
	world_add_link(w, E2, "e2", false);
	say(w, "{" MEMBERS ", \"primary\": \"e1\"}");
	assert_string_equal(world_run(w), "1:program 1:up 0:link 10:bond 5:add 6:add 10:free 10:join 10:up");
	/* From then on it is left alone, until that is heard. */
	say(w, "{\"members\": \"e1\", \"bond_mode\": \"balance-tcp\"}");
	assert_string_equal(world_run(w), "");
	say(w, "{" MEMBERS ", \"primary\": \"e1\"}");
	w->facts.uplinks_unknown = false;
	assert_string_equal(world_run(w), "10:primary");
}

static void partner(struct world *w, uint8_t last)
{
	struct link link = *links_get(&w->facts.links, BOND);

	link.bond.partner[5] = last;
	links_update(&w->facts.links, &link);
}

/* Without fallback nothing passes until somebody answers, and when nobody does any more. */
static void test_strict(void **state)
{
	struct world *w = *state;

	configured(w);
	say(w, "{" MEMBERS ", " LACP ", \"lacp_fallback\": \"false\"}");
	assert_string_equal(world_run(w), "6:out 5:out 10:set 10:bond 5:add 6:add 10:program 10:up");
	assert_null(ports_get(&w->facts.ports, BOND)->policy);
	partner(w, 1);
	assert_string_equal(world_run(w), "10:program");
	assert_non_null(ports_get(&w->facts.ports, BOND)->policy);
	partner(w, 0);
	assert_string_equal(world_run(w), "10:program");
	assert_null(ports_get(&w->facts.ports, BOND)->policy);
	say(w, "{" MEMBERS ", " LACP "}");
	assert_string_equal(world_run(w), "10:program");
	assert_non_null(ports_get(&w->facts.ports, BOND)->policy);
}

/* Members' priorities are set where the kernel has any. */
static void test_priorities(void **state)
{
	struct world *w = *state;
	struct link link;

	configured(w);
	say(w, "{" MEMBERS ", " LACP ", \"lacp_port_priority\": [\"map\", [[\"e2\", \"7\"]]]}");
	assert_string_equal(world_run(w), "6:out 5:out 10:set 10:bond 5:add 6:add 10:up");
	for (uint32_t member = E1; member <= E2; member++) {
		link = *links_get(&w->facts.links, member);
		link.member = (struct link_member){
			.known = true, .has_priority = true, .priority = 255 };
		links_update(&w->facts.links, &link);
	}
	assert_string_equal(world_run(w), "6:member");
	assert_int_equal(links_get(&w->facts.links, E2)->member.priority, 7);
}

static void carried_by(struct world *w, uint32_t member)
{
	struct link link = *links_get(&w->facts.links, BOND);

	link.bond.active = member;
	links_update(&w->facts.links, &link);
}

static void fails(struct world *w, const char *netdev, bool failed)
{
	oam_faults_note(&w->facts.oam_faults, netdev, failed, w->now);
}

static void runs(struct world *w, uint32_t ifindex)
{
	links_get(&w->facts.links, ifindex)->flags |= IFF_RUNNING;
}

/* One that fails by CFM or BFD is left for one that does not, and taken again after a while. */
static void test_faults(void **state)
{
	struct world *w = *state;

	configured(w);
	carried_by(w, E1);
	runs(w, E1);
	assert_string_equal(world_run(w), "");
	/* Nobody else could. */
	fails(w, "e1", true);
	assert_string_equal(world_run(w), "");
	runs(w, E2);
	assert_string_equal(world_run(w), "10:primary");
	assert_int_equal(links_get(&w->facts.links, BOND)->bond.primary, E2);
	carried_by(w, E2);
	assert_string_equal(world_run(w), "");
	fails(w, "e1", false);
	assert_string_equal(world_run(w), "");
	w->now += OAM_HOLD_US;
	assert_string_equal(world_run(w), "10:primary");
	assert_int_equal(links_get(&w->facts.links, BOND)->bond.primary, E1);
	carried_by(w, E1);
	/* Both: as it is asked for. */
	fails(w, "e1", true);
	fails(w, "e2", true);
	assert_string_equal(world_run(w), "");
	/* Without a primary one the other goes on, and nothing is done twice. */
	fails(w, "e2", false);
	w->now += OAM_HOLD_US;
	say(w, "{" MEMBERS "}");
	assert_string_equal(world_run(w), "10:primary");
	assert_int_equal(links_get(&w->facts.links, BOND)->bond.primary, E2);
	carried_by(w, E2);
	assert_string_equal(world_run(w), "10:primary");
	assert_int_equal(links_get(&w->facts.links, BOND)->bond.primary, 0);
	assert_string_equal(world_run(w), "");
}

/* After a failover the VM's addresses are told by the new way, once, and once a second. */
static void test_announced(void **state)
{
	struct world *w = *state;
	struct vif *vif;

	configured(w);
	/* A module that does not tell it by itself. */
	w->facts.module.features &= ~VIFSWITCH_FEATURE_BONDS;
	carried_by(w, E1);
	world_add_link(w, 3, "vif3.0", false);
	vif = world_add_vif(w, 3, 3, "xenbr0", "00:16:3e:00:00:03");
	world_resolve_all(w);
	world_run(w);
	vif->seen.state = XENBUS_CONNECTED;
	assert_string_equal(world_run(w), "3:active 3:announce");
	carried_by(w, E2);
	assert_string_equal(world_run(w), "");
	assert_int_equal(w->plan.retry_at, w->now + 1000000);
	w->now += 1000000;
	assert_string_equal(world_run(w), "3:announce");
	assert_string_equal(world_run(w), "");
	/* With none left nothing can be told; with one again it is. */
	w->now += 1000000;
	carried_by(w, 0);
	assert_string_equal(world_run(w), "");
	carried_by(w, E2);
	assert_string_equal(world_run(w), "3:announce");
	/* A new daemon has seen no failover. */
	world_forget_retries(w);
	w->facts.links.moves = links_get(&w->facts.links, BOND)->moves = 0;
	assert_string_equal(world_run(w), "");
	/* Nothing is left to do where the module tells it. */
	w->facts.module.features |= VIFSWITCH_FEATURE_BONDS;
	w->now += 1000000;
	carried_by(w, E1);
	assert_string_equal(world_run(w), "");
}

static void heard(struct world *w, uint32_t member, uint16_t queue)
{
	struct link link = *links_get(&w->facts.links, member);

	link.member = (struct link_member){ .known = true, .up = true, .queue = queue };
	links_update(&w->facts.links, &link);
}

/*
 * Members get numbers; those that carry nothing are heard from after the program is there
 * until before it goes. All of it while the bond is up.
 */
static void test_slb(void **state)
{
	struct world *w = *state;

	configured(w);
	heard(w, E1, 0);
	heard(w, E2, 0);
	say(w, "{" MEMBERS ", \"primary\": \"e1\", \"bond_mode\": \"balance-slb\"}");
	assert_string_equal(world_run(w), "5:member 6:member 10:program 10:all");
	assert_int_equal(links_get(&w->facts.links, E1)->member.queue, 1);
	assert_int_equal(links_get(&w->facts.links, E2)->member.queue, 2);
	/* What another process gave them stays, unless two have the same. */
	heard(w, E1, 7);
	assert_string_equal(world_run(w), "");
	heard(w, E2, 7);
	assert_string_equal(world_run(w), "5:member 6:member");
	assert_int_not_equal(links_get(&w->facts.links, E1)->member.queue,
			     links_get(&w->facts.links, E2)->member.queue);
	/* One that fails by CFM or BFD has none, while another does not; then it gets one again. */
	runs(w, E1);
	runs(w, E2);
	carried_by(w, E1);
	assert_string_equal(world_run(w), "");
	fails(w, "e2", true);
	assert_string_equal(world_run(w), "6:member");
	assert_int_equal(links_get(&w->facts.links, E2)->member.queue, 0);
	fails(w, "e1", true);
	assert_string_equal(world_run(w), "6:member");
	assert_int_not_equal(links_get(&w->facts.links, E2)->member.queue, 0);
	fails(w, "e1", false);
	fails(w, "e2", false);
	w->now += OAM_HOLD_US;
	assert_string_equal(world_run(w), "");
	say(w, "{" MEMBERS ", \"primary\": \"e1\"}");
	assert_string_equal(world_run(w), "5:member 6:member 10:all 10:program");
	assert_int_equal(links_get(&w->facts.links, E2)->member.queue, 0);
	/* A module that cannot do it: one member carries all, and nothing comes twice. */
	w->facts.module.features &= ~VIFSWITCH_FEATURE_BONDS;
	say(w, "{" MEMBERS ", \"primary\": \"e1\", \"bond_mode\": \"balance-slb\"}");
	assert_string_equal(world_run(w), "5:member 6:member");
	assert_false(links_get(&w->facts.links, BOND)->bond.all_active);
}

/* No bond, but made and deleted like one: a cable to an interface of dom0's. */
static void test_cable(void **state)
{
	struct world *w = *state;
	struct uplink_settings settings;
	struct problem problem;

	world_configure(w);
	world_add_link(w, SWITCH, "xenbr0", true);
	say(w, "{\"dom0_device\": \"int0\"}");
	assert_string_equal(world_run(w), "1:program 1:up 0:link 10:free 10:join 10:up");
	assert_true(cable_is_ours(links_get(&w->facts.links, BOND)));
	assert_string_equal(world_run(w), "");
	/* dom0's end, while it is here; another netdev of its name is none of ours. */
	world_add_link(w, 11, "int0", false);
	say(w, "{\"dom0_device\": \"int0\", \"dom0_mac\": \"52:54:00:00:00:0a\", \"dom0_mtu\": 1400}");
	assert_string_equal(world_run(w), "10:set");
	links_get(&w->facts.links, BOND)->lower = 11;
	assert_string_equal(world_run(w), "11:set");
	assert_int_equal(links_get(&w->facts.links, 11)->mtu, 1400);
	assert_string_equal(world_run(w), "");
	say(w, "{\"dom0_device\": \"int1\"}");
	assert_string_equal(world_run(w), "11:set");
	assert_non_null(links_by_name(&w->facts.links, "int1"));
	say(w, "{}");
	assert_string_equal(world_run(w), "10:delete");
	assert_int_equal(settings_of("{\"dom0_device\": \"bond0\"}", &settings, &problem), -EINVAL);
	assert_string_equal(problem.text, "dom0-device=bond0: the uplink itself is called so");
	free(settings.policy);
	assert_int_equal(settings_of("{" MEMBERS ", \"dom0_device\": \"int0\"}", &settings, &problem), -EINVAL);
	assert_string_equal(problem.text, "dom0-device: not with members");
	free(settings.policy);
	assert_int_equal(settings_of("{\"dom0_mtu\": 1400}", &settings, &problem), -EINVAL);
	assert_string_equal(problem.text, "dom0-mac, dom0-mtu: only with dom0-device");
	free(settings.policy);
}

#define TEST(name)	cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_made), TEST(test_found), TEST(test_changed), TEST(test_whose),
		TEST(test_unsaid), TEST(test_mtu),
		TEST(test_elsewhere), TEST(test_refused_member), TEST(test_failed_before),
		TEST(test_announced), TEST(test_faults), TEST(test_uplink_before),
		TEST(test_unheard), TEST(test_strict), TEST(test_priorities), TEST(test_slb),
		TEST(test_cable),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
