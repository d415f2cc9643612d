// SPDX-License-Identifier: GPL-2.0-or-later
/* The planner on tables of facts. No I/O. */
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
#include "tests/unit/vifswitchd-world.h"
#include "vifswitchd/status.h"

static void test_start(void **state)
{
	struct world *w = *state;

	world_configure(w);
	world_add_link(w, 2, "eth0", false);
	world_add_link(w, 3, "vif3.0", false);
	world_add_vif(w, 3, 3, "xenbr0.100", "00:16:3e:00:00:03");
	world_resolve_all(w);
	assert_string_equal(world_run(w), "0:switch 1:program 1:up 2:free 2:join 2:up 3:prepare 3:join 3:up");
	assert_string_equal(world_run(w), "");
	links_get(&w->facts.links, 1)->ageing_ms = 1000;
	world_plan(w);
	assert_int_equal(w->plan.count, 1);
	assert_int_equal(w->plan.ops[0].code, OP_SWITCH_SET);
	assert_int_equal(w->plan.ops[0].port->ageing_ms, 300000);
	assert_string_equal(world_run(w), "1:ageing");
	links_get(&w->facts.links, 1)->snoop.on = true;
	assert_string_equal(world_run(w), "1:ageing");
	assert_false(links_get(&w->facts.links, 1)->snoop.on);
	links_get(&w->facts.links, 1)->loop = true;
	assert_string_equal(world_run(w), "1:ageing");
	assert_false(links_get(&w->facts.links, 1)->loop);
	assert_string_equal(world_run(w), "");
}

static void test_restart_changes_nothing(void **state)
{
	struct world *w = *state;
	struct vif *vif = world_plugged(w);

	vif->seen.state = XENBUS_CONNECTED;
	assert_string_equal(world_run(w), "3:active 3:announce");
	world_forget_retries(w);
	assert_string_equal(world_run(w), "");
	/* It crashed between joining and claiming: only that is made up for. */
	ports_get(&w->facts.ports, 3)->claim = VIFSWITCH_CLAIM_DORMANT;
	assert_string_equal(world_run(w), "3:active 3:announce");
}

static void test_policy_change(void **state)
{
	struct world *w = *state;
	struct vif *vif = world_plugged(w);

	world_replace(&vif->seen.keys.rate, "6250,50000");
	world_resolve_all(w);
	assert_string_equal(world_run(w), "3:program");
	world_replace(&vif->seen.keys.mtu, "1400");
	world_resolve_all(w);
	assert_string_equal(world_run(w), "3:set");
	assert_int_equal(links_get(&w->facts.links, 3)->mtu, 1400);
	world_replace(&vif->seen.keys.bridge, "xenbr0.5000");
	world_resolve_all(w);
	assert_string_equal(world_run(w), "3:leave");
	assert_string_equal(world_run(w), "");
}

static void test_vifname(void **state)
{
	struct world *w = *state;
	struct vif *vif;

	world_add_link(w, 1, "xenbr0", true);
	world_add_link(w, 3, "vif3.0", false);
	world_add_link(w, 4, "vif3.0-emu", false);
	vif = world_add_vif(w, 3, 3, "xenbr0", "00:16:3e:00:00:03");
	world_replace(&vif->seen.keys.vifname, "web0");
	world_resolve_all(w);
	assert_string_equal(world_run(w), "3:prepare 3:join 3:up 4:prepare 4:join 4:up");
	assert_string_equal(links_get(&w->facts.links, 3)->name, "web0");
	assert_string_equal(links_get(&w->facts.links, 4)->name, "web0-emu");
	assert_string_equal(world_run(w), "");
}

static void test_recreated_netdev(void **state)
{
	struct world *w = *state;
	struct vif *vif = world_plugged(w);

	vif->seen.state = XENBUS_CONNECTED;
	world_run(w);
	links_remove(&w->facts.links, 3);
	ports_remove(&w->facts.ports, 3);
	assert_string_equal(world_run(w), "");
	world_add_link(w, 9, "vif3.0", false);
	assert_string_equal(world_run(w), "9:prepare 9:join 9:up 9:active 9:announce");
}

