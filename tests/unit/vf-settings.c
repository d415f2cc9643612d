// SPDX-License-Identifier: GPL-2.0-or-later
/* What a virtual function can be held to, and whose it is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "base/cleanup.h"
#include "base/json-value.h"
#include "policy/fields.h"
#include "vf/vfs.h"

#define VM	"11111111-2222-4333-8444-555555555555"
#define MAC	"'mac_lock': '00:16:3e:00:00:05'"
#define ALLOW	"'allow': ['set', ['router-advertisement', 'dhcp-server', 'control', 'stacked']]"
#define GOOD	MAC ", " ALLOW ", 'tag': 100"

/* JSON with ' for ". */
static json_t *parse(const char *text)
{
	char copy[1024];
	json_t *json;

	snprintf(copy, sizeof(copy), "{%s}", text);
	for (char *c = copy; *c; c++)
		if (*c == '\'')
			*c = '"';
	json = json_loads(copy, 0, NULL);
	assert_non_null(json);
	return json;
}

static struct policy_row *row(enum object_kind kind, const char *text)
{
	_cleanup_(json_decrefp) json_t *json = parse(text);
	struct policy_row *ret;

	assert_int_equal(policy_row_read(&object_kinds[kind], json, &ret), 0);
	return ret;
}

static int make(const char *port, const char *qos, struct vf_settings *ret,
		struct problem *problem)
{
	struct policy_row *of_port = row(OBJECT_PORT, port);
	struct policy_row *of_qos = qos ? row(OBJECT_QOS, qos) : NULL;
	int r = vf_settings_make(of_port, of_qos, "nic0", "xenbr0", ret, problem);

	policy_row_free(of_port);
	if (of_qos)
		policy_row_free(of_qos);
	return r;
}

static void test_possible(void **state)
{
	static const struct {
		const char *port, *qos;
		struct vf_settings is;
	} cases[] = {
		{ GOOD, NULL, { .vlan = 100, .checked = true, .open = true } },
		{ GOOD ", 'switch': 'xenbr0', 'rate_from_vm': 50000000", NULL,
		  { .vlan = 100, .mbps = 50, .checked = true, .open = true } },
		{ GOOD ", 'guard': 'off', 'admin_state': 'down'", NULL, { .vlan = 100 } },
		{ MAC ", " ALLOW ", 'vlan_mode': 'native-untagged', 'tag': 0", NULL,
		  { .checked = true, .open = true } },
		{ GOOD ", 'qos': ['uuid', '" VM "']", "'name': 'gold', 'pcp': 5, 'rate_from_vm': 1000000",
		  { .vlan = 100, .pcp = 5, .mbps = 1, .checked = true, .open = true } },
		{ GOOD ", 'external_ids': ['map', [['a', 'b']]], 'vif_uuid': ['uuid', '" VM "']", NULL,
		  { .vlan = 100, .checked = true, .open = true } },
	};
	static const uint8_t mac[] = { 0, 0x16, 0x3e, 0, 0, 5 };

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct vf_settings got, want = cases[i].is;
		struct problem problem = {};

		memcpy(want.mac, mac, sizeof(mac));
		if (make(cases[i].port, cases[i].qos, &got, &problem) < 0)
			fail_msg("%s: %s", cases[i].port, problem.text);
		if (!vf_settings_equal(&got, &want))
			fail_msg("%s: vlan %u, pcp %u, %u Mbit/s, checked %d, open %d", cases[i].port,
				 got.vlan, got.pcp, got.mbps, got.checked, got.open);
	}
}

static void test_refused(void **state)
{
	static const struct {
		const char *port, *qos, *begins;
	} cases[] = {
		{ ALLOW ", 'tag': 100", NULL, "mac-lock:" },
		{ ALLOW ", 'tag': 100, 'mac_lock': ['set', ['00:16:3e:00:00:05', '00:16:3e:00:00:06']]",
		  NULL, "mac-lock:" },
		{ MAC ", " ALLOW, NULL, "vlan:" },
		{ GOOD ", 'vlan_mode': 'native-untagged', 'trunks': 200", NULL, "vlan:" },
		{ MAC ", " ALLOW ", 'trunks': 200", NULL, "vlan:" },
		{ MAC ", 'tag': 100", NULL, "allow: a virtual function cannot be kept from router-advertisement,dhcp-server,control,stacked;" },
		{ GOOD ", 'guard': 'mac+ip'", NULL, "guard=mac+ip:" },
		{ GOOD ", 'ip_lock': '192.0.2.1'", NULL, "lock-ip:" },
		{ GOOD ", 'acl': ['uuid', '" VM "']", NULL, "acl:" },
		{ GOOD ", 'rate_to_vm': 8000000", NULL, "rate-to-vm:" },
		{ GOOD ", 'rate_from_vm': 1500000", NULL, "rate-from-vm:" },
		{ GOOD ", 'rate_from_vm': 8000000, 'burst_from_vm': 1048576", NULL, "burst-from-vm:" },
		{ GOOD ", 'mtu': 1400", NULL, "mtu:" },
		{ GOOD ", 'switch': 'xenbr9'", NULL, "switch=xenbr9:" },
		{ GOOD ", 'qos': ['uuid', '" VM "']", "'name': 'gold', 'dscp': 46", "dscp:" },
		{ GOOD ", 'qos': ['uuid', '" VM "']", "'name': 'gold', 'storm_broadcast': 100",
		  "storm-broadcast:" },
		{ GOOD ", 'qos': ['uuid', '" VM "']", NULL, "database: qos:" },
		{ GOOD ", 'tag': 5000", NULL, "database:" },
		{ MAC ", " ALLOW ", 'vlan_mode': 'native-untagged', 'tag': 0, 'qos': ['uuid', '" VM "']",
		  "'name': 'gold', 'pcp': 5", "pcp:" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct vf_settings got = { .mbps = 7 };
		struct problem problem = {};

		if (make(cases[i].port, cases[i].qos, &got, &problem) == 0)
			fail_msg("%s: not refused", cases[i].port);
		if (strncmp(problem.text, cases[i].begins, strlen(cases[i].begins)) != 0)
			fail_msg("%s: %s", cases[i].port, problem.text);
		assert_int_equal(got.mbps, 7);
	}
}

static void test_addresses(void **state)
{
	static const char *const bad[] = {
		"", "0000:03:10.", "0000:03:10.8", "0000:03:1g.1", "0000:03:10.1x", "00000:3:10.1",
		"0000:03:10,1", "0000-03:10.1", "0000:0A:10.1",
	};

	assert_true(pci_address_valid("0000:03:1f.7", 12));
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_false(pci_address_valid(bad[i], strlen(bad[i])));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_possible),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_addresses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
