// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The planner on tables of facts. No I/O: "kernel" here is a function that
 * enters a plan's operations into the facts as a kernel that obeys would.
 */
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
#include "vifswitchd/plan.h"
#include "vifswitchd/status.h"

struct world {
	struct facts facts;
	struct plan plan;
	uint64_t now;
	uint64_t generation;
	char trace[1024];	/* of the last run: "3:join 3:up" */
};

static const char switch_name[][IFNAMSIZ] = { "xenbr0" };
static const struct switch_names known = { switch_name, 1 };

static void add_link(struct world *w, uint32_t ifindex, const char *name, bool is_switch)
{
	struct link link = { .ifindex = ifindex, .mtu = 1500, .is_switch = is_switch };

	strcpy(link.name, name);
	if (!is_switch)
		link.is_half = link_parse_name(name, &link.domid, &link.devid, &link.half);
	assert_int_equal(links_update(&w->facts.links, &link), 0);
}

static void resolve_all(struct world *w)
{
	struct resolve_context ctx = { .switches = &known, .policy_generation = w->generation };
	struct vif *vif;

	map_for_each(&w->facts.vifs.by_key, i, vif)
		vif_resolve(vif, &ctx);
	w->facts.vifs.rivals_stale = true;
}

static void replace(char **at, const char *value)
{
	free(*at);
	*at = value ? strdup(value) : NULL;
}

static struct vif *add_vif(struct world *w, uint32_t domid, uint8_t uuid_end, const char *bridge,
			   const char *mac)
{
	struct vif *vif = vifs_add(&w->facts.vifs, &w->facts.domains, domid, 0);
	uint8_t uuid[16] = { [0] = 0xaa, [10] = 1, [15] = uuid_end };

	assert_non_null(vif);
	if (uuid_end)
		domain_set_uuid(vif->domain, uuid);
	domain_set_name(vif->domain, "web");
	vif->exists = vif->online = true;
	vif->dirty = false;
	vif->state = XENBUS_INIT_WAIT;
	replace(&vif->script, "/etc/xen/scripts/vif-vifswitch");
	replace(&vif->keys.bridge, bridge);
	replace(&vif->keys.mac, mac);
	return vif;
}

static void obey(struct world *w, const struct op *op)
{
	static const char *const words[] = {
		[OP_PORT_DEL] = "leave", [OP_SWITCH_NEW] = "switch", [OP_SWITCH_AGEING] = "ageing",
		[OP_PORT_NEW] = "join", [OP_PORT_SET] = "program", [OP_ANNOUNCE] = "announce",
	};
	const char *word = words[op->kind];
	struct link link = {};
	struct port *port;
	char text[64];

	if (links_get(&w->facts.links, op->ifindex))
		link = *links_get(&w->facts.links, op->ifindex);
	switch (op->kind) {
	case OP_SWITCH_NEW:
		add_link(w, 1, op->name, true);
		break;
	case OP_LINK_SET:
		word = op->link.up ? "up" : op->link.quiet ? "prepare" : "set";
		link.flags = op->link.up ? IFF_UP : op->link.down ? 0 : link.flags;
		link.mtu = op->link.mtu ? op->link.mtu : link.mtu;
		if (op->link.name[0])
			strcpy(link.name, op->link.name);
		links_update(&w->facts.links, &link);
		break;
	case OP_PORT_DEL:
		ports_remove(&w->facts.ports, op->ifindex);
		break;
	case OP_PORT_NEW:
	case OP_PORT_SET:
		port = ports_update(&w->facts.ports, op->sw, op->ifindex, op->program->blob,
				    op->program->len, op->cookie.text, op->cookie.len);
		assert_non_null(port);
		if (op->owner == OWNER_VIF && op->kind == OP_PORT_NEW) {
			assert_false(link.flags & IFF_UP);
			vif_half_reset(&op->vif->half[op->half], op->ifindex);
			op->vif->half[op->half].claimed = VIFSWITCH_CLAIM_DORMANT;
		}
		break;
	case OP_CLAIM:
		word = op->claim ? "active" : "dormant";
		op->vif->half[op->half].ifindex = op->ifindex;
		op->vif->half[op->half].claimed = op->claim;
		ports_get(&w->facts.ports, op->ifindex)->claim = op->claim;
		break;
	default:
		break;
	}
	snprintf(text, sizeof(text), "%s%u:%s", w->trace[0] ? " " : "", op->ifindex, word);
	assert_true(strlen(w->trace) + strlen(text) < sizeof(w->trace));
	strcat(w->trace, text);
}

