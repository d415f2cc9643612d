// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "policy/fields.h"
#include "show/list-document.h"
#include "vifctl/ask/fetch.h"
#include "vifctl/here/here.h"
#include "vifctl/policy/database.h"
#include "vifctl/view/safe.h"
#include "vifctl/view/text.h"

json_t *here_ask(enum object_kind kind)
{
	_cleanup_(control_client_close) struct control_client c = CONTROL_CLIENT_INIT;
	json_t *doc = NULL;

	if (fetch_open(&c) == VIFCTL_OK)
		fetch_call_optional(&c, object_kinds[kind].plural, &doc);
	return doc;
}

json_t *here_of(const json_t *doc, const struct object *o)
{
	json_t *one;
	size_t i;

	json_array_foreach(json_object_get(doc, o->kind->plural), i, one)
		if (!strcmp(get_text(one, "name"), o->name))
			return one;
	return NULL;
}

static void print_json(struct vifctl *v, enum object_kind kind, struct object **objects,
		       size_t count, const json_t *doc)
{
	json_t *list = json_array(), *document;

	for (size_t i = 0; i < count; i++) {
		json_t *entry = object_json(objects[i]), *here = here_of(doc, objects[i]);

		json_object_set_new(entry, "here", here ? json_incref(here) : json_null());
		json_array_append_new(list, entry);
	}
	document = list_document("database", object_kinds[kind].plural, list);
	vifctl_print_json(v, document, JSON_INDENT(2));
	json_decref(document);
}

void here_line(FILE *out, const char *title, const char *text)
{
	_cleanup_free_ char *safe = safe_text(text);

	if (*safe)
		fprintf(out, "  %-18s %s\n", title, safe);
}

int here_list(struct vifctl *v, const struct here_view *view)
{
	_cleanup_(database_close) struct database d = {};
	_cleanup_free_ struct object **objects = NULL;
	int status = database_load(v, &d, database_objects(view->kind));
	size_t count;
	json_t *doc;

	if (status)
		return status;
	doc = here_ask(view->kind);
	objects = objects_sorted(&d.current, view->kind);
	count = d.current.count[view->kind];
	if (v->json)
		print_json(v, view->kind, objects, count, doc);
	else
		view->list(v, objects, count, doc);
	json_decref(doc);
	return vifctl_finish(v, VIFCTL_OK);
}

int here_show(struct vifctl *v, const struct here_view *view)
{
	_cleanup_(database_close) struct database d = {};
	int status = database_load(v, &d, database_objects(view->kind));
	struct object *o;
	json_t *doc;

	if (status)
		return status;
	o = model_find(&d.current, view->kind, operand(v, 0));
	if (!o)
		return database_not_found(&d, view->kind, operand(v, 0));
	doc = here_ask(view->kind);
	if (v->json) {
		print_json(v, view->kind, &o, 1, doc);
	} else {
		view_objects(v, &d.current, view->kind, &o, 1, true);
		if (here_of(doc, o))
			view->show(here_of(doc, o), v->out);
		else
			fputs("\nvifswitchd does not know it: how it does here cannot be told\n",
			      v->out);
	}
	json_decref(doc);
	return vifctl_finish(v, VIFCTL_OK);
}

/* ---- what vifswitchd tells whole ---- */

static bool is_named(const struct here_told *told, const json_t *entry, const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(told->names); i++)
		if (told->names[i] && !strcmp(get_text(entry, told->names[i]), name))
			return true;
	return false;
}

static json_t *chosen(const struct here_told *told, const json_t *doc, const char *name)
{
	json_t *some = json_array(), *entry;
	size_t i;

	json_array_foreach(json_object_get(doc, told->entries), i, entry)
		if (!name || is_named(told, entry, name))
			json_array_append(some, entry);
	return some;
}

int here_show_told(struct vifctl *v, const struct here_told *told)
{
	const char *name = operand(v, 0);
	json_t *doc = NULL, *some, *entry;
	int status = fetch_daemon(told->method, NULL, &doc);
	size_t i;

	if (status)
		return status;
	if (told->complete)
		told->complete(doc);
	some = chosen(told, doc, name);
	json_object_set_new(doc, told->entries, some);
	if (name && !json_array_size(some))
		status = vifctl_fail(VIFCTL_NOT_FOUND, "\"%s\": %s", name, told->unknown);
	else if (v->json)
		vifctl_print_json(v, doc, JSON_INDENT(2));
	else
		json_array_foreach(some, i, entry)
			told->show(entry, v->out);
	json_decref(doc);
	return vifctl_finish(v, status);
}
