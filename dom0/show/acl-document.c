// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/json-value.h"
#include "policy/acl/builtin.h"
#include "policy/words.h"
#include "show/acl-document.h"

static int by_cookie(const void *a, const void *b)
{
	const struct vifswitch_acl_hits *x = a, *y = b;

	return (x->cookie > y->cookie) - (x->cookie < y->cookie);
}

int rule_hits_add(const struct vifswitch_acl_hits *one, void *arg)
{
	struct rule_hits *hits = arg;

	if (hits->count == hits->size) {
		size_t size = hits->size ? 2 * hits->size : 64;
		struct vifswitch_acl_hits *items = realloc(hits->items, size * sizeof(*items));

		if (!items)
			return -ENOMEM;
		hits->items = items;
		hits->size = size;
	}
	hits->items[hits->count++] = *one;
	return 0;
}

void rule_hits_deinit(struct rule_hits *hits)
{
	free(hits->items);
	*hits = (struct rule_hits){};
}

static uint64_t count_of(const struct rule_hits *hits, uint64_t cookie)
{
	const struct vifswitch_acl_hits key = { .cookie = cookie }, *found = NULL;

	if (hits->count)
		found = bsearch(&key, hits->items, hits->count, sizeof(key), by_cookie);
	return found ? found->packets : 0;
}

static json_t *hits_of(const struct rule_hits *hits, uint64_t cookie)
{
	return json_integer((json_int_t)count_of(hits, cookie));
}

/* Each rule once, whoever counted it. */
static void sort(struct rule_hits *hits)
{
	size_t kept = 0;

	if (!hits->count)
		return;
	qsort(hits->items, hits->count, sizeof(*hits->items), by_cookie);
	for (size_t i = 1; i < hits->count; i++)
		if (hits->items[i].cookie == hits->items[kept].cookie)
			hits->items[kept].packets += hits->items[i].packets;
		else
			hits->items[++kept] = hits->items[i];
	hits->count = kept + 1;
}

static json_t *rule_json(const struct acl_facts *facts, const struct acl_rule_name *rule)
{
	return json_pack("{s:o, s:o, s:o, s:s, s:s, s:o}", "name", json_text(rule->name),
			 "acl", json_text(facts->parts[rule->part]),
			 "cookie", json_sprintf("%016llx", (unsigned long long)rule->cookie),
			 "direction", word_of(direction_words, rule->direction),
			 "action", word_of(verdict_words, rule->action),
			 "hits", hits_of(facts->hits, rule->cookie));
}

static json_t *default_json(const struct acl_facts *facts, enum vifswitch_acl_direction direction)
{
	return json_pack("{s:o, s:s, s:o}",
			 "acl", json_text(facts->parts[facts->default_part[direction]]),
			 "action", word_of(verdict_words, facts->default_action[direction]),
			 "hits", hits_of(facts->hits, direction == VIFSWITCH_ACL_FROM ?
					 VIFSWITCH_RULE_DEFAULT_FROM : VIFSWITCH_RULE_DEFAULT_TO));
}

json_t *acl_json(const struct acl_facts *facts)
{
	json_t *rules = json_array(), *parts = json_array();

	for (unsigned int i = 0; i < facts->part_count; i++)
		json_array_append_new(parts, json_text(facts->parts[i]));
	sort(facts->hits);
	for (size_t i = 0; i < facts->rule_count; i++)
		json_array_append_new(rules, rule_json(facts, &facts->rules[i]));
	return json_pack("{s:o, s:o, s:o, s:i, s:o, s:I, s:o, s:{s:o, s:o}}",
			 "id", json_number(facts->id),
			 "name", json_text(facts->name), "acls", parts, "ports", (int)facts->port_count,
			 "error", json_text(facts->error), "octets", (json_int_t)facts->len,
			 "rules", rules, "defaults",
			 "from_vm", default_json(facts, VIFSWITCH_ACL_FROM),
			 "to_vm", default_json(facts, VIFSWITCH_ACL_TO));
}

/* The default of a direction as a rule. */
static struct acl_rule_name default_rule(const struct acl_facts *facts,
					 enum vifswitch_acl_direction direction)
{
	struct acl_rule_name rule = {
		.cookie = direction == VIFSWITCH_ACL_FROM ? VIFSWITCH_RULE_DEFAULT_FROM :
							    VIFSWITCH_RULE_DEFAULT_TO,
		.direction = (uint8_t)direction, .action = facts->default_action[direction],
		.part = facts->default_part[direction],
	};

	snprintf(rule.name, sizeof(rule.name), "%s", acl_reserved_name(rule.cookie));
	return rule;
}

json_t *port_hits_json(const struct subject *port, const struct acl_facts *facts)
{
	json_t *ret = subject_json(port), *rules = json_array();

	sort(facts->hits);
	for (size_t i = 0; i < facts->rule_count; i++)
		if (count_of(facts->hits, facts->rules[i].cookie))
			json_array_append_new(rules, rule_json(facts, &facts->rules[i]));
	for (unsigned int i = 0; i < VIFSWITCH_ACL_DIRECTIONS; i++) {
		const struct acl_rule_name rule = default_rule(facts, i);

		if (count_of(facts->hits, rule.cookie))
			json_array_append_new(rules, rule_json(facts, &rule));
	}
	json_object_set_new(ret, "acl", json_text(facts->name));
	json_object_set_new(ret, "rules", rules);
	return ret;
}