/* Plan and obey until nothing is left; what was done is in the trace. */
static const char *run(struct world *w)
{
	w->trace[0] = '\0';
	for (int round = 0; round < 5; round++) {
		assert_int_equal(plan_make(&w->facts, w->now, &w->plan), 0);
		if (!w->plan.count)
			return w->trace;
		for (size_t i = 0; i < w->plan.count; i++)
			obey(w, &w->plan.ops[i]);
	}
	fail_msg("the plan does not come to an end: %s", w->trace);
	return NULL;
}

static int setup(void **state)
{
	struct world *w = calloc(1, sizeof(*w));

	w->now = 1000;
	w->facts.links.complete = w->facts.ports.complete = w->facts.vifs.complete = true;
	*state = w;
	return 0;
}

static int teardown(void **state)
{
	struct world *w = *state;

	plan_deinit(&w->plan);
	vifs_deinit(&w->facts.vifs, &w->facts.domains);
	domains_deinit(&w->facts.domains);
	ports_deinit(&w->facts.ports);
	links_deinit(&w->facts.links);
	config_deinit(&w->facts.config);
	free(w);
	return 0;
}

static void configure(struct world *w)
{
	struct problem problem;
	struct vlans vlans;
	struct cfg_switch *sw = calloc(2, sizeof(*sw));

	w->facts.config = (struct config){ .switches = sw, .count = 1 };
	strcpy(sw->name, "xenbr0");
	sw->ageing_ms = 300000;
	sw->uplinks = calloc(2, sizeof(*sw->uplinks));
	sw->uplink_count = 1;
	strcpy(sw->uplinks[0].name, "eth0");
	vlans_init(&vlans);
	vlans_set_native(&vlans, 0);
	assert_int_equal(compile_local(&vlans, &sw->local, &problem), 0);
	vlan_bit_set(vlans.allowed, 100);
	assert_int_equal(compile_uplink(&vlans, &sw->uplinks[0].program, &problem), 0);
}

static void test_start(void **state)
{
	struct world *w = *state;

	configure(w);
	add_link(w, 2, "eth0", false);
	add_link(w, 3, "vif3.0", false);
	add_vif(w, 3, 3, "xenbr0.100", "00:16:3e:00:00:03");
	resolve_all(w);
	assert_string_equal(run(w), "0:switch 1:program 1:up 2:join 2:up 3:prepare 3:join 3:up");
	assert_string_equal(run(w), "");
	w->facts.config.switches[0].actual_ageing_ms = 1000;
	assert_int_equal(plan_make(&w->facts, w->now, &w->plan), 0);
	assert_int_equal(w->plan.count, 1);
	assert_int_equal(w->plan.ops[0].kind, OP_SWITCH_AGEING);
	assert_int_equal(w->plan.ops[0].ageing_ms, 300000);
}

static struct vif *plugged(struct world *w)
{
	struct vif *vif;

	add_link(w, 1, "xenbr0", true);
	add_link(w, 3, "vif3.0", false);
	vif = add_vif(w, 3, 3, "xenbr0.100", "00:16:3e:00:00:03");
	resolve_all(w);
	assert_string_equal(run(w), "3:prepare 3:join 3:up");
	return vif;
}

/* What a new daemon knows of what its predecessor did: nothing. */
static void forget_efforts(struct world *w)
{
	struct vif *vif;

	map_for_each(&w->facts.vifs.by_key, i, vif) {
		for (int half = 0; half < HALF_COUNT; half++)
			vif_half_reset(&vif->half[half], 0);
	}
}

static void test_restart_changes_nothing(void **state)
{
	struct world *w = *state;
	struct vif *vif = plugged(w);

	vif->state = XENBUS_CONNECTED;
	assert_string_equal(run(w), "3:active 3:announce");
	forget_efforts(w);
	assert_string_equal(run(w), "");
	/* It crashed between joining and claiming: only that is made up for. */
	ports_get(&w->facts.ports, 3)->claim = VIFSWITCH_CLAIM_DORMANT;
	assert_string_equal(run(w), "3:active 3:announce");
}

static void test_policy_change(void **state)
{
	struct world *w = *state;
	struct vif *vif = plugged(w);

	replace(&vif->keys.rate, "6250,50000");
	resolve_all(w);
	assert_string_equal(run(w), "3:program");
	replace(&vif->keys.mtu, "1400");
	resolve_all(w);
	assert_string_equal(run(w), "3:set");
	assert_int_equal(links_get(&w->facts.links, 3)->mtu, 1400);
	replace(&vif->keys.bridge, "xenbr0.5000");
	resolve_all(w);
	assert_string_equal(run(w), "3:leave");
	assert_string_equal(run(w), "");
}

