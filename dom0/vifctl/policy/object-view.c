// SPDX-License-Identifier: GPL-2.0-or-later
#include "vifctl/policy/object-view.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "show/list-document.h"
#include "vifctl/view/columns.h"
#include "vifctl/view/safe.h"
#include "vifctl/view/text.h"

static int compare(const void *a, const void *b)
{
	const struct object *x = *(struct object *const *)a, *y = *(struct object *const *)b;
	int by_vm = x->vm && y->vm ? strcmp(x->vm, y->vm) : 0;

	return by_vm ? by_vm : x->vm && y->vm ? x->devid - y->devid : strcmp(x->name, y->name);
}

struct object **objects_sorted(const struct model *m, enum object_kind kind)
{
	size_t count = m->count[kind];
	struct object **list = xmalloc((count + 1) * sizeof(*list));

	for (size_t i = 0; i < count; i++)
		list[i] = m->objects[kind][i];
	qsort(list, count, sizeof(*list), compare);
	return list;
}

json_t *object_json(const struct object *o)
{
	json_t *json = json_object(), *rules;

	if (o->kind->id == OBJECT_PORT) {
		json_object_set_new(json, "vm", json_string(o->vm));
		json_object_set_new(json, "devid", json_integer(o->devid));
	} else {
		json_object_set_new(json, o->kind->key, json_string(o->name));
	}
	kind_for_each_field(o->kind, f) {
		json_t *items;

		if (field_is_empty(f, o->columns))
			continue;
		items = field_items_of(f, o->columns);
		if (f->type == FIELD_MAP)
			json_object_set(json, f->name,
					json_object_get(o->columns, f->columns[0].name));
		else
			json_object_set(json, f->name, field_is_one(f, items) ?
					json_array_get(items, 0) : items);
		json_decref(items);
	}
	if (o->kind->id == OBJECT_ACL) {
		rules = json_array();
		for (size_t i = 0; i < o->rule_count; i++)
			json_array_append_new(rules, object_json(o->rules[i]));
		json_object_set_new(json, "rules", rules);
	}
	return json;
}

/* "vlan=100 guard=mac", without the fields that @without names. */
static char *summary(const struct object *o, const char *const *without)
{
	json_t *words = json_array();
	char *text;

	kind_for_each_field(o->kind, f) {
		_cleanup_free_ char *value = field_text_of(f, o->columns), *word = NULL;
		bool left_out = !value;

		for (const char *const *name = without; *name; name++)
			left_out = left_out || !strcmp(*name, f->name);
		if (left_out)
			continue;
		word = xprintf("%s=%s", f->name, value);
		json_array_append_new(words, json_string(word));
	}
	text = text_join(words, " ");
	json_decref(words);
	return text;
}

char *object_summary(const struct object *o)
{
	static const char *const nothing[] = { NULL };

	return summary(o, nothing);
}

static char *text_of_field(const struct object *o, const char *name)
{
	return field_text_of(kind_field(o->kind, name), o->columns);
}

static void list_ports(const struct model *m, struct object **objects, size_t count, FILE *out)
{
	static const char *const titles[] = { "<VM", ">DEVICE", "UUID", "POLICY", NULL };
	static const char *const nothing[] = { NULL };
	_cleanup_(table_freep) struct table *t = table_new(titles);

	for (size_t i = 0; i < count; i++) {
		_cleanup_free_ char *devid = xprintf("%d", objects[i]->devid),
				    *text = summary(objects[i], nothing);
		const struct object *vm = model_find(m, OBJECT_VM, objects[i]->vm);
		const char *name = vm ? get_text(vm->columns, "name") : "";

		/* A cell that is empty in each row leaves no column. */
		table_row(t, (const char *[]){ *name ? name : objects[i]->vm, devid,
					       text_ids() && *name ? objects[i]->vm : NULL, text });
	}
	table_print(t, out);
}

static void list_named(enum object_kind kind, struct object **objects, size_t count, FILE *out)
{
	const char *const titles[] = { "NAME", kind == OBJECT_VM ? "UUID" : "", ">RULES", "POLICY", NULL };
	static const char *const vm_name[] = { "name", NULL }, *const nothing[] = { NULL };
	_cleanup_(table_freep) struct table *t = table_new(titles);

	for (size_t i = 0; i < count; i++) {
		const struct object *o = objects[i];
		_cleanup_free_ char *text = summary(o, kind == OBJECT_VM ? vm_name : nothing);
		_cleanup_free_ char *rules = kind == OBJECT_ACL ? xprintf("%zu", o->rule_count) : NULL;

		const char *name = kind == OBJECT_VM ? get_text(o->columns, "name") : "";

		table_row(t, (const char *[]){ *name ? name : o->name,
					       *name && text_ids() ? o->name : NULL, rules, text });
	}
	table_print(t, out);
}

