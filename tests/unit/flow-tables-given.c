// SPDX-License-Identifier: GPL-2.0-or-later
#include "flow-tables-given.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

void flow_tables_given(const char *const *flows, size_t count, struct flow_link *link,
		       struct flow_tables *tables)
{
	static struct port_name names[] = { { 1, "vif1.0" }, { 2, "vif2.0" } };

	*link = (struct flow_link){ .fd = -1, .name = "xenbr0", .names = { names, 2 } };
	for (size_t i = 0; i < count; i++) {
		struct flow_problem problem;
		struct of_flow_mod fm;

		if (flow_text_parse(flows[i], strlen(flows[i]), FLOW_TEXT_ADD, &link->names, &fm,
				    NULL, &problem) < 0) {
			fprintf(stderr, "%s: %s\n", flows[i], problem.text);
			abort();
		}
		link->flows.v = xgrow(link->flows.v, link->flows.count, &link->flows.room,
				      sizeof(*link->flows.v));
		link->flows.v[link->flows.count++] = (struct flow_told){ .flow = {
			.match = words_of(&fm.match), .actions = fm.actions, .table = fm.table,
			.priority = fm.priority, .cookie = fm.cookie } };
	}
	if (flow_tables_fill(tables, link, false))
		abort();
}

void flow_tables_seen(const json_t *doc, char ret[16])
{
	json_t *one;
	size_t i, n = 0;

	json_array_foreach(json_object_get(doc, "stages"), i, one) {
		json_t *flow = json_object_get(one, "flow");

		if (flow && n < 15)
			ret[n++] = (char)('0' + json_integer_value(json_object_get(flow, "table")));
	}
	ret[n] = '\0';
}