static void test_domid_reuse(void **state)
{
	struct world *w = *state;
	uint8_t uuid[16] = { [0] = 0xbb, [10] = 1 };
	struct vif *vif = world_plugged(w);

	/* The same netdev, another VM: the port must not keep the old identity. */
	domain_set_uuid(vif->seen.domain, uuid);
	world_resolve_all(w);
	assert_string_equal(world_run(w), "3:program");
	assert_true(cookie_equal(&vif->wanted.cookie, ports_get(&w->facts.ports, 3)->cookie,
				 ports_get(&w->facts.ports, 3)->cookie_len));
	/* While it dies, its UUID is rubbish and is not taken. */
	vif->seen.domain->dying = true;
	uuid[1] = 0xde;
	domain_set_uuid(vif->seen.domain, uuid);
	world_resolve_all(w);
	assert_string_equal(world_run(w), "");
}

static void test_migration(void **state)
{
	struct world *w = *state;
	struct vif *source = world_plugged(w), *destination;

	source->seen.state = XENBUS_CONNECTED;
	assert_string_equal(world_run(w), "3:active 3:announce");
	/* The same VM arrives on the same host, under another domid. */
	world_add_link(w, 4, "vif4.0", false);
	destination = world_add_vif(w, 4, 3, "xenbr0.100", "00:16:3e:00:00:03");
	world_resolve_all(w);
	assert_string_equal(world_run(w), "4:prepare 4:join 4:up");
	source->seen.domain->suspended = true;
	assert_string_equal(world_run(w), "3:dormant");
	destination->seen.state = XENBUS_CONNECTED;
	assert_string_equal(world_run(w), "4:active 4:announce");
	/* The source is torn down. */
	source->seen.domain->dying = true;
	xen_vifs_remove(&w->facts.vifs, &source->seen);
	assert_string_equal(world_run(w), "3:leave");
}

static void test_cancelled_migration(void **state)
{
	struct world *w = *state;
	struct vif *vif = world_plugged(w);

	vif->seen.state = XENBUS_CONNECTED;
	world_run(w);
	vif->seen.domain->suspended = true;
	assert_string_equal(world_run(w), "3:dormant");
	vif->seen.domain->suspended = false;
	assert_string_equal(world_run(w), "3:active 3:announce");
	/* What the kernel decided by the VM's own frames is not undone. */
	ports_get(&w->facts.ports, 3)->claim = VIFSWITCH_CLAIM_DORMANT;
	assert_string_equal(world_run(w), "");
}

static void test_duplicate_mac(void **state)
{
	struct world *w = *state;
	struct vif *first = world_plugged(w), *second;
	struct status status;

	/* The lower domid does not help a VIF that comes later. */
	world_add_link(w, 4, "vif2.0", false);
	second = world_add_vif(w, 2, 2, "xenbr0.200", "00:16:3e:00:00:03");
	domain_set_name(second->seen.domain, "db");
	world_resolve_all(w);
	assert_string_equal(world_run(w), "");
	assert_null(first->wanted.rival);
	assert_ptr_equal(second->wanted.rival, first);
	status_of_half(&w->facts, second, HALF_VIF, &status);
	assert_int_equal(status.state, STATE_FAILED);
	assert_string_equal(status.text, "VM db VIF 0: mac=00:16:3e:00:00:03: VM web VIF 0 has that "
			    "address on switch xenbr0 already; each VIF there needs its own");
	xen_vifs_remove(&w->facts.vifs, &first->seen);
	assert_string_equal(world_run(w), "3:leave 4:prepare 4:join 4:up");
}

static void test_stale_ports(void **state)
{
	static const char foreign[] = "somebody else's";
	struct world *w = *state;
	struct cookie cookie;

	world_plugged(w);
	cookie_for_uplink(&cookie, "gone0");
	world_add_link(w, 7, "x7", false);
	world_add_link(w, 8, "x8", false);
	world_add_link(w, 9, "x9", false);
	ports_update(&w->facts.ports, 1, 7, NULL, cookie.text, cookie.len);
	ports_update(&w->facts.ports, 1, 8, NULL, foreign, sizeof(foreign) - 1);
	ports_update(&w->facts.ports, 1, 9, NULL, NULL, 0);
	w->facts.vifs.complete = false;
	assert_string_equal(world_run(w), "");
	w->facts.vifs.complete = true;
	assert_string_equal(world_run(w), "7:leave");
	/* A VIF that was not judged yet keeps what it has. */
	vifs_get(&w->facts.vifs, 3, 0)->seen.changes++;
	assert_string_equal(world_run(w), "");
}

static void test_tap_pair(void **state)
{
	struct world *w = *state;
	struct vif *vif = world_plugged(w);

	world_add_link(w, 5, "vif3.0-emu", false);
	assert_string_equal(world_run(w), "5:prepare 5:join 5:up");
	assert_int_equal(ports_get(&w->facts.ports, 5)->cookie_len, vif->wanted.cookie.len);
	vif->seen.state = XENBUS_CONNECTED;
	assert_string_equal(world_run(w), "3:active 3:announce");
	vif->seen.released[HALF_TAP] = true;
	assert_string_equal(world_run(w), "5:leave");
}

