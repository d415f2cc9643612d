// SPDX-License-Identifier: GPL-2.0-or-later
#include "vifctl/policy/diff.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "vifctl/view/columns.h"

void changes_deinit(struct changes *c)
{
	for (size_t i = 0; i < c->count; i++)
		object_free(c->list[i].wanted);
	free(c->list);
	*c = (struct changes){};
}

const struct object *rule_named(const struct object *acl, const char *name)
{
	size_t at;

	return acl && object_find_rule(acl, name, &at) ? acl->rules[at] : NULL;
}

static bool fields_differ(const struct object *a, const struct object *b)
{
	kind_for_each_field(a->kind, f)
		if (!field_equal(f, a->columns, b->columns))
			return true;
	return false;
}

bool rule_differs(const struct object *old, const struct object *wanted)
{
	return old->priority != wanted->priority || fields_differ(old, wanted);
}

static bool rules_differ(const struct object *old, const struct object *wanted)
{
	if (old->rule_count != wanted->rule_count)
		return true;
	for (size_t i = 0; i < wanted->rule_count; i++) {
		const struct object *was = rule_named(old, wanted->rules[i]->name);

		if (!was || rule_differs(was, wanted->rules[i]))
			return true;
	}
	return false;
}

/*
 * Rules that keep their order keep their numbers, so that inserting one changes
 * one row; new ones get the middle of the gap. Where order or room fails, all
 * are numbered anew.
 */
void rules_place(struct object *acl)
{
	int64_t last = -1;

	for (size_t i = 0; i < acl->rule_count; i++) {
		int64_t next, open;
		size_t j = i;

		while (j < acl->rule_count && acl->rules[j]->priority < 0)
			j++;
		open = (int64_t)(j - i) + 1;
		if (j < acl->rule_count) {
			next = acl->rules[j]->priority;
		} else {
			next = last < 0 ? open * DIFF_PRIORITY_STEP :
					  last + open * DIFF_PRIORITY_STEP;
			if (next > DIFF_PRIORITY_MAX + 1)
				next = DIFF_PRIORITY_MAX + 1;
		}
		if (next - last < open)
			goto renumber;
		if (j > i)
			acl->rules[i]->priority = last < 0 && j == acl->rule_count ?
				DIFF_PRIORITY_STEP : last + (next - last) / open;
		last = acl->rules[i]->priority;
	}
	return;
renumber:
	for (size_t i = 0; i < acl->rule_count; i++)
		acl->rules[i]->priority = (int64_t)(i + 1) * DIFF_PRIORITY_STEP;
}

bool objects_differ(const struct object *a, const struct object *b)
{
	return strcmp(a->name, b->name) || fields_differ(a, b) || rules_differ(a, b);
}

void changes_add(struct changes *c, const struct object *old, struct object *wanted)
{
	if (old && wanted && !objects_differ(old, wanted)) {
		object_free(wanted);
		return;
	}
	if (!(c->count & (c->count - 1)))
		c->list = xrealloc(c->list, (c->count ? 2 * c->count : 1) * sizeof(*c->list));
	c->list[c->count++] = (struct change){ .old = old, .wanted = wanted };
}

static void keep_fields(const struct object *old, struct object *wanted)
{
	kind_for_each_field(wanted->kind, f)
		if ((f->kept || f->sticky) && field_is_empty(f, wanted->columns))
			field_copy(f, old->columns, wanted->columns);
}

static void compare(struct changes *c, const struct object *old, const struct object *model)
{
	struct object *wanted = object_copy(model);

	if (old)
		keep_fields(old, wanted);
	for (size_t i = 0; i < wanted->rule_count; i++) {
		const struct object *was = rule_named(old, wanted->rules[i]->name);

		wanted->rules[i]->priority = was ? was->priority : -1;
		if (was)
			keep_fields(was, wanted->rules[i]);
	}
	rules_place(wanted);
	changes_add(c, old, wanted);
}

void changes_of_models(struct changes *c, const struct model *current,
		       const struct model *wanted, bool prune)
{
	for (enum object_kind k = 0; k < OBJECT_KINDS; k++)
		for (size_t i = 0; i < wanted->count[k]; i++) {
			const struct object *o = wanted->objects[k][i];

			compare(c, model_find(current, k, o->name), o);
		}
	for (enum object_kind k = 0; prune && k < OBJECT_KINDS; k++)
		for (size_t i = 0; wanted->named[k] && i < current->count[k]; i++)
			if (!model_find(wanted, k, current->objects[k][i]->name))
				changes_add(c, current->objects[k][i], NULL);
}
