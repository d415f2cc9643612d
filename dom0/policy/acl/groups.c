// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/column.h"
#include "policy/acl/groups.h"

/* The addresses that a Group row stands for. */
struct group_set {
	uint64_t checked;	/* the policies' generation when it was last found good */
	uint64_t stamp;		/* of what it was made of */
	uint64_t generation;	/* changes when the addresses or the problem do; never 0 */
	struct prefix_set set;
	struct problem *problem;
};

static void group_free(void *derived)
{
	struct group_set *group = derived;

	prefix_set_deinit(&group->set);
	free(group->problem);
	free(group);
}

static uint64_t mix(uint64_t stamp, uint64_t n)
{
	stamp = (stamp ^ n) * 0x9e3779b97f4a7c15ULL;
	return stamp ^ stamp >> 29;
}

static uint64_t group_stamp(const struct acl_policies *p, const struct row *row)
{
	const json_t *vms = json_object_get(row->columns, "vms");
	uint64_t stamp = mix(1, row->generation);
	size_t n = column_size(vms);

	for (size_t i = 0; i < n; i++) {
		uint8_t vm[16];

		if (column_uuid(column_at(vms, i), vm))
			stamp = mix(stamp, address_locks_generation(&p->locks, vm));
	}
	return stamp;
}

static int group_read(const struct acl_policies *p, const struct row *row, struct prefix_set *set,
		      struct problem *problem)
{
	static const char *const known[] = { "name", "addresses", "vms", NULL };
	const json_t *vms = json_object_get(row->columns, "vms");
	size_t n = column_size(vms);
	const char *column = column_unknown(row->columns, known);
	int r;

	if (column)
		return problem_set(problem, "%s: not enforced by this version",
				   QUOTE(column, strlen(column)));
	r = acl_addresses_read("addresses", json_object_get(row->columns, "addresses"), set,
			       problem);
	for (size_t i = 0; r == 0 && i < n; i++) {
		uint8_t vm[16];

		if (!column_uuid(column_at(vms, i), vm))
			return problem_set(problem, "vms: must be UUIDs");
		r = address_locks_collect(&p->locks, vm, set);
		if (r == -ENOSPC)
			return problem_set(problem, "more than %u addresses", PREFIX_SET_MAX);
		if (r < 0)
			problem_set(problem, "out of memory");
	}
	prefix_set_normalize(set);
	return r;
}

static bool same_problem(const struct problem *a, const struct problem *b)
{
	return !a == !b && (!a || strcmp(a->text, b->text) == 0);
}

static bool same_set(const struct prefix_set *a, const struct prefix_set *b)
{
	return a->count == b->count &&
	       (!a->count || memcmp(a->items, b->items, a->count * sizeof(*a->items)) == 0);
}

static int group_derive(struct acl_policies *p, const struct row *row, struct group_set *group)
{
	_cleanup_free_ struct problem *problem = NULL;
	struct prefix_set set = {};
	struct problem text;
	char name[ACL_NAME_MAX];
	int r = group_read(p, row, &set, &text);

	if (r < 0) {
		prefix_set_deinit(&set);
		if (r == -ENOMEM)
			return r;
		problem = malloc(sizeof(*problem));
		if (!problem)
			return -ENOMEM;
		acl_name_read(row->columns, name);
		problem_set(problem, "group %s: %s", QUOTE(name, strlen(name)), text.text);
	}
	if (group->generation && same_set(&group->set, &set) &&
	    same_problem(group->problem, problem)) {
		prefix_set_deinit(&set);
		return 0;
	}
	prefix_set_deinit(&group->set);
	free(group->problem);
	group->set = set;
	group->problem = TAKE_PTR(problem);
	group->generation = ++p->group_generation;
	return 0;
}

/* NULL: there is no such group, or no memory. */
static const struct group_set *group_of(struct acl_policies *p, const uint8_t uuid[16])
{
	struct row *row = row_table_find(&p->groups, uuid);
	struct group_set *group;
	uint64_t stamp;

	if (!row)
		return NULL;
	if (!row->derived)
		row->derived = calloc(1, sizeof(*group));
	row->free_derived = group_free;
	group = row->derived;
	if (!group || (group->generation && group->checked == p->generation))
		return group;
	stamp = group_stamp(p, row);
	if (!group->generation || group->stamp != stamp) {
		if (group_derive(p, row, group) < 0)
			return NULL;
		group->stamp = stamp;
	}
	group->checked = p->generation;
	return group;
}

static uint64_t groups_stamp(struct acl_policies *p, const json_t *groups, uint64_t stamp)
{
	size_t n = column_size(groups);

	for (size_t i = 0; i < n; i++) {
		const struct group_set *group;
		uint8_t uuid[16];

		if (!column_uuid(column_at(groups, i), uuid))
			continue;
		group = group_of(p, uuid);
		stamp = mix(stamp, group ? group->generation : 0);
	}
	return stamp;
}

uint64_t acl_policies_stamp(struct acl_policies *p, const uint8_t uuid[16])
{
	const struct row *row = row_table_find(&p->acls, uuid), *rule;
	const json_t *rules;
	uint64_t stamp;
	size_t n;

	if (!row)
		return 0;
	rules = json_object_get(row->columns, "rules");
	stamp = mix(2, row->generation);
	n = column_size(rules);
	for (size_t i = 0; i < n; i++) {
		uint8_t its[16];

		rule = NULL;
		if (column_uuid(column_at(rules, i), its))
			rule = row_table_find(&p->rules, its);
		stamp = mix(stamp, rule ? rule->generation : 0);
		if (!rule)
			continue;
		stamp = groups_stamp(p, json_object_get(rule->columns, "src_groups"), stamp);
		stamp = groups_stamp(p, json_object_get(rule->columns, "dst_groups"), stamp);
	}
	return stamp ? stamp : 1;
}

