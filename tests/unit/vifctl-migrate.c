// SPDX-License-Identifier: GPL-2.0-or-later
/* What vifctl migrate-check finds: each row changes one thing of a host where all would hold. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/cleanup.h"
#include "tests/unit/documents.h"
#include "vifctl/doctor/migrate.h"

static const char good[] =
	"{\"to\":\"b\",\"next_cfg\":7,\"hosts\":[\"a\",\"b\"],"
	"\"owners\":{\"00:16:3e:00:00:09\":\"v\",\"00:16:3e:00:00:01\":\"u\"},"
	"\"host\":{\"cur_cfg\":7,\"last_error\":null,\"lacks\":null,"
	" \"switches\":{\"xenbr0\":{\"mtu\":1500,\"pvid\":0,\"tagged\":[\"1-199\",\"300\"]}}},"
	"\"ports\":[{\"switch\":\"xenbr0\",\"devid\":0,\"mtu\":1500,\"vm\":{\"name\":\"web\",\"uuid\":\"u\"},"
	" \"mac\":[\"00:16:3e:00:00:01\"],\"vlan\":{\"pvid\":0,\"tagged\":[\"100-110\",\"300\"]}}]}";

static const struct {
	const char *path, *value;	/* a member, as host.lacks or port.mtu */
	const char *severity, *check, *told, *command;
} rows[] = {
	{ "host", "null", "error", "host", "no host of that name is in this database; there are a, b",
	  "vifswitch.conf" },
	{ "host.cur_cfg", "null", "error", "host", "not connected", "on b: systemctl status" },
	{ "host.cur_cfg", "5", "warning", "lag", "change 5, the last one is 7", "on b: " },
	{ "host.last_error", "\"eth7: no such device\"", "warning", "host", "eth7", "on b: vifctl doctor" },
	{ "host.lacks", "\"sessions (words)\"", "warning", "module", "lacks sessions (words)", "reboot" },
	{ "host.switches", "null", "warning", "switch", "does not say", "on b: vifctl show" },
	{ "host.switches", "{}", "error", "switch", "host b has no switch xenbr0", "vifctl switch create xenbr0" },
	{ "port.switch", "\"other0\"", "error", "switch", "no switch other0", "vifctl switch create" },
	{ "port.mtu", "9000", "error", "mtu", "is 9000, and uplinks of xenbr0 on host b carry 1500",
	  "vifctl port set web/0 mtu=1500" },
	{ "port.vlan", "{\"pvid\":200,\"tagged\":[]}", "error", "vlan", "carries VLAN 200", "tagged = {" },
	{ "port.vlan", "{\"pvid\":null,\"tagged\":[\"190-205\"]}", "error", "vlan", "VLAN 200", "on b: " },
	{ "port.vlan", "{\"pvid\":null,\"tagged\":[\"5\",\"4094\"]}", "error", "vlan", "VLAN 4094", "on b: " },
	{ "port.mac", "[\"00:16:3e:00:00:09\"]", "error", "mac", "own one of VM v on host b",
	  "vifctl port policy v" },
};

static json_t *changed(const char *path, const char *value)
{
	json_t *facts = json_loads(good, 0, NULL);
	json_t *port = json_array_get(json_object_get(facts, "ports"), 0), *in = facts;
	const char *dot = strchr(path, '.');

	assert_non_null(facts);
	if (dot)
		in = *path == 'p' ? port : json_object_get(facts, "host");
	json_object_set_new(in, dot ? dot + 1 : path, json_loads(value, JSON_DECODE_ANY, NULL));
	return facts;
}

static void test_rows(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		json_t *facts = changed(rows[i].path, rows[i].value);
		json_t *found = migrate_findings(facts), *one = json_array_get(found, 0);
		json_t *document = json_pack("{s:i, s:O}", "format", 1, "findings", found);

		document_seen("doctor", document);
		if (json_array_size(found) != 1 ||
		    strcmp(json_string_value(json_object_get(one, "severity")), rows[i].severity) ||
		    strcmp(json_string_value(json_object_get(one, "check")), rows[i].check) ||
		    !strstr(json_string_value(json_object_get(one, "text")), rows[i].told) ||
		    !strstr(json_string_value(json_object_get(one, "command")), rows[i].command))
			fail_msg("%s = %s: %s", rows[i].path, rows[i].value, json_dumps(found, 0));
		json_decref(document);
		json_decref(found);
		json_decref(facts);
	}
}

static void test_good(void **state)
{
	json_t *facts = json_loads(good, 0, NULL), *found = migrate_findings(facts);

	assert_int_equal(json_array_size(found), 0);
	json_decref(found);
	json_decref(facts);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_rows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
