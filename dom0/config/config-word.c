// SPDX-License-Identifier: GPL-2.0-or-later
#include "config/config-word.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int config_fail(cfg_t *sec, struct problem *problem, const char *fmt, ...)
{
	char text[PROBLEM_MAX - 96];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	return problem_set(problem, "%s:%d: %s", sec->filename ? sec->filename : "config",
			   sec->line, text);
}

int config_word(cfg_t *sec, const char *key, const struct word *words, int is,
		const char *accepted, struct problem *problem)
{
	const char *text = cfg_getstr(sec, key);
	const struct word *word = text ? word_find(words, text, strlen(text)) : NULL;

	if (text && !word)
		return config_fail(sec, problem, "%s = %s: must be %s", key,
				   QUOTE(text, strlen(text)), accepted);
	return word ? (int)word->value : is;
}
