// SPDX-License-Identifier: GPL-2.0-or-later
/* What a link is to do: its own row before its bond's before the file's; nothing impossible. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/cleanup.h"
#include "policy/fields.h"
#include "uplink/oam-settings.h"

/* Of JSON with ' for ". */
static json_t *json_of(const char *text)
{
	char *copy = strdup(text);
	json_t *json;

	for (char *p = copy; (p = strchr(p, '\'')); )
		*p = '"';
	json = json_loads(copy, 0, NULL);
	assert_non_null(json);
	free(copy);
	return json;
}

static struct policy_row *row_of(const char *text)
{
	struct policy_row *row;
	json_t *json = json_of(text);

	assert_int_equal(policy_row_read(&object_kinds[OBJECT_UPLINK], json, &row), 0);
	json_decref(json);
	return row;
}

static void settings(void **state)
{
	static const struct {
		const char *own, *uplink, *file, *is, *problem;
		unsigned int place;
	} cases[] = {
		{ NULL, NULL, NULL, "{'lldp': 'rx', 'cfm': null, 'bfd': null}", NULL, 0 },
		{ "{'lldp': 'off'}", NULL, "{'lldp': 'on'}", "{'lldp': 'off', 'cfm': null, 'bfd': null}",
		  NULL, 0 },
		{ "{'cfm_mpid': 11}", "{'cfm_mpid': 1, 'cfm_level': 3, 'cfm_remotes': '2,8191'}",
		  "{'cfm_mpid': 7, 'cfm_interval': 100, 'cfm_ma': 'dc1'}",
		  "{'lldp': 'rx', 'bfd': null, 'cfm': {'mpid': 11, 'level': 3, 'interval_ms': 100,"
		  " 'md': 'ovs', 'ma': 'dc1', 'remotes': [2, 8191]}}", NULL, 0 },
		{ "{'bfd': true}", NULL, NULL,
		  "{'lldp': 'rx', 'cfm': null, 'bfd': {'min_rx_ms': 1000, 'min_tx_ms': 100, 'mult': 3,"
		  " 'src': '169.254.1.1', 'dst': '169.254.1.0', 'any_peer': true, 'mac': null}}", NULL, 0 },
		{ "{'bfd': true, 'bfd_dst': '192.0.2.2', 'bfd_mac': '02:00:00:00:00:02'}", NULL, NULL,
		  "{'lldp': 'rx', 'cfm': null, 'bfd': {'min_rx_ms': 1000, 'min_tx_ms': 100, 'mult': 3,"
		  " 'src': '169.254.1.1', 'dst': '192.0.2.2', 'any_peer': false,"
		  " 'mac': '02:00:00:00:00:02'}}", NULL, 0 },
		{ "{'bfd': true, 'bfd_dst': '2001:db8::1'}", NULL, NULL,
		  "{'lldp': 'rx', 'cfm': null, 'bfd': null}", "IPv4 addresses of single hosts", 0 },
		{ "{'cfm_level': 2}", NULL, NULL, "{'lldp': 'rx', 'cfm': null, 'bfd': null}",
		  "cfm-level needs cfm-mpid", 0 },
		{ "{'bfd_mult': 2}", NULL, NULL, "{'lldp': 'rx', 'cfm': null, 'bfd': null}",
		  "bfd-mult needs bfd=true", 0 },
		{ "{'cfm_mpid': 1, 'cfm_interval': 50}", NULL, NULL,
		  "{'lldp': 'rx', 'cfm': null, 'bfd': null}", "cfm-interval=50: must be 3, 10", 0 },
		{ "{'cfm_mpid': 1, 'cfm_remotes': '2,,3'}", NULL, NULL,
		  "{'lldp': 'rx', 'cfm': null, 'bfd': null}", "with commas between them", 0 },
		{ "{'cfm_mpid': 1, 'cfm_md': '1234567890123456789012345678901234567890', 'cfm_ma': '12345'}",
		  NULL, NULL, "{'lldp': 'rx', 'cfm': null, 'bfd': null}", "at most 44 characters", 0 },
		{ "{'cfm_mpid': 1, 'cfm_remotes': '2,,3', 'bfd': true, 'bfd_src': '2001:db8::1'}", NULL, NULL,
		  "{'lldp': 'rx', 'cfm': null, 'bfd': null}", "with commas between them", 0 },
		{ "{'cfm_mpid': 9000}", NULL, NULL, "{'lldp': 'rx', 'cfm': null, 'bfd': null}",
		  "cfm_mpid=9000: must be", 0 },
		/* Members count up, and no end expects itself. */
		{ NULL, "{'cfm_mpid': 11, 'cfm_remotes': '11,12,13,14'}", "{'cfm_mpid': 7}",
		  "{'lldp': 'rx', 'bfd': null, 'cfm': {'mpid': 13, 'level': 0, 'interval_ms': 1000,"
		  " 'md': 'ovs', 'ma': 'ovs', 'remotes': [11, 12, 14]}}", NULL, 2 },
		{ "{'cfm_mpid': 4}", "{'cfm_mpid': 11}", NULL,
		  "{'lldp': 'rx', 'bfd': null, 'cfm': {'mpid': 4, 'level': 0, 'interval_ms': 1000,"
		  " 'md': 'ovs', 'ma': 'ovs', 'remotes': []}}", NULL, 2 },
		{ NULL, NULL, "{'cfm_mpid': 7}",
		  "{'lldp': 'rx', 'bfd': null, 'cfm': {'mpid': 8, 'level': 0, 'interval_ms': 1000,"
		  " 'md': 'ovs', 'ma': 'ovs', 'remotes': []}}", NULL, 1 },
		{ NULL, "{'cfm_mpid': 8191}", NULL, "{'lldp': 'rx', 'cfm': null, 'bfd': null}",
		  "must not come beyond 8191", 1 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const char *const texts[] = { cases[i].own, cases[i].uplink, cases[i].file };
		struct policy_row *rows[3];
		char *problem = NULL;
		json_t *got, *is;

		for (size_t k = 0; k < 3; k++)
			rows[k] = texts[k] ? row_of(texts[k]) : NULL;
		got = oam_settings_json(&(struct oam_rows){ rows[0], rows[1], rows[2],
							    cases[i].place }, &problem);
		is = json_of(cases[i].is);
		if (!json_equal(got, is))
			fail_msg("case %zu: %s", i, json_dumps(got, 0));
		if (!problem != !cases[i].problem ||
		    (problem && !strstr(problem, cases[i].problem)))
			fail_msg("case %zu: %s", i, problem ?: "no problem");
		json_decref(got);
		json_decref(is);
		free(problem);
		for (size_t k = 0; k < 3; k++)
			if (rows[k])
				policy_row_free(rows[k]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(settings) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