void acl_policies_name(const struct acl_policies *p, const uint8_t uuid[16],
		       char ret[ACL_NAME_MAX])
{
	const struct row *row = row_table_find(&p->acls, uuid);

	ret[0] = '\0';
	if (row)
		acl_name_read(row->columns, ret);
}

/* A rule's own addresses and those of its groups; one group's alone is not copied. */
static int add_groups(struct acl_policies *p, const char *column, const json_t *groups,
		      struct acl *acl, const struct prefix_set **at, struct problem *problem)
{
	size_t n = column_size(groups);
	struct prefix_set *sum;
	int r = 0;

	if (!n)
		return 0;
	sum = n > 1 || *at ? acl_new_set(acl) : NULL;
	if ((n > 1 || *at) && !sum)
		goto no_memory;
	if (*at)
		r = prefix_set_add_all(sum, *at);
	for (size_t i = 0; r == 0 && i < n; i++) {
		const struct group_set *group;
		uint8_t uuid[16];

		if (!column_uuid(column_at(groups, i), uuid))
			return problem_set(problem, "%s: must be groups, by UUID", column);
		group = group_of(p, uuid);
		if (!group && row_table_find(&p->groups, uuid))
			goto no_memory;
		if (!group)
			return problem_set(problem, "%s: names a group that is not known here",
					   column);
		if (group->problem)
			return problem_set(problem, "%s: %s", column, group->problem->text);
		if (!sum)
			*at = &group->set;
		else
			r = prefix_set_add_all(sum, &group->set);
	}
	if (r == -ENOSPC)
		return problem_set(problem, "%s: more than %u addresses", column, PREFIX_SET_MAX);
	if (r < 0)
		goto no_memory;
	if (sum) {
		prefix_set_normalize(sum);
		*at = sum;
	}
	return 0;

no_memory:
	problem_set(problem, "out of memory");
	return -ENOMEM;
}

static int add_rule(struct acl_policies *p, const struct row *row, struct acl *acl,
		    struct problem *problem)
{
	char name[ACL_NAME_MAX];
	struct acl_rule *rule;
	struct problem text;
	int r;

	acl_name_read(row->columns, name);
	rule = acl_new_rule(acl, name);
	if (!rule) {
		problem_set(problem, "out of memory");
		return -ENOMEM;
	}
	rule->cookie = acl_cookie(row->uuid);
	r = acl_rule_read(row->columns, acl, rule, &text);
	if (r == 0)
		r = add_groups(p, "src_groups", json_object_get(row->columns, "src_groups"), acl,
			       &rule->src, &text);
	if (r == 0)
		r = add_groups(p, "dst_groups", json_object_get(row->columns, "dst_groups"), acl,
			       &rule->dst, &text);
	if (r < 0)
		problem_set(problem, "ACL %s, rule %s: %s",
			    QUOTE(acl->name, strlen(acl->name)), QUOTE(name, strlen(name)),
			    text.text);
	return r;
}

static int read_acl(struct acl_policies *p, const struct row *row, struct acl *acl,
		    struct problem *problem)
{
	static const char *const known[] = { "name", "rules", "from_vm_default", "to_vm_default",
					     NULL };
	const json_t *rules = json_object_get(row->columns, "rules");
	size_t n = column_size(rules);
	const char *column = column_unknown(row->columns, known);
	struct problem text;
	int r;

	if (column)
		return problem_set(problem, "ACL %s: %s: not enforced by this version",
				   QUOTE(acl->name, strlen(acl->name)),
				   QUOTE(column, strlen(column)));
	r = acl_default_read(row->columns, "from_vm_default",
			     &acl->default_action[VIFSWITCH_ACL_FROM], &text);
	if (r == 0)
		r = acl_default_read(row->columns, "to_vm_default",
				     &acl->default_action[VIFSWITCH_ACL_TO], &text);
	if (r < 0)
		return problem_set(problem, "ACL %s: %s", QUOTE(acl->name, strlen(acl->name)),
				   text.text);
	for (size_t i = 0; r == 0 && i < n; i++) {
		const struct row *rule = NULL;
		uint8_t uuid[16];

		if (column_uuid(column_at(rules, i), uuid))
			rule = row_table_find(&p->rules, uuid);
		if (!rule)
			return problem_set(problem, "ACL %s: a rule of it is not known here",
					   QUOTE(acl->name, strlen(acl->name)));
		if (!acl_rule_is_disabled(rule->columns))
			r = add_rule(p, rule, acl, problem);
	}
	return r < 0 ? r : acl_seal(acl, problem);
}

int acl_policies_build(struct acl_policies *p, const uint8_t uuid[16], struct acl *ret,
		       struct problem *problem)
{
	const struct row *row = row_table_find(&p->acls, uuid);
	char name[ACL_NAME_MAX];
	struct acl acl;
	int r;

	if (!row)
		return problem_set(problem, "the port's ACL is not in the database");
	acl_name_read(row->columns, name);
	acl_init(&acl, name);
	r = read_acl(p, row, &acl, problem);
	if (r < 0) {
		acl_deinit(&acl);
		return r;
	}
	*ret = acl;
	return 0;
}
