// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "policy/acl/acl-list.h"

uint64_t acl_list_stamp(struct acl_policies *p, const struct acl_list *list)
{
	uint64_t sum = 0;

	for (unsigned int i = 0; i < list->count; i++) {
		uint64_t stamp = acl_policies_stamp(p, list->rows[i]);

		if (!stamp)
			return 0;
		/* Of one ACL alone it is that ACL's. */
		sum = i ? sum * 0x9e3779b97f4a7c15ULL + stamp : stamp;
	}
	return sum ? sum : 1;
}

void acl_list_name(const struct acl_policies *p, const struct acl_list *list,
		   char ret[ACL_LIST_NAME_MAX])
{
	size_t len = 0;

	for (unsigned int i = 0; i < list->count; i++) {
		if (i)
			ret[len++] = ',';
		acl_policies_name(p, list->rows[i], ret + len);
		len += strlen(ret + len);
	}
	ret[len] = '\0';
}

static int take_sets(struct acl *sum, struct acl *part)
{
	struct prefix_set **sets;

	if (!part->set_count)
		return 0;
	sets = realloc(sum->sets, (sum->set_count + part->set_count) * sizeof(*sets));
	if (!sets)
		return -ENOMEM;
	memcpy(sets + sum->set_count, part->sets, part->set_count * sizeof(*sets));
	sum->sets = sets;
	sum->set_count += part->set_count;
	part->set_count = 0;
	return 0;
}

/* Rules behind those that are there, without the built-in ones, which come last. */
static int take_rules(struct acl *sum, struct acl *part, unsigned int place)
{
	for (size_t i = 0; i < part->rule_count && !part->rules[i].builtin; i++) {
		struct acl_rule *from = &part->rules[i], *to = acl_new_rule(sum, from->name);

		if (!to)
			return -ENOMEM;
		*to = *from;
		to->part = (uint8_t)place;
		to->priority = (uint32_t)sum->rule_count;
		from->src_ports = from->dst_ports = (struct acl_ranges){};
		from->vlans = NULL;
	}
	return 0;
}

static void take_defaults(struct acl *sum, const struct acl *part, unsigned int place)
{
	for (int d = 0; d < VIFSWITCH_ACL_DIRECTIONS; d++) {
		if (place && (sum->default_action[d] != VIFSWITCH_ACL_ALLOW ||
			      part->default_action[d] == VIFSWITCH_ACL_ALLOW))
			continue;
		sum->default_action[d] = part->default_action[d];
		sum->default_flags[d] = part->default_flags[d];
		sum->default_part[d] = (uint8_t)place;
	}
}

static int join(struct acl_policies *p, const struct acl_list *list, struct acl *sum,
		struct problem *problem)
{
	for (unsigned int i = 0; i < list->count; i++) {
		_cleanup_(acl_deinit) struct acl part = {};
		int r = acl_policies_build(p, list->rows[i], &part, problem);

		if (r < 0)
			return r;
		take_defaults(sum, &part, i);
		if (take_sets(sum, &part) < 0 || take_rules(sum, &part, i) < 0) {
			problem_set(problem, "out of memory");
			return -ENOMEM;
		}
	}
	return acl_seal(sum, problem);
}

int acl_list_build(struct acl_policies *p, const struct acl_list *list, struct acl *ret,
		   struct problem *problem)
{
	char name[ACL_LIST_NAME_MAX];
	struct acl sum;
	int r;

	if (list->count == 1)
		return acl_policies_build(p, list->rows[0], ret, problem);
	acl_list_name(p, list, name);
	acl_init(&sum, name);
	r = join(p, list, &sum, problem);
	if (r < 0) {
		acl_deinit(&sum);
		return r;
	}
	*ret = sum;
	return 0;
}
