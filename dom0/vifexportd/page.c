// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "vifexportd/page.h"

/* Also for the value of an attribute in double quotes. */
static void put(FILE *to, const char *text)
{
	for (; text && *text; text++) {
		switch (*text) {
		case '&':
			fputs("&amp;", to);
			break;
		case '<':
			fputs("&lt;", to);
			break;
		case '>':
			fputs("&gt;", to);
			break;
		case '"':
			fputs("&quot;", to);
			break;
		case '\'':
			fputs("&#39;", to);
			break;
		default:
			putc(*text, to);
		}
	}
}

static const char *text_of(const json_t *object, const char *key)
{
	return json_string_value(json_object_get(object, key));
}

static void cell(FILE *to, const char *text)
{
	fputs("<td>", to);
	put(to, text ?: "-");
	fputs("</td>", to);
}

/* A number that page.js makes a rate of: what it was and what it is. */
static void counted(FILE *to, const json_t *value, const char *key)
{
	if (!json_is_integer(value)) {
		fputs("<td class=\"n\">-</td>", to);
		return;
	}
	fprintf(to, "<td class=\"n\" data-count=\"%s\">%" JSON_INTEGER_FORMAT "</td>", key,
		json_integer_value(value));
}

static void row_head(FILE *to, const char *text)
{
	fputs("<th scope=\"row\">", to);
	put(to, text ?: "-");
	fputs("</th>", to);
}

static void table_head(FILE *to, const char *id, const char *caption, const char *const *titles)
{
	fprintf(to, "<table id=\"%s\"><caption>%s</caption><thead><tr>", id, caption);
	for (; *titles; titles++)
		fprintf(to, "<th scope=\"col\">%s</th>", *titles);
	fputs("</tr></thead><tbody>\n", to);
}

static void table_end(FILE *to)
{
	fputs("</tbody></table>\n", to);
}

/* The state in a word, never in colour alone. */
static void state_cell(FILE *to, const char *state, const char *error)
{
	fprintf(to, "<td><span class=\"state %s\">", error ? "bad" :
		state && (strcmp(state, "active") == 0 || strcmp(state, "up") == 0) ? "good" : "idle");
	put(to, state ?: "-");
	fputs("</span></td>", to);
}

static void host_part(FILE *to, const json_t *show)
{
	const json_t *module = json_object_get(show, "module");
	const json_t *database = json_object_get(show, "database");

	fputs("<section aria-labelledby=\"host\"><h2 id=\"host\">Host ", to);
	put(to, text_of(show, "host"));
	fputs("</h2><dl>\n<dt>XenStore</dt><dd>", to);
	fputs(json_is_true(json_object_get(show, "xenstore")) ? "answers" : "does not answer", to);
	fputs("</dd>\n<dt>Database</dt><dd>", to);
	put(to, text_of(database, "state") ?: "not known");
	if (text_of(database, "error")) {
		fputs(": ", to);
		put(to, text_of(database, "error"));
	}
	fputs("</dd>\n<dt>Kernel module</dt><dd>", to);
	put(to, text_of(module, "version") ?: "not loaded");
	fputs("</dd></dl></section>\n", to);
}

static void switch_errors(FILE *to, const json_t *sw)
{
	const json_t *one;
	size_t i;

	fputs("<td>", to);
	put(to, text_of(sw, "error"));
	json_array_foreach(json_object_get(sw, "uplink_errors"), i, one) {
		fputs(i || text_of(sw, "error") ? "; " : "", to);
		put(to, text_of(one, "error"));
	}
	fputs("</td>", to);
}

static void switch_part(FILE *to, const json_t *show)
{
	static const char *const titles[] = { "Switch", "State", "MTU", "Addresses", "Problem", NULL };
	const json_t *sw;
	size_t i;

	table_head(to, "switches", "Switches", titles);
	json_array_foreach(json_object_get(show, "switches"), i, sw) {
		bool bad = text_of(sw, "error") ||
			   json_array_size(json_object_get(sw, "uplink_errors"));

		fputs("<tr>", to);
		row_head(to, text_of(sw, "name"));
		state_cell(to, text_of(sw, "state"), bad ? "" : NULL);
		fprintf(to, "<td class=\"n\">%" JSON_INTEGER_FORMAT "</td>",
			json_integer_value(json_object_get(sw, "mtu")));
		fprintf(to, "<td class=\"n\">%" JSON_INTEGER_FORMAT "</td>",
			json_integer_value(json_object_get(sw, "fdb")));
		switch_errors(to, sw);
		fputs("</tr>\n", to);
	}
	table_end(to);
}

static json_int_t dropped(const json_t *port)
{
	json_t *drops = json_object_get(json_object_get(port, "counters"), "drops");
	const json_t *count;
	const char *reason;
	json_int_t sum = 0;

	json_object_foreach(drops, reason, count)
		sum += json_integer_value(count);
	return sum;
}

/* How many, and of which reasons. */
static void drop_cell(FILE *to, const json_t *port)
{
	json_t *drops = json_object_get(json_object_get(port, "counters"), "drops");
	const json_t *count;
	const char *reason;

	if (!json_object_size(drops)) {
		fputs("<td class=\"n\">0</td>", to);
		return;
	}
	fprintf(to, "<td><details><summary data-count=\"drops\">%" JSON_INTEGER_FORMAT
		"</summary><ul>", dropped(port));
	json_object_foreach(drops, reason, count) {
		fputs("<li>", to);
		put(to, reason);
		fprintf(to, " %" JSON_INTEGER_FORMAT "</li>", json_integer_value(count));
	}
	fputs("</ul></details></td>", to);
}

