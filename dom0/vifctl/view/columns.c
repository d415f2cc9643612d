// SPDX-License-Identifier: GPL-2.0-or-later
#include "vifctl/view/columns.h"

#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "vifctl/view/safe.h"

#define TEXT_MIN	24	/* columns for text that goes on in further lines */
#define CELL_MIN	6	/* and for a cell that is cut */

struct row {
	bool span;
	char *cells[TABLE_COLUMNS_MAX];
};

struct table {
	const char *titles[TABLE_COLUMNS_MAX];
	bool right[TABLE_COLUMNS_MAX], spare[TABLE_COLUMNS_MAX], names[TABLE_COLUMNS_MAX];
	size_t columns;
	struct row *rows;
	size_t count, size;
};

static int terminal_width;

void table_width_set(int columns)
{
	terminal_width = columns;
}

struct table *table_new(const char *const *titles)
{
	struct table *t = xmalloc(sizeof(*t));

	*t = (struct table){};
	for (; titles[t->columns] && t->columns < TABLE_COLUMNS_MAX; t->columns++) {
		const char *title = titles[t->columns];

		t->spare[t->columns] = *title == '~';
		title += t->spare[t->columns];
		t->names[t->columns] = *title == '<';
		title += t->names[t->columns];
		t->right[t->columns] = *title == '>';
		t->titles[t->columns] = title + t->right[t->columns];
	}
	return t;
}

void table_freep(struct table **t)
{
	if (!*t)
		return;
	for (size_t i = 0; i < (*t)->count; i++)
		for (size_t c = 0; c < TABLE_COLUMNS_MAX; c++)
			free((*t)->rows[i].cells[c]);
	free((*t)->rows);
	free(*t);
	*t = NULL;
}

static struct row *row_add(struct table *t)
{
	if (t->count == t->size) {
		t->size = t->size ? t->size * 2 : 32;
		t->rows = xrealloc(t->rows, t->size * sizeof(*t->rows));
	}
	t->rows[t->count] = (struct row){};
	return &t->rows[t->count++];
}

void table_row(struct table *t, const char *const *cells)
{
	struct row *row = row_add(t);

	for (size_t c = 0; c < t->columns; c++)
		row->cells[c] = cells[c] && *cells[c] ? safe_text(cells[c]) : NULL;
}

void table_span(struct table *t, const char *text)
{
	struct row *row = row_add(t);

	row->span = true;
	row->cells[0] = safe_text(text);
}

size_t table_rows(const struct table *t)
{
	return t->count;
}

static int width(const char *text)
{
	wchar_t wide[512];
	size_t n = mbstowcs(wide, text, ARRAY_SIZE(wide));
	int w = n == (size_t)-1 ? -1 : wcswidth(wide, n);

	return w < 0 ? (int)strlen(text) : w;
}

/* Octets at the start of @text that are at most @wide columns. */
static size_t part_that_fits(const char *text, int wide)
{
	size_t len = strlen(text), fits = 0;

	for (size_t i = 1; i <= len; i++) {
		_cleanup_free_ char *part = NULL;

		if (((unsigned char)text[i] & 0xc0) == 0x80)
			continue;
		part = xprintf("%.*s", (int)i, text);
		if (width(part) > wide)
			break;
		fits = i;
	}
	return fits ?: len;
}

/* The same, up to a blank if there is one. */
static size_t words_that_fit(const char *text, int wide)
{
	size_t len = part_that_fits(text, wide), blank = len;

	while (text[len] && blank && text[blank] != ' ')
		blank--;
	return text[len] && blank ? blank : len;
}

/* The rest of a cell of the last column, in lines below its first. */
static void print_rest(const char *rest, int indent, int wide, FILE *out)
{
	while (*rest) {
		size_t len = words_that_fit(rest, wide);

		fprintf(out, "%*s%.*s\n", indent, "", (int)len, rest);
		rest += len;
		rest += strspn(rest, " ");
	}
}

