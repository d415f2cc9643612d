/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Plain tables: a header, cells as wide as their widest, two spaces between. On a
 * terminal that is too narrow for it the text in the last column goes on in further lines;
 * where there is no room for that the table loses columns that it can do without, from the
 * right, and names are cut, with a "~". Numbers and addresses never are: a table of those
 * may be too wide. Into a file or a pipe it is always whole.
 * Cells are copied and made safe for a terminal: a VM's name must not be able
 * to move the cursor.
 */
#ifndef VIFCTL_VIEW_COLUMNS_H
#define VIFCTL_VIEW_COLUMNS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "vifctl/view/table-choice.h"

#define TABLE_COLUMNS_MAX	12

struct table;

/* For every table; kept by reference. */
void table_choose(const struct table_choice *choice);
/* What a table could not make of it, to be told instead of the table; NULL: nothing. */
const char *table_problem(void);

/*
 * Titles end with NULL; one that starts with '~' is of a column that a narrow table can do
 * without; then one with '<' is of names that may be cut, one with '>' is right-aligned.
 */
struct table *table_new(const char *const *titles);
void table_freep(struct table **t);

/* Cells of one row from left to right, NULL for an empty one; ends the row itself. */
void table_row(struct table *t, const char *const *cells);
/* A line that runs across all columns; it belongs to the row above it. */
void table_span(struct table *t, const char *text);
size_t table_rows(const struct table *t);

/* Columns empty in every row are left out. The table becomes what was chosen of it. */
void table_print(struct table *t, FILE *out);

#endif /* VIFCTL_VIEW_COLUMNS_H */
