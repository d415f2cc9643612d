// SPDX-License-Identifier: GPL-2.0-or-later
/* Mirrors of the database against what is here: numbers, outputs, and in which order. */
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
#include "show/mirror-document.h"
#include "tests/unit/mirror-put.h"
#include "tests/unit/vifswitchd-world.h"
#include "vifswitchd/status.h"

#define ROW(n)	"5ca1ab1e-0000-0000-0000-00000000000" #n
/* As world_add_vif() makes them. */
#define VM(n)	"aa000000-0000-0000-0000-01000000000" #n
struct bed {
	struct world *w;
	struct policies policies;
};

static void put(struct bed *b, const char *uuid, const char *name, const char *columns)
{
	mirror_put(&b->policies, &b->w->facts.mirrors, uuid, name, columns);
}

static void gone(struct bed *b, const char *uuid, const char *name)
{
	json_t *json = json_pack("{s:[s, s], s:s}", "_uuid", "uuid", uuid, "name", name);

	policies_remove(&b->policies, OBJECT_MIRROR, json);
	json_decref(json);
	mirrors_read(&b->w->facts.mirrors, &b->policies);
}

/* eth0 is 2, the VMs 3, 4 and 5 are vif3.0 to vif5.0. */
static int setup(void **state)
{
	struct bed *b = calloc(1, sizeof(*b));
	void *world;

	world_setup(&world);
	b->w = world;
	world_configure(b->w);
	world_add_link(b->w, 2, "eth0", false);
	for (uint32_t n = 3; n <= 5; n++) {
		char name[IFNAMSIZ], mac[18];

		snprintf(name, sizeof(name), "vif%u.0", n);
		snprintf(mac, sizeof(mac), "00:16:3e:00:00:%02x", n);
		world_add_link(b->w, n, name, false);
		world_add_vif(b->w, n, (uint8_t)n, "xenbr0.100", mac);
	}
	world_resolve_all(b->w);
	mirrors_read(&b->w->facts.mirrors, &b->policies);
	sensors_locate(&b->w->facts.mirrors, &(struct sensor_places){ .known = true });
	*state = b;
	return 0;
}

static int teardown(void **state)
{
	struct bed *b = *state;
	void *world = b->w;

	world_teardown(&world);
	policies_deinit(&b->policies);
	free(b);
	return 0;
}

static uint32_t from_of(const struct bed *b, uint32_t ifindex)
{
	const struct port *port = ports_get(&b->w->facts.ports, ifindex);

	return port && port->policy ? port->policy->header.mirror_from : 0;
}

static uint32_t to_of(const struct bed *b, uint32_t ifindex)
{
	const struct port *port = ports_get(&b->w->facts.ports, ifindex);

	return port && port->policy ? port->policy->header.mirror_to : 0;
}

/* The state of the only mirror, and what its only use waits for. */
static void assert_state(const struct bed *b, const char *state, const char *error)
{
	const struct mirrors *all = &b->w->facts.mirrors;
	json_t *switches = json_array(), *doc;
	const char *waits = "";

	if (all->uses) {
		json_array_append_new(switches, mirror_use_json(&(struct mirror_use_facts){
			.all = all, .use = all->uses, .sources = json_array() }));
		waits = json_string_value(json_object_get(json_array_get(switches, 0), "error")) ?: "";
	}
	assert_string_equal(waits, error);
	doc = mirror_json(all, all->list[0], json_array(), switches);
	assert_string_equal(json_string_value(json_object_get(doc, "state")), state);
	json_decref(doc);
}

