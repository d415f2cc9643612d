// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * An update is first made out of place, row by row: new rows can be found by
 * UUID but are in no table's list, new cells wait in a list of changes. Only
 * when all of it fits the schema and the copy does the second step put it in,
 * which cannot fail; then the owner is told, with the copy as it is after the
 * whole update. Deleted rows are freed when everybody was told.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "libvifdb/update.h"

struct change {
	struct vifdb_row *row;
	enum vifdb_change what;
	struct vdb_datum **cells;	/* of a modified row: its own pointer where unchanged */
	bool quiet;			/* not worth telling */
};

struct update {
	struct vifdb *db;
	bool version2, whole;
	struct change *changes;
	size_t n, size;
};

static int add_change(struct update *u, struct vifdb_row *row, enum vifdb_change what,
		      struct vdb_datum **cells)
{
	size_t size = u->size ? 2 * u->size : 16;

	if (u->n == u->size) {
		struct change *changes = realloc(u->changes, size * sizeof(*changes));

		if (!changes)
			return -ENOMEM;
		u->changes = changes;
		u->size = size;
	}
	u->changes[u->n++] = (struct change){ .row = row, .what = what, .cells = cells };
	row->seen = true;
	return 0;
}

static int refuse(struct vifdb_row *row, const char *column, const char *problem)
{
	char uuid[37];

	vifdb_uuid_format(row->uuid, uuid);
	vdb_fail(row->table->db, "the server's update: table \"%s\", row %s%s%s: %s",
		 row->table->name, uuid, column ? ", column " : "", column ? column : "", problem);
	return -EPROTO;
}

/* @cells start as pointers to @from's (defaults, if it is new); free what is not. */
static void free_cells(struct vifdb_row *row, struct vdb_datum **cells)
{
	const struct vdb_columns *columns = &row->table->columns;

	for (size_t i = 0; cells && i < columns->n; i++)
		if (cells[i] != row->cells[i])
			vdb_cell_free(&columns->v[i], cells[i]);
	free(cells);
}

/*
 * Parse @values, a <row>, into @cells. Columns that @row has the same value of
 * keep its pointer.
 */
static int parse_cells(struct vifdb_row *row, json_t *values, bool is_diff,
		       struct vdb_datum **cells)
{
	const struct vdb_columns *columns = &row->table->columns;
	const char *name, *problem;
	json_t *value;

	json_object_foreach(values, name, value) {
		const struct vdb_column *column = vdb_columns_find(columns, name);
		struct vdb_datum *datum, *applied;
		size_t i;
		int r;

		if (!column)
			return refuse(row, name, "was not asked for");
		i = column - columns->v;
		r = vdb_datum_parse(value, &column->type, is_diff, &datum, &problem);
		if (!r && is_diff) {
			r = vdb_datum_apply(row->cells[i], datum, &column->type, &applied,
					    &problem);
			free(datum);
			datum = applied;
		}
		if (r < 0)
			return r == -ENOMEM ? r : refuse(row, name, problem);
		if (vdb_datum_equal(datum, row->cells[i], &column->type)) {
			free(datum);
			datum = row->cells[i];
		}
		if (cells[i] != row->cells[i])
			vdb_cell_free(column, cells[i]);
		cells[i] = datum;
	}
	return 0;
}

static int insert_row(struct update *u, struct vdb_table *table, const uint8_t uuid[16],
		      json_t *values)
{
	struct vifdb_row *row;
	int r = vdb_row_new(table, uuid, &row);

	if (r < 0)
		return r;
	for (size_t i = 0; i < table->columns.n; i++)
		row->cells[i] = table->columns.v[i].fallback;
	r = add_change(u, row, VIFDB_INSERTED, NULL);
	if (r < 0) {
		vdb_row_unlink(row);
		vdb_row_free(row);
		return r;
	}
	return parse_cells(row, values, false, row->cells);
}

/* @from_defaults: columns that are not in @values have their default, not what they had. */
static int modify_row(struct update *u, struct vifdb_row *row, json_t *values, bool is_diff,
		      bool from_defaults)
{
	const struct vdb_columns *columns = &row->table->columns;
	struct vdb_datum **cells = calloc(columns->n + 1, sizeof(*cells));
	bool tell = u->whole && row->table->relaid, differs = tell;
	int r;

	if (!cells)
		return -ENOMEM;
	for (size_t i = 0; i < columns->n; i++)
		cells[i] = from_defaults && !vdb_datum_equal(row->cells[i], columns->v[i].fallback,
							     &columns->v[i].type) ?
			   columns->v[i].fallback : row->cells[i];
	r = parse_cells(row, values, is_diff, cells);
	for (size_t i = 0; i < columns->n; i++) {
		if (cells[i] == row->cells[i])
			continue;
		differs = true;
		/* A server that was restarted counts versions anew. */
		tell |= !u->whole || strcmp(columns->v[i].name, "_version");
	}
	if (!r && differs)
		r = add_change(u, row, VIFDB_MODIFIED, cells);
	if (!r && differs)
		u->changes[u->n - 1].quiet = !tell;
	if (r < 0 || !differs)
		free_cells(row, cells);
	if (u->whole)
		row->seen = true;
	return r;
}

/* A row whose whole content is given: <row-update> with "new" alone, or "initial", "insert". */
static int put_row(struct update *u, struct vdb_table *table, struct vifdb_row *row,
		   const uint8_t uuid[16], json_t *values)
{
	if (!row)
		return insert_row(u, table, uuid, values);
	if (!u->whole)
		return refuse(row, NULL, "inserted, but it exists");
	return modify_row(u, row, values, false, true);
}