static void test_vifname(void **state)
{
	struct world *w = *state;
	struct vif *vif;

	add_link(w, 1, "xenbr0", true);
	add_link(w, 3, "vif3.0", false);
	add_link(w, 4, "vif3.0-emu", false);
	vif = add_vif(w, 3, 3, "xenbr0", "00:16:3e:00:00:03");
	replace(&vif->keys.vifname, "web0");
	resolve_all(w);
	assert_string_equal(run(w), "3:prepare 3:join 3:up 4:prepare 4:join 4:up");
	assert_string_equal(links_get(&w->facts.links, 3)->name, "web0");
	assert_string_equal(links_get(&w->facts.links, 4)->name, "web0-emu");
	assert_string_equal(run(w), "");
}

static void test_recreated_netdev(void **state)
{
	struct world *w = *state;
	struct vif *vif = plugged(w);

	vif->state = XENBUS_CONNECTED;
	run(w);
	links_remove(&w->facts.links, 3);
	ports_remove(&w->facts.ports, 3);
	assert_string_equal(run(w), "");
	add_link(w, 9, "vif3.0", false);
	assert_string_equal(run(w), "9:prepare 9:join 9:up 9:active 9:announce");
}

static void test_domid_reuse(void **state)
{
	struct world *w = *state;
	uint8_t uuid[16] = { [0] = 0xbb, [10] = 1 };
	struct vif *vif = plugged(w);

	/* The same netdev, another VM: the port must not keep the old identity. */
	domain_set_uuid(vif->domain, uuid);
	resolve_all(w);
	assert_string_equal(run(w), "3:program");
	assert_true(cookie_equal(&vif->cookie, ports_get(&w->facts.ports, 3)->cookie,
				 ports_get(&w->facts.ports, 3)->cookie_len));
	/* While it dies, its UUID is rubbish and is not taken. */
	vif->domain->dying = true;
	uuid[1] = 0xde;
	domain_set_uuid(vif->domain, uuid);
	resolve_all(w);
	assert_string_equal(run(w), "");
}

static void test_migration(void **state)
{
	struct world *w = *state;
	struct vif *source = plugged(w), *destination;

	source->state = XENBUS_CONNECTED;
	assert_string_equal(run(w), "3:active 3:announce");
	/* The same VM arrives on the same host, under another domid. */
	add_link(w, 4, "vif4.0", false);
	destination = add_vif(w, 4, 3, "xenbr0.100", "00:16:3e:00:00:03");
	resolve_all(w);
	assert_string_equal(run(w), "4:prepare 4:join 4:up");
	source->domain->suspended = true;
	assert_string_equal(run(w), "3:dormant");
	destination->state = XENBUS_CONNECTED;
	assert_string_equal(run(w), "4:active 4:announce");
	/* The source is torn down. */
	source->domain->dying = true;
	vifs_remove(&w->facts.vifs, &w->facts.domains, source);
	assert_string_equal(run(w), "3:leave");
}

static void test_cancelled_migration(void **state)
{
	struct world *w = *state;
	struct vif *vif = plugged(w);

	vif->state = XENBUS_CONNECTED;
	run(w);
	vif->domain->suspended = true;
	assert_string_equal(run(w), "3:dormant");
	vif->domain->suspended = false;
	assert_string_equal(run(w), "3:active 3:announce");
	/* What the kernel decided by the VM's own frames is not undone. */
	ports_get(&w->facts.ports, 3)->claim = VIFSWITCH_CLAIM_DORMANT;
	assert_string_equal(run(w), "");
}

static void test_duplicate_mac(void **state)
{
	struct world *w = *state;
	struct vif *first = plugged(w), *second;
	struct status status;

	/* The lower domid does not help a VIF that comes later. */
	add_link(w, 4, "vif2.0", false);
	second = add_vif(w, 2, 2, "xenbr0.200", "00:16:3e:00:00:03");
	domain_set_name(second->domain, "db");
	resolve_all(w);
	assert_string_equal(run(w), "");
	assert_null(first->rival);
	assert_ptr_equal(second->rival, first);
	status_of_half(&w->facts, second, HALF_VIF, &status);
	assert_int_equal(status.state, STATE_FAILED);
	assert_string_equal(status.text, "VM db VIF 0: mac=00:16:3e:00:00:03: VM web VIF 0 has that "
			    "address on switch xenbr0 already; each VIF there needs its own");
	vifs_remove(&w->facts.vifs, &w->facts.domains, first);
	assert_string_equal(run(w), "3:leave 4:prepare 4:join 4:up");
}

