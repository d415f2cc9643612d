// SPDX-License-Identifier: GPL-2.0-or-later
/* Networks of the database against what is here: remotes, MTU, conflicts, and in which order. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "network/eid-map.h"
#include "network/networks-seal.h"
#include "uplink/cable.h"
#include "tests/unit/vifswitchd-world.h"

#define ROW(n)	"5ca1ab1e-0000-0000-0000-00000000000" #n

struct bed {
	struct world *w;
	struct networks *all;
	struct policies policies;
};

static bool has_switch(const char *name, void *arg)
{
	return strcmp(name, "xenbr0") == 0;
}

/* The ways to all remotes: .1 is this host, .4 is not reached, .5 has a narrower path. */
static void settle(struct bed *b)
{
	networks_read(b->all, &b->policies);
	networks_want_routes(b->all);
	for (size_t i = 0; i < b->all->route_count; i++) {
		struct network_route *r = &b->all->routes[i];
		uint8_t last = r->to.addr[r->to.family == PREFIX_IP6 ? 15 : 3];

		r->local = last == 1;
		r->error = last == 4 ? -ENETUNREACH : 0;
		r->link_mtu = 1500;
		r->mtu = last == 5 ? 1400 : 1500;
		r->oif = 1;
	}
	b->all->supported = b->all->esp = b->all->lisps = true;
	networks_settle(b->all, has_switch, NULL);
}

static void put(struct bed *b, const char *uuid, const char *name, const char *columns)
{
	char text[512];
	json_t *json;

	snprintf(text, sizeof(text), "{\"_uuid\": [\"uuid\", \"%s\"], \"name\": \"%s\", "
		 "\"switch\": \"xenbr0\", %s}", uuid, name, columns);
	json = json_loads(text, 0, NULL);
	assert_non_null(json);
	assert_int_equal(policies_put(&b->policies, OBJECT_NETWORK, json), 0);
	json_decref(json);
	settle(b);
}

static void gone(struct bed *b, const char *uuid, const char *name)
{
	json_t *json = json_pack("{s:[s, s], s:s}", "_uuid", "uuid", uuid, "name", name);

	policies_remove(&b->policies, OBJECT_NETWORK, json);
	json_decref(json);
	settle(b);
}