static void test_sensor(void **state)
{
	struct bed *b = *state;
	struct vif *sensor = vifs_get(&b->w->facts.vifs, 5, 0);
	struct status status;

	put(b, ROW(1), "m", "\"vms\": \"" VM(3) "\", \"output_vif\": \"" VM(5) "/0\"");
	/* The sensor is there and closed, then the mirror, then whom it copies. */
	assert_string_equal(world_run(b->w), "0:switch 1:program 1:up 2:free 2:join 2:up "
			    "5:prepare 5:join 5:up m1:set 3:prepare 3:join 3:up "
			    "4:prepare 4:join 4:up");
	assert_int_equal(from_of(b, 3), 1);
	assert_int_equal(to_of(b, 3), 1);
	assert_int_equal(from_of(b, 4), 0);
	assert_null(ports_get(&b->w->facts.ports, 5)->policy);
	status_of_half(&b->w->facts, sensor, HALF_VIF, &status);
	assert_int_equal(status.state, STATE_PLUGGED);
	assert_state(b, "in-force", "");
	assert_string_equal(world_run(b->w), "");
	/* The mirror goes before its output may speak. */
	gone(b, ROW(1), "m");
	assert_string_equal(world_run(b->w), "m1:delete 5:program 3:program");
	assert_int_equal(from_of(b, 3), 0);
}

static void test_direction_and_change(void **state)
{
	struct bed *b = *state;

	put(b, ROW(1), "m", "\"vms\": \"" VM(3) "/0\", \"direction\": \"from\", "
			    "\"output_vif\": \"" VM(5) "/0\"");
	world_run(b->w);
	assert_int_equal(from_of(b, 3), 1);
	assert_int_equal(to_of(b, 3), 0);
	/* Another sensor: it is closed first, and the old one opened last. */
	put(b, ROW(1), "m", "\"vms\": \"" VM(3) "/0\", \"direction\": \"to\", "
			    "\"output_vif\": \"" VM(4) "/0\"");
	assert_string_equal(world_run(b->w), "4:program m1:set 5:program 3:program");
	assert_int_equal(from_of(b, 3), 0);
	assert_int_equal(to_of(b, 3), 1);
	/* A rate alone touches no port. */
	put(b, ROW(1), "m", "\"vms\": \"" VM(3) "/0\", \"direction\": \"to\", \"copies\": 5, "
			    "\"output_vif\": \"" VM(4) "/0\"");
	assert_string_equal(world_run(b->w), "m1:set");
	put(b, ROW(1), "m", "\"vms\": \"" VM(3) "/0\", \"admin_state\": \"down\", "
			    "\"output_vif\": \"" VM(4) "/0\"");
	assert_string_equal(world_run(b->w), "m1:delete 3:program 4:program");
	assert_state(b, "down", "");
}

/* A new daemon: it finds these in the kernel, then hears the rows. */
static void restart(struct bed *b, const struct dp_mirror *dp, size_t count)
{
	struct mirrors *all = &b->w->facts.mirrors;
	struct vif *vif;

	mirrors_deinit(all);
	while (count--)
		mirrors_enter(all, &dp[count]);
	world_forget_retries(b->w);
	/* Not before the database was heard. */
	map_for_each(&b->w->facts.vifs.by_key, i, vif)
		vif->seen.changes++;
	assert_string_equal(world_run(b->w), "");
	world_resolve_all(b->w);
	mirrors_read(all, &b->policies);
}

/* A new daemon finds its mirrors by their cookies, whatever their order is by now. */
static void test_restart(void **state)
{
	struct bed *b = *state;
	struct mirrors *all = &b->w->facts.mirrors;
	struct dp_mirror dp[2] = {};

	put(b, ROW(2), "b", "\"vms\": \"" VM(3) "\", \"output_vif\": \"" VM(5) "/0\"");
	world_run(b->w);
	put(b, ROW(1), "a", "\"vms\": \"" VM(3) "\", \"output_vlan\": 9");
	world_run(b->w);
	assert_int_equal(from_of(b, 3), 3);
	assert_int_equal(all->kernel_count, 2);
	for (size_t i = 0; i < 2; i++)
		dp[i] = (struct dp_mirror){
			.sw = 1, .number = all->kernel[i]->number, .spec = all->kernel[i]->spec,
			.cookie = all->kernel[i]->number == 1 ? ROW(2) : ROW(1), .cookie_len = 36,
		};
	restart(b, dp, 2);
	assert_string_equal(world_run(b->w), "");
}

