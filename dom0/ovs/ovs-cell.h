/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Cells of view.h as RFC 7047 writes them, compared, and put into operations. */
#ifndef OVS_CELL_H
#define OVS_CELL_H

#include <jansson.h>
#include <stdbool.h>

/* The same elements, in whatever order. NULL is empty. */
bool cell_equal(const json_t *a, const json_t *b);
/* A new reference: one atom, a set or a map. Atoms of columns that hold UUIDs are strings here. */
json_t *cell_wire(const json_t *cell, bool is_uuid);

/* Operations on one row of a transaction; all take a new reference of @row. */
void operation_insert(json_t *operations, const char *table, json_t *row);
/* Only if the row is still of that _version, unless @version is NULL. */
void operation_update(json_t *operations, const char *table, const char *uuid,
		      const char *version, json_t *row);
void operation_delete(json_t *operations, const char *table, const char *uuid,
		      const char *version);

#endif /* OVS_CELL_H */
