// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include "base/cleanup.h"
#include "vifctl/table.h"
#include "vifctl/text.h"
#include "vifctl/view.h"

void view_why(const json_t *doc, FILE *out)
{
	static const char *const titles[] = { "", "STAGE", "PORT", "", NULL };
	_cleanup_(table_freep) struct table *t = table_new(titles);
	const json_t *one, *to = json_object_get(doc, "to");
	size_t i;

	json_array_foreach(json_object_get(doc, "stages"), i, one) {
		const char *cells[] = { get_text(one, "result"), get_text(one, "stage"),
					get_text(one, "port"), get_text(one, "text") };

		table_row(t, cells);
	}
	table_print(t, out);
	if (strcmp(get_text(doc, "verdict"), "dropped")) {
		fputs("delivered to", out);
		json_array_foreach(to, i, one)
			fprintf(out, "%s %s", i ? "," : "", get_text(one, "port"));
		fputs(json_array_size(to) ? "\n" : " dom0\n", out);
		return;
	}
	fprintf(out, "dropped (%s): %s\n", get_text(doc, "reason"),
		*get_text(doc, "rule") ? get_text(doc, "rule") : get_text(doc, "sentence"));
	if (*get_text(doc, "fix"))
		fprintf(out, "to change that: %s\n", get_text(doc, "fix"));
}
