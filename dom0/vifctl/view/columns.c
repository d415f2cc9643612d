// SPDX-License-Identifier: GPL-2.0-or-later
#include "vifctl/view/columns.h"

#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "vifctl/view/safe.h"
#include "vifctl/view/wrap.h"

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

static const struct table_choice *choice;
static char *problem;

void table_choose(const struct table_choice *c)
{
	choice = c;
}

const char *table_problem(void)
{
	return problem;
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

static void row_free(struct row *row)
{
	for (size_t c = 0; c < TABLE_COLUMNS_MAX; c++)
		free(row->cells[c]);
}

void table_freep(struct table **t)
{
	if (!*t)
		return;
	for (size_t i = 0; i < (*t)->count; i++)
		row_free(&(*t)->rows[i]);
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

/* ---- what was chosen ---- */

static int column_of(const struct table *t, const char *name, size_t len)
{
	_cleanup_free_ char *titles = xprintf("%s", "");
	int column = choice_column(t->titles, t->columns, name, len);

	if (column >= 0 || problem)
		return column;
	for (size_t c = 0; c < t->columns; c++) {
		char *longer = xprintf("%s%s%s", titles, c ? ", " : "", t->titles[c]);

		free(titles);
		titles = longer;
	}
	problem = xprintf("\"%.*s\" is no column of this table; it has %s", (int)len, name, titles);
	return -1;
}

/* A row with the lines that belong to it. */
static size_t group_end(const struct table *t, size_t i)
{
	do
		i++;
	while (i < t->count && t->rows[i].span);
	return i;
}

static bool row_fits(const struct table *t, const struct row *row)
{
	for (size_t i = 0; i < choice->filter_count; i++) {
		const char *pattern, *filter = choice->filters[i];
		bool not;
		size_t len = choice_filter_key(filter, &pattern, &not);
		int column = column_of(t, filter, len);

		if (column < 0 || row->span)
			return true;
		if ((fnmatch(pattern, row->cells[column] ?: "", 0) == 0) == not)
			return false;
	}
	return true;
}

static void filter_rows(struct table *t)
{
	size_t kept = 0;

	for (size_t i = 0, end; i < t->count; i = end) {
		bool fits = row_fits(t, &t->rows[i]);

		end = group_end(t, i);
		for (size_t k = i; k < end; k++) {
			if (fits)
				t->rows[kept++] = t->rows[k];
			else
				row_free(&t->rows[k]);
		}
	}
	t->count = kept;
}

struct group {
	size_t first, end;
	const char *key;
	bool downwards;
};

static int by_key(const void *a, const void *b)
{
	const struct group *x = a, *y = b;
	int order = choice_compare(x->key, y->key);

	if (order)
		return x->downwards ? -order : order;
	return (x->first > y->first) - (x->first < y->first);
}

static void sort_rows(struct table *t)
{
	bool downwards = *choice->sort == '-';
	const char *name = choice->sort + downwards;
	int column = column_of(t, name, strlen(name));
	struct group *groups = xmalloc((t->count + 1) * sizeof(*groups));
	struct row *rows = xmalloc((t->count + 1) * sizeof(*rows));
	size_t count = 0, at = 0;

	for (size_t i = 0; column >= 0 && i < t->count; i = groups[count - 1].end)
		groups[count++] = (struct group){ i, group_end(t, i), t->rows[i].span ? "" :
						  t->rows[i].cells[column] ?: "", downwards };
	qsort(groups, count, sizeof(*groups), by_key);
	for (size_t g = 0; g < count; g++)
		for (size_t i = groups[g].first; i < groups[g].end; i++)
			rows[at++] = t->rows[i];
	if (column >= 0)
		memcpy(t->rows, rows, at * sizeof(*rows));
	free(groups);
	free(rows);
}

/* The chosen ones only, and none of them spare. */
static void take_columns(struct table *t)
{
	struct table was = *t;
	size_t from[TABLE_COLUMNS_MAX], count = 0;

	for (const char *name = choice->columns; *name && !problem;) {
		size_t len = strcspn(name, ",");
		int column = column_of(t, name, len);

		if (column >= 0 && count < TABLE_COLUMNS_MAX)
			from[count++] = (size_t)column;
		name += len + (name[len] == ',');
	}
	if (problem)
		return;
	for (size_t c = 0; c < count; c++) {
		t->titles[c] = was.titles[from[c]];
		t->right[c] = was.right[from[c]];
		t->names[c] = was.names[from[c]];
		t->spare[c] = false;
	}
	t->columns = count;
	for (size_t i = 0; i < t->count; i++) {
		struct row old = t->rows[i], *row = &t->rows[i];

		if (row->span)
			continue;
		*row = (struct row){};
		for (size_t c = 0; c < count; c++)
			row->cells[c] = old.cells[from[c]] ? xprintf("%s", old.cells[from[c]]) : NULL;
		row_free(&old);
	}
}

/* False if there is a problem. */
static bool choose(struct table *t)
{
	if (!choice)
		return true;
	if (choice->filter_count)
		filter_rows(t);
	if (choice->sort)
		sort_rows(t);
	if (choice->columns)
		take_columns(t);
	return !problem;
}

/* ---- as text ---- */

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
		if (c == last && text_width(cell) > widths[c])
			len = words_that_fit(cell, widths[c]);
		cut = c != last && text_width(cell) > widths[c];
		if (cut)
			len = part_that_fits(cell, widths[c] - 1);
		fill = len == strlen(cell) ? widths[c] - text_width(cell) : 0;
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

/* What is wrong, in a tree, has a "!" in front. */
static void print_span(const char *text, FILE *out)
{
	const bool wrong = !strncmp(text, "! ", 2) || strstr(text, " ! ");

	if (wrong)
		paint(out, PAINT_WRONG);
	fputs(text, out);
	if (wrong)
		paint(out, PAINT_NONE);
	fputc('\n', out);
}

void table_print(struct table *t, FILE *out)
{
	int widths[TABLE_COLUMNS_MAX] = {}, w;

	if (!choose(t))
		return;
	for (size_t i = 0; i < t->count; i++)
		for (size_t c = 0; c < t->columns && !t->rows[i].span; c++) {
			w = t->rows[i].cells[c] ? text_width(t->rows[i].cells[c]) : 0;
			widths[c] = w > widths[c] ? w : widths[c];
		}
	for (size_t c = 0; c < t->columns; c++) {
		w = text_width(t->titles[c]);
		if (widths[c] || !t->count)
			widths[c] = w > widths[c] ? w : widths[c];
	}
	if (terminal_width())
		fit(t, widths, terminal_width());
	print_line(t, widths, t->titles, out);
	for (size_t i = 0; i < t->count; i++) {
		if (t->rows[i].span)
			print_span(t->rows[i].cells[0], out);
		else
			print_line(t, widths, (const char *const *)t->rows[i].cells, out);
	}
}
