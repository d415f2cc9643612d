// SPDX-License-Identifier: GPL-2.0-or-later
/* Documents from facts, as vifswitchd has them and as the kernel alone. */
#include <net/if.h>
#include <string.h>

#include "base/cleanup.h"
#include "datapath/ko/program-view.h"
#include "show/acl-document.h"
#include "show/drops-document.h"
#include "show/event-document.h"
#include "show/fdb-document.h"
#include "show/list-document.h"
#include "show/switch-document.h"
#include "tests/unit/core-helpers.h"
#include "tests/unit/documents.h"
#include "tests/unit/show-sample.h"

static void seen(const char *command, json_t *document)
{
	assert_non_null(document);
	document_seen(command, document);
	json_decref(document);
}

static void seen_list(const char *command, const char *key, json_t *item)
{
	assert_non_null(item);
	seen(command, list_document("vifswitchd", key, json_pack("[o]", item)));
}

static const char *text_of(const json_t *object, const char *member)
{
	const char *text = json_string_value(json_object_get(object, member));

	return text ? text : "";
}

static void test_show(void **state)
{
	seen("show", sample_show());
	seen("show", show_document(NULL, NULL, json_array(), json_pack("[o]", sample_port_of_kernel())));
}

/* The kernel alone leaves nothing out: what it does not know is null, the rest is the same. */
static void test_kernel_alone(void **state)
{
	static const char *const unknown[] = { "state", "vm", "backend", "policy", "sources", "qos", "acl",
					       "rate_to_vm", "admin_state",
					       "interface_number" };
	json_t *whole = sample_port(), *half = sample_port_of_kernel(), *value;
	const char *name;

	assert_int_equal(json_object_size(whole), json_object_size(half));
	json_object_foreach(whole, name, value) {
		bool known = true;

		for (size_t i = 0; i < sizeof(unknown) / sizeof(unknown[0]); i++)
			known &= strcmp(unknown[i], name) != 0;
		if (known && !json_equal(value, json_object_get(half, name)))
			fail_msg("%s differs", name);
	}
	assert_int_equal(json_integer_value(json_object_get(half, "addresses_seen")), 5);
	assert_string_equal(text_of(half, "state"), "plugged");
	assert_string_equal(text_of(json_object_get(half, "vm"), "uuid"), WEB);
	json_decref(whole);
	json_decref(half);
}