static int setup(void **state)
{
	struct bed *b = calloc(1, sizeof(*b));
	void *world;

	world_setup(&world);
	b->w = world;
	b->all = &b->w->facts.networks;
	world_configure(b->w);
	world_add_link(b->w, 1, "xenbr0", true);
	world_add_link(b->w, 2, "eth0", false);
	settle(b);
	world_run(b->w);
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

#define MAP(pairs)	"\"eid_map\": [\"map\", [" pairs "]]"
#define REMOTES(list)	"\"remotes\": [\"set\", [" list "]]"

static void test_in_force(void **state)
{
	struct bed *b = *state;
	const struct network *n;

	put(b, ROW(1), "blue", "\"vlan\": 100, \"key\": 5100, "
	    REMOTES("\"192.0.2.3\", \"192.0.2.1\", \"192.0.2.2\""));
	n = b->all->list[0];
	assert_true(n->here);
	assert_null(n->waits);
	assert_int_equal(n->address_count, 2);
	assert_int_equal(n->addresses[0][15], 2);
	assert_int_equal(n->device->mtu, 1450);
	assert_non_null(strstr(world_run(b->w), "link"));
	assert_non_null(strstr(b->w->trace, "n100:set"));
	assert_string_equal(world_run(b->w), "");
	put(b, ROW(2), "red", "\"vlan\": 200, \"key\": 5200, " REMOTES("\"2001:db8::5\""));
	assert_int_equal(b->all->list[0]->device->mtu, 1330);
	assert_non_null(strstr(world_run(b->w), "program"));
	assert_non_null(strstr(b->w->trace, "n200:set"));
	assert_null(strstr(b->w->trace, "n100:set"));
	/* Two exchange their keys: each must go before the other is set. */
	put(b, ROW(1), "blue", "\"vlan\": 100, \"key\": 5200, " REMOTES("\"192.0.2.2\""));
	assert_string_equal(b->all->list[1]->waits, "key 5200 is network blue's already");
	put(b, ROW(2), "red", "\"vlan\": 200, \"key\": 5100, " REMOTES("\"192.0.2.2\""));
	world_run(b->w);
	assert_true(strstr(b->w->trace, "n100:delete") < strstr(b->w->trace, "n100:set"));
	assert_true(strstr(b->w->trace, "n200:delete") < strstr(b->w->trace, "n100:set"));
	assert_string_equal(world_run(b->w), "");
	gone(b, ROW(2), "red");
	assert_non_null(strstr(world_run(b->w), "n200:delete"));
	assert_null(strstr(b->w->trace, "n100"));
	gone(b, ROW(1), "blue");
	assert_non_null(strstr(world_run(b->w), ":delete"));
	assert_null(links_by_name(&b->w->facts.links, "vsnet-v4789"));
}

/* Rows in the datapath's order; one of this host's own address says here. */
static void test_map(void **state)
{
	struct bed *b = *state;
	const struct network *n;
	char text[PREFIX_TEXT_MAX];

	put(b, ROW(1), "blue", "\"vlan\": 100, \"key\": 7, \"kind\": \"lisp\", "
	    MAP("[\"2001:db8::/32\", \"192.0.2.3\"], [\"10.2.0.0/16\", \"192.0.2.2\"], "
		"[\"10.0.0.0/8\", \"192.0.2.3\"], [\"0.0.0.0/0\", \"192.0.2.1\"]"));
	n = b->all->list[0];
	assert_non_null(n->device);
	assert_string_equal(n->device->spec.kind, "vslisp");
	assert_int_equal(n->map_count, 4);
	assert_int_equal(n->address_count, 2);
	for (size_t i = 0; i < 4; i++) {
		static const char *const prefixes[] = { "0.0.0.0/0", "10.0.0.0/8", "10.2.0.0/16", "2001:db8::/32" };
		static const uint32_t places[] = { VIFSWITCH_EID_HERE, 1, 0, 1 };

		network_eid_text(&n->eids[i], text);
		assert_string_equal(text, prefixes[i]);
		assert_int_equal(n->eids[i].remote, places[i]);
	}
	assert_non_null(strstr(world_run(b->w), "n100:set"));
	assert_string_equal(world_run(b->w), "");
}

static void test_conflicts(void **state)
{
	static const struct {
		const char *columns, *problem;
	} cases[] = {
		{ "\"vlan\": 100, \"key\": 7", "VLAN 100 of switch xenbr0 is network blue already" },
		{ "\"vlan\": 101, \"key\": 5100", "key 5100 is network blue's already" },
		{ "\"vlan\": 101, \"key\": 5100, \"kind\": \"geneve\"", NULL },
		{ "\"vlan\": 101, \"key\": 5100, \"udp_port\": 4790", NULL },
		{ "\"vlan\": 101, \"key\": 16777216", "key=16777216: must be 1 to 16777215" },
		{ "\"vlan\": 101, \"key\": 16777216, \"kind\": \"gre\"", NULL },
		{ "\"vlan\": 101, \"key\": 7, \"kind\": \"gre\", " REMOTES("\"2001:db8::2\""), NULL },
		{ "\"vlan\": 101, \"key\": 7, \"kind\": \"gre\", " REMOTES("\"2001:db8::2\", \"192.0.2.2\""),
		  "kind gre goes over IPv4 or IPv6" },
		{ "\"vlan\": 101, \"key\": 7, " REMOTES("\"192.0.2.2:9\""), "remotes: port 9: must be addresses alone" },
		{ "\"vlan\": 101, \"key\": 7, " REMOTES("\"224.0.0.1\""), "remotes" },
		{ "\"vlan\": 101, \"key\": 7, \"kind\": \"gre\", \"udp_port\": 9", "udp-port: not with kind gre" },
		{ "\"vlan\": 101, \"key\": 5100, \"kind\": \"lisp\", " MAP("[\"10.2.0.0/16\", \"192.0.2.2\"]"), NULL },
		{ "\"vlan\": 101, \"key\": 7, \"kind\": \"lisp\", " MAP("[\"10.2.0.1/16\", \"192.0.2.2\"]"),
		  "map=10.2.0.1/16=192.0.2.2: " },
		{ "\"vlan\": 101, \"key\": 7, \"kind\": \"lisp\", " MAP("[\"10.2.0.0/16\", \"ff02::1\"]"),
		  "ff02::1 must be the address of one host" },
		{ "\"vlan\": 101, \"key\": 7, " MAP("[\"10.2.0.0/16\", \"192.0.2.2\"]"), "map: with kind=lisp" },
	};
	struct bed *b = *state;

	put(b, ROW(1), "blue", "\"vlan\": 100, \"key\": 5100");
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		const struct network *n;
		const char *told;

		put(b, ROW(2), "red", cases[i].columns);
		n = b->all->list[1];
		told = n->problem ?: n->waits;
		assert_int_equal(!told, !cases[i].problem);
		assert_true(!told || strstr(told, cases[i].problem));
		assert_int_equal(!n->device, !!told);
		assert_non_null(b->all->list[0]->device);
	}
}