/* @row of the document "show" is one of these, and the database has none of its name. */
static void add_running(struct table *t, const struct model *m, enum object_kind kind,
			const json_t *row, json_t *seen)
{
	const json_t *vm = kind == OBJECT_VM ? json_object_get(row, "vm") : NULL;
	const char *name = kind == OBJECT_VM ? get_text(vm, "uuid") : get_text(row, "name");

	if (!*name || model_find(m, kind, name) || json_object_get(seen, name))
		return;
	json_object_set_new(seen, name, json_true());
	if (kind == OBJECT_VM)
		table_row(t, (const char *[]){ get_vm_label(row), *get_text(vm, "name") && text_ids() ?
					       name : NULL });
	else
		table_row(t, (const char *[]){ name, get_text(row, "state") });
}

void view_running(const struct model *m, enum object_kind kind, const json_t *running, FILE *out)
{
	const char *const titles[] = { "NAME", kind == OBJECT_VM ? "UUID" : "STATE", NULL };
	const json_t *rows = json_object_get(running, kind == OBJECT_VM ? "ports" : "switches"), *row;
	_cleanup_(table_freep) struct table *t = table_new(titles);
	json_t *seen = json_object();
	size_t i;

	json_array_foreach(rows, i, row)
		add_running(t, m, kind, row, seen);
	json_decref(seen);
	if (!table_rows(t))
		return;
	fprintf(out, "\non this host, and not in the database:\n");
	table_print(t, out);
}

static void show_rules(const struct object *acl, FILE *out)
{
	static const char *const titles[] = { ">PLACE", "RULE", "DIRECTION", "ACTION", "MATCH", NULL };
	static const char *const shown[] = { "direction", "action", NULL };
	_cleanup_(table_freep) struct table *t = table_new(titles);

	for (size_t i = 0; i < acl->rule_count; i++) {
		const struct object *rule = acl->rules[i];
		_cleanup_free_ char *place = xprintf("%zu", i + 1), *match = summary(rule, shown),
				    *direction = text_of_field(rule, "direction"),
				    *action = text_of_field(rule, "action");

		table_row(t, (const char *[]){ place, rule->name, direction, action,
					       *match ? match : "everything" });
	}
	fputc('\n', out);
	table_print(t, out);
}

static void show(const struct model *m, const struct object *o, FILE *out)
{
	_cleanup_free_ char *label = model_label(m, o), *safe = safe_text(label);

	fprintf(out, "%s %s\n", o->kind->noun, safe);
	if (o->kind->id == OBJECT_PORT)
		fprintf(out, "  %-18s %s\n  %-18s %d\n", "vm", o->vm, "devid", o->devid);
	kind_for_each_field(o->kind, f) {
		_cleanup_free_ char *text = field_text_of(f, o->columns), *clean = NULL;

		if (!text)
			continue;
		clean = safe_text(text);
		fprintf(out, "  %-18s %s\n", f->name, clean);
	}
	if (o->rule_count)
		show_rules(o, out);
}

static void print_json(struct vifctl *v, enum object_kind kind, struct object **objects,
		       size_t count)
{
	json_t *list = json_array(), *doc;

	for (size_t i = 0; i < count; i++)
		json_array_append_new(list, object_json(objects[i]));
	doc = list_document("database", object_kinds[kind].plural, list);
	vifctl_print_json(v, doc, JSON_INDENT(2));
	json_decref(doc);
}

void view_objects(struct vifctl *v, const struct model *m, enum object_kind kind,
		  struct object **objects, size_t count, bool alone)
{
	if (v->json) {
		print_json(v, kind, objects, count);
	} else if (alone) {
		for (size_t i = 0; i < count; i++) {
			if (i)
				fputc('\n', v->out);
			show(m, objects[i], v->out);
		}
	} else if (kind == OBJECT_PORT) {
		list_ports(m, objects, count, v->out);
	} else {
		list_named(kind, objects, count, v->out);
	}
}
