// SPDX-License-Identifier: GPL-2.0-or-later
/* What vifctl doctor finds of switches with flow tables. */
#include <stdarg.h>
#include <setjmp.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include <jansson.h>

#include "tests/unit/doctor-finding.h"
#include "base/cleanup.h"
#include "vifctl/doctor/doctor.h"

static json_t *facts(void)
{
	return json_pack("{s:s, s:{s:s, s:[]}, s:{s:s}, s:{s:[], s:[]}}", "version", "0.1.0", "module", "version",
			 "0.1.0", "lacks", "daemon", "version", "0.1.0", "show", "switches", "ports");
}

/* A switch with flow tables: it does well but for this. */
static json_t *with_flows(json_t *f, const char *key, const char *value)
{
	json_t *sw = json_loads("{\"switch\":\"xenbr0\",\"fail_mode\":\"standalone\",\"in_force\":true,\"flows\":3,"
				"\"alone\":false,\"error\":null,\"controllers\":[{\"target\":\"tcp:192.0.2.9:6653\","
				"\"state\":\"connected\",\"error\":null}]}", 0, NULL);
	json_t *new = value ? json_loads(value, JSON_DECODE_ANY, NULL) : NULL;

	if (new)
		json_object_set_new(sw, key, new);
	set(f, "openflow", json_pack("[o]", sw));
	return f;
}

#define CONTROLLER(target, error) \
	"[{\"target\":\"" target "\",\"state\":\"waiting\",\"error\":\"" error "\"}]"
#define TCP(error)	CONTROLLER("tcp:192.0.2.9:6653", error)

static void flow_tables_are_looked_at(void **state)
{
	static const char *const bad[][3] = {
		{ TCP("Connection refused"), "controller", "switch set xenbr0 controller=" },
		{ TCP("No route to host"), "controller", "ip route get" },
		{ TCP("Connection timed out"), "controller", "ip route get" },
		{ TCP("what it sends is not OpenFlow"), "controller-tls", "controller=ssl:" },
		{ TCP("it has no version of OpenFlow in common with us"), "controller-version", "protocols=" },
		{ TCP("it hung up"), "controller", "vifctl openflow show xenbr0" },
		{ CONTROLLER("ssl:192.0.2.9:6653", "Protocol error"), "controller-tls", "--ca-cert" },
	};
	json_t *f = with_flows(facts(), NULL, NULL), *found = doctor_findings(f), *sw;

	assert_int_equal(json_array_size(found), 0);
	json_decref(found), json_decref(f);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		check_one(with_flows(facts(), "controllers", bad[i][0]), "warning", bad[i][1], "xenbr0", "", bad[i][2]);
	check_one(with_flows(facts(), "error", "\"vifofd does not run\""), "error", "openflow",
		  "xenbr0", "it has flow tables", "systemctl start vifofd");
	check_one(with_flows(facts(), "error", "\"ssl:192.0.2.9 needs --private-key, --certificate and --ca-cert\""),
		  "error", "openflow", "xenbr0", "needs", "/etc/default/vifofd");
	check_one(with_flows(facts(), "vm_flows_error", "\"actions=group:7: there is no group of that number\""),
		  "warning", "vm-flows", "xenbr0", "no group of that number", "vifctl flow del xenbr0 vm=");
	f = with_flows(facts(), "flows", "0");
	sw = json_array_get(json_object_get(f, "openflow"), 0);
	set(sw, "fail_mode", json_string("secure"));
	check_one(f, "error", "no-flows", "xenbr0", "it passes nothing", "vifctl flow add xenbr0 actions=NORMAL");
	f = with_flows(facts(), NULL, NULL);
	set(f, "flow_ports", json_pack("{s:[{s:i, s:i, s:b, s:s}]}", "xenbr0", "port", 9, "flows", 2, "in", 0,
				       "flow", "priority=5 actions=output:9"));
	check_one(f, "hint", "flow-port", "xenbr0", "2 flows name port 9", "vifctl flow del xenbr0 out_port=9");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(flow_tables_are_looked_at),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
