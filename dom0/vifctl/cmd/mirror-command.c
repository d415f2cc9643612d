// SPDX-License-Identifier: GPL-2.0-or-later
/* vifctl mirror list and mirror show: what the database says, and how it does here. */
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "show/list-document.h"
#include "vifctl/ask/fetch.h"
#include "vifctl/policy.h"
#include "vifctl/policy/database.h"
#include "vifctl/policy/object-view.h"
#include "vifctl/view/columns.h"
#include "vifctl/view/safe.h"
#include "vifctl/view/text.h"

/* "mirrors" of vifswitchd; NULL if nobody answers. */
static json_t *ask(void)
{
	_cleanup_(control_client_close) struct control_client c = CONTROL_CLIENT_INIT;
	json_t *doc = NULL;

	if (fetch_open(&c) == VIFCTL_OK)
		fetch_call_optional(&c, "mirrors", &doc);
	return doc;
}

static json_t *here_of(const json_t *doc, const char *name)
{
	json_t *mirror;
	size_t i;

	json_array_foreach(json_object_get(doc, "mirrors"), i, mirror)
		if (!strcmp(get_text(mirror, "name"), name))
			return mirror;
	return NULL;
}

static void print_json(struct vifctl *v, struct object **mirrors, size_t count, const json_t *doc)
{
	json_t *list = json_array(), *document;

	for (size_t i = 0; i < count; i++) {
		json_t *entry = object_json(mirrors[i]), *here = here_of(doc, mirrors[i]->name);

		json_object_set_new(entry, "here", here ? json_incref(here) : json_null());
		json_array_append_new(list, entry);
	}
	document = list_document("database", "mirrors", list);
	vifctl_print_json(v, document, JSON_INDENT(2));
	json_decref(document);
}

static json_int_t copies_of(const json_t *here)
{
	const json_t *use;
	json_int_t sum = 0;
	size_t i;

	json_array_foreach(json_object_get(here, "switches"), i, use)
		sum += json_integer_value(json_object_get(json_object_get(use, "copies"), "packets"));
	return sum;
}

/* What it is copied to here: netdevs, or a VLAN. */
static char *output_text(const json_t *here)
{
	json_t *words = json_array();
	const json_t *use;
	char *text;
	size_t i;

	json_array_foreach(json_object_get(here, "switches"), i, use) {
		const json_t *vlan = json_object_get(use, "output_vlan");
		_cleanup_free_ char *word = json_is_integer(vlan) ?
			xprintf("VLAN %lld", (long long)json_integer_value(vlan)) :
			xprintf("%s", get_text(use, "output"));

		if (*word)
			json_array_append_new(words, json_string(word));
	}
	text = text_join(words, ", ");
	json_decref(words);
	return text;
}

static void print_list(struct vifctl *v, struct object **mirrors, size_t count, const json_t *doc)
{
	static const char *const titles[] = { "NAME", "STATE", ">COPIES", "OUTPUT", "POLICY", NULL };
	_cleanup_(table_freep) struct table *t = table_new(titles);

	for (size_t i = 0; i < count; i++) {
		const json_t *here = here_of(doc, mirrors[i]->name);
		_cleanup_free_ char *policy = object_summary(mirrors[i]);
		_cleanup_free_ char *output = output_text(here);
		_cleanup_free_ char *copies = here ? xprintf("%lld", (long long)copies_of(here)) : NULL;

		table_row(t, (const char *[]){ mirrors[i]->name, get_text(here, "state"), copies,
					       output, policy });
	}
	table_print(t, v->out);
}

int run_mirror_list(struct vifctl *v)
{
	_cleanup_(database_close) struct database d = {};
	_cleanup_free_ struct object **mirrors = NULL;
	int status = database_load(v, &d, database_tables);
	size_t count;
	json_t *doc;

	if (status)
		return status;
	doc = ask();
	mirrors = objects_sorted(&d.current, OBJECT_MIRROR);
	count = d.current.count[OBJECT_MIRROR];
	if (v->json)
		print_json(v, mirrors, count, doc);
	else
		print_list(v, mirrors, count, doc);
	json_decref(doc);
	return vifctl_finish(v, VIFCTL_OK);
}

/* ---- show ---- */

static void line(FILE *out, const char *title, const char *text)
{
	_cleanup_free_ char *safe = safe_text(text);

	if (*safe)
		fprintf(out, "  %-18s %s\n", title, safe);
}

/* "3 over the rate, 1 had no output" */
static char *lost_text(const json_t *copies)
{
	static const struct {
		const char *member, *words;
	} kinds[] = {
		{ "over_rate", "over its rate" }, { "no_output", "without an output" },
		{ "failed", "failed" }, { "cut", "cut" },
	};
	json_t *words = json_array();
	char *text;

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		json_int_t n = json_integer_value(json_object_get(copies, kinds[i].member));
		_cleanup_free_ char *word = xprintf("%lld %s", (long long)n, kinds[i].words);

		if (n)
			json_array_append_new(words, json_string(word));
	}
	text = text_join(words, ", ");
	json_decref(words);
	return text;
}

static void print_use(const json_t *use, FILE *out)
{
	const json_t *copies = json_object_get(use, "copies");
	_cleanup_free_ char *sources = text_join(json_object_get(use, "sources"), ", "), *state = NULL,
			    *lost = lost_text(copies), *sent = NULL, *safe = NULL;
	json_t *one = json_pack("{s:[O]}", "switches", use);
	_cleanup_free_ char *output = output_text(one);

	json_decref(one);
	safe = safe_text(get_text(use, "switch"));
	fprintf(out, "\non switch %s\n", safe);
	state = *get_text(use, "error") ?
		xprintf("%s: %s", get_text(use, "state"), get_text(use, "error")) :
		xprintf("%s", get_text(use, "state"));
	line(out, "state", state);
	line(out, "copied", sources);
	line(out, "output", output);
	if (json_is_object(copies)) {
		sent = xprintf("%lld, %lld octets",
			       (long long)json_integer_value(json_object_get(copies, "packets")),
			       (long long)json_integer_value(json_object_get(copies, "bytes")));
		line(out, "copies", sent);
		line(out, "not whole or lost", lost);
	}
}

static void print_here(const json_t *here, FILE *out)
{
	const json_t *item;
	size_t i;

	if (!here) {
		fputs("\nvifswitchd does not know it: how it does here cannot be told\n", out);
		return;
	}
	fprintf(out, "\non this host\n");
	line(out, "state", get_text(here, "state"));
	line(out, "error", get_text(here, "error"));
	json_array_foreach(json_object_get(here, "notes"), i, item)
		line(out, "note", json_string_value(item));
	json_array_foreach(json_object_get(here, "switches"), i, item)
		print_use(item, out);
}

int run_mirror_show(struct vifctl *v)
{
	_cleanup_(database_close) struct database d = {};
	int status = database_load(v, &d, database_tables);
	struct object *o;
	json_t *doc;

	if (status)
		return status;
	o = model_find(&d.current, OBJECT_MIRROR, operand(v, 0));
	if (!o) {
		_cleanup_free_ char *near = model_near(&d.current, OBJECT_MIRROR, operand(v, 0));

		return vifctl_fail(VIFCTL_NOT_FOUND, "the database has no mirror \"%s\"; %s",
				   operand(v, 0), near);
	}
	doc = ask();
	if (v->json) {
		print_json(v, &o, 1, doc);
	} else {
		view_objects(v, &d.current, OBJECT_MIRROR, &o, 1, true);
		print_here(here_of(doc, o->name), v->out);
	}
	json_decref(doc);
	return vifctl_finish(v, VIFCTL_OK);
}
