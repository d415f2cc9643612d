// SPDX-License-Identifier: GPL-2.0-or-later
/* vifctl exporter list and exporter show: what the database says, and how it does here. */
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "vifctl/here/here.h"
#include "vifctl/view/columns.h"
#include "vifctl/view/text.h"

static json_int_t sum_of(const json_t *here, const char *member)
{
	const json_t *collector;
	json_int_t sum = 0;
	size_t i;

	json_array_foreach(json_object_get(here, "collectors"), i, collector)
		sum += json_integer_value(json_object_get(collector, member));
	return sum;
}

static void print_list(struct vifctl *v, struct object **exporters, size_t count, const json_t *doc)
{
	static const char *const titles[] = { "NAME", "STATE", ">SENT", ">LOST", "POLICY", NULL };
	_cleanup_(table_freep) struct table *t = table_new(titles);

	for (size_t i = 0; i < count; i++) {
		const json_t *here = here_of(doc, exporters[i]);
		_cleanup_free_ char *policy = object_summary(exporters[i]);
		_cleanup_free_ char *sent = NULL, *lost = NULL;

		if (here) {
			sent = xprintf("%lld", (long long)sum_of(here, "records"));
			lost = xprintf("%lld", (long long)sum_of(here, "lost"));
		}
		table_row(t, (const char *[]){ exporters[i]->name, get_text(here, "state"), sent, lost,
					       policy });
	}
	table_print(t, v->out);
}

static void print_collector(const json_t *c, FILE *out)
{
	long long lost = json_integer_value(json_object_get(c, "lost"));
	long long left_out = json_integer_value(json_object_get(c, "left_out"));
	_cleanup_free_ char *text = xprintf(
		"%s, %lld records in %lld messages", get_text(c, "state"),
		(long long)json_integer_value(json_object_get(c, "records")),
		(long long)json_integer_value(json_object_get(c, "messages")));
	_cleanup_free_ char *title = xprintf("to %s", get_text(c, "to")), *number = NULL;

	here_line(out, title, text);
	if (lost) {
		number = xprintf("%lld records", lost);
		here_line(out, "  lost", number);
	}
	if (left_out) {
		free(number);
		number = xprintf("%lld records, for which the format has no place", left_out);
		here_line(out, "  left out", number);
	}
	here_line(out, "  last error", get_text(c, "error"));
}

static void print_here(const json_t *here, FILE *out)
{
	_cleanup_free_ char *ports = text_join(json_object_get(here, "ports"), ", ");
	const json_t *collector;
	size_t i;

	fprintf(out, "\non this host\n");
	here_line(out, "state", get_text(here, "state"));
	here_line(out, "error", get_text(here, "error"));
	here_line(out, "tells of", ports);
	json_array_foreach(json_object_get(here, "collectors"), i, collector)
		print_collector(collector, out);
}

static const struct here_view exporters_view = { OBJECT_EXPORTER, print_list, print_here };

int run_exporter_list(struct vifctl *v)
{
	return here_list(v, &exporters_view);
}

int run_exporter_show(struct vifctl *v)
{
	return here_show(v, &exporters_view);
}
