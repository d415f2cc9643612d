// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include "vifexportd/page/html.h"
#include "vifexportd/page/pool-part.h"

static void row(FILE *to, const json_t *host)
{
	const char *presence = json_text_of(host, "presence") ?: "unknown";
	bool absent = strcmp(presence, "absent") == 0;
	bool in_force = json_is_true(json_object_get(host, "in_force"));

	fputs("<tr data-port=\"host ", to);
	html_put(to, json_text_of(host, "name"));
	fputs("\">", to);
	html_row_head(to, json_text_of(host, "name"));
	html_state(to, presence, absent);
	html_cell(to, json_text_of(host, "version"));
	html_cell(to, absent ? NULL : in_force ? "in force" : "not yet in force");
	html_cell(to, json_text_of(host, "error") ?: "");
	fputs("</tr>\n", to);
}

void pool_part(FILE *to, const json_t *show)
{
	static const char *const titles[] = { "Host", "State", "Version", "Policy", "Problem", NULL };
	const json_t *hosts = json_object_get(json_object_get(show, "database"), "hosts"), *host;
	size_t i;

	if (json_array_size(hosts) < 2)
		return;
	html_table(to, "pool", "Hosts of the pool", titles);
	json_array_foreach(hosts, i, host)
		row(to, host);
	html_table_end(to);
}
