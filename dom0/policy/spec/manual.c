// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "policy/spec/spec.h"

/* As troff wants it: every hyphen is one to copy. */
static void put_text(const char *text, FILE *out)
{
	if (*text == '.' || *text == '\'')
		fputs("\\&", out);
	for (; *text; text++) {
		if (*text == '-')
			fputs("\\-", out);
		else if (*text == '\\')
			fputs("\\e", out);
		else
			fputc(*text, out);
	}
}

/* What it accepts, where that is a choice of words or a range. */
static void put_accepted(const struct field *f, FILE *out)
{
	const struct column *column = &f->columns[0];
	char list[128];

	if (f->type == FIELD_WORD || f->type == FIELD_WORDS) {
		words_list(column->words, list, sizeof(list));
		put_text(list, out);
	} else if (f->type == FIELD_NUMBER) {
		_cleanup_free_ char *low = unit_format(f->unit, column->min),
				    *high = unit_format(f->unit, column->max);

		put_text(low, out);
		fputs(" to ", out);
		put_text(high, out);
	} else if (f->type == FIELD_BOOLEAN) {
		fputs("yes or no", out);
	} else {
		put_text(f->like, out);
	}
}

static void put_field(const struct field *f, FILE *out)
{
	fputs(".TP\n.BR ", out);
	put_text(f->name, out);
	fputs(" \" (", out);
	put_accepted(f, out);
	fputs(")\"\n", out);
	put_text(f->doc ? f->doc : f->columns[0].doc, out);
	fputc('\n', out);
}

static const struct kind *kind_named(const char *noun)
{
	for (int k = 0; k < OBJECT_KINDS_ALL; k++)
		if (strcmp(object_kinds[k].noun, noun) == 0)
			return &object_kinds[k];
	return NULL;
}

/* external-ids are told once, in the page itself. */
static bool put_line(char *line, FILE *out)
{
	const struct kind *kind;

	if (*line != '@') {
		fputs(line, out);
		return true;
	}
	line[strcspn(line, "\n")] = '\0';
	kind = strncmp(line, "@fields ", 8) == 0 ? kind_named(line + 8) : NULL;
	if (!kind)
		return false;
	kind_for_each_field(kind, f)
		if (strcmp(f->name, "external-ids") != 0)
			put_field(f, out);
	return true;
}

bool spec_manual(FILE *in, FILE *out)
{
	_cleanup_free_ char *line = NULL;
	size_t size = 0;

	while (getline(&line, &size, in) > 0)
		if (!put_line(line, out))
			return false;
	return true;
}
