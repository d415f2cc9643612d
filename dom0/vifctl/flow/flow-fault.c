// SPDX-License-Identifier: GPL-2.0-or-later
#include "vifctl/flow/flow-fault.h"

#include <string.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "vifctl/flow/flow-changes.h"
#include "vifctl/vifctl.h"

#define SHOWN		76	/* characters of a flow */
#define BEFORE		40	/* of them before what is pointed at, when it is long */

/* One character for each octet, so that what is below stands right. */
static char *window(const char *text, size_t len, size_t from, size_t *ret_len)
{
	size_t n = len - from < SHOWN ? len - from : SHOWN;
	char *shown = xmalloc(n + 1);

	for (size_t i = 0; i < n; i++) {
		char c = text[from + i];

		shown[i] = c == '\t' ? ' ' : c < ' ' || c > '~' ? '?' : c;
	}
	shown[n] = '\0';
	*ret_len = n;
	return shown;
}

static void point(const struct flow_place *place, const struct flow_problem *problem)
{
	size_t from = problem->at > SHOWN - 20 ? problem->at - BEFORE : 0, n, marks;
	_cleanup_free_ char *shown = window(place->text, place->len, from, &n);
	char below[SHOWN + 2];

	marks = problem->len ? problem->len : 1;
	memset(below, ' ', sizeof(below));
	if (problem->at - from + marks > SHOWN)
		marks = SHOWN + 1 - (problem->at - from);
	memset(below + (problem->at - from), '~', marks);
	below[problem->at - from] = '^';
	below[problem->at - from + marks] = '\0';
	vifctl_say("  %s%s%s", from ? "..." : "", shown, from + n < place->len ? "..." : "");
	vifctl_say("  %s%s", from ? "   " : "", below);
}

int flow_fault(struct vifctl *v, const char *sw, const struct flow_place *place,
	       const struct flow_problem *problem, int status)
{
	static const struct flow_changes none;

	if (place->line)
		vifctl_fail(status, "%s:%u:%zu: %s", place->file, place->line, problem->at + 1, problem->text);
	else
		vifctl_fail(status, "%s", problem->text);
	point(place, problem);
	if (!v->json)
		return status;
	flow_changes_json(v, sw, &none, false, json_pack(
		"{s:s, s:s?, s:o, s:I, s:I, s:o}", "text", problem->text, "file",
		place->line ? place->file : NULL, "line",
		place->line ? json_integer(place->line) : json_null(), "column",
		(json_int_t)problem->at + 1, "length", (json_int_t)problem->len, "flow",
		json_stringn(place->text, place->len) ?: json_null()));
	return vifctl_finish(v, status);
}