static void test_pool(void **state)
{
	struct prefix peers[2], own;
	struct bed *b = *state;

	assert_true(prefix_parse_host("192.0.2.9", &own));
	assert_true(prefix_parse_host("192.0.2.2", &peers[0]));
	assert_true(prefix_parse_host("2001:db8::2", &peers[1]));
	assert_true(networks_peers(b->all, &own, peers, 2));
	assert_false(networks_peers(b->all, &own, peers, 2));
	put(b, ROW(1), "blue", "\"vlan\": 100, \"key\": 5100, " REMOTES("\"192.0.2.9\", \"192.0.2.3\""));
	assert_int_equal(b->all->list[0]->address_count, 3);
	assert_int_equal(b->all->list[0]->source[15], 9);
	put(b, ROW(2), "gre", "\"vlan\": 200, \"key\": 1, \"kind\": \"gre\"");
	assert_int_equal(b->all->list[1]->address_count, 1);
	assert_int_equal(b->all->list[1]->device->mtu, 1458);
	put(b, ROW(3), "off", "\"vlan\": 300, \"key\": 3, \"hosts\": \"none\"");
	assert_int_equal(b->all->list[2]->address_count, 0);
	put(b, ROW(3), "off", "\"vlan\": 300, \"key\": 3, \"admin_state\": \"down\"");
	assert_null(b->all->list[2]->device);
	gone(b, ROW(2), "gre");
	/* A daemon that does not know the pool's hosts yet takes those the kernel goes to. */
	world_run(b->w);
	assert_int_equal(networks_kernel_hosts(b->all, peers, 2), 2);
	assert_true(b->all->underlay_count == 0);
}

static bool is_in_vlan(struct world *w, const char *netdev, unsigned int vlan)
{
	struct program_parts parts;

	world_plan(w);
	for (size_t i = 0; i < w->wanted.count; i++) {
		const struct wanted_port *port = &w->wanted.ports[i];

		if (!port->netdev || strcmp(port->netdev, netdev) != 0)
			continue;
		port_policy_parts(port->policy, &parts);
		return vlan_bit(parts.vlans.allowed, vlan);
	}
	return false;
}

/* Nothing that is to be encrypted leaves by an uplink, be it refused, down, or in force. */
static void test_sealed(void **state)
{
	static const struct {
		const char *columns;
		bool sealed;
	} cases[] = {
		{ "\"vlan\": 100, \"key\": 7", false },
		{ "\"vlan\": 100, \"key\": 7, \"encrypt\": \"none\"", false },
		{ "\"vlan\": 101, \"key\": 7, \"encrypt\": \"wireguard\"", false },
		{ "\"vlan\": 100, \"key\": 7, \"encrypt\": \"wireguard\"", true },
		{ "\"vlan\": 100, \"key\": 7, \"encrypt\": \"wireguard\", "
		  "\"admin_state\": \"down\"", true },
		{ "\"vlan\": 100, \"key\": 7, \"encrypt\": \"wireguard\", \"kind\": \"gre\"", true },
		{ "\"vlan\": 100, \"encrypt\": \"wireguard\", \"hosts\": \"none\", \"key\": 9", true },
	};
	struct bed *b = *state;
	struct port_policy *uplink, *sealed;
	struct program_parts parts;
	struct cfg_uplink *cfg;
	struct vlans vlans;

	vlans_init(&vlans);
	vlans_set_native(&vlans, 100);
	vlan_bit_set(vlans.allowed, 200);
	program_parts_init(&parts, &vlans, VIFSWITCH_PF_UPLINK);
	uplink = port_policy_new(&parts);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		put(b, ROW(1), "blue", cases[i].columns);
		assert_null(networks_seal(b->all, "xenbr1", uplink));
		sealed = networks_seal(b->all, "xenbr0", uplink);
		assert_int_equal(!!sealed, cases[i].sealed);
		if (!sealed)
			continue;
		port_policy_parts(sealed, &parts);
		assert_int_equal(parts.vlans.pvid, VIFSWITCH_VID_NONE);
		assert_false(vlan_bit(parts.vlans.allowed, 100));
		assert_false(vlan_bit(parts.vlans.untagged, 100));
		assert_true(vlan_bit(parts.vlans.allowed, 200));
		free(sealed);
		/* No host is known, so it goes nowhere, but for one without such a network. */
		assert_int_equal(b->all->list[0]->address_count, 0);
	}
	free(uplink);
	/* What goes to dom0, or to a VM behind a tap, does not leave. */
	cfg = &b->w->facts.config.switches[0].uplinks[0];
	assert_false(is_in_vlan(b->w, "eth0", 100));
	cfg->cable = cable_new("eth0", "int0", NULL, 0);
	assert_true(is_in_vlan(b->w, "eth0", 100));
	free(cfg->cable);
	cfg->cable = NULL;
	cfg->policy->header.flags &= ~VIFSWITCH_PF_UPLINK;
	assert_true(is_in_vlan(b->w, "eth0", 100));
}

