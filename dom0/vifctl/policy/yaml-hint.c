// SPDX-License-Identifier: GPL-2.0-or-later
#include "vifctl/policy/yaml-hint.h"

#include <stdbool.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "vifctl/view/safe.h"

#define WORD_MAX	80	/* octets that are shown of a word */

static bool ends_word(char c)
{
	return memchr(" \t\r\n,[]{}\"'", c, 11) || !c;
}

/* What YAML takes for something of its own. */
static bool needs_quotes(const char *word)
{
	const char *colon = strchr(word, ':');

	return word[1] && (strchr("%@`*&!|>", *word) || *word == ':' || (colon && strchr(colon + 1, ':')));
}

char *yaml_hint(const char *text, size_t len, size_t at)
{
	_cleanup_free_ char *word = NULL, *safe = NULL;
	size_t first = at < len ? at : len, last = first;

	if (first < len && text[first] == '\t')
		return xprintf("%s", "a tab indents here; only spaces may");
	while (first && !ends_word(text[first - 1]))
		first--;
	while (last < len && !ends_word(text[last]))
		last++;
	if (first == last || last - first > WORD_MAX)
		return NULL;
	word = xprintf("%.*s", (int)(last - first), text + first);
	if (!needs_quotes(word))
		return NULL;
	safe = safe_text(word);
	return xprintf("write it in quotes: \"%s\"", safe);
}