static void traffic_cells(FILE *to, const json_t *port)
{
	const json_t *counters = json_object_get(port, "counters");
	const json_t *from = json_object_get(counters, "from_vm");
	const json_t *into = json_object_get(counters, "to_vm");

	counted(to, json_object_get(from, "packets"), "from_packets");
	counted(to, json_object_get(from, "bytes"), "from_bytes");
	counted(to, json_object_get(into, "packets"), "to_packets");
	counted(to, json_object_get(into, "bytes"), "to_bytes");
	drop_cell(to, port);
	cell(to, text_of(port, "error") ?: "");
}

static void vlan_cell(FILE *to, const json_t *port)
{
	const json_t *vlan = json_object_get(port, "vlan"), *pvid = json_object_get(vlan, "pvid");

	fputs("<td>", to);
	put(to, text_of(vlan, "mode") ?: "-");
	if (json_is_integer(pvid))
		fprintf(to, " %" JSON_INTEGER_FORMAT, json_integer_value(pvid));
	fputs("</td>", to);
}

static void vm_row(FILE *to, const json_t *port)
{
	const json_t *vm = json_object_get(port, "vm"), *devid = json_object_get(port, "devid");

	fputs("<tr data-port=\"", to);
	put(to, text_of(port, "identity") ?: text_of(port, "netdev"));
	fputs("/", to);
	put(to, text_of(port, "role"));
	fputs("\">", to);
	row_head(to, text_of(vm, "name") ?: text_of(vm, "uuid"));
	if (json_is_integer(devid))
		fprintf(to, "<td class=\"n\">%" JSON_INTEGER_FORMAT "</td>", json_integer_value(devid));
	else
		cell(to, NULL);
	cell(to, text_of(port, "switch"));
	cell(to, text_of(port, "netdev"));
	state_cell(to, text_of(port, "state"), text_of(port, "error"));
	vlan_cell(to, port);
	traffic_cells(to, port);
	fputs("</tr>\n", to);
}

static void other_row(FILE *to, const json_t *port)
{
	fputs("<tr data-port=\"", to);
	put(to, text_of(port, "netdev"));
	fputs("\">", to);
	row_head(to, text_of(port, "netdev"));
	cell(to, text_of(port, "role"));
	cell(to, text_of(port, "switch"));
	state_cell(to, text_of(port, "state"), text_of(port, "error"));
	traffic_cells(to, port);
	fputs("</tr>\n", to);
}

static bool of_vm(const json_t *port)
{
	return json_is_object(json_object_get(port, "vm"));
}

static bool in_trouble(const json_t *port)
{
	const char *state = text_of(port, "state");

	return text_of(port, "error") || (state && strcmp(state, "failed") == 0);
}

/* Faults first. */
static void rows(FILE *to, const json_t *show, bool of_vms,
		 void (*row)(FILE *to, const json_t *port))
{
	for (int bad = 1; bad >= 0; bad--) {
		const json_t *port;
		size_t i;

		json_array_foreach(json_object_get(show, "ports"), i, port)
			if (of_vm(port) == of_vms && in_trouble(port) == bad)
				row(to, port);
	}
}

static void port_parts(FILE *to, const json_t *show)
{
	static const char *const vms[] = {
		"VM", "Interface", "Switch", "Netdev", "State", "VLAN", "Packets from",
		"Octets from", "Packets to", "Octets to", "Dropped", "Problem", NULL
	};
	static const char *const others[] = {
		"Netdev", "Role", "Switch", "State", "Packets from", "Octets from", "Packets to",
		"Octets to", "Dropped", "Problem", NULL
	};

	table_head(to, "vms", "Interfaces of virtual machines", vms);
	rows(to, show, true, vm_row);
	table_end(to);
	table_head(to, "others", "Uplinks and other ports", others);
	rows(to, show, false, other_row);
	table_end(to);
}

static void body(FILE *to, const json_t *show, const char *problem)
{
	fputs("<main id=\"main\" tabindex=\"-1\">\n", to);
	if (show) {
		host_part(to, show);
		switch_part(to, show);
		port_parts(to, show);
	} else {
		fputs("<p role=\"alert\" class=\"bad\">", to);
		put(to, problem);
		fputs("</p>\n", to);
	}
	fputs("</main>\n", to);
}

char *page_html(const json_t *show, const char *problem)
{
	char *text = NULL;
	size_t len;
	FILE *to = open_memstream(&text, &len);

	if (!to)
		return NULL;
	fputs("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
	      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
	      "<meta name=\"color-scheme\" content=\"light dark\">\n<title>vifswitch", to);
	if (text_of(show, "host")) {
		fputs(" on ", to);
		put(to, text_of(show, "host"));
	}
	fputs("</title>\n<link rel=\"stylesheet\" href=\"page.css\">\n"
	      "<link rel=\"icon\" href=\"data:,\">\n"
	      "<script src=\"page.js\" defer></script>\n</head>\n<body>\n"
	      "<a class=\"skip\" href=\"#main\">To the tables</a>\n"
	      "<header><h1>vifswitch</h1><p id=\"live\" role=\"status\">as of when it was loaded</p>"
	      "<label id=\"filter\" hidden>Only lines with <input type=\"search\"></label>"
	      "</header>\n", to);
	body(to, show, problem);
	fputs("</body>\n</html>\n", to);
	if (fclose(to) != 0) {
		free(text);
		return NULL;
	}
	return text;
}
