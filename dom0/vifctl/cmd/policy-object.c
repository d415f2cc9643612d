// SPDX-License-Identifier: GPL-2.0-or-later
/* vifctl switch|vm|acl|group|qos|mirror|uplink: what is the same for everything that has a name. */
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "vifctl/policy.h"
#include "vifctl/policy/database.h"
#include "vifctl/policy/object-view.h"
#include "vifctl/view/text.h"

enum verb { CREATE, SET, RENAME, DELETE, ADD_MEMBERS, REMOVE_MEMBERS };

struct edit {
	enum verb verb;
	enum object_kind kind;
	const char *name;
	const char *const *words;
	int count;
	bool lenient;			/* it may be there already, or not be there */
};

/* The command's first word is the kind's noun. */
static enum object_kind kind_of(const struct vifctl *v)
{
	size_t len = strcspn(v->command->name, " ");
	enum object_kind k = 0;

	while (strlen(object_kinds[k].noun) != len ||
	       strncmp(object_kinds[k].noun, v->command->name, len))
		k++;
	return k;
}

struct finder {
	struct database *d;
	int status;
};

static char *find_vm(const char *vm, void *arg)
{
	struct finder *finder = arg;
	char *uuid = NULL;

	finder->status = database_vm(finder->d, vm, &uuid);
	return uuid;
}

/* VMs of its fields, by name or UUID, into UUIDs. */
static int resolve_members(struct database *d, struct object *o)
{
	struct finder finder = { .d = d };

	kind_for_each_field(o->kind, f)
		if (field_has_vms(f) && !field_resolve_vms(f, o->columns, find_vm, &finder))
			return finder.status;
	return VIFCTL_OK;
}

/* "vms-=web,sql" with UUIDs, as the object has them; other words as they are. To be freed. */
static int resolve_word(struct database *d, const struct kind *kind, const char *word, char **ret)
{
	_cleanup_free_ char *name = xprintf("%.*s", (int)strcspn(word, "-="), word), *list = NULL,
			    *problem = NULL;
	const struct field *f = kind_field(kind, name);
	const char *value = word + strlen(name) + 2;
	struct finder finder = { .d = d };
	json_t *columns;

	if (!f || !field_has_vms(f) || strncmp(word + strlen(name), "-=", 2) || !*value) {
		*ret = xprintf("%s", word);
		return VIFCTL_OK;
	}
	columns = json_object();
	if (field_parse_text(f, value, columns, &problem) &&
	    field_resolve_vms(f, columns, find_vm, &finder)) {
		list = field_text_of(f, columns);
		*ret = xprintf("%s-=%s", name, list);
	} else if (problem) {
		finder.status = vifctl_fail(VIFCTL_USAGE, "%s: %s", word, problem);
	}
	json_decref(columns);
	return finder.status;
}

static int set_words(struct database *d, const struct edit *e, struct object *o)
{
	_cleanup_free_ char *problem = NULL;

	for (int i = 0; i < e->count; i++) {
		_cleanup_free_ char *word = NULL;
		int status = resolve_word(d, o->kind, e->words[i], &word);

		if (status)
			return status;
		if (!object_set_text(o, word, &problem))
			return vifctl_fail(VIFCTL_USAGE, "%s", problem);
	}
	if (!object_check(o, &problem))
		return vifctl_fail(VIFCTL_USAGE, "%s %s: %s", o->kind->noun, o->name, problem);
	return resolve_members(d, o) ?: database_check_references(d, o);
}

static bool contains(const json_t *array, const json_t *item)
{
	json_t *one;
	size_t i;

	json_array_foreach(array, i, one)
		if (json_equal(one, item))
			return true;
	return false;
}

