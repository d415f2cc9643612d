// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include <vifswitch/acl.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "vifctl/view.h"
#include "vifctl/view/columns.h"
#include "vifctl/view/safe.h"
#include "vifctl/view/text.h"
#include "vifctl/view/wrap.h"

#define NEAREST		3	/* rules told unless all are wanted */
#define MISSES_MAX	(VIFSWITCH_ACL_DIMENSIONS + 2)	/* of a rule: direction and family, too */

static void view_stages(const json_t *stages, FILE *out)
{
	static const char *const titles[] = { "", "STAGE", "PORT", "", NULL };
	_cleanup_(table_freep) struct table *t = table_new(titles);
	const json_t *one;
	size_t i;

	json_array_foreach(stages, i, one) {
		const char *cells[] = { get_text(one, "result"), get_text(one, "stage"),
					get_text(one, "port"), get_text(one, "text") };

		table_row(t, cells);
	}
	table_print(t, out);
}

/* The name, or the number where nobody knows it; to be freed. */
static char *label_of(const json_t *rule)
{
	_cleanup_free_ char *name = safe_text(get_text(rule, "rule")),
			    *acl = safe_text(get_text(rule, "acl"));

	if (*name)
		return xprintf("%s%s%s", acl, *acl ? "/" : "", name);
	return xprintf("number %lld", (long long)json_integer_value(json_object_get(rule,
										      "number")));
}

/* The first field that does not fit, or each. */
static void view_rule(const json_t *rule, bool all, FILE *out)
{
	const json_t *misses = json_object_get(rule, "misses"), *miss;
	_cleanup_free_ char *label = label_of(rule), *text = NULL;
	const size_t told = all ? json_array_size(misses) : 1;
	size_t i, len;
	FILE *f = open_memstream(&text, &len);

	if (!f)
		mem_out();
	fprintf(f, "%s (%s): ", label, get_text(rule, "action"));
	json_array_foreach(misses, i, miss)
		if (i < told)
			fprintf(f, "%s%s is %s, it wants %s", i ? "; " : "", get_text(miss, "field"),
				get_text(miss, "has"), get_text(miss, "wants"));
	for (i = told; i < json_array_size(misses); i++)
		fprintf(f, "%s%s", i == told ? "; nor does it fit " : ", ",
			get_text(json_array_get(misses, i), "field"));
	fclose(f);
	fputs("  ", out);
	print_sentence(text, 2, 4, out);
}

/* A rule of the operator's that would have allowed what was dropped. */
static bool would_allow(const json_t *rule)
{
	return !strcmp(get_text(rule, "action"), "allow") &&
	       !json_is_true(json_object_get(rule, "builtin"));
}

/* Of those that would have allowed it: the ones with the fewest fields that do not fit. */
static size_t view_nearest(const json_t *rules, FILE *out)
{
	const json_t *rule;
	size_t i, told = 0;

	for (size_t misses = 1; misses <= MISSES_MAX && told < NEAREST; misses++)
		json_array_foreach(rules, i, rule) {
			if (told == NEAREST || !would_allow(rule) ||
			    json_array_size(json_object_get(rule, "misses")) != misses)
				continue;
			if (!told++)
				fputs("rules before it that would allow it, but do not fit:\n", out);
			view_rule(rule, false, out);
		}
	return told;
}

static void view_rules(const json_t *stage, bool all, FILE *out)
{
	const json_t *rules = json_object_get(stage, "rules"), *rule;
	const json_t *behind = json_object_get(stage, "behind");
	const size_t count = json_array_size(rules);
	size_t i, told = count;

	if (all && count) {
		fprintf(out, "rules that do not fit before it (%s, %s):\n", get_text(stage, "stage"),
			get_text(stage, "port"));
		json_array_foreach(rules, i, rule)
			view_rule(rule, true, out);
	} else if (!all) {
		told = view_nearest(rules, out);
	}
	if (behind && (all || strcmp(get_text(stage, "result"), "ok"))) {
		_cleanup_free_ char *label = label_of(behind);

		fprintf(out, "rule %s (%s) fits, but comes after it\n", label,
			get_text(behind, "action"));
	}
	if (told < count)
		fprintf(out, "%zu %srules before it do not fit either: --all tells why\n",
			count - told, told ? "more " : "");
}

static void view_notes(const json_t *notes, FILE *out)
{
	const json_t *one;
	size_t i;

	json_array_foreach(notes, i, one) {
		_cleanup_free_ char *safe = safe_text(json_string_value(one));
		_cleanup_free_ char *line = xprintf("note: %s", safe);

		print_sentence(line, 0, 4, out);
	}
}

static void view_dropped(const json_t *doc, FILE *out)
{
	const char *rule = get_text(doc, "rule");
	_cleanup_free_ char *verdict = xprintf("dropped (%s): %s", get_text(doc, "reason"),
					       *rule ? rule : get_text(doc, "sentence"));
	_cleanup_free_ char *fix = xprintf("to change that: %s", get_text(doc, "fix"));

	paint(out, PAINT_WRONG);
	print_sentence(verdict, 0, 4, out);
	paint(out, PAINT_NONE);
	view_notes(json_object_get(doc, "notes"), out);
	if (*get_text(doc, "fix"))
		print_sentence(fix, 0, 4, out);
}

void view_why(const json_t *doc, bool all, FILE *out)
{
	const json_t *one, *stages = json_object_get(doc, "stages");
	const bool dropped = !strcmp(get_text(doc, "verdict"), "dropped");
	size_t i;

	view_stages(stages, out);
	json_array_foreach(stages, i, one)
		if (json_object_get(one, "rules") &&
		    (all || (dropped && !strcmp(get_text(one, "result"), "drop"))))
			view_rules(one, all, out);
	if (!dropped) {
		paint(out, PAINT_GOOD);
		fputs("delivered to", out);
		paint(out, PAINT_NONE);
		json_array_foreach(json_object_get(doc, "to"), i, one)
			fprintf(out, "%s %s", i ? "," : "", get_text(one, "port"));
		fputs(i ? "\n" : " dom0\n", out);
		view_notes(json_object_get(doc, "notes"), out);
		return;
	}
	view_dropped(doc, out);
}