/* A device model in a domain of its own is the other half of its VM's VIF, like a tap here. */
static void test_stub_domain(void **state)
{
	struct world *w = *state;
	struct vif *model, *vif;

	/* Its VIF comes first, and is connected first. */
	world_add_link(w, 1, "xenbr0", true);
	world_add_link(w, 4, "vif4.0", false);
	model = world_add_vif(w, 4, 3, "xenbr0.100", "00:16:3e:00:00:03");
	model->seen.domain->target = 3;
	model->seen.state = XENBUS_CONNECTED;
	world_replace(&model->seen.keys.vifname, "web0");
	world_resolve_all(w);
	assert_string_equal(world_run(w), "4:prepare 4:join 4:up");
	world_add_link(w, 3, "vif3.0", false);
	vif = world_add_vif(w, 3, 3, "xenbr0.100", "00:16:3e:00:00:03");
	world_replace(&vif->seen.keys.vifname, "web0");
	world_resolve_all(w);
	assert_string_equal(world_run(w), "3:prepare 3:join 3:up");
	assert_string_equal(links_get(&w->facts.links, 3)->name, "web0");
	assert_string_equal(links_get(&w->facts.links, 4)->name, "web0-emu");
	assert_null(vif->wanted.rival);
	assert_null(model->wanted.rival);
	assert_true(cookie_equal(&vif->wanted.cookie, model->wanted.cookie.text,
				 model->wanted.cookie.len));
	/* The VM's own claims the address for good, whoever else is connected. */
	vif->seen.state = XENBUS_CONNECTED;
	assert_string_equal(world_run(w), "3:active 3:announce");
	world_forget_retries(w);
	assert_string_equal(world_run(w), "");
	/* Who is nobody's device model is a rival. */
	world_add_link(w, 5, "vif5.0", false);
	model = world_add_vif(w, 5, 5, "xenbr0.100", "00:16:3e:00:00:03");
	world_resolve_all(w);
	assert_string_equal(world_run(w), "");
	assert_non_null(model->wanted.rival);
}

static void test_module_reload(void **state)
{
	struct world *w = *state;

	world_configure(w);
	world_add_link(w, 3, "vif3.0", false);
	world_add_vif(w, 3, 3, "xenbr0.100", "00:16:3e:00:00:03");
	world_resolve_all(w);
	assert_string_equal(world_run(w), "0:switch 1:program 1:up 3:prepare 3:join 3:up");
	links_remove(&w->facts.links, 1);
	ports_mark(&w->facts.ports);
	ports_sweep(&w->facts.ports);
	assert_string_equal(world_run(w), "0:switch 1:program 1:up 3:prepare 3:join 3:up");
}

static void test_refused_and_foreign(void **state)
{
	struct world *w = *state;
	struct vif *vif;

	world_add_link(w, 1, "xenbr0", true);
	world_add_link(w, 3, "vif3.0", false);
	vif = world_add_vif(w, 3, 3, "nosuch", "00:16:3e:00:00:03");
	world_resolve_all(w);
	assert_int_equal(vif->wanted.verdict, VIF_REFUSED);
	assert_string_equal(world_run(w), "");
	world_replace(&vif->seen.script, "/etc/xen/scripts/vif-bridge");
	world_resolve_all(w);
	assert_int_equal(vif->wanted.verdict, VIF_FOREIGN);
	assert_string_equal(world_run(w), "");
	world_replace(&vif->seen.keys.bridge, "xenbr0");
	world_resolve_all(w);
	assert_int_equal(vif->wanted.verdict, VIF_WANTED);
	vif->seen.online = false;
	vif->seen.state = XENBUS_CLOSED;
	world_resolve_all(w);
	assert_int_equal(vif->wanted.verdict, VIF_LEAVING);
}

static void test_waits_for_uuid(void **state)
{
	struct world *w = *state;
	struct vif *vif;

	world_add_link(w, 1, "xenbr0", true);
	world_add_link(w, 3, "vif3.0", false);
	vif = world_add_vif(w, 3, 0, "xenbr0", "00:16:3e:00:00:03");
	world_resolve_all(w);
	assert_int_equal(vif->wanted.verdict, VIF_WAITING);
	assert_string_equal(world_run(w), "");
}