/* Adds the members of @some to @o, or takes them out. */
static void change_members(struct object *o, const struct object *some, bool add)
{
	static const char *const columns[] = { "addresses", "vms" };

	for (size_t k = 0; k < ARRAY_SIZE(columns); k++) {
		json_t *had = json_object_get(o->columns, columns[k]),
		       *named = json_object_get(some->columns, columns[k]),
		       *list = json_array(), *item;
		size_t i;

		json_array_foreach(had, i, item)
			if (add || !contains(named, item))
				json_array_append(list, item);
		if (add && named)
			json_array_extend(list, named);
		if (json_array_size(list))
			json_object_set_new(o->columns, columns[k], sorted_set(list));
		else
			json_object_del(o->columns, columns[k]);
		json_decref(list);
	}
}

static int edit_members(struct database *d, const struct edit *e, struct object *wanted)
{
	_cleanup_(object_freep) struct object *some = object_new(e->kind, e->name);
	int status = set_words(d, e, some);

	if (status == VIFCTL_OK)
		change_members(wanted, some, e->verb == ADD_MEMBERS);
	return status;
}

static bool uses(const struct object *o, const char *table, const char *name)
{
	kind_for_each_field(o->kind, f) {
		const char *refers = f->columns[0].refers;

		if (refers && !strcmp(refers, table) && field_names(f, o->columns, name))
			return true;
	}
	return false;
}

/* What still refers to @o; NULL if nothing does; to be freed. */
static char *user_of(const struct database *d, const struct object *o)
{
	const struct model *m = &d->current;

	for (enum object_kind k = 0; k < OBJECT_KINDS; k++)
		for (size_t i = 0; i < m->count[k]; i++) {
			const struct object *user = m->objects[k][i];
			_cleanup_free_ char *label = model_label(m, user);

			if (uses(user, o->kind->table, o->name))
				return xprintf("%s %s", user->kind->noun, label);
			for (size_t r = 0; r < user->rule_count; r++)
				if (uses(user->rules[r], o->kind->table, o->name))
					return xprintf("rule %s/%s", user->name, user->rules[r]->name);
		}
	return NULL;
}

static int plan_delete(const struct edit *e, struct database *d, const struct object *old,
		       struct changes *c)
{
	_cleanup_free_ char *user = NULL;

	if (!old)
		return e->lenient ? VIFCTL_OK : database_not_found(d, e->kind, e->name);
	user = user_of(d, old);
	if (user)
		return vifctl_fail(VIFCTL_FAILED, "%s %s: %s uses it; change that first",
				   old->kind->noun, old->name, user);
	changes_add(c, old, NULL);
	return VIFCTL_OK;
}

/* Who refers to it does so by the row, and notices nothing. */
static int plan_rename(const struct edit *e, struct database *d, const struct object *old,
		       struct changes *c)
{
	struct object *wanted;

	if (!old)
		return database_not_found(d, e->kind, e->name);
	if (model_find(&d->current, e->kind, e->words[0]))
		return vifctl_fail(VIFCTL_FAILED, "%s \"%s\": the database has it already",
				   old->kind->noun, e->words[0]);
	wanted = object_copy(old);
	free(wanted->name);
	wanted->name = xprintf("%s", e->words[0]);
	changes_add(c, old, wanted);
	return VIFCTL_OK;
}

static int plan_edit(void *arg, struct database *d, struct changes *c)
{
	const struct edit *e = arg;
	const struct object *old = model_find(&d->current, e->kind, e->name);
	_cleanup_(object_freep) struct object *wanted = NULL;
	int status;

	if (e->verb == DELETE)
		return plan_delete(e, d, old, c);
	if (e->verb == RENAME)
		return plan_rename(e, d, old, c);
	if (!old && e->verb != CREATE)
		return database_not_found(d, e->kind, e->name);
	if (old && e->verb == CREATE && !e->lenient)
		return vifctl_fail(VIFCTL_FAILED, "%s \"%s\": the database has it already",
				   old->kind->noun, e->name);
	wanted = old ? object_copy(old) : object_new(e->kind, e->name);
	status = e->verb == ADD_MEMBERS || e->verb == REMOVE_MEMBERS ? edit_members(d, e, wanted) :
								       set_words(d, e, wanted);
	if (status == VIFCTL_OK)
		changes_add(c, old, TAKE_PTR(wanted));
	return status;
}

