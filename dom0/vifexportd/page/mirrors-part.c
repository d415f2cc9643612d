// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include "vifexportd/page/html.h"
#include "vifexportd/page/mirrors-part.h"

static json_int_t lost(const json_t *copies)
{
	return json_integer_value(json_object_get(copies, "over_rate")) +
	       json_integer_value(json_object_get(copies, "no_output")) +
	       json_integer_value(json_object_get(copies, "failed"));
}

static void sources_cell(FILE *to, const json_t *sources)
{
	const json_t *one;
	size_t i;

	fputs("<td>", to);
	json_array_foreach(sources, i, one) {
		fputs(i ? ", " : "", to);
		html_put(to, json_string_value(one) ?: "gone");
	}
	fputs(i ? "</td>" : "-</td>", to);
}

static void output_cell(FILE *to, const json_t *in)
{
	const json_t *vlan = json_object_get(in, "output_vlan");

	if (json_is_integer(vlan))
		fprintf(to, "<td>VLAN %" JSON_INTEGER_FORMAT "</td>", json_integer_value(vlan));
	else
		html_cell(to, json_text_of(in, "host") ?: json_text_of(in, "output"));
}

static void row(FILE *to, const json_t *mirror, const json_t *in)
{
	const char *state = json_text_of(in, "state") ?: json_text_of(mirror, "state") ?: "";
	const json_t *copies = json_object_get(in, "copies");

	html_row_of(to, "mirror", json_text_of(mirror, "name"), json_text_of(in, "switch"));
	html_cell(to, json_text_of(in, "switch"));
	html_state(to, state, strcmp(state, "refused") == 0 || strcmp(state, "failed") == 0);
	sources_cell(to, json_object_get(in, "sources"));
	output_cell(to, in);
	html_counted(to, json_object_get(copies, "packets"), "copies");
	html_counted(to, json_object_get(copies, "bytes"), "copied_bytes");
	if (json_is_object(copies))
		fprintf(to, "<td class=\"n\" data-count=\"lost\">%" JSON_INTEGER_FORMAT "</td>",
			lost(copies));
	else
		html_number(to, NULL);
	html_cell(to, json_text_of(in, "error") ?: json_text_of(mirror, "error") ?: "");
	fputs("</tr>\n", to);
}

void mirrors_part(FILE *to, const json_t *mirrors)
{
	static const char *const titles[] = { "Mirror", "Switch", "State", "Sources", "Output",
					      ">Copies", ">Octets", ">Not made", "Problem", NULL };
	const json_t *all = json_object_get(mirrors, "mirrors"), *mirror, *in;
	size_t i, j;

	if (!json_array_size(all))
		return;
	html_table(to, "mirrors", "Mirrors", titles);
	json_array_foreach(all, i, mirror) {
		const json_t *switches = json_object_get(mirror, "switches");

		json_array_foreach(switches, j, in)
			row(to, mirror, in);
		if (!json_array_size(switches))
			row(to, mirror, NULL);
	}
	html_table_end(to);
}
