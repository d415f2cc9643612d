// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * vifctl --complete WORD...: what may follow these words, one a line, for the
 * shell. Quiet when there is nothing to ask; without words every port and VM.
 */
#include <string.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "vifctl/ask/fetch.h"
#include "vifctl/policy/database.h"
#include "vifctl/view/select.h"
#include "vifctl/view/safe.h"
#include "vifctl/view/session-filter.h"
#include "vifctl/view/text.h"

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

/* Names of objects of a kind; of VMs by what people call them. */
static void complete_names(struct vifctl *v, enum object_kind kind)
{
	_cleanup_(database_close) struct database d = {};

	if (database_load(v, &d, database_tables) != VIFCTL_OK)
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

/* The first operand of a command, or its keys behind the operands. */
static void complete_operand(struct vifctl *v, const struct command *c, int used)
{
	const char *first = c->operands + (*c->operands == '[');

	if (v->operand_count == used && !strncmp(first, "PORT", 4)) {
		complete_ports(v);
	} else if (v->operand_count == used && !strncmp(first, "VM", 2)) {
		complete_ports(v);
		complete_names(v, OBJECT_VM);
	} else if (v->operand_count == used && !strncmp(first, "ACL", 3)) {
		complete_names(v, OBJECT_ACL);
	} else if (v->operand_count == used && !strncmp(first, "NAME", 4)) {
		for (enum object_kind k = 0; k < OBJECT_KINDS; k++)
			if (!strcmp(object_kinds[k].noun, operand(v, 0)))
				complete_names(v, k);
	} else if (strstr(c->operands, "FILTER")) {
		session_filter_keys(v->out);
	} else if (v->operand_count > used && c->fields >= 0) {
		kind_for_each_field(&object_kinds[c->fields], f)
			fprintf(v->out, "%s%s\n", f->name, strcmp(c->name, "port clear") ? "=" : "");
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
