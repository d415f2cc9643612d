// SPDX-License-Identifier: GPL-2.0-or-later
/* Names of VMs into UUIDs, and references that must lead somewhere. */
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "base/uuid.h"
#include "vifctl/policy/yaml.h"

struct resolver {
	const struct model *read;
	policy_vm_finder find;
	void *arg;
	struct problems *problems;
};

/* The UUID a word means; NULL and a problem. The file's own VMs come first. */
static char *resolve(struct resolver *r, const char *word, char **ret_problem)
{
	uint8_t uuid[16];
	json_t *named;
	char *found = NULL;
	size_t count;

	if (uuid_parse(word, strlen(word), uuid))
		return xprintf("%s", word);
	named = model_vms_named(r->read, word);
	count = json_array_size(named);
	if (count == 1)
		found = xprintf("%s", json_string_value(json_array_get(named, 0)));
	else if (count > 1)
		*ret_problem = xprintf("%zu VMs of this file have that name; write the UUID", count);
	json_decref(named);
	return count ? found : r->find(r->arg, word, ret_problem);
}

struct found {
	struct resolver *r;
	const struct object *o;
	const struct field *f;
};

/* Of one that cannot be resolved the word stays, and others are looked at as well. */
static char *find_vm(const char *vm, void *arg)
{
	const struct found *found = arg;
	_cleanup_free_ char *problem = NULL;
	char *uuid = resolve(found->r, vm, &problem);

	if (uuid)
		return uuid;
	problems_add(found->r->problems, found->o->marks[found->f - found->o->kind->fields],
		     "%s %s: %s: \"%s\": %s", found->o->kind->noun, found->o->name, found->f->name,
		     vm, problem);
	return xprintf("%s", vm);
}

static bool resolve_port(struct resolver *r, struct object *o)
{
	_cleanup_free_ char *problem = NULL, *uuid = resolve(r, o->vm, &problem);

	if (!uuid) {
		problems_add(r->problems, o->mark, "port %s: vm: \"%s\": %s", o->name, o->vm,
			     problem);
		return false;
	}
	free(o->vm);
	o->vm = TAKE_PTR(uuid);
	object_name_port(o);
	return true;
}

bool policy_resolve(const struct model *read, policy_vm_finder find, void *arg,
		    struct model *ret, struct problems *problems)
{
	struct resolver r = { read, find, arg, problems };
	size_t before = problems->count;

	for (enum object_kind k = 0; k < OBJECT_KINDS; k++) {
		ret->named[k] = read->named[k];
		for (size_t i = 0; i < read->count[k]; i++) {
			_cleanup_(object_freep) struct object *o = object_copy(read->objects[k][i]);

			kind_for_each_field(o->kind, f)
				if (field_has_vms(f))
					field_resolve_vms(f, o->columns, find_vm,
							  &(struct found){ &r, o, f });
			if (k == OBJECT_PORT && !resolve_port(&r, o))
				continue;
			if (model_add(ret, o))
				(void)TAKE_PTR(o);
			else
				problems_add(problems, o->mark, "port %s is there twice, first in "
					     "line %u as %s", o->name,
					     model_find(ret, k, o->name)->mark.line,
					     model_find(ret, k, o->name)->name);
		}
	}
	return problems->count == before;
}

struct checker {
	const struct model *wanted, *current;
	bool prune;
	struct problems *problems;
};

static bool exists(const struct checker *c, enum object_kind kind, const char *name)
{
	if (model_find(c->wanted, kind, name))
		return true;
	return model_find(c->current, kind, name) && !(c->prune && c->wanted->named[kind]);
}

static void check_object(const struct checker *c, const struct object *o, const char *label)
{
	kind_for_each_field(o->kind, f) {
		enum object_kind kind = OBJECT_SWITCH;
		json_t *names, *name;
		size_t i;

		if (!f->columns[0].refers)
			continue;
		while (strcmp(object_kinds[kind].table, f->columns[0].refers))
			kind++;
		names = field_items_of(f, o->columns);
		json_array_foreach(names, i, name)
			if (!exists(c, kind, json_string_value(name)))
				problems_add(c->problems, o->marks[f - o->kind->fields],
					     "%s: %s: \"%s\": no %s of that name here or in the "
					     "database", label, f->name, json_string_value(name),
					     object_kinds[kind].noun);
		json_decref(names);
	}
}

bool policy_check_references(const struct model *wanted, const struct model *current,
			     bool prune, struct problems *problems)
{
	const struct checker c = { wanted, current, prune, problems };
	size_t before = problems->count;

	for (enum object_kind k = 0; k < OBJECT_KINDS; k++)
		for (size_t i = 0; i < wanted->count[k]; i++) {
			const struct object *o = wanted->objects[k][i];
			_cleanup_free_ char *label = xprintf("%s %s", o->kind->noun, o->name);

			check_object(&c, o, label);
			for (size_t j = 0; j < o->rule_count; j++) {
				_cleanup_free_ char *rule = xprintf("%s, rule %s", label,
								    o->rules[j]->name);

				check_object(&c, o->rules[j], rule);
			}
		}
	return problems->count == before;
}
