/* SPDX-License-Identifier: GPL-2.0-or-later */
/* libvifdb's copy as ovs/ovs-view.h has databases. */
#ifndef VIFOVSD_DB_VIEW_H
#define VIFOVSD_DB_VIEW_H

#include <jansson.h>
#include <vifdb/vifdb.h>

/*
 * A copy of the tables, which end with NULL, once all of it is there. Negative after saying why
 * not in the log, where the database is called @what.
 */
int db_view_open(const char *remote, const char *database, const char *what,
		 const char *const *tables, int patience_ms, struct vifdb **ret);

/* A new reference: {COLUMN: CELL}. */
json_t *db_view_row(const struct vifdb *db, const struct vifdb_row *row);
/* All rows of the tables; those for which @keep is false are left out. */
json_t *db_view(const struct vifdb *db, const char *const *tables,
		bool (*keep)(const struct vifdb_row *row, void *arg), void *arg);

#endif /* VIFOVSD_DB_VIEW_H */
