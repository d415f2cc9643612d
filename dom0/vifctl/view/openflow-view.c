// SPDX-License-Identifier: GPL-2.0-or-later
#include "vifctl/view.h"

#include <string.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "vifctl/view/columns.h"
#include "vifctl/view/safe.h"
#include "vifctl/view/text.h"

static void print_error(const char *of, const char *error, FILE *out)
{
	_cleanup_free_ char *safe = safe_text(error);

	if (*safe)
		fprintf(out, "  %s%s\n", of, safe);
}

void view_openflow(const json_t *sw, FILE *out)
{
	static const char *const titles[] = {
		"CONTROLLER", "STATE", "ROLE", "VERSION", "ERROR", NULL,
	};
	_cleanup_(table_freep) struct table *t = table_new(titles);
	_cleanup_free_ char *name = safe_text(get_text(sw, "switch")),
			    *flows = text_integer(sw, "flows");
	const json_t *c;
	size_t i;

	fprintf(out, "%s: datapath-id %s, fail-mode %s; %s%s\n", name, get_text(sw, "datapath_id") ?: "-",
		get_text(sw, "fail_mode") ?: "-", flows && *flows ? flows : "it is not known how many",
		flows && !strcmp(flows, "1") ? " flow" : " flows");
	if (json_is_true(json_object_get(sw, "alone")))
		fprintf(out, "  no controller is there: flows rest, it is a plain switch\n");
	print_error("", get_text(sw, "error"), out);
	print_error("flows of VMs: ", get_text(sw, "vm_flows_error"), out);
	json_array_foreach(json_object_get(sw, "controllers"), i, c)
		table_row(t, (const char *[]){
			get_text(c, "target"), get_text(c, "state"), get_text(c, "role"),
			get_text(c, "version"), get_text(c, "error") });
	if (i)
		table_print(t, out);
}
