// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/cleanup.h"
#include "show/drops-document.h"
#include "show/event-packet.h"
#include "vifexportd/page/drops-part.h"
#include "vifexportd/page/html.h"

static void rule_cell(FILE *to, const json_t *event)
{
	fputs("<td>", to);
	html_put(to, json_text_of(event, "rule") ?: "-");
	if (json_text_of(event, "rule") && json_text_of(event, "acl")) {
		fputs(" of ", to);
		html_put(to, json_text_of(event, "acl"));
	}
	fputs("</td>", to);
}

static void row(FILE *to, const json_t *event, json_int_t number)
{
	const json_t *vm = json_object_get(event, "vm");
	_cleanup_free_ char *packet = event_packet_text(event);
	const char *reason = json_text_of(event, "reason") ?: "";

	fprintf(to, "<tr data-port=\"drop %" JSON_INTEGER_FORMAT "\">", number);
	html_row_head(to, json_text_of(event, "time"));
	html_cell(to, json_text_of(vm, "name") ?: json_text_of(vm, "uuid"));
	html_cell(to, json_text_of(event, "netdev"));
	html_cell(to, reason);
	rule_cell(to, event);
	html_cell(to, packet);
	html_cell(to, drop_sentence(reason));
	fputs("</tr>\n", to);
}

void drops_part(FILE *to, const json_t *events)
{
	static const char *const titles[] = { "Time", "VM", "Netdev", "Reason", "Rule", "Packet",
					      "Meaning", NULL };
	const json_t *event;
	size_t i;

	html_table(to, "drops", "Frames dropped since somebody looks, at most ten a second of each port",
		   titles);
	json_array_foreach(events, i, event)
		row(to, event, json_integer_value(json_object_get(event, "number")));
	html_table_end(to);
	if (!json_array_size(events))
		fputs("<p>None so far.</p>\n", to);
}
