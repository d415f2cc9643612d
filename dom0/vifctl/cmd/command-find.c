// SPDX-License-Identifier: GPL-2.0-or-later
#include "vifctl/cmd/command-find.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "vifctl/view/near.h"
#include "vifctl/view/text.h"

#define NAME_WORDS_MAX	3	/* of a command */

/* Verbs that people type for each other. What a noun has itself comes first. */
static const char *const verbs[][4] = {
	{ "add", "create", "new" }, { "del", "delete", "destroy", "rm" },
	{ "list", "ls" }, { "set", "modify" }, { "show", "get" },
};

static bool is_word(const char *name, size_t len, const char *word)
{
	return strlen(word) == len && !strncmp(word, name, len);
}

static bool is_verb(const char *name, size_t len, const char *word)
{
	for (size_t i = 0; i < ARRAY_SIZE(verbs); i++) {
		bool named = false, meant = false;

		for (size_t k = 0; k < ARRAY_SIZE(verbs[i]) && verbs[i][k]; k++) {
			named |= is_word(name, len, verbs[i][k]);
			meant |= !strcmp(word, verbs[i][k]);
		}
		if (named && meant)
			return true;
	}
	return false;
}

/* How many of the words are this command's name; 0: it is another one. */
static int match(const struct command *c, const char *const *words, int count, bool by_verb)
{
	const char *name = c->name;

	for (int i = 0; i < count; i++) {
		size_t len = strcspn(name, " ");

		if (!is_word(name, len, words[i]) &&
		    !(by_verb && i && is_verb(name, len, words[i])))
			return 0;
		if (!name[len])
			return i + 1;
		name += len + 1;
	}
	return 0;
}

const struct command *command_find(const char *const *words, int count, int *ret_used)
{
	for (int by_verb = 0; by_verb < 2; by_verb++)
		for (size_t i = 0; i < vifctl_command_count; i++) {
			int used = match(&vifctl_commands[i], words, count, by_verb);

			if (!used)
				continue;
			*ret_used = used;
			return &vifctl_commands[i];
		}
	return NULL;
}

bool command_begins(const struct command *c, const char *const *words, int count)
{
	const char *name = c->name;

	for (int i = 0; i < count; i++) {
		size_t len = strcspn(name, " ");

		if (!is_word(name, len, words[i]))
			return false;
		name += len + (name[len] == ' ');
	}
	return true;
}

static json_t *commands_that_begin(const char *const *words, int count)
{
	json_t *known = json_array();

	for (size_t i = 0; i < vifctl_command_count; i++)
		if (command_begins(&vifctl_commands[i], words, count))
			json_array_append_new(known, json_string(vifctl_commands[i].name));
	return known;
}

static char *joined(const char *const *words, int count)
{
	json_t *list = json_array();
	char *text;

	for (int i = 0; i < count; i++)
		json_array_append_new(list, json_string(words[i]) ?: json_string("?"));
	text = text_join(list, " ");
	json_decref(list);
	return text;
}

/* Spelled nearly so: of those that begin well the whole, else of all the first word. */
static json_t *near_commands(const char *given, const json_t *known)
{
	json_t *list = json_array();

	for (size_t i = 0; i < vifctl_command_count; i++) {
		const char *name = vifctl_commands[i].name;
		_cleanup_free_ char *part = NULL;

		if (json_array_size(known) && !text_among(known, name))
			continue;
		part = xprintf("%.*s", (int)(json_array_size(known) ? strlen(name) :
					     strcspn(name, " ")), name);
		if (near_spelled(given, part) && !text_among(list, part))
			json_array_append_new(list, json_string(part));
	}
	return list;
}

int command_unknown(const char *const *words, int count)
{
	int depth = count < NAME_WORDS_MAX ? count : NAME_WORDS_MAX, status;
	_cleanup_free_ char *given = NULL, *list = NULL, *near = NULL;
	json_t *known = commands_that_begin(words, depth), *likely;

	while (!json_array_size(known) && --depth > 0) {
		json_decref(known);
		known = commands_that_begin(words, depth);
	}
	given = joined(words, depth < count ? depth + 1 : depth);
	likely = depth < count ? near_commands(given, known) : json_array();
	list = text_join(known, ", ");
	near = text_join(likely, ", ");
	if (*near)
		status = vifctl_fail(VIFCTL_USAGE, "unknown command \"%s\"; near: %s", given, near);
	else if (*list)
		status = vifctl_fail(VIFCTL_USAGE, "\"%s\" is not one of %s", given, list);
	else
		status = vifctl_fail(VIFCTL_USAGE, "unknown command \"%s\"; see vifctl help",
				     words[0]);
	json_decref(likely);
	json_decref(known);
	return status;
}
