/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The database is brought to what XAPI wants: one transaction at a time of whole rows, made of the
 * difference, and again until there is none. Who reads it sees a row as it was or as it is to be.
 */
#ifndef VIFXAPID_XAPI_ROWS_H
#define VIFXAPID_XAPI_ROWS_H

#include "vifdb/vifdb.h"
#include "xapi/xapi-model.h"

#define XAPI_ROWS_AT_ONCE	256	/* rows of one transaction, a power of two */

struct xapi_rows {
	struct vifdb *db;
	struct vifdb_txn *txn;		/* under way */
	json_t *keys;			/* of its operations, in order */
	json_t *refused;		/* rows that the database did not take, by key, as wanted */
	json_t *wanted;			/* NULL: nobody has said */
	json_t *problems;		/* that were told of it */
	unsigned int at_once;		/* rows of the next transaction, at most */
	uint64_t of_changes;		/* of the model that it was made of */
	bool dirty;			/* what there is or what is wanted has changed */
};

/* @remote: as of vifdb_new(). */
int xapi_rows_open(struct xapi_rows *rows, const char *remote);
void xapi_rows_close(struct xapi_rows *rows);
/* Do what can be done without waiting. @model is looked at once it is complete. */
void xapi_rows_run(struct xapi_rows *rows, const struct xapi_model *model);

#endif /* VIFXAPID_XAPI_ROWS_H */
