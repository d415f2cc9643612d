// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/cleanup.h"
#include "vifexportd/page/html.h"
#include "vifexportd/page/port-state.h"
#include "vifexportd/page/ports-part.h"

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
		"</summary><ul>", port_drops(port));
	json_object_foreach(drops, reason, count) {
		fputs("<li>", to);
		html_put(to, reason);
		fprintf(to, " %" JSON_INTEGER_FORMAT "</li>", json_integer_value(count));
	}
	fputs("</ul></details></td>", to);
}

static void traffic_cells(FILE *to, const json_t *port)
{
	const json_t *counters = json_object_get(port, "counters");
	const json_t *from = json_object_get(counters, "from_vm");
	const json_t *into = json_object_get(counters, "to_vm");

	html_counted(to, json_object_get(from, "packets"), "from_packets");
	html_counted(to, json_object_get(from, "bytes"), "from_bytes");
	html_counted(to, json_object_get(into, "packets"), "to_packets");
	html_counted(to, json_object_get(into, "bytes"), "to_bytes");
	drop_cell(to, port);
	html_cell(to, port_why(port) ?: "");
}

static void vlan_cell(FILE *to, const json_t *port)
{
	const json_t *vlan = json_object_get(port, "vlan"), *pvid = json_object_get(vlan, "pvid");

	fputs("<td>", to);
	html_put(to, json_text_of(vlan, "mode") ?: "-");
	if (json_is_integer(pvid))
		fprintf(to, " %" JSON_INTEGER_FORMAT, json_integer_value(pvid));
	fputs("</td>", to);
}

static void row_begin(FILE *to, const json_t *port)
{
	_cleanup_free_ char *key = port_key(port);

	fputs("<tr data-port=\"", to);
	html_put(to, key);
	fputs("\">", to);
}

static void vm_row(FILE *to, const json_t *port)
{
	const json_t *vm = json_object_get(port, "vm");

	row_begin(to, port);
	html_row_head(to, json_text_of(vm, "name") ?: json_text_of(vm, "uuid"));
	html_number(to, json_object_get(port, "devid"));
	html_cell(to, json_text_of(port, "switch"));
	html_cell(to, json_text_of(port, "netdev"));
	html_state(to, json_text_of(port, "state"), port_in_trouble(port));
	vlan_cell(to, port);
	traffic_cells(to, port);
	fputs("</tr>\n", to);
}

static void other_row(FILE *to, const json_t *port)
{
	row_begin(to, port);
	html_row_head(to, json_text_of(port, "netdev"));
	html_cell(to, json_text_of(port, "role"));
	html_cell(to, json_text_of(port, "switch"));
	html_state(to, json_text_of(port, "state"), port_in_trouble(port));
	traffic_cells(to, port);
	fputs("</tr>\n", to);
}

static void rows(FILE *to, const json_t *show, bool of_vms,
		 void (*row)(FILE *to, const json_t *port))
{
	for (int bad = 1; bad >= 0; bad--) {
		const json_t *port;
		size_t i;

		json_array_foreach(json_object_get(show, "ports"), i, port)
			if (port_is_of_vm(port) == of_vms && port_in_trouble(port) == bad)
				row(to, port);
	}
}

void ports_part(FILE *to, const json_t *show)
{
	static const char *const vms[] = {
		"VM", ">Interface", "Switch", "Netdev", "State", "VLAN", ">Packets from",
		">Octets from", ">Packets to", ">Octets to", "Dropped", "Why not active", NULL
	};
	static const char *const others[] = {
		"Netdev", "Role", "Switch", "State", ">Packets from", ">Octets from", ">Packets to",
		">Octets to", "Dropped", "Why not active", NULL
	};

	html_table(to, "vms", "Interfaces of virtual machines", vms);
	rows(to, show, true, vm_row);
	html_table_end(to);
	html_table(to, "others", "Uplinks and other ports", others);
	rows(to, show, false, other_row);
	html_table_end(to);
}
