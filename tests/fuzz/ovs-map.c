// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * An Open_vSwitch database as JSON, {"db": {TABLE: {UUID: {COLUMN: CELL}}}, "facts": {}, "own": {}}:
 * mapped, planned and reported. No port that is closed may have a row.
 */
#include <stddef.h>
#include <stdint.h>

#include "ovs/ovs-map.h"
#include "ovs/ovs-plan.h"
#include "ovs/ovs-report.h"
#include "tests/unit/ovs-world.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	json_t *all = json_loadb((const char *)data, size, 0, NULL), *mapping, *plan;
	const json_t *db = json_object_get(all, "db"), *facts = json_object_get(all, "facts");

	mapping = ovs_map(db, facts);
	assert_only_open_have_rows(mapping);
	plan = ovs_plan(json_object_get(mapping, "rows"), json_object_get(all, "own"), "host-a");
	ovs_plan_tell(plan, mapping);
	json_decref(ovs_report(db, mapping, facts));
	json_decref(plan);
	json_decref(mapping);
	json_decref(all);
	return 0;
}
