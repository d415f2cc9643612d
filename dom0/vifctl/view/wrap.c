// SPDX-License-Identifier: GPL-2.0-or-later
#include "vifctl/view/wrap.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <wchar.h>

#include "base/cleanup.h"
#include "base/mem.h"

#define NARROWEST	20	/* columns that are worth filling */

static int columns_there;
static FILE *painted;

void terminal_width_set(int columns)
{
	columns_there = columns;
}

int terminal_width(void)
{
	return columns_there;
}

void terminal_colours_set(FILE *terminal)
{
	painted = terminal;
}

bool terminal_has_colours(FILE *out)
{
	const char *no = getenv("NO_COLOR"), *term = getenv("TERM");

	return isatty(fileno(out)) && !(no && *no) && term && *term && strcmp(term, "dumb");
}

void paint(FILE *out, enum paint colour)
{
	static const char *const codes[] = {
		[PAINT_NONE] = "\033[0m", [PAINT_WRONG] = "\033[31m",
		[PAINT_DOUBT] = "\033[33m", [PAINT_GOOD] = "\033[32m",
	};

	if (!painted)
		return;
	fflush(out);
	fputs(codes[colour], painted);
}

int text_width(const char *text)
{
	wchar_t wide[512];
	size_t n = mbstowcs(wide, text, ARRAY_SIZE(wide));
	int w = n == (size_t)-1 ? -1 : wcswidth(wide, n);

	return w < 0 ? (int)strlen(text) : w;
}

size_t part_that_fits(const char *text, int wide)
{
	size_t len = strlen(text), fits = 0;

	for (size_t i = 1; i <= len; i++) {
		_cleanup_free_ char *part = NULL;

		if (((unsigned char)text[i] & 0xc0) == 0x80)
			continue;
		part = xprintf("%.*s", (int)i, text);
		if (text_width(part) > wide)
			break;
		fits = i;
	}
	return fits ?: len;
}

size_t words_that_fit(const char *text, int wide)
{
	size_t len = part_that_fits(text, wide), blank = len;

	while (text[len] && blank && text[blank] != ' ')
		blank--;
	return text[len] && blank ? blank : len;
}

void print_rest(const char *rest, int indent, int wide, FILE *out)
{
	while (*rest) {
		size_t len = words_that_fit(rest, wide);

		fprintf(out, "%*s%.*s\n", indent, "", (int)len, rest);
		rest += len;
		rest += strspn(rest, " ");
	}
}

/* The command at the end of a sentence, or its end. */
static const char *command_of(const char *text)
{
	const char *command = text + strlen(text);

	for (const char *at = strstr(text, "vifctl "); at; at = strstr(at + 1, "vifctl "))
		if (at[7] >= 'a' && at[7] <= 'z')
			command = at;
	return command;
}

void print_sentence(const char *text, int at, int indent, FILE *out)
{
	const char *command = command_of(text);
	_cleanup_free_ char *said = xprintf("%.*s", (int)(command - text), text);
	size_t len = strlen(said);

	if (!len || columns_there - indent < NARROWEST || at + text_width(text) <= columns_there) {
		fprintf(out, "%s\n", text);
		return;
	}
	while (len && said[len - 1] == ' ')
		said[--len] = '\0';
	len = words_that_fit(said, columns_there - at);
	fprintf(out, "%.*s\n", (int)len, said);
	print_rest(said + len + strspn(said + len, " "), indent, columns_there - indent, out);
	if (*command)
		fprintf(out, "%*s%s\n", indent, "", command);
}
