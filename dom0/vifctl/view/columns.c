// SPDX-License-Identifier: GPL-2.0-or-later
#include "vifctl/view/columns.h"

#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "vifctl/view/safe.h"

struct row {
	bool span;
	char *cells[TABLE_COLUMNS_MAX];
};

struct table {
	const char *titles[TABLE_COLUMNS_MAX];
	bool right[TABLE_COLUMNS_MAX];
	size_t columns;
	struct row *rows;
	size_t count, size;
};

struct table *table_new(const char *const *titles)
{
	struct table *t = xmalloc(sizeof(*t));

	*t = (struct table){};
	for (; titles[t->columns] && t->columns < TABLE_COLUMNS_MAX; t->columns++) {
		t->right[t->columns] = *titles[t->columns] == '>';
		t->titles[t->columns] = titles[t->columns] + t->right[t->columns];
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

static void print_line(const struct table *t, const int *widths, const char *const *cells,
		       FILE *out)
{
	int pad = 0;	/* owed before the next text: lines end without blanks */

	for (size_t c = 0; c < t->columns; c++) {
		const char *cell = cells[c] ? cells[c] : "";
		int fill;

		if (!widths[c])
			continue;
		fill = widths[c] - width(cell);
		if (*cell) {
			fprintf(out, "%*s%s", pad + (t->right[c] ? fill : 0), "", cell);
			pad = (t->right[c] ? 0 : fill) + 2;
		} else {
			pad += fill + 2;
		}
	}
	fputc('\n', out);
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
	print_line(t, widths, t->titles, out);
	for (size_t i = 0; i < t->count; i++) {
		if (t->rows[i].span)
			fprintf(out, "%s\n", t->rows[i].cells[0]);
		else
			print_line(t, widths, (const char *const *)t->rows[i].cells, out);
	}
}
