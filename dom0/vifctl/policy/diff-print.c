// SPDX-License-Identifier: GPL-2.0-or-later
/* Changes as lines: "+" for what comes, "-" for what goes, "~" for a field. */
#include "vifctl/policy/diff-lines.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "vifctl/policy/diff.h"
#include "vifctl/view/safe.h"
#include "vifctl/view/text.h"

void diff_line(json_t *list, const struct diff_line *l)
{
	static const struct {
		char sign;
		const char *word;
	} words[] = { { '+', "add" }, { '-', "delete" }, { '~', "modify" } };

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (words[i].sign == l->sign)
			json_array_append_new(list,
				json_pack("{s:s, s:s, s:s, s:s?, s:s?, s:s?}", "change",
					  words[i].word, "kind", l->kind, "object", l->object,
					  "field", l->field, "old", l->old, "new", l->new));
}

static void print_line(const json_t *line, FILE *out)
{
	const char *change = get_text(line, "change"), *kind = get_text(line, "kind"),
		   *field = get_text(line, "field"),
		   *old = json_string_value(json_object_get(line, "old")),
		   *new = json_string_value(json_object_get(line, "new"));
	char sign = *change == 'a' ? '+' : *change == 'd' ? '-' : '~';
	_cleanup_free_ char *label = safe_text(get_text(line, "object"));
	_cleanup_free_ char *safe_old = safe_text(old ?: "(empty)");
	_cleanup_free_ char *safe_new = safe_text(new ?: "(empty)");

	if (*field)
		fprintf(out, "%c %s %s %s: %s -> %s\n", sign, kind, label, field, safe_old, safe_new);
	else
		fprintf(out, "%c %s %s%s%s\n", sign, kind, label, new ? ": " : "",
			new ? safe_new : "");
}

void diff_lines_print(const json_t *list, FILE *out)
{
	json_t *line;
	size_t i;

	json_array_foreach(list, i, line)
		print_line(line, out);
}

static void put(json_t *list, char sign, const struct object *o, const char *label,
		const char *field, const char *old, const char *new)
{
	diff_line(list, &(struct diff_line){ sign, o->kind->noun, label, field, old, new });
}

/* "vlan=100 guard=mac" */
static char *describe(const struct object *o)
{
	json_t *words = json_array();
	char *all = NULL;

	kind_for_each_field(o->kind, f) {
		_cleanup_free_ char *text = field_text_of(f, o->columns), *word = NULL;

		if (!text)
			continue;
		word = xprintf("%s=%s", f->name, text);
		json_array_append_new(words, json_string(word));
	}
	if (json_array_size(words))
		all = text_join(words, " ");
	json_decref(words);
	return all;
}

static void put_fields(json_t *s, const struct object *old, const struct object *new,
		       const char *label)
{
	kind_for_each_field(new->kind, f) {
		_cleanup_free_ char *was = NULL, *will = NULL;

		if (field_equal(f, old->columns, new->columns))
			continue;
		was = field_text_of(f, old->columns);
		will = field_text_of(f, new->columns);
		put(s, '~', new, label, f->name, was, will);
	}
}

static void put_rules(json_t *s, const struct object *old, const struct object *new)
{
	for (size_t i = 0; old && i < old->rule_count; i++) {
		_cleanup_free_ char *label = xprintf("%s/%s", old->name, old->rules[i]->name);

		if (!rule_named(new, old->rules[i]->name))
			put(s, '-', old->rules[i], label, NULL, NULL, NULL);
	}
	for (size_t i = 0; i < new->rule_count; i++) {
		const struct object *rule = new->rules[i], *was = rule_named(old, rule->name);
		_cleanup_free_ char *label = xprintf("%s/%s", new->name, rule->name);
		_cleanup_free_ char *text = NULL, *from = NULL, *to = NULL;

		if (!was) {
			text = describe(rule);
			put(s, '+', rule, label, NULL, NULL, text);
			continue;
		}
		put_fields(s, was, rule, label);
		if (was->priority == rule->priority)
			continue;
		from = xprintf("%lld", (long long)was->priority);
		to = xprintf("%lld", (long long)rule->priority);
		put(s, '~', rule, label, "priority", from, to);
	}
}

static void put_change(json_t *s, const struct change *c, const struct model *names)
{
	const struct object *o = c->wanted ?: c->old;
	_cleanup_free_ char *label = model_label(names, o), *text = NULL;

	if (!c->wanted) {
		put(s, '-', o, label, NULL, NULL, NULL);
		return;
	}
	if (c->old && strcmp(c->old->name, o->name))
		put(s, '~', c->old, c->old->name, "name", c->old->name, o->name);
	if (c->old) {
		put_fields(s, c->old, c->wanted, label);
	} else {
		text = describe(o);
		put(s, '+', o, label, NULL, NULL, text);
	}
	put_rules(s, c->old, c->wanted);
}

void changes_print(const struct changes *c, const struct model *current, FILE *out)
{
	json_t *lines = changes_json(c, current);

	diff_lines_print(lines, out);
	json_decref(lines);
}

json_t *changes_json(const struct changes *c, const struct model *current)
{
	json_t *lines = json_array();

	for (size_t i = 0; i < c->count; i++)
		put_change(lines, &c->list[i], current);
	return lines;
}