static void test_source_comes_back(void **state)
{
	struct bed *b = *state;
	struct vif *source = vifs_get(&b->w->facts.vifs, 3, 0);

	put(b, ROW(1), "m", "\"vms\": \"" VM(3) "\", \"output_vif\": \"" VM(5) "/0\"");
	world_run(b->w);
	/* It is off: the mirror stays, with what it counted. */
	xen_vifs_remove(&b->w->facts.vifs, &source->seen);
	links_remove(&b->w->facts.links, 3);
	ports_remove(&b->w->facts.ports, 3);
	assert_string_equal(world_run(b->w), "");
	assert_state(b, "no-source", "");
	world_add_link(b->w, 9, "vif9.0", false);
	world_add_vif(b->w, 9, 3, "xenbr0.100", "00:16:3e:00:00:03");
	world_resolve_all(b->w);
	assert_string_equal(world_run(b->w), "9:prepare 9:join 9:up");
	assert_int_equal(from_of(b, 9), 1);
	assert_state(b, "in-force", "");
}

static void test_sensor_comes_back(void **state)
{
	struct bed *b = *state;

	put(b, ROW(1), "m", "\"vms\": \"" VM(3) "\", \"output_vif\": \"" VM(5) "/0\"");
	world_run(b->w);
	links_remove(&b->w->facts.links, 5);
	ports_remove(&b->w->facts.ports, 5);
	b->w->facts.mirrors.kernel[0]->spec.output_port = 0;
	assert_string_equal(world_run(b->w), "");
	assert_state(b, "no-output", "the sensor is not on this host");
	world_add_link(b->w, 8, "vif5.0", false);
	assert_string_equal(world_run(b->w), "8:prepare 8:join 8:up m1:set");
	assert_int_equal(b->w->facts.mirrors.kernel[0]->spec.output_port, 8);
}

/* The new output is not here: the old one gets no more copies, and is a port as any other. */
static void test_output_goes_elsewhere(void **state)
{
	struct bed *b = *state;

	put(b, ROW(1), "m", "\"vms\": \"" VM(3) "\", \"output_vif\": \"" VM(5) "/0\"");
	world_run(b->w);
	put(b, ROW(1), "m", "\"vms\": \"" VM(3) "\", \"output_vif\": \"" VM(9) "/0\"");
	assert_string_equal(world_run(b->w), "m1:delete 5:program");
	assert_state(b, "no-output", "the sensor is not on this host");
	assert_non_null(ports_get(&b->w->facts.ports, 5)->policy);
	assert_string_equal(world_run(b->w), "");
}

/* An output that cannot join yet is waited for; nothing is tried in vain. */
static void test_sensor_waits(void **state)
{
	struct bed *b = *state;
	struct vif *sensor = vifs_get(&b->w->facts.vifs, 5, 0);

	put(b, ROW(1), "m", "\"vms\": \"" VM(3) "\", \"output_vif\": \"" VM(5) "/0\"");
	world_run(b->w);
	links_remove(&b->w->facts.links, 5);
	ports_remove(&b->w->facts.ports, 5);
	b->w->facts.mirrors.kernel[0]->spec.output_port = 0;
	world_run(b->w);
	world_add_link(b->w, 8, "vif5.0", false);
	progress_reset(&sensor->progress[HALF_VIF], 8);
	sensor->progress[HALF_VIF].generation = sensor->wanted.of_row;
	retry_failed(&sensor->progress[HALF_VIF].retry, b->w->now, -EBUSY, "joining");
	assert_string_equal(world_run(b->w), "");
	b->w->now = sensor->progress[HALF_VIF].retry.at;
	assert_string_equal(world_run(b->w), "8:prepare 8:join 8:up m1:set");
}