/* ESP's octets, who has it, and what else may be sent to the same hosts in clear. */
static void test_ipsec(void **state)
{
	struct bed *b = *state;
	struct ipsec *esp = &b->all->ipsec.all;

	put(b, ROW(1), "blue", "\"vlan\": 100, \"key\": 5100, \"encrypt\": \"ipsec\", "
	    REMOTES("\"192.0.2.2\", \"2001:db8::3\""));
	assert_int_equal(b->all->list[0]->device->mtu, 1396);
	assert_int_equal(networks_flags(b->all, b->all->list[0]), VIFSWITCH_NETWORK_ESP);
	assert_true(networks_want_ipsec(b->all));
	assert_int_equal(esp->count, 2);
	assert_int_equal(esp->list[0]->count, 1);
	assert_int_equal(esp->list[0]->tunnels[0].port, 4789);
	put(b, ROW(2), "clear", "\"vlan\": 200, \"key\": 5200, " REMOTES("\"192.0.2.2\""));
	put(b, ROW(3), "other", "\"vlan\": 300, \"key\": 5300, " REMOTES("\"192.0.2.3\""));
	assert_int_equal(networks_flags(b->all, b->all->list[1]), 0);
	assert_int_equal(networks_flags(b->all, b->all->list[2]), VIFSWITCH_NETWORK_UNSEAL);
	gone(b, ROW(1), "blue");
	assert_int_equal(networks_flags(b->all, b->all->list[0]), VIFSWITCH_NETWORK_UNSEAL);
	assert_int_equal(b->all->list[0]->device->mtu, 1450);
	assert_true(networks_want_ipsec(b->all));
	assert_int_equal(esp->count, 0);
	b->all->esp = false;
	assert_int_equal(networks_flags(b->all, b->all->list[0]), 0);
}

static bool used;

static bool is_used(const struct sealed_vlan *one, void *arg)
{
	return used;
}

/* A VLAN stays off the uplinks while a VM uses it, a row in clear or an operator says otherwise. */
static void test_held(void **state)
{
	struct bed *b = *state;
	struct problem problem;
	struct program_parts parts;
	struct port_policy *uplink, *sealed;
	struct vlans vlans;

	vlans_init(&vlans);
	memset(vlans.allowed, 0xff, sizeof(vlans.allowed));
	program_parts_init(&parts, &vlans, VIFSWITCH_PF_UPLINK);
	uplink = port_policy_new(&parts);
	used = true;
	put(b, ROW(1), "blue", "\"vlan\": 100, \"key\": 7, \"encrypt\": \"wireguard\"");
	networks_keep_sealed(b->all, is_used, NULL);
	assert_int_equal(networks_unseal(b->all, "xenbr0", 100, &problem), -EBUSY);
	gone(b, ROW(1), "blue");
	networks_keep_sealed(b->all, is_used, NULL);
	sealed = networks_seal(b->all, "xenbr0", uplink);
	assert_non_null(sealed);
	free(sealed);
	assert_null(networks_seal(b->all, "xenbr1", uplink));
	assert_int_equal(networks_unseal(b->all, "xenbr0", 101, &problem), -ENOENT);
	assert_int_equal(networks_unseal(b->all, "xenbr0", 100, &problem), 0);
	assert_null(networks_seal(b->all, "xenbr0", uplink));
	put(b, ROW(1), "blue", "\"vlan\": 100, \"key\": 7, \"encrypt\": \"ipsec\"");
	networks_keep_sealed(b->all, is_used, NULL);
	assert_int_equal(b->all->sealed.count, 1);
	put(b, ROW(1), "blue", "\"vlan\": 100, \"key\": 7, \"encrypt\": \"none\"");
	networks_keep_sealed(b->all, is_used, NULL);
	assert_int_equal(b->all->sealed.count, 0);
	put(b, ROW(1), "blue", "\"vlan\": 100, \"key\": 7, \"encrypt\": \"ipsec\"");
	networks_keep_sealed(b->all, is_used, NULL);
	gone(b, ROW(1), "blue");
	used = false;
	networks_keep_sealed(b->all, is_used, NULL);
	assert_int_equal(b->all->sealed.count, 0);
	free(uplink);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_in_force, setup, teardown),
		cmocka_unit_test_setup_teardown(test_map, setup, teardown),
		cmocka_unit_test_setup_teardown(test_conflicts, setup, teardown),
		cmocka_unit_test_setup_teardown(test_pool, setup, teardown),
		cmocka_unit_test_setup_teardown(test_sealed, setup, teardown),
		cmocka_unit_test_setup_teardown(test_ipsec, setup, teardown),
		cmocka_unit_test_setup_teardown(test_held, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
