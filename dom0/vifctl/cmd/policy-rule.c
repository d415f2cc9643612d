// SPDX-License-Identifier: GPL-2.0-or-later
/* vifctl acl rule add|set|del|move */
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "vifctl/policy.h"
#include "vifctl/policy/database.h"
#include "vifctl/policy/yaml.h"
#include "vifctl/view/near.h"

enum verb { ADD, SET, DELETE, MOVE };

struct edit {
	enum verb verb;
	const char *acl, *rule;
	const char *const *words;
	int count;
	bool lenient;			/* it may be there already, or not be there */
};

/* "before=RULE", "after=RULE" or "at=N" into an index of @acl; -1: it is none of them. */
static int parse_place(const struct object *acl, const char *word, size_t *ret)
{
	_cleanup_free_ char *problem = NULL;
	bool before = !strncmp(word, "before=", 7), after = !strncmp(word, "after=", 6);
	int64_t place;
	size_t at;

	if (!strncmp(word, "at=", 3)) {
		if (!unit_parse(UNIT_NONE, word + 3, 1, (int64_t)acl->rule_count + 1, &place,
				&problem))
			return vifctl_fail(VIFCTL_USAGE, "%s: %s", word, problem);
		*ret = (size_t)place - 1;
		return VIFCTL_OK;
	}
	if (!before && !after)
		return -1;
	if (!object_find_rule(acl, strchr(word, '=') + 1, &at))
		return vifctl_fail(VIFCTL_NOT_FOUND, "%s: acl %s has no other rule of that name", word,
				   acl->name);
	*ret = at + after;
	return VIFCTL_OK;
}

/* Groups must exist: the server would only tell their UUID. */
static int check_groups(struct database *d, const struct object *rule)
{
	static const char *const columns[] = { "src_groups", "dst_groups" };
	json_t *name;
	size_t i;

	for (size_t k = 0; k < ARRAY_SIZE(columns); k++)
		json_array_foreach(json_object_get(rule->columns, columns[k]), i, name)
			if (!model_find(&d->current, OBJECT_GROUP, json_string_value(name)))
				return vifctl_fail(VIFCTL_NOT_FOUND, "there is no group \"%s\"; see "
						   "vifctl group list", json_string_value(name));
	return VIFCTL_OK;
}

static int set_words(struct database *d, const struct edit *e, const struct object *acl,
		     struct object *rule, size_t *place)
{
	_cleanup_free_ char *problem = NULL;
	int status;

	for (int i = 0; i < e->count; i++) {
		status = e->verb == SET ? -1 : parse_place(acl, e->words[i], place);
		if (status > 0)
			return status;
		if (status < 0 && e->verb == MOVE)
			return vifctl_fail(VIFCTL_USAGE, "\"%s\" is none of before=RULE, after=RULE, at=N",
					   e->words[i]);
		if (status < 0 && !object_set_text(rule, e->words[i], &problem))
			return vifctl_fail(VIFCTL_USAGE, "%s", problem);
	}
	if (!object_check(rule, &problem))
		return vifctl_fail(VIFCTL_USAGE, "rule %s: %s", rule->name, problem);
	return check_groups(d, rule);
}

static int no_rule(const struct object *acl, const char *name)
{
	_cleanup_free_ char *see = xprintf("see vifctl acl show %s", acl->name), *near = NULL;
	json_t *names = json_array();

	for (size_t i = 0; i < acl->rule_count; i++)
		json_array_append_new(names, json_string(acl->rules[i]->name));
	near = near_or(name, names, see);
	json_decref(names);
	return vifctl_fail(VIFCTL_NOT_FOUND, "acl %s has no rule \"%s\"; %s", acl->name, name, near);
}

static int edit_rules(struct database *d, const struct edit *e, struct object *acl)
{
	size_t at = acl->rule_count, place;
	bool found = object_find_rule(acl, e->rule, &at);
	struct object *rule;
	int status;

	if (e->verb == DELETE && !found && e->lenient)
		return VIFCTL_OK;
	if (e->verb == ADD && found && !e->lenient)
		return vifctl_fail(VIFCTL_FAILED, "acl %s has a rule \"%s\" already", acl->name,
				   e->rule);
	if (e->verb != ADD && !found)
		return no_rule(acl, e->rule);
	if (!found && acl->rule_count == POLICY_RULES_MAX)
		return vifctl_fail(VIFCTL_FAILED, "acl %s has %d rules, the most it can have", acl->name,
				   POLICY_RULES_MAX);
	place = at;
	rule = found ? object_take_rule(acl, at) : object_new(OBJECT_RULE, e->rule);
	status = e->verb == DELETE ? VIFCTL_OK : set_words(d, e, acl, rule, &place);
	if (status || e->verb == DELETE) {
		object_free(rule);
		return status;
	}
	/* A new place is a new number, unless the order stays. */
	if (found && place != at)
		rule->priority = -1;
	object_add_rule(acl, place, rule);
	rules_place(acl);
	return VIFCTL_OK;
}

static int plan_rule(void *arg, struct database *d, struct changes *c)
{
	const struct edit *e = arg;
	const struct object *old = model_find(&d->current, OBJECT_ACL, e->acl);
	_cleanup_(object_freep) struct object *wanted = NULL;
	int status;

	if (!old)
		return database_not_found(d, OBJECT_ACL, e->acl);
	wanted = object_copy(old);
	status = edit_rules(d, e, wanted);
	if (status == VIFCTL_OK)
		changes_add(c, old, TAKE_PTR(wanted));
	return status;
}

static int edit(struct vifctl *v, enum verb verb)
{
	struct edit e = { .verb = verb, .acl = operand(v, 0), .rule = operand(v, 1),
			  .words = v->operands + 2, .count = v->operand_count - 2,
			  .lenient = v->lenient };
	_cleanup_free_ char *problem = NULL;

	if (verb == ADD && !object_name_check(&object_kinds[OBJECT_RULE], e.rule, &problem))
		return vifctl_fail(VIFCTL_USAGE, "\"%s\": %s", e.rule, problem);
	return database_change_object(v, OBJECT_ACL, e.acl, false, plan_rule, &e);
}

int run_rule_add(struct vifctl *v)
{
	return edit(v, ADD);
}

int run_rule_set(struct vifctl *v)
{
	return edit(v, SET);
}

int run_rule_delete(struct vifctl *v)
{
	return edit(v, DELETE);
}

int run_rule_move(struct vifctl *v)
{
	return edit(v, MOVE);
}