/* A VIF without a netdev is not copied, though the toolstack has it. */
static void test_no_netdev(void **state)
{
	struct bed *b = *state;

	put(b, ROW(1), "m", "\"vms\": \"" VM(3) "\", \"output_vif\": \"" VM(5) "/0\"");
	world_run(b->w);
	links_remove(&b->w->facts.links, 3);
	ports_remove(&b->w->facts.ports, 3);
	world_run(b->w);
	assert_state(b, "no-source", "");
}

static void test_netdev(void **state)
{
	struct bed *b = *state;

	put(b, ROW(1), "m", "\"switches\": \"xenbr0\", \"output_netdev\": \"mon0\"");
	world_run(b->w);
	assert_state(b, "no-output", "there is no such netdev here");
	world_add_link(b->w, 7, "mon0", false);
	assert_string_equal(world_run(b->w), "7:free 7:prepare 7:join 7:up m1:set");
	assert_int_equal(from_of(b, 3) & from_of(b, 4) & from_of(b, 2) & from_of(b, 1), 1);
	gone(b, ROW(1), "m");
	assert_string_equal(world_run(b->w), "m1:delete 7:leave 1:program 2:program 5:program "
			    "3:program 4:program");
	/* An uplink is none. */
	put(b, ROW(1), "m", "\"vms\": \"" VM(3) "\", \"output_netdev\": \"eth0\"");
	world_run(b->w);
	assert_state(b, "no-output", "the netdev of its output is an uplink");
	assert_non_null(ports_get(&b->w->facts.ports, 2)->policy);
	/* A VIF's netdev is that VIF's. */
	put(b, ROW(1), "m", "\"vms\": \"" VM(3) "\", \"output_netdev\": \"vif5.0\"");
	assert_string_equal(world_run(b->w), "5:program m1:set");
	assert_state(b, "in-force", "");
}

static void test_vlan(void **state)
{
	struct bed *b = *state;
	const struct port_policy *policy;
	struct program_parts parts;

	put(b, ROW(1), "m", "\"vms\": \"" VM(3) "\", \"output_vlan\": 100");
	world_run(b->w);
	assert_state(b, "in-force", "");
	policy = ports_get(&b->w->facts.ports, 2)->policy;
	assert_int_equal(policy->header.copy_vlan[0], 100);
	/* VMs that had it have it no more, and may not inject copies. */
	port_policy_parts(ports_get(&b->w->facts.ports, 4)->policy, &parts);
	assert_false(vlan_bit(parts.vlans.allowed, 100));
	assert_int_equal(parts.vlans.pvid, VIFSWITCH_VID_NONE);
	gone(b, ROW(1), "m");
	world_run(b->w);
	port_policy_parts(ports_get(&b->w->facts.ports, 4)->policy, &parts);
	assert_true(vlan_bit(parts.vlans.allowed, 100));
	assert_int_equal(ports_get(&b->w->facts.ports, 2)->policy->header.copy_vlan[0], 0);
}

static void test_remote(void **state)
{
	struct bed *b = *state;
	const struct link *link;

	put(b, ROW(1), "m", "\"vms\": \"" VM(3) "\", \"output_remote\": \"192.0.2.9\", "
			    "\"erspan_session\": 7");
	assert_string_equal(world_run(b->w), "0:switch 0:link 1:program 1:up 2:free 2:join 2:up "
			    "10:prepare 10:join 10:up m1:set 5:prepare 5:join 5:up "
			    "3:prepare 3:join 3:up 4:prepare 4:join 4:up");
	link = links_get(&b->w->facts.links, 10);
	assert_string_equal(link->kind, "erspan");
	assert_true(erspan_is_ours(link));
	assert_string_equal(world_run(b->w), "");
	/* Another session is another netdev. */
	gone(b, ROW(1), "m");
	assert_string_equal(world_run(b->w), "m1:delete 10:delete 3:program");
	assert_null(links_get(&b->w->facts.links, 10));
	put(b, ROW(1), "m", "\"vms\": \"" VM(3) "\", \"output_remote\": \"192.0.2.0/24\"");
	world_run(b->w);
	assert_state(b, "refused", "");
}

