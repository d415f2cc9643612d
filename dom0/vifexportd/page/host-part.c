// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include "vifexportd/page/host-part.h"
#include "vifexportd/page/html.h"

static void term(FILE *to, const char *name, const char *text, bool bad)
{
	fprintf(to, "<dt>%s</dt><dd%s>", name, bad ? " class=\"bad\"" : "");
	html_put(to, text);
	fputs("</dd>\n", to);
}

static void database_term(FILE *to, const json_t *database)
{
	const char *state = json_text_of(database, "state") ?: "-";

	fprintf(to, "<dt>Policy database</dt><dd%s>",
		strcmp(state, "disconnected") == 0 ? " class=\"bad\"" : "");
	html_put(to, state);
	if (json_text_of(database, "error")) {
		fputs(": ", to);
		html_put(to, json_text_of(database, "error"));
	}
	fputs("</dd>\n", to);
}

static void module_terms(FILE *to, const json_t *module)
{
	const json_t *lack;
	size_t i;

	term(to, "Kernel module", json_text_of(module, "version") ?: "not loaded", !module);
	json_array_foreach(json_object_get(module, "lacks"), i, lack)
		term(to, "Not in force before a reboot", json_text_of(lack, "text"), true);
}

static void host_terms(FILE *to, const json_t *show)
{
	const bool xenstore = json_is_true(json_object_get(show, "xenstore"));
	const json_t *operations = json_object_get(show, "operations");
	const json_t *module = json_object_get(show, "module");

	fputs("<section aria-labelledby=\"host\"><h2 id=\"host\">Host ", to);
	html_put(to, json_text_of(show, "host"));
	fputs("</h2><dl>\n", to);
	term(to, "XenStore", xenstore ? "answers" : "does not answer", !xenstore);
	database_term(to, json_object_get(show, "database"));
	module_terms(to, json_is_object(module) ? module : NULL);
	if (json_is_integer(operations))
		fprintf(to, "<dt>Changes made</dt><dd>%" JSON_INTEGER_FORMAT "</dd>\n",
			json_integer_value(operations));
	fputs("</dl></section>\n", to);
}

static void switch_errors(FILE *to, const json_t *sw)
{
	const json_t *one;
	size_t i;

	fputs("<td>", to);
	html_put(to, json_text_of(sw, "error"));
	json_array_foreach(json_object_get(sw, "uplink_errors"), i, one) {
		fputs(i || json_text_of(sw, "error") ? "; " : "", to);
		html_put(to, json_text_of(one, "error"));
	}
	fputs("</td>", to);
}

static void switch_row(FILE *to, const json_t *sw)
{
	fputs("<tr data-port=\"switch ", to);
	html_put(to, json_text_of(sw, "name"));
	fputs("\">", to);
	html_row_head(to, json_text_of(sw, "name"));
	html_state(to, json_text_of(sw, "state"), json_text_of(sw, "error") ||
		   json_array_size(json_object_get(sw, "uplink_errors")));
	html_number(to, json_object_get(sw, "mtu"));
	html_number(to, json_object_get(sw, "fdb"));
	switch_errors(to, sw);
	fputs("</tr>\n", to);
}

void host_part(FILE *to, const json_t *show)
{
	static const char *const titles[] = { "Switch", "State", ">MTU", ">Addresses", "Problem", NULL };
	const json_t *sw;
	size_t i;

	host_terms(to, show);
	html_table(to, "switches", "Switches", titles);
	json_array_foreach(json_object_get(show, "switches"), i, sw)
		switch_row(to, sw);
	html_table_end(to);
}
