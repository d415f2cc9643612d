// SPDX-License-Identifier: GPL-2.0-or-later
/* What XAPI's words come to in a Port row, and that no word opens what was to be closed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "base/cleanup.h"
#include "policy/fields.h"
#include "policy/policy-row.h"
#include "policy/row-overlay.h"
#include "xapi/xapi-port.h"

#define MAC	"00:16:3e:00:00:01"
#define ALL	"\"allow\":[\"set\",[\"dhcp-server\",\"router-advertisement\",\"stacked\"]]"
#define LOCKED	"\"allow\":[\"set\",[\"dhcp-server\"]]"
#define TRUNK	"\"vlan_mode\":\"native-untagged\",\"tag\":0"

static const struct {
	struct xapi_port port;
	const char *ipv4, *ipv6, *trunks;	/* with commas */
	const char *columns, *problem;
} cases[] = {
	{ { .sw = "xenbr0", .mac = MAC, .mtu = 1500 }, NULL, NULL, NULL,
	  "{\"switch\":\"xenbr0\"," TRUNK ",\"guard\":\"off\"," ALL ",\"mtu\":1500}", NULL },
	{ { .sw = "xenbr0", .vlan = 100 }, NULL, NULL, "7",
	  "{\"switch\":\"xenbr0\",\"vlan_mode\":\"access\",\"tag\":100,\"guard\":\"off\"," ALL "}",
	  NULL },
	{ { .locking = XAPI_LOCKED, .mac = MAC }, "192.0.2.1,192.0.2.2", "2001:db8::1", NULL,
	  "{" TRUNK ",\"mac_lock\":[\"set\",[\"" MAC "\"]],\"guard\":\"mac+ip\"," LOCKED
	  ",\"ip_lock\":[\"set\",[\"192.0.2.1\",\"192.0.2.2\",\"2001:db8::1\"]]}", NULL },
	{ { .locking = XAPI_DISABLED }, NULL, NULL, NULL,
	  "{" TRUNK ",\"guard\":\"off\"," ALL ",\"admin_state\":\"down\"}", NULL },
	{ { .kbps = 100 }, NULL, NULL, NULL,
	  "{" TRUNK ",\"guard\":\"off\"," ALL ",\"rate_from_vm\":819200}", NULL },
	{ {}, NULL, NULL, "0,5",
	  "{\"trunks\":[\"set\",[5]]," TRUNK ",\"guard\":\"off\"," ALL "}", NULL },
	{ {}, NULL, NULL, "5", "{\"trunks\":[\"set\",[5]],\"vlan_mode\":\"trunk\",\"guard\":\"off\","
	  ALL "}", NULL },
	/* Closed, and why. */
	{ { .locking = XAPI_LOCKED }, NULL, NULL, NULL,
	  "{" TRUNK ",\"guard\":\"off\"," LOCKED ",\"admin_state\":\"down\"}", "no address" },
	{ { .locking = XAPI_LOCKED }, "10.0.0.5/8", NULL, NULL,
	  "{" TRUNK ",\"guard\":\"off\"," LOCKED ",\"admin_state\":\"down\"}", "ipv4_allowed" },
	{ { .locking = XAPI_LOCKED }, NULL, "::", NULL,
	  "{" TRUNK ",\"guard\":\"off\"," LOCKED ",\"admin_state\":\"down\"}", "no VM may have" },
	{ { .locking = XAPI_LOCKED, .mac = "01:16:3e:00:00:01" }, "10.0.0.1", NULL, NULL,
	  "{" TRUNK ",\"guard\":\"off\",\"admin_state\":\"down\"}", "MAC" },
	{ { .sw = "a b" }, NULL, NULL, NULL,
	  "{" TRUNK ",\"guard\":\"off\"," ALL ",\"admin_state\":\"down\"}", "bridge a b" },
	{ { .vlan = 4095 }, NULL, NULL, NULL,
	  "{\"guard\":\"off\"," ALL ",\"admin_state\":\"down\"}", "VLAN 4095" },
	{ {}, NULL, NULL, "5,4095",
	  "{\"guard\":\"off\"," ALL ",\"admin_state\":\"down\"}", "trunks" },
	{ { .mtu = 67 }, NULL, NULL, NULL,
	  "{" TRUNK ",\"guard\":\"off\"," ALL ",\"admin_state\":\"down\"}", "MTU 67" },
	{ { .kbps = UINT64_MAX }, NULL, NULL, NULL,
	  "{" TRUNK ",\"guard\":\"off\"," ALL ",\"admin_state\":\"down\"}", "kbps" },
};

