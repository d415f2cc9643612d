// SPDX-License-Identifier: GPL-2.0-or-later
/* Switches of the file and of the database, and who of them has an uplink. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/cleanup.h"
#include "policydb/rows.h"
#include "config/config.h"

static void add_switch(struct policies *p, const char *row)
{
	_cleanup_(json_decrefp) json_t *json = json_loads(row, 0, NULL);

	assert_non_null(json);
	assert_int_equal(policies_put(p, OBJECT_SWITCH, json), 0);
}

/* As if one switch had every uplink that there is. */
static const char *one_holder(const char *uplink, void *arg)
{
	return arg;
}

static const char *holder;	/* NULL: no uplink is in a switch */

static void merge_file(struct config *file, struct policies *rows, struct config *merged,
		       char *problem_text)
{
	struct config config = {};
	struct problem problem;

	config_merge(file, rows, one_holder, (void *)holder, &config, &problem);
	config_deinit(merged);
	*merged = config;
	strcpy(problem_text, problem.text);
}

static void rows_are(struct policies *rows, const char *const *list)
{
	policies_mark(rows);
	for (; *list; list++)
		add_switch(rows, *list);
	policies_sweep(rows);
}

/* "xenbr0: eth0, sw2:" of a merged configuration. */
static void uplinks_are(const struct config *config, const char *wanted)
{
	char text[256] = "";

	for (size_t i = 0; i < config->count; i++) {
		const struct cfg_switch *sw = &config->switches[i];

		sprintf(text + strlen(text), "%s%s:", i ? ", " : "", sw->name);
		for (size_t j = 0; j < sw->uplink_count; j++)
			sprintf(text + strlen(text), " %s", sw->uplinks[j].name);
	}
	assert_string_equal(text, wanted);
}

/* Whatever order they come in: who has an uplink keeps it, and a move says that it is one. */
static void test_uplink_owners(void **state)
{
	static const struct {
		const char *holder;
		const char *rows[4];
		const char *wanted;
		const char *said;	/* what the problem must contain; "": none */
	} cases[] = {
		{ NULL, { "{\"name\": \"a0\", \"uplinks\": \"eth0\"}" }, "xenbr0: eth0, a0:",
		  "database: switch a0: uplinks=eth0: switch xenbr0 of vifswitch.conf has it" },
		{ "xenbr0", { "{\"name\": \"a0\", \"uplinks\": \"eth0\"}" }, "xenbr0: eth0, a0:",
		  "switch xenbr0 of vifswitch.conf has it" },
		{ "a0", { "{\"name\": \"a0\", \"uplinks\": \"eth0\"}" }, "xenbr0:, a0: eth0",
		  "vifswitch.conf: switch xenbr0: uplinks=eth0: switch a0 of the database has it" },
		{ "xenbr0", { "{\"name\": \"a0\", \"uplinks\": \"eth0\", \"moved\": \"eth0\"}" },
		  "xenbr0:, a0: eth0", "" },
		/* Moved, but not among its uplinks any more. */
		{ "xenbr0", { "{\"name\": \"a0\", \"moved\": \"eth0\"}" }, "xenbr0: eth0, a0:", "" },
		/* The file's switch gives it up by its row. */
		{ "xenbr0", { "{\"name\": \"a0\", \"uplinks\": \"eth0\"}",
			      "{\"name\": \"xenbr0\", \"uplinks\": \"eth9\"}" },
		  "xenbr0: eth9, a0: eth0", "" },
		{ NULL, { "{\"name\": \"b0\", \"uplinks\": \"eth1\"}",
			  "{\"name\": \"a0\", \"uplinks\": \"eth1\"}" },
		  "xenbr0: eth0, a0: eth1, b0:", "switch b0: uplinks=eth1: switch a0 of the database" },
		{ "b0", { "{\"name\": \"b0\", \"uplinks\": \"eth1\"}",
			  "{\"name\": \"a0\", \"uplinks\": \"eth1\"}" },
		  "xenbr0: eth0, a0:, b0: eth1", "switch a0: uplinks=eth1: switch b0 of the database" },
		{ "b0", { "{\"name\": \"b0\", \"uplinks\": \"eth1\"}",
			  "{\"name\": \"a0\", \"uplinks\": \"eth1\", \"moved\": \"eth1\"}" },
		  "xenbr0: eth0, a0: eth1, b0:", "switch b0: uplinks=eth1: switch a0 of the database" },
	};
	char path[] = "/tmp/vifswitch-config-XXXXXX", said[PROBLEM_MAX];
	static const char text[] = "switch xenbr0 { uplink eth0 { untagged = none tagged = {20} } }\n";
	_cleanup_close_ int fd = mkstemp(path);
	struct config file = {}, merged = {};
	struct policies rows = {};
	struct problem problem;

	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	assert_int_equal(config_load(path, &file, &problem), 0);
	unlink(path);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct cfg_switch *a0;

		holder = cases[i].holder;
		rows_are(&rows, cases[i].rows);
		merge_file(&file, &rows, &merged, said);
		uplinks_are(&merged, cases[i].wanted);
		if (cases[i].said[0])
			assert_non_null(strstr(said, cases[i].said));
		else
			assert_string_equal(said, "");
		/* Its VLANs go with it, and no others. */
		a0 = config_find(&merged, "a0");
		if (a0->uplink_count && strcmp(a0->uplinks[0].name, "eth0") == 0)
			assert_true(port_policy_equal(a0->uplinks[0].policy,
						      file.switches[0].uplinks[0].policy));
	}
	holder = NULL;
	policies_deinit(&rows);
	config_deinit(&merged);
	config_deinit(&file);
}