/* ---- sensors on other hosts ---- */

static struct policy_place elsewhere;	/* where every VIF is, for all others know */

static void find_place(const struct row_vif *vif, struct policy_place *ret, void *arg)
{
	*ret = elsewhere;
}

static void locate(struct bed *b, const char *host, const char *address, const char *own)
{
	static uint64_t generation;
	struct sensor_places places = { .generation = ++generation, .known = host,
					.find = find_place };

	elsewhere = (struct policy_place){};
	strcpy(elsewhere.host, host ?: "");
	assert_true(!address || prefix_parse_host(address, &elsewhere.address));
	assert_true(!own || prefix_parse_host(own, &places.own));
	sensors_locate(&b->w->facts.mirrors, &places);
}

static void test_sensor_elsewhere(void **state)
{
	struct bed *b = *state;
	const struct link *link;
	char name[IFNAMSIZ];

	put(b, ROW(1), "m", "\"vms\": \"" VM(3) "\", \"output_vif\": \"" VM(6) "/0\"");
	locate(b, "h2", NULL, NULL);
	world_run(b->w);
	assert_state(b, "no-output",
		     "the sensor is on a host that tells no address (address of vifswitch.conf there), or whose module takes no copies");
	locate(b, "h2", "192.0.2.2", NULL);
	assert_string_equal(world_run(b->w), "0:link 10:prepare 10:join 10:up m1:set");
	assert_state(b, "in-force", "");
	link = links_get(&b->w->facts.links, 10);
	strcpy(name, link->name);
	assert_string_equal(link->kind, "gretap");
	assert_true(relay_goes(link));
	assert_int_equal(link->mtu, RELAY_MTU);
	/* Another mirror with that sensor uses the same netdev, so it gets each frame once. */
	put(b, ROW(2), "n", "\"switches\": \"xenbr0\", \"output_vif\": \"" VM(6) "/0\"");
	locate(b, "h2", "192.0.2.2", NULL);
	world_run(b->w);
	assert_int_equal(b->w->facts.mirrors.kernel[0]->spec.output_port, 10);
	assert_int_equal(b->w->facts.mirrors.kernel[1]->spec.output_port, 10);
	gone(b, ROW(2), "n");
	locate(b, "h2", "192.0.2.2", NULL);
	world_run(b->w);
	/* A daemon that starts does not know it yet, and takes nothing away. */
	locate(b, NULL, NULL, NULL);
	assert_string_equal(world_run(b->w), "");
	/* It moves to a third host, then here: the ports that are copied stay as they are. */
	locate(b, "h3", "192.0.2.3", NULL);
	assert_string_equal(world_run(b->w), "10:delete 0:link 10:prepare 10:join 10:up");
	assert_string_not_equal(links_get(&b->w->facts.links, 10)->name, name);
	world_add_link(b->w, 6, "vif6.0", false);
	world_add_vif(b->w, 6, 6, "xenbr0.100", "00:16:3e:00:00:06");
	world_resolve_all(b->w);
	assert_string_equal(world_run(b->w), "10:delete 6:prepare 6:join 6:up m1:set");
	assert_int_equal(b->w->facts.mirrors.kernel[0]->spec.output_port, 6);
	assert_int_equal(from_of(b, 3), 1);
}

