// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/cleanup.h"
#include "policy/fields.h"
#include "policy/mirror-shape.h"

static const char *const sources[] = { "vms", "netdevs", "switches" };
static const char *const outputs[] = {
	"output_vif", "output_netdev", "output_vlan", "output_remote",
};

static const struct {
	const char *column, *needs;
} needs[] = {
	{ "erspan_type", "output_remote" },
	{ "erspan_session", "output_remote" },
	{ "erspan_ttl", "output_remote" },
};

static const char *field_name(const char *column)
{
	return kind_column(&object_kinds[OBJECT_MIRROR], column, NULL)->name;
}

int mirror_shape_check(bool (*given)(const char *column, const void *arg), const void *arg,
		       struct problem *problem)
{
	const char *output = NULL;
	bool source = false;

	for (size_t i = 0; i < ARRAY_SIZE(sources); i++)
		source |= given(sources[i], arg);
	if (!source)
		return problem_set(problem, "whose frames to copy is not said; vms, netdevs or switches is needed");
	for (size_t i = 0; i < ARRAY_SIZE(outputs); i++) {
		if (!given(outputs[i], arg))
			continue;
		if (output)
			return problem_set(problem, "%s and %s: a mirror has one output", field_name(output),
					   field_name(outputs[i]));
		output = outputs[i];
	}
	if (!output)
		return problem_set(problem, "where the copies go is not said; to, to-netdev, to-vlan or to-remote is needed");
	for (size_t i = 0; i < ARRAY_SIZE(needs); i++)
		if (given(needs[i].column, arg) && !given(needs[i].needs, arg))
			return problem_set(problem, "%s needs %s", field_name(needs[i].column),
					   field_name(needs[i].needs));
	if (given("snaplen", arg) && given("output_vlan", arg))
		return problem_set(problem, "snaplen: not with to-vlan, where frames go whole");
	return 0;
}