/* Each of file and row says a part; the row wins. */
static void test_snooping(void **state)
{
	static const struct {
		const char *text, *row;
		struct dp_snoop wanted;
		bool loop;
	} cases[] = {
		{ "", "{\"name\": \"x\", \"multicast_snooping\": false}", {}, false },
		{ "multicast_snooping = true multicast_groups = 9", "{\"name\": \"x\", \"multicast_ageing_s\": 60}",
		  { .on = true, .flood = true, .port_max = 9, .ageing_s = 60 }, false },
		{ "multicast_groups = 9", "{\"name\": \"x\", \"multicast_snooping\": true, \"multicast_flood_unregistered\": false}",
		  { .on = true, .port_max = 9, .ageing_s = 300 }, false },
		{ "multicast_snooping = true", "{\"name\": \"x\", \"multicast_snooping\": false}", {}, false },
		{ "loop_protection = true", "{\"name\": \"x\"}", {}, true },
		{ "loop_protection = true", "{\"name\": \"x\", \"loop_protection\": false}", {}, false },
		{ "", "{\"name\": \"x\", \"loop_protection\": true}", {}, true },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char path[] = "/tmp/vifswitch-config-XXXXXX", said[PROBLEM_MAX];
		_cleanup_close_ int fd = mkstemp(path);
		struct config file = {}, merged = {};
		struct policies rows = {};
		struct problem problem;

		assert_true(dprintf(fd, "switch x { %s }\n", cases[i].text) > 0);
		assert_int_equal(config_load(path, &file, &problem), 0);
		unlink(path);
		rows_are(&rows, (const char *const []){ cases[i].row, NULL });
		merge_file(&file, &rows, &merged, said);
		assert_memory_equal(&merged.switches[0].snoop, &cases[i].wanted,
				    sizeof(cases[i].wanted));
		assert_int_equal(merged.switches[0].loop, cases[i].loop);
		policies_deinit(&rows);
		config_deinit(&merged);
		config_deinit(&file);
	}
}