static int unknown_row(struct vdb_table *table, const char *uuid)
{
	vdb_fail(table->db,
		 "the server's update: table \"%s\", row %s: changed, but there is none",
		 table->name, uuid);
	return -EPROTO;
}

static int row_update1(struct update *u, struct vdb_table *table, struct vifdb_row *row,
		       const uint8_t uuid[16], const char *text, json_t *update)
{
	json_t *old = json_object_get(update, "old"), *new = json_object_get(update, "new");

	if (!old && new)
		return put_row(u, table, row, uuid, new);
	if (!row)
		return unknown_row(table, text);
	if (new)
		return modify_row(u, row, new, false, false);
	if (old)
		return add_change(u, row, VIFDB_DELETED, NULL);
	return refuse(row, NULL, "neither \"old\" nor \"new\"");
}

static int row_update2(struct update *u, struct vdb_table *table, struct vifdb_row *row,
		       const uint8_t uuid[16], const char *text, json_t *update)
{
	json_t *put = json_object_get(update, "initial"), *modify;

	if (!put)
		put = json_object_get(update, "insert");
	if (put)
		return put_row(u, table, row, uuid, put);
	if (!row)
		return unknown_row(table, text);
	modify = json_object_get(update, "modify");
	if (modify)
		return modify_row(u, row, modify, true, false);
	if (json_object_get(update, "delete"))
		return add_change(u, row, VIFDB_DELETED, NULL);
	return refuse(row, NULL, "no insert, no modify and no delete");
}

static int row_update(struct update *u, struct vdb_table *table, const char *text, json_t *update)
{
	struct vifdb_row *row;
	uint8_t uuid[16];

	if (!vifdb_uuid_parse(text, uuid) || !json_is_object(update)) {
		vdb_fail(u->db, "the server's update: table \"%s\", row %s: no row update",
			 table->name, text);
		return -EPROTO;
	}
	row = vdb_table_find(table, uuid);
	if (row && row->seen)
		return refuse(row, NULL, "is there twice");
	return (u->version2 ? row_update2 : row_update1)(u, table, row, uuid, text, update);
}

static int gather(struct update *u, json_t *updates)
{
	const char *name, *text;
	json_t *rows, *update;
	int r;

	if (!json_is_object(updates)) {
		vdb_fail(u->db, "the server's update is no object");
		return -EPROTO;
	}
	json_object_foreach(updates, name, rows) {
		struct vdb_table *table = vdb_find_table(u->db, name);

		if (!table || !table->present || !json_is_object(rows)) {
			vdb_fail(u->db, "the server's update: table \"%s\" was not asked for", name);
			return -EPROTO;
		}
		json_object_foreach(rows, text, update) {
			r = row_update(u, table, text, update);
			if (r < 0)
				return r;
		}
	}
	for (size_t i = 0; u->whole && i < u->db->n_tables; i++) {
		struct vdb_table *table = u->db->tables[i];

		for (size_t k = 0; k < table->n_rows; k++) {
			if (table->rows[k]->seen)
				continue;
			r = add_change(u, table->rows[k], VIFDB_DELETED, NULL);
			if (r < 0)
				return r;
		}
	}
	return 0;
}

static void forget_seen(struct update *u)
{
	for (size_t i = 0; i < u->n; i++)
		u->changes[i].row->seen = false;
	for (size_t i = 0; i < u->db->n_tables; i++)
		for (size_t k = 0; u->whole && k < u->db->tables[i]->n_rows; k++)
			u->db->tables[i]->rows[k]->seen = false;
}

static void undo(struct update *u)
{
	forget_seen(u);
	for (size_t i = 0; i < u->n; i++) {
		struct change *c = &u->changes[i];

		free_cells(c->row, c->cells);
		if (c->what == VIFDB_INSERTED) {
			vdb_row_unlink(c->row);
			vdb_row_free(c->row);
		}
	}
}

static void put_in(struct update *u)
{
	forget_seen(u);
	for (size_t i = 0; i < u->n; i++) {
		struct change *c = &u->changes[i];
		const struct vdb_columns *columns = &c->row->table->columns;

		if (c->what == VIFDB_INSERTED) {
			vdb_row_link(c->row);
		} else if (c->what == VIFDB_DELETED) {
			vdb_row_unlink(c->row);
		} else {
			for (size_t k = 0; k < columns->n; k++) {
				if (c->cells[k] != c->row->cells[k])
					vdb_cell_free(&columns->v[k], c->row->cells[k]);
				c->row->cells[k] = c->cells[k];
			}
			free(c->cells);
		}
	}
	for (size_t i = 0; u->whole && i < u->db->n_tables; i++)
		u->db->tables[i]->relaid = false;
}

static void tell(struct update *u)
{
	struct vifdb *db = u->db;
	size_t n = 0;

	for (size_t i = 0; i < u->n; i++)
		n += !u->changes[i].quiet;
	if (!n)
		return;
	db->generation++;
	db->events++;
	for (size_t i = 0; i < u->n && db->ops.change; i++)
		if (!u->changes[i].quiet)
			db->ops.change(db, u->changes[i].row, u->changes[i].what, db->arg);
	if (db->ops.done)
		db->ops.done(db, db->arg);
	for (size_t i = 0; i < u->n; i++)
		if (u->changes[i].what == VIFDB_DELETED)
			vdb_row_free(u->changes[i].row);
}

int vdb_update_apply(struct vifdb *db, const json_t *updates, bool version2, bool whole)
{
	struct update u = { .db = db, .version2 = version2, .whole = whole };
	int r = gather(&u, (json_t *)updates);

	if (r < 0) {
		undo(&u);
	} else {
		put_in(&u);
		tell(&u);
	}
	free(u.changes);
	return r;
}