static size_t last_column(const struct table *t, const int *widths)
{
	size_t last = 0;

	for (size_t c = 0; c < t->columns; c++)
		if (widths[c])
			last = c;
	return last;
}

static void print_line(const struct table *t, const int *widths, const char *const *cells,
		       FILE *out)
{
	const size_t last = last_column(t, widths);
	const char *rest = "";
	int pad = 0, at = 0;	/* owed before the next text: lines end without blanks */

	for (size_t c = 0; c < t->columns; c++) {
		const char *cell = cells[c] ? cells[c] : "";
		size_t len = strlen(cell);
		bool cut;
		int fill;

		if (!widths[c])
			continue;
		if (c == last && width(cell) > widths[c])
			len = words_that_fit(cell, widths[c]);
		cut = c != last && width(cell) > widths[c];
		if (cut)
			len = part_that_fits(cell, widths[c] - 1);
		fill = len == strlen(cell) ? widths[c] - width(cell) : 0;
		if (c == last)
			rest = cell + len + strspn(cell + len, " ");
		else
			at += widths[c] + 2;
		if (len) {
			fprintf(out, "%*s%.*s%s", pad + (t->right[c] ? fill : 0), "", (int)len, cell,
				cut ? "~" : "");
			pad = (t->right[c] ? 0 : fill) + 2;
		} else {
			pad += fill + 2;
		}
	}
	fputc('\n', out);
	print_rest(rest, at, widths[last], out);
}

static int whole_width(const struct table *t, const int *widths)
{
	int whole = -2;

	for (size_t c = 0; c < t->columns; c++)
		whole += widths[c] ? widths[c] + 2 : 0;
	return whole;
}

/* What the last column may have if all others stay; 0: it is none for text that goes on. */
static int room_for_text(const struct table *t, const int *widths, int wide)
{
	const size_t last = last_column(t, widths);
	const int room = wide - (whole_width(t, widths) - widths[last]);

	return t->right[last] || t->spare[last] || room < TEXT_MIN ? 0 : room;
}

/* Of those that may be cut; -1: none is wide enough for that. */
static int widest_column(const struct table *t, const int *widths)
{
	int widest = -1;

	for (size_t c = 0; c < t->columns; c++)
		if (t->names[c] && widths[c] > (widest < 0 ? CELL_MIN : widths[widest]))
			widest = (int)c;
	return widest;
}

/* Into @wide columns: spare ones go, the last one's text goes on below, the widest is cut. */
static void fit(const struct table *t, int *widths, int wide)
{
	for (size_t c = t->columns; c-- > 0 && whole_width(t, widths) > wide;)
		if (t->spare[c] && !room_for_text(t, widths, wide))
			widths[c] = 0;
	while (whole_width(t, widths) > wide) {
		int room = room_for_text(t, widths, wide), widest = widest_column(t, widths);

		if (room) {
			widths[last_column(t, widths)] = room;
			return;
		}
		if (widest < 0)
			return;
		widths[widest]--;
	}
}

void table_print(const struct table *t, FILE *out)
{
	int widths[TABLE_COLUMNS_MAX] = {}, w;

	for (size_t i = 0; i < t->count; i++)
		for (size_t c = 0; c < t->columns && !t->rows[i].span; c++) {
			w = t->rows[i].cells[c] ? width(t->rows[i].cells[c]) : 0;
			widths[c] = w > widths[c] ? w : widths[c];
		}
	for (size_t c = 0; c < t->columns; c++) {
		w = width(t->titles[c]);
		if (widths[c] || !t->count)
			widths[c] = w > widths[c] ? w : widths[c];
	}
	if (terminal_width)
		fit(t, widths, terminal_width);
	print_line(t, widths, t->titles, out);
	for (size_t i = 0; i < t->count; i++) {
		if (t->rows[i].span)
			fprintf(out, "%s\n", t->rows[i].cells[0]);
		else
			print_line(t, widths, (const char *const *)t->rows[i].cells, out);
	}
}
