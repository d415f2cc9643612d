// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * vifctl --complete WORD...: what may follow these words, one a line, for the
 * shell. Quiet when there is nothing to ask; without words every port and VM.
 * vifctl --complete-options WORD...: the options that a command takes; without words
 * the first words of all commands.
 */
#include <string.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "vifctl/ask/fetch.h"
#include "vifctl/cmd/command-find.h"
#include "vifctl/policy/database.h"
#include "vifctl/view/select.h"
#include "vifctl/view/safe.h"
#include "vifctl/view/session-filter.h"
#include "vifctl/view/text.h"
#include "vifctl/why/packet-text.h"

/* Is @name, or the part of it in front of the next word, what the operands are? */
static bool begins(const struct vifctl *v, const char *name, const char **ret_rest)
{
	for (int i = 0; i < v->operand_count; i++) {
		size_t len = strlen(operand(v, i));

		if (strncmp(name, operand(v, i), len) || (name[len] && name[len] != ' '))
			return false;
		name += len + (name[len] == ' ');
		if (!*name && i + 1 < v->operand_count)
			return false;
	}
	*ret_rest = name;
	return true;
}

static bool complete_command(struct vifctl *v)
{
	json_t *seen = json_object();
	bool any = false;

	for (size_t i = 0; i < vifctl_command_count; i++) {
		_cleanup_free_ char *word = NULL;
		const char *rest;

		if (!begins(v, vifctl_commands[i].name, &rest) || !*rest)
			continue;
		word = xprintf("%.*s", (int)strcspn(rest, " "), rest);
		if (!json_object_get(seen, word))
			fprintf(v->out, "%s\n", word);
		json_object_set_new(seen, word, json_true());
		any = true;
	}
	json_decref(seen);
	return any;
}

static void complete_ports(struct vifctl *v)
{
	_cleanup_(control_client_close) struct control_client c = CONTROL_CLIENT_INIT;
	json_t *doc;

	if (control_client_open(&c, control_client_path(), FETCH_LINE_MAX) == 0 &&
	    fetch_call(&c, "show", &doc) == VIFCTL_OK) {
		select_words(json_object_get(doc, "ports"), v->out);
		json_decref(doc);
	}
}

/* Uplinks, also those that are not plugged, and switches: what "uplink" is told. */
static void complete_uplinks(struct vifctl *v)
{
	_cleanup_(control_client_close) struct control_client c = CONTROL_CLIENT_INIT;
	json_t *doc = NULL, *sw, *one;
	size_t i, k;

	if (control_client_open(&c, control_client_path(), FETCH_LINE_MAX) < 0 ||
	    fetch_call(&c, "show", &doc) != VIFCTL_OK)
		return;
	json_array_foreach(json_object_get(doc, "switches"), i, sw) {
		fprintf(v->out, "%s\n", get_text(sw, "name"));
		json_array_foreach(json_object_get(sw, "uplink_errors"), k, one)
			fprintf(v->out, "%s\n", get_text(one, "uplink"));
	}
	json_array_foreach(json_object_get(doc, "ports"), i, one)
		if (!strcmp(get_text(one, "role"), "uplink"))
			fprintf(v->out, "%s\n", get_text(one, "netdev"));
	json_decref(doc);
}

/* Names of objects of a kind; of VMs by what people call them. */
static void complete_names(struct vifctl *v, enum object_kind kind)
{
	_cleanup_(database_close) struct database d = {};

	if (database_load(v, &d, database_objects(kind)) != VIFCTL_OK)
		return;
	for (size_t i = 0; i < d.current.count[kind]; i++) {
		const struct object *o = d.current.objects[kind][i];
		const char *name = kind == OBJECT_VM ? get_text(o->columns, "name") : o->name;
		_cleanup_free_ char *safe = safe_text(name);

		/* Not a word that could not be typed. */
		if (*name && !strcmp(safe, name))
			fprintf(v->out, "%s\n", name);
	}
}

static void complete_kind(struct vifctl *v, const char *noun)
{
	for (enum object_kind k = 0; k < OBJECT_KINDS; k++)
		if (!strncmp(object_kinds[k].noun, noun, strlen(object_kinds[k].noun)))
			complete_names(v, k);
}

static void complete_rules(struct vifctl *v, const char *acl)
{
	_cleanup_(database_close) struct database d = {};
	const struct object *o;

	if (database_load(v, &d, database_objects(OBJECT_ACL)) != VIFCTL_OK)
		return;
	o = model_find(&d.current, OBJECT_ACL, acl);
	for (size_t i = 0; o && i < o->rule_count; i++)
		fprintf(v->out, "%s\n", o->rules[i]->name);
}

