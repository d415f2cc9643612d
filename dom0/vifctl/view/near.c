// SPDX-License-Identifier: GPL-2.0-or-later
#include "vifctl/view/near.h"

#include <ctype.h>
#include <stdint.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "vifctl/view/text.h"

#define WORD_MAX	64
#define NEAR_MAX	5
#define SHORT		4	/* letters of a word in which one may be wrong, not two */

static uint8_t least(uint8_t a, uint8_t b)
{
	return a < b ? a : b;
}

static bool same(char a, char b)
{
	return tolower((unsigned char)a) == tolower((unsigned char)b);
}

/* Letters to be put in, taken out, changed or swapped with the next (Damerau, Levenshtein). */
static size_t distance(const char *a, const char *b)
{
	uint8_t d[WORD_MAX + 1][WORD_MAX + 1];
	size_t la = strlen(a), lb = strlen(b);

	if (la > WORD_MAX || lb > WORD_MAX)
		return SIZE_MAX;
	for (size_t i = 0; i <= la; i++)
		d[i][0] = (uint8_t)i;
	for (size_t j = 0; j <= lb; j++)
		d[0][j] = (uint8_t)j;
	for (size_t i = 1; i <= la; i++) {
		for (size_t j = 1; j <= lb; j++) {
			d[i][j] = least(least(d[i - 1][j], d[i][j - 1]) + 1,
					d[i - 1][j - 1] + !same(a[i - 1], b[j - 1]));
			if (i > 1 && j > 1 && same(a[i - 1], b[j - 2]) && same(a[i - 2], b[j - 1]))
				d[i][j] = least(d[i][j], d[i - 2][j - 2] + 1);
		}
	}
	return d[la][lb];
}

bool near_spelled(const char *word, const char *name)
{
	size_t len = strlen(word);

	return *name && len > 2 && distance(word, name) <= (len > SHORT ? 2 : 1);
}

bool near_is(const char *word, const char *name)
{
	return *name && *word && (strcasestr(name, word) || near_spelled(word, name));
}

char *near_or(const char *word, const json_t *names, const char *otherwise)
{
	json_t *list = json_array(), *name;
	_cleanup_free_ char *near = NULL;
	size_t i;

	json_array_foreach(names, i, name)
		if (json_array_size(list) < NEAR_MAX && near_is(word, json_string_value(name)))
			json_array_append(list, name);
	near = text_join(list, ", ");
	json_decref(list);
	return *near ? xprintf("near: %s", near) : xprintf("%s", otherwise);
}
