// SPDX-License-Identifier: GPL-2.0-or-later
#include "vifdbd/ovsdb/work.h"
#include "vifdbd/txn/select-rows.h"

#define RESULT_MAX (256u << 20)

struct select {
	const struct column_set *columns, *sort;
	struct arena *arena;
	struct buf *out;
	struct rowset seen;
	size_t n;
	struct row **rows; /* what is to be sorted */
	size_t n_rows, cap;
};

static struct dberr *print(struct select *s, const struct row *row)
{
	struct buf *out = s->out;
	size_t i;

	work_add_octets(row->len);
	if (out->len > RESULT_MAX)
		return err_new(ERR_RESOURCES, "the result is larger than %u MiB", RESULT_MAX >> 20);
	buf_puts(out, s->n++ ? ",{" : "{");
	for (i = 0; i < s->columns->n; i++) {
		const struct column_schema *column = s->columns->columns[i];

		if (i)
			buf_putc(out, ',');
		buf_json_string(out, column->name, strlen(column->name));
		buf_putc(out, ':');
		row_column_json(row, column, out);
	}
	buf_putc(out, '}');
	return NULL;
}

static struct dberr *take(struct row *row, void *arg)
{
	struct select *s = arg;

	if (!rowset_add(&s->seen, row, s->columns))
		return NULL;
	if (!s->sort->n)
		return print(s, row);
	s->rows = xgrow(s->rows, s->n_rows, &s->cap, sizeof(struct row *));
	s->rows[s->n_rows++] = row;
	return NULL;
}

static int compare(const void *a_, const void *b_, void *arg)
{
	const struct row *a = *(struct row *const *)a_, *b = *(struct row *const *)b_;
	const struct select *s = arg;
	struct arena_mark mark = arena_mark(s->arena);
	int c = 0;
	size_t i;

	work_add_octets(a->len + b->len);
	for (i = 0; i < s->sort->n && !c; i++) {
		const struct column_schema *column = s->sort->columns[i];
		struct datum x = row_datum(a, column, s->arena);
		struct datum y = row_datum(b, column, s->arena);

		c = datum_compare(&x, &y, &column->type);
	}
	arena_release(s->arena, mark);
	return c;
}

static struct dberr *print_sorted(struct select *s)
{
	struct dberr *err = NULL;
	size_t i;

	if (s->n_rows)
		qsort_r(s->rows, s->n_rows, sizeof(struct row *), compare, s);
	for (i = 0; i < s->n_rows && !err; i++)
		err = print(s, s->rows[i]);
	return err;
}

struct dberr *select_rows(const struct table *t, const struct condition *where,
			  const struct column_set *columns, const struct column_set *sort,
			  struct arena *arena, struct buf *out)
{
	struct select s = { .columns = columns, .sort = sort, .arena = arena, .out = out };
	struct dberr *err;

	rowset_init(&s.seen, arena);
	buf_putc(out, '[');
	err = condition_each(where, t, arena, take, &s);
	if (!err)
		err = print_sorted(&s);
	buf_putc(out, ']');
	free(s.rows);
	rowset_deinit(&s.seen);
	return err;
}