/* Does it say VMs, which may be names? */
static bool names_vms(const struct edit *e)
{
	for (int i = 0; i < e->count; i++)
		if (!strncmp(e->words[i], "vms", 3))
			return true;
	return false;
}

static int edit(struct vifctl *v, enum verb verb)
{
	struct edit e = { .verb = verb, .kind = kind_of(v), .name = operand(v, 0),
			  .words = v->operands + 1, .count = v->operand_count - 1,
			  .lenient = v->lenient };
	_cleanup_free_ char *problem = NULL;

	if (verb == CREATE && !object_name_check(&object_kinds[e.kind], e.name, &problem))
		return vifctl_fail(VIFCTL_USAGE, "\"%s\": %s", e.name, problem);
	if (verb == RENAME && !object_name_check(&object_kinds[e.kind], e.words[0], &problem))
		return vifctl_fail(VIFCTL_USAGE, "\"%s\": %s", e.words[0], problem);
	return database_change_object(v, e.kind, e.name, names_vms(&e), plan_edit, &e);
}

int run_object_create(struct vifctl *v)
{
	return edit(v, CREATE);
}

int run_object_set(struct vifctl *v)
{
	return edit(v, SET);
}

int run_object_delete(struct vifctl *v)
{
	return edit(v, DELETE);
}

int run_object_rename(struct vifctl *v)
{
	return edit(v, RENAME);
}

int run_group_add(struct vifctl *v)
{
	return edit(v, ADD_MEMBERS);
}

int run_group_remove(struct vifctl *v)
{
	return edit(v, REMOVE_MEMBERS);
}

/* A VM by UUID or name; set adds a row that is not there. */
static int plan_vm(void *arg, struct database *d, struct changes *c)
{
	struct edit e = *(const struct edit *)arg;
	_cleanup_free_ char *uuid = NULL, *problem = NULL;
	int status = VIFCTL_OK;

	if (e.verb == DELETE && e.lenient) {
		uuid = database_find_vm(d, e.name, &problem, &status);
		if (status == VIFCTL_NOT_FOUND)
			return VIFCTL_OK;
	}
	if (!uuid)
		status = database_vm(d, e.name, &uuid);
	if (status)
		return status;
	e.name = uuid;
	if (e.verb == SET && !model_find(&d->current, OBJECT_VM, uuid))
		e.verb = CREATE;
	return plan_edit(&e, d, c);
}

static int edit_vm(struct vifctl *v, enum verb verb)
{
	struct edit e = { .verb = verb, .kind = OBJECT_VM, .name = operand(v, 0),
			  .words = v->operands + 1, .count = v->operand_count - 1,
			  .lenient = v->lenient };

	return database_change(v, database_tables, plan_vm, &e);
}

int run_vm_set(struct vifctl *v)
{
	return edit_vm(v, SET);
}

int run_vm_delete(struct vifctl *v)
{
	return edit_vm(v, DELETE);
}

int run_object_list(struct vifctl *v)
{
	_cleanup_(database_close) struct database d = {};
	_cleanup_free_ struct object **list = NULL;
	enum object_kind kind = kind_of(v);
	int status = database_load(v, &d, database_objects(kind));

	if (status)
		return status;
	list = objects_sorted(&d.current, kind);
	view_objects(v, &d.current, kind, list, d.current.count[kind], false);
	if (!v->json && (kind == OBJECT_SWITCH || kind == OBJECT_VM))
		view_running(&d.current, kind, database_running(&d), v->out);
	return vifctl_finish(v, VIFCTL_OK);
}

int run_object_show(struct vifctl *v)
{
	_cleanup_(database_close) struct database d = {};
	struct edit e = { .kind = kind_of(v), .name = operand(v, 0) };
	int status = database_load(v, &d, database_objects(e.kind));
	struct object *o;

	if (status)
		return status;
	o = model_find(&d.current, e.kind, e.name);
	if (!o)
		return database_not_found(&d, e.kind, e.name);
	view_objects(v, &d.current, e.kind, &o, 1, true);
	return vifctl_finish(v, VIFCTL_OK);
}