static json_t *list_of(const char *text)
{
	return text ? xapi_list(text) : NULL;
}

static void test_columns(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		json_t *ipv4 = list_of(cases[i].ipv4), *ipv6 = list_of(cases[i].ipv6);
		json_t *trunks = list_of(cases[i].trunks), *columns;
		json_t *want = json_loads(cases[i].columns, 0, NULL);
		struct xapi_port port = cases[i].port;
		struct problem problem = {};
		struct policy_row *row;
		int r;

		port.ipv4 = ipv4;
		port.ipv6 = ipv6;
		port.trunks = trunks;
		r = xapi_port_columns(&port, &columns, &problem);
		assert_non_null(want);
		if (!json_equal(columns, want))
			fail_msg("%zu: %s", i, json_dumps(columns, JSON_COMPACT));
		assert_int_equal(r < 0, cases[i].problem != NULL);
		if (cases[i].problem && !strstr(problem.text, cases[i].problem))
			fail_msg("%zu: %s", i, problem.text);
		/* The daemon that reads it refuses none of it. */
		assert_int_equal(policy_row_read(&object_kinds[OBJECT_PORT], columns, &row), 0);
		if (row->problem)
			fail_msg("%zu: %s", i, row->problem);
		policy_row_free(row);
		json_decref(columns);
		json_decref(want);
		json_decref(ipv4);
		json_decref(ipv6);
		json_decref(trunks);
	}
}

static void test_list(void **state)
{
	static const struct { const char *text, *list; } lists[] = {
		{ "", "[]" }, { "a", "[\"a\"]" }, { "a,b", "[\"a\",\"b\"]" }, { ",a,,b,", "[\"a\",\"b\"]" },
		{ "a,\xff", "[\"a\",\"?\"]" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(lists); i++) {
		json_t *list = xapi_list(lists[i].text);
		_cleanup_free_ char *text = json_dumps(list, JSON_COMPACT);

		assert_string_equal(text, lists[i].list);
		json_decref(list);
	}
}

static struct policy_row *row_of(const char *text)
{
	json_t *json = json_loads(text, 0, NULL);
	struct policy_row *row;

	assert_int_equal(policy_row_read(&object_kinds[OBJECT_PORT], json, &row), 0);
	json_decref(json);
	return row;
}

/* Field by field: of VLANs, which are three columns, all or none. */
static void test_overlay(void **state)
{
	struct policy_row *over = row_of("{\"tag\":7,\"mtu\":9000,\"ip_lock\":\"192.0.2.1\"}");
	struct policy_row *under = row_of("{\"vlan_mode\":\"trunk\",\"trunks\":[\"set\",[1,2]],"
					  "\"mtu\":1500,\"guard\":\"mac+ip\",\"switch\":\"xenbr0\"}");
	struct policy_row *want = row_of("{\"tag\":7,\"mtu\":9000,\"ip_lock\":\"192.0.2.1\","
					 "\"guard\":\"mac+ip\",\"switch\":\"xenbr0\"}");
	struct policy_row *both = row_overlay(over, under), *alone = row_overlay(NULL, under);

	assert_true(policy_row_equal(both, want));
	assert_true(policy_row_equal(alone, under));
	policy_row_free(over);
	policy_row_free(under);
	policy_row_free(want);
	policy_row_free(both);
	policy_row_free(alone);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_columns),
		cmocka_unit_test(test_list),
		cmocka_unit_test(test_overlay),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
