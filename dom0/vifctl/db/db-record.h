/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Rows of any table: a session that follows one, its columns by the server's
 * schema, and records by UUID or by the values of an index, joined with "/".
 * Functions that return int give an exit status after saying what is wrong.
 */
#ifndef VIFCTL_DB_DB_RECORD_H
#define VIFCTL_DB_DB_RECORD_H

#include <vifdb/vifdb.h>

#include "vifctl/vifctl.h"

struct records {
	struct vifdb *db;
	const char *table;
	const json_t *schema;	/* of the table */
	bool policy;		/* hosts look at it: see db-write.c */
};

void records_close(struct records *r);
/* Follows operand 0, and what waiting for hosts needs. */
int records_open(struct vifctl *v, struct records *r);
/* @table of a session that follows it already. */
int records_of(struct vifdb *db, const char *table, struct records *ret);

/* The type of a column; NULL, told, if there is none. */
const json_t *record_column(const struct records *r, const char *name);
/* The names of all columns, sorted; a new reference. */
json_t *record_columns(const struct records *r);
int record_find(const struct records *r, const char *word, const struct vifdb_row **ret);
/* "vm/devid" as it is looked up by record_find(), else the UUID; to be freed. */
char *record_name(const struct records *r, const struct vifdb_row *row);

#endif /* VIFCTL_DB_DB_RECORD_H */