/* The first of those with that sensor may have nothing to copy here, or on another switch. */
static void test_sensor_elsewhere_of_two(void **state)
{
	struct bed *b = *state;

	put(b, ROW(1), "a", "\"vms\": \"" VM(9) "\", \"output_vif\": \"" VM(6) "/0\"");
	put(b, ROW(2), "b", "\"vms\": \"" VM(3) "\", \"output_vif\": \"" VM(6) "/0\"");
	locate(b, "h2", "192.0.2.2", NULL);
	world_run(b->w);
	assert_int_equal(b->w->facts.mirrors.kernel_count, 1);
	assert_int_equal(b->w->facts.mirrors.kernel[0]->spec.output_port, 10);
	assert_int_equal(from_of(b, 3), 1);
	/* A netdev of the host as well. */
	gone(b, ROW(1), "a");
	gone(b, ROW(2), "b");
	world_run(b->w);
	world_add_link(b->w, 7, "mon0", false);
	put(b, ROW(3), "a", "\"vms\": \"" VM(9) "\", \"output_netdev\": \"mon0\"");
	put(b, ROW(4), "b", "\"vms\": \"" VM(3) "\", \"output_netdev\": \"mon0\"");
	world_run(b->w);
	assert_int_equal(b->w->facts.mirrors.kernel_count, 1);
	assert_int_equal(b->w->facts.mirrors.kernel[0]->spec.output_port, 7);
}

/* A new daemon has the rows of the copy on disk first, and then where the sensor is. */
static void test_restart_away(void **state)
{
	struct bed *b = *state;
	struct mirrors *all = &b->w->facts.mirrors;
	struct dp_mirror dp;

	put(b, ROW(1), "m", "\"vms\": \"" VM(3) "\", \"output_vif\": \"" VM(6) "/0\"");
	locate(b, "h2", "192.0.2.2", "192.0.2.1");
	world_run(b->w);
	assert_state(b, "in-force", "");
	dp = (struct dp_mirror){ .sw = 1, .number = 1, .spec = all->kernel[0]->spec,
				 .cookie = ROW(1), .cookie_len = 36 };
	restart(b, &dp, 1);
	locate(b, NULL, NULL, "192.0.2.1");
	assert_string_equal(world_run(b->w), "");
	locate(b, "h2", "192.0.2.2", "192.0.2.1");
	assert_string_equal(world_run(b->w), "");
	assert_state(b, "in-force", "");
}

static void test_copies_come(void **state)
{
	struct bed *b = *state;
	struct mirrors *all = &b->w->facts.mirrors;
	const struct port_policy *policy;
	struct vif *sensor = vifs_get(&b->w->facts.vifs, 5, 0);

	put(b, ROW(1), "m", "\"switches\": \"xenbr0\", \"output_vif\": \"" VM(5) "/0\"");
	locate(b, "", NULL, "2001:db8::1");
	assert_string_equal(world_run(b->w), "0:switch 0:link 1:program 1:up 2:free 2:join 2:up "
			    "5:prepare 5:join 5:up m2:set m1:set 3:prepare 3:join 3:up "
			    "4:prepare 4:join 4:up 10:prepare 10:join 10:up");
	/* What comes is copied by the one that is for it, and by no other: each frame once. */
	policy = ports_get(&b->w->facts.ports, 10)->policy;
	assert_int_equal(policy->header.copy_vlan[0], VIFSWITCH_VID_NONE);
	assert_int_equal(policy->header.mirror_from & from_of(b, 3), 0);
	assert_int_equal(policy->header.mirror_from | from_of(b, 3), 3);
	assert_int_equal(policy->header.mirror_to, 0);
	assert_string_equal(links_get(&b->w->facts.links, 10)->kind, "ip6gretap");
	for (size_t i = 0; i < 2; i++)
		assert_int_equal(all->kernel[i]->spec.output_port, 5);
	assert_string_equal(world_run(b->w), "");
	/* Their netdev is there, so nothing is waited for. */
	for (const struct mirror_use *use = all->uses; use; use = use->next)
		assert_null(use->waits);
	/* The sensor leaves: nothing is kept for it, whatever the database has said. */
	locate(b, NULL, NULL, "2001:db8::1");
	xen_vifs_remove(&b->w->facts.vifs, &sensor->seen);
	links_remove(&b->w->facts.links, 5);
	ports_remove(&b->w->facts.ports, 5);
	for (size_t i = 0; i < 2; i++)
		all->kernel[i]->spec.output_port = 0;
	world_run(b->w);
	assert_null(links_get(&b->w->facts.links, 10));
	assert_int_equal(all->kernel_count, 1);
	/* Nor is it there with a module that would take those copies for frames of the network. */
	world_add_link(b->w, 8, "vif8.0", false);
	world_add_vif(b->w, 8, 5, "xenbr0.100", "00:16:3e:00:00:05");
	b->w->facts.module.features &= ~VIFSWITCH_FEATURE_COPIES;
	world_resolve_all(b->w);
	assert_string_equal(world_run(b->w), "8:prepare 8:join 8:up m1:set");
}

