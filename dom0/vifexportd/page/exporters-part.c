// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include "vifexportd/page/exporters-part.h"
#include "vifexportd/page/html.h"

static void row(FILE *to, const json_t *exporter, const json_t *collector)
{
	const char *state = json_text_of(collector, "state") ?: json_text_of(exporter, "state") ?: "";

	html_row_of(to, "exporter", json_text_of(exporter, "name"), json_text_of(collector, "to"));
	html_cell(to, json_text_of(collector, "to"));
	html_state(to, state, strcmp(state, "refused") == 0 ||
		   (collector && strcmp(state, "down") == 0));
	html_counted(to, json_object_get(collector, "records"), "records");
	html_counted(to, json_object_get(collector, "lost"), "lost");
	html_cell(to, json_text_of(exporter, "error") ?: json_text_of(collector, "error") ?: "");
	fputs("</tr>\n", to);
}

void exporters_part(FILE *to, const json_t *exporters)
{
	static const char *const titles[] = { "Exporter", "Collector", "State", ">Records", ">Lost",
					      "Problem", NULL };
	const json_t *all = json_object_get(exporters, "exporters"), *exporter, *collector;
	size_t i, j;

	if (!json_array_size(all))
		return;
	html_table(to, "exporters", "Exporters", titles);
	json_array_foreach(all, i, exporter) {
		const json_t *collectors = json_object_get(exporter, "collectors");

		json_array_foreach(collectors, j, collector)
			row(to, exporter, collector);
		if (!json_array_size(collectors))
			row(to, exporter, NULL);
	}
	html_table_end(to);
}