static void test_stale_ports(void **state)
{
	static const char foreign[] = "somebody else's";
	struct world *w = *state;
	struct cookie cookie;

	plugged(w);
	cookie_for_uplink(&cookie, "gone0");
	add_link(w, 7, "x7", false);
	add_link(w, 8, "x8", false);
	add_link(w, 9, "x9", false);
	ports_update(&w->facts.ports, 1, 7, NULL, 0, cookie.text, cookie.len);
	ports_update(&w->facts.ports, 1, 8, NULL, 0, foreign, sizeof(foreign) - 1);
	ports_update(&w->facts.ports, 1, 9, NULL, 0, NULL, 0);
	w->facts.vifs.complete = false;
	assert_string_equal(run(w), "");
	w->facts.vifs.complete = true;
	assert_string_equal(run(w), "7:leave");
	/* A VIF that was not judged yet keeps what it has. */
	vifs_get(&w->facts.vifs, 3, 0)->resolved = false;
	assert_string_equal(run(w), "");
}

static void test_tap_pair(void **state)
{
	struct world *w = *state;
	struct vif *vif = plugged(w);

	add_link(w, 5, "vif3.0-emu", false);
	assert_string_equal(run(w), "5:prepare 5:join 5:up");
	assert_int_equal(ports_get(&w->facts.ports, 5)->cookie_len, vif->cookie.len);
	vif->state = XENBUS_CONNECTED;
	assert_string_equal(run(w), "3:active 3:announce");
	vif->half[HALF_TAP].released = true;
	assert_string_equal(run(w), "5:leave");
}

static void test_module_reload(void **state)
{
	struct world *w = *state;

	configure(w);
	add_link(w, 3, "vif3.0", false);
	add_vif(w, 3, 3, "xenbr0.100", "00:16:3e:00:00:03");
	resolve_all(w);
	assert_string_equal(run(w), "0:switch 1:program 1:up 3:prepare 3:join 3:up");
	links_remove(&w->facts.links, 1);
	ports_mark(&w->facts.ports);
	ports_sweep(&w->facts.ports);
	assert_string_equal(run(w), "0:switch 1:program 1:up 3:prepare 3:join 3:up");
}

static void test_refused_and_foreign(void **state)
{
	struct world *w = *state;
	struct vif *vif;

	add_link(w, 1, "xenbr0", true);
	add_link(w, 3, "vif3.0", false);
	vif = add_vif(w, 3, 3, "nosuch", "00:16:3e:00:00:03");
	resolve_all(w);
	assert_int_equal(vif->verdict, VIF_REFUSED);
	assert_string_equal(run(w), "");
	replace(&vif->script, "/etc/xen/scripts/vif-bridge");
	resolve_all(w);
	assert_int_equal(vif->verdict, VIF_FOREIGN);
	assert_string_equal(run(w), "");
	replace(&vif->keys.bridge, "xenbr0");
	resolve_all(w);
	assert_int_equal(vif->verdict, VIF_WANTED);
	vif->online = false;
	vif->state = XENBUS_CLOSED;
	resolve_all(w);
	assert_int_equal(vif->verdict, VIF_LEAVING);
}

static void test_waits_for_uuid(void **state)
{
	struct world *w = *state;
	struct vif *vif;

	add_link(w, 1, "xenbr0", true);
	add_link(w, 3, "vif3.0", false);
	vif = add_vif(w, 3, 0, "xenbr0", "00:16:3e:00:00:03");
	resolve_all(w);
	assert_int_equal(vif->verdict, VIF_WAITING);
	assert_string_equal(run(w), "");
}

static void test_failure_holds_back_only_its_owner(void **state)
{
	struct world *w = *state;
	struct vif *vif = plugged(w);

	ports_remove(&w->facts.ports, 3);
	vif->half[HALF_VIF].effort.retry_at = w->now + 500;
	add_link(w, 4, "vif4.0", false);
	add_vif(w, 4, 4, "xenbr0", "00:16:3e:00:00:04");
	resolve_all(w);
	assert_string_equal(run(w), "4:prepare 4:join 4:up");
	assert_int_equal(w->plan.retry_at, w->now + 500);
	w->now += 500;
	assert_string_equal(run(w), "3:prepare 3:join 3:up");
}

#define TEST(f)	cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_start), TEST(test_restart_changes_nothing), TEST(test_policy_change),
		TEST(test_vifname), TEST(test_recreated_netdev), TEST(test_domid_reuse),
		TEST(test_migration), TEST(test_cancelled_migration), TEST(test_duplicate_mac),
		TEST(test_stale_ports), TEST(test_tap_pair), TEST(test_module_reload),
		TEST(test_refused_and_foreign), TEST(test_waits_for_uuid),
		TEST(test_failure_holds_back_only_its_owner),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