static void test_failure_holds_back_only_its_owner(void **state)
{
	struct world *w = *state;
	struct vif *vif = world_plugged(w);

	ports_remove(&w->facts.ports, 3);
	vif->progress[HALF_VIF].retry.at = w->now + 500;
	world_add_link(w, 4, "vif4.0", false);
	world_add_vif(w, 4, 4, "xenbr0", "00:16:3e:00:00:04");
	world_resolve_all(w);
	assert_string_equal(world_run(w), "4:prepare 4:join 4:up");
	assert_int_equal(w->plan.retry_at, w->now + 500);
	w->now += 500;
	assert_string_equal(world_run(w), "3:prepare 3:join 3:up");
}

/* A port of a kind that is made for the purpose goes the way of all others. */
static void test_made_port(void **state)
{
	static const uint32_t vni = 7;
	static const struct link_attr data = { .type = 1, .len = sizeof(vni), .value = &vni };
	static const struct link_spec spec = {
		.name = "tun0", .kind = "vxlan", .data = &data, .count = 1,
	};
	struct world *w = *state;
	struct progress progress = { .claimed = -1 };
	struct wanted_port tunnel = {
		.kind = PORT_TUNNEL, .stand = PORT_WANTED, .sw = "xenbr0", .netdev = "tun0",
		.create = &spec, .mtu = 1450, .claim = -1, .progress = &progress,
	};

	world_configure(w);
	tunnel.policy = w->facts.config.switches[0].uplinks[0].policy;
	cookie_for_uplink(&tunnel.cookie, "tun0");
	w->extra = &tunnel;
	/* Its switch may come later; a netdev of another kind with its name is not taken. */
	assert_string_equal(world_run(w), "0:switch 0:link 1:program 1:up 10:set 10:join 10:up");
	assert_int_equal(links_by_name(&w->facts.links, "tun0")->mtu, 1450);
	assert_string_equal(world_run(w), "");
	strcpy(links_by_name(&w->facts.links, "tun0")->kind, "dummy");
	world_plan(w);
	assert_int_equal(w->plan.count, 1);
	assert_int_equal(w->plan.ops[0].code, OP_LINK_NEW);
	/* Making it fails, so it waits. */
	progress_reset(&progress, 0);
	retry_failed(&progress.retry, w->now, -EEXIST, "a netdev of that name exists");
	assert_string_equal(world_run(w), "");
	retry_reset(&progress.retry);
	w->extra = NULL;
	assert_string_equal(world_run(w), "10:leave");
}

/* A configuration that is read again knows nothing of what became of the last one. */
static void test_config_reload(void **state)
{
	struct world *w = *state;
	struct named_progress *uplink;

	world_configure(w);
	world_add_link(w, 1, "xenbr0", true);
	world_add_link(w, 2, "eth0", false);
	world_plan(w);
	uplink = named_progress_get(&w->facts.progress, "eth0");
	uplink->progress.ifindex = 2;
	retry_failed(&uplink->progress.retry, w->now, -EBUSY, "busy");
	links_get(&w->facts.links, 1)->ageing_ms = 60000;
	config_deinit(&w->facts.config);
	world_configure(w);
	assert_string_equal(world_run(w), "1:ageing 1:program 1:up");
	assert_int_equal(uplink->progress.retry.failures, 1);
	assert_int_equal(w->plan.retry_at, w->now + RETRY_FIRST_US);
	w->now += RETRY_FIRST_US;
	assert_string_equal(world_run(w), "2:free 2:join 2:up");
	/* What is not configured any more is forgotten. */
	config_deinit(&w->facts.config);
	assert_string_equal(world_run(w), "2:leave");
	assert_null(named_progress_get(&w->facts.progress, "eth0"));
	assert_null(named_progress_get(&w->facts.progress, "xenbr0"));
}

#define TEST(f)	cmocka_unit_test_setup_teardown(f, world_setup, world_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_start), TEST(test_restart_changes_nothing), TEST(test_policy_change),
		TEST(test_vifname), TEST(test_recreated_netdev), TEST(test_domid_reuse),
		TEST(test_migration), TEST(test_cancelled_migration), TEST(test_duplicate_mac),
		TEST(test_stale_ports), TEST(test_tap_pair), TEST(test_stub_domain),
		TEST(test_module_reload),
		TEST(test_refused_and_foreign), TEST(test_waits_for_uuid),
		TEST(test_failure_holds_back_only_its_owner), TEST(test_config_reload),
		TEST(test_made_port),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