static void test_old_module(void **state)
{
	struct bed *b = *state;

	b->w->facts.module.features &= ~VIFSWITCH_FEATURE_MIRRORS;
	put(b, ROW(1), "m", "\"vms\": \"" VM(3) "\", \"output_vif\": \"" VM(5) "/0\"");
	assert_string_equal(world_run(b->w), "0:switch 1:program 1:up 2:free 2:join 2:up "
			    "5:prepare 5:join 5:up 3:prepare 3:join 3:up 4:prepare 4:join 4:up");
	assert_int_equal(from_of(b, 3), 0);
	assert_non_null(ports_get(&b->w->facts.ports, 5)->policy);
	assert_state(b, "module-too-old",
		     "the kernel module that is loaded has no mirrors; they are there after a reboot");
}

static void test_most(void **state)
{
	struct bed *b = *state;
	const struct mirror_use *use;
	unsigned int numbers = 0, none = 0;

	for (int i = 0; i < VIFSWITCH_MIRRORS_MAX + 1; i++) {
		char uuid[37], name[16];

		snprintf(uuid, sizeof(uuid), "5ca1ab1e-0000-0000-0000-0000000000%02x", i);
		snprintf(name, sizeof(name), "m%02d", i);
		put(b, uuid, name, "\"vms\": \"" VM(3) "\", \"output_vif\": \"" VM(5) "/0\"");
	}
	world_run(b->w);
	for (use = b->w->facts.mirrors.uses; use; use = use->next) {
		numbers |= use->number ? 1U << (use->number - 1) : 0;
		none += !use->number;
	}
	assert_int_equal(numbers, UINT32_MAX);
	assert_int_equal(none, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_sensor, setup, teardown),
		cmocka_unit_test_setup_teardown(test_direction_and_change, setup, teardown),
		cmocka_unit_test_setup_teardown(test_restart, setup, teardown),
		cmocka_unit_test_setup_teardown(test_source_comes_back, setup, teardown),
		cmocka_unit_test_setup_teardown(test_sensor_comes_back, setup, teardown),
		cmocka_unit_test_setup_teardown(test_output_goes_elsewhere, setup, teardown),
		cmocka_unit_test_setup_teardown(test_sensor_waits, setup, teardown),
		cmocka_unit_test_setup_teardown(test_no_netdev, setup, teardown),
		cmocka_unit_test_setup_teardown(test_netdev, setup, teardown),
		cmocka_unit_test_setup_teardown(test_vlan, setup, teardown),
		cmocka_unit_test_setup_teardown(test_remote, setup, teardown),
		cmocka_unit_test_setup_teardown(test_sensor_elsewhere, setup, teardown),
		cmocka_unit_test_setup_teardown(test_sensor_elsewhere_of_two, setup, teardown),
		cmocka_unit_test_setup_teardown(test_restart_away, setup, teardown),
		cmocka_unit_test_setup_teardown(test_copies_come, setup, teardown),
		cmocka_unit_test_setup_teardown(test_old_module, setup, teardown),
		cmocka_unit_test_setup_teardown(test_most, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
