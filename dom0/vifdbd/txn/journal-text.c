// SPDX-License-Identifier: GPL-2.0-or-later
#include "vifdbd/txn/journal-text.h"
#include "vifdbd/ovsdb/work.h"

static void member(struct buf *out, const char *name, bool *first)
{
	buf_puts(out, *first ? "\"" : ",\"");
	buf_puts(out, name);
	buf_puts(out, "\":");
	*first = false;
}

/* Columns that name a row: those of its first index, or else one called so. */
static bool is_key(const struct table_schema *t, const struct column_schema *c)
{
	unsigned int i;

	if (!t->n_indexes)
		return !strcmp(c->name, "name");
	for (i = 0; i < t->indexes[0].n; i++)
		if (t->indexes[0].columns[i] == c->index)
			return true;
	return false;
}

static void put_key(const struct table_schema *t, const struct row *row, struct buf *out)
{
	bool first = true;
	unsigned int i;

	buf_puts(out, ",\"key\":{");
	for (i = 0; i < t->n_columns; i++) {
		if (!is_key(t, &t->columns[i]))
			continue;
		member(out, t->columns[i].name, &first);
		row_column_json(row, &t->columns[i], out);
	}
	buf_putc(out, '}');
}

/* ,"WHAT":{ */
static void begin_object(const char *what, struct buf *out)
{
	buf_puts(out, ",\"");
	buf_puts(out, what);
	buf_puts(out, "\":{");
}

static void put_row(const char *what, const struct table_schema *t, const struct row *row,
		    bool keys, struct buf *out, struct arena *arena)
{
	bool first = true;
	unsigned int i;

	begin_object(what, out);
	for (i = 0; i < t->n_columns; i++) {
		const struct column_schema *c = &t->columns[i];
		struct datum d = row_datum(row, c, arena);

		if (datum_is_default(&d, &c->type) || (keys && !is_key(t, c)))
			continue;
		member(out, c->name, &first);
		row_column_json(row, c, out);
	}
	buf_putc(out, '}');
}

static bool is_partial(const struct column_schema *c)
{
	return c->type.max > 1;
}

/* The changed columns that hold one value, as they are in row. */
static void put_values(const char *what, const struct change *change, const struct row *row,
		       struct buf *out)
{
	const struct table_schema *t = change->table->schema;
	bool first = true;
	unsigned int i;

	begin_object(what, out);
	for (i = 0; i < t->n_columns; i++) {
		const struct column_schema *c = &t->columns[i];

		if (is_partial(c) || row_column_equal(change->old, change->new, c))
			continue;
		member(out, c->name, &first);
		row_column_json(row, c, out);
	}
	buf_putc(out, '}');
}

/* Of sets and maps, what row has and other has not. */
static void put_elements(const char *what, const struct change *change, const struct row *row,
			 const struct row *other, struct buf *out, struct arena *arena)
{
	const struct table_schema *t = change->table->schema;
	bool first = true;
	unsigned int i;

	begin_object(what, out);
	for (i = 0; i < t->n_columns; i++) {
		const struct column_schema *c = &t->columns[i];
		struct datum a, b, d;

		if (!is_partial(c) || row_column_equal(row, other, c))
			continue;
		a = row_datum(row, c, arena);
		b = row_datum(other, c, arena);
		d = datum_subtract(&a, &b, &c->type, true, arena);
		member(out, c->name, &first);
		datum_json(&d, &c->type, out);
	}
	buf_putc(out, '}');
}

static void put_change(const struct change *c, bool keys, struct buf *out, struct arena *arena)
{
	const struct table_schema *t = c->table->schema;
	char id[UUID_TEXT_LEN + 1];

	uuid_format(c->uuid.b, id);
	buf_puts(out, out->len > 1 ? ",{\"table\":\"" : "{\"table\":\"");
	buf_puts(out, t->name);
	buf_puts(out, "\",\"uuid\":\"");
	buf_puts(out, id);
	buf_putc(out, '"');
	put_key(t, c->new ? c->new : c->old, out);
	if (!c->old) {
		put_row("inserted", t, c->new, keys, out, arena);
		if (keys)
			buf_puts(out, ",\"keys_only\":true");
	} else if (!c->new) {
		put_row("deleted", t, c->old, false, out, arena);
	} else {
		put_values("old", c, c->old, out);
		put_values("new", c, c->new, out);
		put_elements("removed", c, c->old, c->new, out, arena);
		put_elements("added", c, c->new, c->old, out, arena);
	}
	buf_putc(out, '}');
}

static void put_all(const struct txn *txn, const bool *kept, size_t max, bool keys, struct buf *out,
		    struct arena *arena)
{
	struct arena_mark mark = arena_mark(arena);
	size_t i;

	out->len = 0;
	buf_putc(out, '[');
	for (i = 0; i < txn->n && out->len < max; i++) {
		const struct change *c = txn->changes[i];

		if (!kept[c->table->schema->index] || (!c->old && !c->new))
			continue;
		work_add_octets((c->old ? c->old->len : 0) + (c->new ? c->new->len : 0));
		put_change(c, keys, out, arena);
		arena_release(arena, mark);
	}
	buf_putc(out, ']');
}

void journal_text(const struct txn *txn, const bool *kept, size_t max, struct buf *out,
		  struct arena *arena)
{
	put_all(txn, kept, max, false, out, arena);
	if (out->len > max)
		put_all(txn, kept, max, true, out, arena);
	if (out->len > max)
		out->len = 0;
}
