// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "base/uuid.h"
#include "vifctl/policy/object.h"
#include "vifctl/view/near.h"
#include "vifctl/view/text.h"

void model_init(struct model *m)
{
	*m = (struct model){};
	for (int k = 0; k < OBJECT_KINDS; k++)
		m->index[k] = json_object();
}

void model_deinit(struct model *m)
{
	for (int k = 0; k < OBJECT_KINDS; k++) {
		for (size_t i = 0; i < m->count[k]; i++)
			object_free(m->objects[k][i]);
		free(m->objects[k]);
		json_decref(m->index[k]);
	}
	*m = (struct model){};
}

bool model_add(struct model *m, struct object *o)
{
	enum object_kind k = o->kind->id;

	if (json_object_get(m->index[k], o->name))
		return false;
	json_object_set_new(m->index[k], o->name, json_integer((json_int_t)m->count[k]));
	if (!(m->count[k] & (m->count[k] - 1)))
		m->objects[k] = xrealloc(m->objects[k], (m->count[k] ? 2 * m->count[k] : 1) *
				       sizeof(struct object *));
	m->objects[k][m->count[k]++] = o;
	return true;
}

struct object *model_find(const struct model *m, enum object_kind kind, const char *name)
{
	const json_t *at = json_object_get(m->index[kind], name);

	return at ? m->objects[kind][json_integer_value(at)] : NULL;
}

static const char *name_of_vm(const struct object *vm)
{
	return get_text(vm->columns, "name");
}

char *model_near(const struct model *m, enum object_kind kind, const char *word)
{
	_cleanup_free_ char *see = xprintf("see vifctl %s list", object_kinds[kind].noun);
	json_t *names = json_array();
	char *text;

	for (size_t i = 0; i < m->count[kind]; i++) {
		const struct object *o = m->objects[kind][i];

		json_array_append_new(names, json_string(kind == OBJECT_VM ? name_of_vm(o) :
							 o->name));
	}
	text = near_or(word, names, see);
	json_decref(names);
	return text;
}

json_t *model_vms_named(const struct model *m, const char *name)
{
	json_t *found = json_array();

	for (size_t i = 0; i < m->count[OBJECT_VM]; i++)
		if (!strcmp(name_of_vm(m->objects[OBJECT_VM][i]), name))
			json_array_append_new(found, json_string(m->objects[OBJECT_VM][i]->name));
	return found;
}

/* What a VM that runs here is called; "" if that is not told. */
static const char *name_here(const struct model *m, const char *uuid)
{
	const json_t *port;
	size_t i;

	json_array_foreach(json_object_get(m->running, "ports"), i, port) {
		const json_t *vm = json_object_get(port, "vm");

		if (!strcmp(get_text(vm, "uuid"), uuid))
			return get_text(vm, "name");
	}
	return "";
}

/* Has no other VM that name, in the database or here? */
static bool is_only_one(const struct model *m, const char *name, const char *uuid)
{
	json_t *same = model_vms_named(m, name);
	bool only = true;
	const json_t *one;
	size_t i;

	json_array_foreach(same, i, one)
		only = only && !strcmp(json_string_value(one), uuid);
	json_decref(same);
	json_array_foreach(json_object_get(m->running, "ports"), i, one) {
		const json_t *vm = json_object_get(one, "vm");

		only = only && (strcmp(get_text(vm, "name"), name) || !strcmp(get_text(vm, "uuid"), uuid));
	}
	return only;
}

char *model_label(const struct model *m, const struct object *o)
{
	const struct object *vm;
	const char *name;

	if (o->kind->id != OBJECT_PORT)
		return xprintf("%s", o->name);
	vm = model_find(m, OBJECT_VM, o->vm);
	name = vm ? name_of_vm(vm) : "";
	if (!*name)
		name = name_here(m, o->vm);
	if (*name && is_only_one(m, name, o->vm))
		return xprintf("%s/%d", name, o->devid);
	return xprintf("%s", o->name);
}
