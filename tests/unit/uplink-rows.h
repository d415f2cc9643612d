/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Uplink rows in RFC 7047's notation, for tests. */
#ifndef TESTS_UPLINK_ROWS_H
#define TESTS_UPLINK_ROWS_H

#include "base/cleanup.h"
#include "base/json-value.h"
#include "policy/fields.h"
#include "uplink/uplink-settings.h"

#define MEMBERS	"\"members\": [\"set\", [\"e1\", \"e2\"]]"
#define LACP	"\"bond_mode\": \"balance-tcp\""

static inline struct policy_row *row_of(const char *text)
{
	_cleanup_(json_decrefp) json_t *json = json_loads(text, 0, NULL);
	struct policy_row *row;

	assert_non_null(json);
	assert_int_equal(policy_row_read(&object_kinds[OBJECT_UPLINK], json, &row), 0);
	return row;
}

static inline int settings_of(const char *text, struct uplink_settings *ret,
			      struct problem *problem)
{
	struct policy_row *row = row_of(text);
	_cleanup_free_ struct port_policy *policy = NULL;
	struct vlans vlans;
	int r;

	vlans_init(&vlans);
	vlans_set_native(&vlans, 7);
	policy = port_policy_of_uplink(&vlans);
	r = uplink_settings_read("bond0", row, NULL, policy, ret, problem);
	policy_row_free(row);
	return r;
}

#endif /* TESTS_UPLINK_ROWS_H */