static void complete_tables(FILE *out)
{
	for (size_t i = 0; database_tables[i]; i++)
		fprintf(out, "%s\n", database_tables[i]);
}

static void complete_keys(struct vifctl *v, const struct command *c)
{
	kind_for_each_field(&object_kinds[c->fields], f)
		fprintf(v->out, "%s%s\n", f->name, strcmp(c->name, "port clear") ? "=" : "");
}

/* Behind "KEY=", which is the last word so far. */
static void complete_values(struct vifctl *v, const struct command *c, const char *key)
{
	const size_t len = strlen(key) - 1;	/* "KEY=", "KEY+=" */
	const bool edits = len && strchr("+-", key[len - 1]);
	_cleanup_free_ char *name = xprintf("%.*s", (int)(len - edits), key);
	const struct field *f = kind_field(&object_kinds[c->fields], name);
	const struct column *column = f ? &f->columns[0] : NULL;

	if (!f)
		return;
	for (const struct word *w = column->words; w && w->word; w++)
		fprintf(v->out, "%s\n", w->word);
	if (f->type == FIELD_BOOLEAN)
		fputs("yes\nno\n", v->out);
	for (enum object_kind k = 0; column->refers && k < OBJECT_KINDS; k++)
		if (!strcmp(object_kinds[k].table, column->refers))
			complete_names(v, k);
}

/* Of "after=RULE|at=N" the part to be typed as it stands. */
static size_t part_len(const char *words)
{
	size_t len = strcspn(words, "|"), equals = strcspn(words, "=");

	return equals < len ? equals + 1 : len;
}

static void complete_words(FILE *out, const char *words)
{
	for (; *words; words += strcspn(words, "|") + !!strchr(words, '|'))
		fprintf(out, "%.*s\n", (int)part_len(words), words);
}

/* What the command calls its operand number @n: the last one may repeat. */
static char *operand_name(const struct command *c, int n)
{
	const char *at = c->operands;

	while (n-- > 0 && strchr(at, ' '))
		at = strchr(at, ' ') + 1;
	at += *at == '[';
	return xprintf("%.*s", (int)strcspn(at, " ]"), at);
}

static void complete_operand(struct vifctl *v, const struct command *c, int used)
{
	_cleanup_free_ char *name = operand_name(c, v->operand_count - used);
	const char *last = operand(v, v->operand_count - 1);

	if (c->fields >= 0 && v->operand_count > used && *last && last[strlen(last) - 1] == '=') {
		complete_values(v, c, last);
	} else if (!strncmp(name, "PORT", 4)) {
		complete_ports(v);
	} else if (!strncmp(name, "UPLINK", 6)) {
		complete_uplinks(v);
	} else if (!strncmp(name, "VM", 2)) {
		complete_ports(v);
		complete_names(v, OBJECT_VM);
	} else if (!strcmp(name, "ACL")) {
		complete_names(v, OBJECT_ACL);
	} else if (!strcmp(name, "RULE")) {
		complete_rules(v, operand(v, used));
	} else if (strchr(name, '|')) {
		complete_words(v->out, name);
		if (c->fields >= 0)
			complete_keys(v, c);
	} else if (!strcmp(name, "NAME")) {
		complete_kind(v, strcmp(c->name, "edit") ? c->name : operand(v, used));
	} else if (!strcmp(name, "TABLE")) {
		complete_tables(v->out);
	} else if (!strcmp(name, "PACKET")) {
		packet_text_kinds(v->out);
	} else if (strstr(name, "FILTER")) {
		session_filter_keys(v->out);
	} else if (c->fields >= 0) {
		complete_keys(v, c);
	}
}

int run_complete(struct vifctl *v)
{
	if (!v->operand_count) {
		complete_ports(v);
		return VIFCTL_OK;
	}
	if (complete_command(v))
		return VIFCTL_OK;
	for (size_t i = 0; i < vifctl_command_count; i++) {
		const struct command *c = &vifctl_commands[i];
		struct vifctl name_only = *v;
		const char *rest;
		int used = 1;

		for (const char *p = c->name; *p; p++)
			used += *p == ' ';
		name_only.operand_count = used;
		if (used > v->operand_count || !begins(&name_only, c->name, &rest) || *rest)
			continue;
		complete_operand(v, c, used);
		break;
	}
	return VIFCTL_OK;
}

int run_complete_options(struct vifctl *v)
{
	int used;
	const struct command *c = command_find(v->operands, v->operand_count, &used);

	if (!v->operand_count)
		complete_command(v);
	else
		options_print(c ? c->options : 0, v->out);
	return VIFCTL_OK;
}