static void test_switches(void **state)
{
	char path[] = "/tmp/vifswitch-config-XXXXXX", said[PROBLEM_MAX];
	static const char text[] = "switch xenbr0 { uplink eth0 { untagged = none tagged = {20} }\n"
				   "uplink eth1 {} ageing = 60 mtu = 9000 }\n";
	struct config file = {}, merged = {};
	_cleanup_close_ int fd = mkstemp(path);
	struct policies rows = {};
	struct problem problem;
	const struct cfg_switch *sw;
	const struct port_policy *limited;

	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	assert_int_equal(config_load(path, &file, &problem), 0);
	unlink(path);
	limited = file.switches[0].uplinks[0].policy;
	merge_file(&file, &rows, &merged, said);
	assert_string_equal(said, "");
	sw = config_find(&merged, "xenbr0");
	assert_int_equal(sw->uplink_count, 2);
	assert_int_equal(sw->mtu, 9000);
	/* Field by field; an uplink that both name keeps what the file says of its VLANs. */
	add_switch(&rows, "{\"name\": \"xenbr0\", \"ageing_s\": 10, \"multicast_snooping\": true, \"multicast_querier\": \"igmpv3\", \"uplinks\": [\"set\", [\"eth0\", \"eth2\"]]}");
	add_switch(&rows, "{\"name\": \"db0\", \"uplinks\": \"eth1\", \"moved\": \"eth1\"}");
	add_switch(&rows, "{\"name\": \"zz0\", \"uplinks\": [\"set\", [\"eth1\", \"db0\"]], \"mtu\": 70000}");
	merge_file(&file, &rows, &merged, said);
	assert_string_equal(said, "database: switch zz0: mtu=70000: must be 68 to 65535 octets");
	assert_int_equal(merged.count, 3);
	sw = config_find(&merged, "xenbr0");
	assert_int_equal(sw->ageing_ms, 10000);
	assert_true(sw->snoop.on && sw->snoop.flood);
	assert_int_equal(sw->snoop.querier, 3);
	assert_int_equal(sw->snoop.port_max, VIFSWITCH_GROUPS_PORT_DEFAULT);
	assert_int_equal(sw->snoop.ageing_s, VIFSWITCH_GROUP_AGEING_DEFAULT_S);
	assert_false(config_find(&merged, "db0")->snoop.on);
	assert_int_equal(sw->mtu, 9000);
	assert_int_equal(sw->uplink_count, 2);
	assert_true(port_policy_equal(sw->uplinks[0].policy, limited));
	assert_false(port_policy_equal(sw->uplinks[1].policy, limited));
	assert_string_equal(config_find(&merged, "db0")->uplinks[0].name, "eth1");
	assert_int_equal(config_find(&merged, "db0")->ageing_ms, VIFSWITCH_AGEING_DEFAULT_MS);
	assert_non_null(config_find(&merged, "db0")->local);
	assert_int_equal(config_find(&merged, "zz0")->uplink_count, 0);
	/* What was moved leaves the file's switch. */
	policies_mark(&rows);
	add_switch(&rows, "{\"name\": \"db0\", \"uplinks\": \"eth1\", \"moved\": \"eth1\"}");
	policies_sweep(&rows);
	merge_file(&file, &rows, &merged, said);
	assert_string_equal(said, "");
	sw = config_find(&merged, "xenbr0");
	assert_int_equal(sw->uplink_count, 1);
	assert_string_equal(sw->uplinks[0].name, "eth0");
	policies_mark(&rows);
	add_switch(&rows, "{\"name\": \"db0\", \"uplinks\": \"xenbr0\"}");
	policies_sweep(&rows);
	assert_int_equal(rows.switches.count, 1);
	merge_file(&file, &rows, &merged, said);
	assert_string_equal(said, "database: switch db0: uplinks=xenbr0: is itself a switch");
	assert_int_equal(config_find(&merged, "xenbr0")->uplink_count, 2);
	assert_int_equal(config_find(&merged, "xenbr0")->ageing_ms, 60000);
	add_switch(&rows, "{\"name\": \"db0\", \"options\": [\"map\", [[\"stp\", \"on\"]]]}");
	merge_file(&file, &rows, &merged, said);
	assert_string_equal(said, "database: switch db0: options=stp: not known to this version; it has no options");
	policies_deinit(&rows);
	config_deinit(&merged);
	config_deinit(&file);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_switches), cmocka_unit_test(test_uplink_owners),
		cmocka_unit_test(test_snooping),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
