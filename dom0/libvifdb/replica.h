/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The copy of one table: its columns as the server's schema has them, and its
 * rows, in an array to walk through and in a hash table to find by UUID. Only
 * update.c changes rows.
 */
#ifndef LIBVIFDB_REPLICA_H
#define LIBVIFDB_REPLICA_H

#include <jansson.h>

#include "base/map.h"
#include "libvifdb/client-datum.h"

struct vdb_column {
	char *name;
	struct vdb_type type;
	struct vdb_datum *fallback;	/* its default; cells that have it point here */
};

struct vdb_columns {
	struct vdb_column *v;		/* sorted by name */
	size_t n;
};

struct vdb_table {
	struct vifdb *db;
	char *name;
	char **wanted;			/* columns asked for; NULL: all */
	size_t n_wanted;
	json_t *where;			/* rows asked for; NULL: all */
	bool where_changed;		/* and the server was not told */
	bool present;			/* the server has it */
	bool relaid;			/* columns changed: tell all rows at the next whole copy */
	struct vdb_columns columns;
	struct vifdb_row **rows;
	size_t n_rows, size_rows;
	size_t n_fresh;			/* rows in by_uuid that are not in rows yet */
	struct map by_uuid;
};

#define VDB_NO_INDEX	SIZE_MAX

struct vifdb_row {
	struct vdb_table *table;
	struct vifdb_row *next;		/* of the same hash */
	size_t index;			/* in table->rows, or VDB_NO_INDEX: fresh or deleted */
	uint8_t uuid[16];
	bool seen;			/* named by the update that is being applied */
	struct vdb_datum *cells[];	/* one for each column */
};

int vdb_table_new(struct vifdb *db, const char *name, const char *const *columns,
		  struct vdb_table **ret);
struct vdb_table *vdb_table_free(struct vdb_table *table);

void vdb_columns_free(struct vdb_columns *columns);
/* NULL if there is none. */
const struct vdb_column *vdb_columns_find(const struct vdb_columns *columns, const char *name);
/*
 * Take over @columns, leaving it empty. Cells of columns that stay as they were
 * are kept, others have their default until the next whole copy. 1: something
 * changed, 0: nothing did, -ENOMEM: nothing was done.
 */
int vdb_table_set_columns(struct vdb_table *table, struct vdb_columns *columns);

struct vifdb_row *vdb_table_find(const struct vdb_table *table, const uint8_t uuid[16]);
/* A row with no cells set, found from now on by UUID but not in rows. */
int vdb_row_new(struct vdb_table *table, const uint8_t uuid[16], struct vifdb_row **ret);
void vdb_row_link(struct vifdb_row *row);	/* into rows; cannot fail */
void vdb_row_unlink(struct vifdb_row *row);	/* out of rows and slots */
struct vifdb_row *vdb_row_free(struct vifdb_row *row);
/* Release a cell of @column, which may be its default. */
void vdb_cell_free(const struct vdb_column *column, struct vdb_datum *cell);

#endif /* LIBVIFDB_REPLICA_H */