static void test_roles(void **state)
{
	static const struct {
		const char *netdev, *cookie;
		uint32_t flags, len;	/* of its program */
		const char *role, *state;
	} cases[] = {
		{ "vif3.0", WEB "/0", 0, 8, "vif", "plugged" },
		{ "web-net", WEB "/0", 0, 8, "vif", "plugged" },
		{ "web-net-emu", WEB "/0", 0, 8, "tap", "plugged" },
		{ "vif3.0", "domid:3/0", 0, 0, "vif", "closed" },
		{ "eth0", "uplink:eth0", VIFSWITCH_PORT_CLOSED, 0, "uplink", "closed" },
		{ "eth0", "uplink:eth0", 0, 8, "uplink", "active" },
		{ "xenbr0", "local", VIFSWITCH_PORT_LOCAL, 8, "local", "active" },
		{ "dummy0", "somebody's", 0, 8, "other", "active" },
		{ "dummy0", NULL, VIFSWITCH_PORT_CLOSED, 0, "other", "closed" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct dp_port dp = { .ifindex = 7, .flags = cases[i].flags,
				      .cookie = cases[i].cookie };
		_cleanup_free_ struct port_policy *policy = program_read("notones", cases[i].len);
		struct port_facts facts = { .dp = &dp };
		json_t *port;

		dp.policy = policy;
		strcpy(dp.name, cases[i].netdev);
		dp.cookie_len = dp.cookie ? strlen(dp.cookie) : 0;
		owner_from_cookie(&facts.owner, dp.cookie, dp.cookie_len);
		port = port_json(&facts);
		assert_string_equal(text_of(port, "netdev"), cases[i].netdev);
		assert_string_equal(text_of(port, "role"), cases[i].role);
		assert_string_equal(text_of(port, "state"), cases[i].state);
		seen_list("port list", "ports", port);
	}
}

/* What others wrote may be no UTF-8. */
static void test_foreign_text(void **state)
{
	json_t *port = port_json(&(struct port_facts){
		.sw = "a\xff", .owner = sample_owner("w\xffz", WEB, 3, 0), .error = "\xc3" });

	assert_string_equal(text_of(port, "switch"), "a?");
	assert_string_equal(text_of(json_object_get(port, "vm"), "name"), "w?z");
	seen_list("port show", "ports", port);
}

static void test_fdb(void **state)
{
	struct subject port = { .sw = "xenbr0", .netdev = "vif3.0", .ifindex = 9,
				.owner = sample_owner("web", WEB, 3, 0) };
	struct dp_fdb guard = { .mac = OWN, .vlan = VIFSWITCH_VID_NONE,
				.flags = VIFSWITCH_FDB_STATIC | VIFSWITCH_FDB_GUARD };
	struct dp_fdb learned = { .mac = OTHER, .vlan = 0, .age_ms = 5 };

	seen_list("fdb list", "entries", fdb_entry_json(&guard, &port));
	seen_list("fdb list", "entries", fdb_entry_json(&learned, &(struct subject){}));
}

static void test_drops(void **state)
{
	json_t *ports = json_pack("[o]", sample_port()), *drops = drops_of(ports);

	assert_int_equal(json_array_size(drops), 1);
	assert_string_equal(text_of(json_array_get(drops, 0), "reason"), "mac-guard");
	seen("drops", list_document("vifswitchd", "drops", drops));
	json_decref(ports);
}

static void test_acls(void **state)
{
	static const uint8_t defaults[VIFSWITCH_ACL_DIRECTIONS] = { VIFSWITCH_ACL_DENY };
	static const uint8_t parts_of[VIFSWITCH_ACL_DIRECTIONS];
	struct acl_rule_name rule = { .cookie = 0xabc, .name = "ssh",
				      .action = VIFSWITCH_ACL_REJECT };
	struct rule_hits hits = {};
	struct acl_facts facts = { .id = 5, .len = 64, .name = "web", .rules = &rule,
				   .rule_count = 1, .port_count = 2, .default_action = defaults,
				   .hits = &hits };
	static const char parts[][ACL_NAME_MAX] = { "web" };
	json_t *one;

	facts.parts = parts;
	facts.part_count = 1;
	facts.default_part = parts_of;
	rule_hits_add(&(struct vifswitch_acl_hits){ .cookie = VIFSWITCH_RULE_DEFAULT_TO,
						    .packets = 8 }, &hits);
	rule_hits_add(&(struct vifswitch_acl_hits){ .cookie = 0xabc, .packets = 7 }, &hits);
	one = acl_json(&facts);
	assert_int_equal(json_integer_value(json_object_get(
		json_array_get(json_object_get(one, "rules"), 0), "hits")), 7);
	seen_list("acl show --hits", "acls", one);
	rule_hits_deinit(&hits);
	facts.id = 0;
	facts.error = "out of memory";
	seen_list("acl show --hits", "acls", acl_json(&facts));
}

static void test_events(void **state)
{
	struct dp_event dp = {
		.switch_name = "xenbr0", .port = 9, .port_name = "vif3.0", .has_mac = true,
		.mac = OWN, .vlan = 100, .reason = VIFSWITCH_DROP_ACL,
		.packet = (const uint8_t *)OTHER, .packet_len = 6, .frame_len = 60,
		.has_rule = true, .rule = VIFSWITCH_RULE_DEFAULT_TO,
	};
	struct owner owner = sample_owner("web", WEB, 3, 0);

	for (int event = 1; event <= VIFSWITCH_EV_RULE_LOG; event++) {
		json_t *one;

		dp.event = event;
		one = event_of_datapath(&dp, &owner, &(struct event_names){ .old_netdev = "eth0" });
		assert_string_equal(text_of(one, "rule"), "default-to-vm");
		seen("events", one);
	}
	dp.rule = 0xabc;
	seen("events", event_of_datapath(&dp, &(struct owner){},
					 &(struct event_names){ .acl = "web" }));
	seen("events", event_json("plugged", &(struct subject){ .sw = "xenbr0" }));
	dp.event = 1000;
	assert_null(event_of_datapath(&dp, &owner, &(struct event_names){}));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_show),
		cmocka_unit_test(test_kernel_alone),
		cmocka_unit_test(test_roles),
		cmocka_unit_test(test_foreign_text),
		cmocka_unit_test(test_fdb),
		cmocka_unit_test(test_drops),
		cmocka_unit_test(test_acls),
		cmocka_unit_test(test_events),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
