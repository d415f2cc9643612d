// SPDX-License-Identifier: GPL-2.0-or-later
/* What the control protocol tells of ACLs. */
#include <errno.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/control.h"
#include "datapath/ko/client-acl.h"
#include "show/switch-document.h"

struct hits {
	struct vifswitch_acl_hits *items;	/* by cookie */
	size_t count, size;
};

static int by_cookie(const void *a, const void *b)
{
	const struct vifswitch_acl_hits *x = a, *y = b;

	return (x->cookie > y->cookie) - (x->cookie < y->cookie);
}

static int add_hits(const struct vifswitch_acl_hits *one, void *arg)
{
	struct hits *hits = arg;

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

static json_t *hits_of(const struct hits *hits, uint64_t cookie)
{
	const struct vifswitch_acl_hits key = { .cookie = cookie }, *found = NULL;

	if (hits->count)
		found = bsearch(&key, hits->items, hits->count, sizeof(key), by_cookie);
	return json_integer(found ? (json_int_t)found->packets : 0);
}

static json_t *show_default(const struct acl_object *acl, enum vifswitch_acl_direction direction,
			    const struct hits *hits)
{
	return json_pack("{ss so}", "action", acl_action_word(acl->default_action[direction]),
			 "hits", hits_of(hits, direction == VIFSWITCH_ACL_FROM ?
					 VIFSWITCH_RULE_DEFAULT_FROM : VIFSWITCH_RULE_DEFAULT_TO));
}

static json_t *show_one(struct daemon *d, const struct acl_object *acl)
{
	const struct kernel_acl *k = map_get(&d->facts.acls.in_kernel, acl->id);
	struct hits hits = {};
	json_t *rules = json_array(), *ret;
	const char *error = acl->problem ? acl->problem->text : acl->effort.error;

	/* Hits that cannot be had are none: it may just have gone. */
	if (k && datapath_acl_hits(d->dp, acl->id, add_hits, &hits) == 0)
		qsort(hits.items, hits.count, sizeof(*hits.items), by_cookie);
	else
		hits.count = 0;
	for (size_t i = 0; i < acl->rule_count; i++) {
		const struct acl_rule_name *rule = &acl->rules[i];

		json_array_append_new(rules, json_pack(
			"{so so ss ss so}", "name", show_text(rule->name),
			"cookie", json_sprintf("%016llx", (unsigned long long)rule->cookie),
			"direction", acl_direction_word(rule->direction),
			"action", acl_action_word(rule->action),
			"hits", hits_of(&hits, rule->cookie)));
	}
	ret = json_pack("{so so si so sI so s{so so}}",
			"id", k ? json_integer(acl->id) : json_null(), "name", show_text(acl->name),
			"ports", (int)acl->port_count, "error", show_text(error),
			"octets", (json_int_t)(k ? k->len : 0), "rules", rules,
			"defaults", "from_vm", show_default(acl, VIFSWITCH_ACL_FROM, &hits),
			"to_vm", show_default(acl, VIFSWITCH_ACL_TO, &hits));
	free(hits.items);
	return ret;
}

json_t *show_acls(struct daemon *d)
{
	json_t *acls = json_array();
	const struct acl_object *acl;

	map_for_each(&d->facts.acls.by_id, i, acl)
		json_array_append_new(acls, show_one(d, acl));
	return json_pack("{si so}", "format", VIFSWITCH_OUTPUT_FORMAT, "acls", acls);
}

static const struct acl_object *acl_of_program(const struct daemon *d, const void *program,
					       uint32_t len)
{
	uint32_t id = program_acl(program, len);

	return id ? acl_objects_get(&d->facts.acls, id) : NULL;
}

json_t *show_acl_name(const struct daemon *d, const void *program, uint32_t len)
{
	const struct acl_object *acl = acl_of_program(d, program, len);

	return show_text(acl ? acl->name : NULL);
}

void show_rule(const struct daemon *d, json_t *event, uint32_t ifindex, uint64_t cookie)
{
	const struct port *port = ports_get(&d->facts.ports, ifindex);
	const struct acl_object *acl = port ? acl_of_program(d, port->program, port->program_len) :
				       NULL;
	const char *name = acl ? acl_object_rule_name(acl, cookie) : acl_reserved_name(cookie);

	json_object_set_new(event, "acl", show_text(acl ? acl->name : NULL));
	json_object_set_new(event, "rule", name ? show_text(name) :
			    json_sprintf("%016llx", (unsigned long long)cookie));
}
