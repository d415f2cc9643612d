/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the parts of the SQLite storage share. */
#ifndef VIFDBD_STORAGE_SQLITE_H
#define VIFDBD_STORAGE_SQLITE_H

#include <sqlite3.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "vifdbd/storage/storage.h"

#define STRING2(x) #x
#define STRING(x) STRING2(x)

enum { STMT_BEGIN, STMT_COMMIT, STMT_ROLLBACK, STMT_PUT, STMT_DEL, N_STMTS };

struct table_name {
	char *name;
	int64_t id;
};

struct sqlite_storage {
	struct storage storage;
	sqlite3 *db;
	char *path;
	char *message;
	int lock_fd;
	int wal_pages;
	bool wrote; /* since unused pages were last counted */
	sqlite3_stmt *stmts[N_STMTS];
	sqlite3_stmt *record;
	bool recording; /* seq is known, and the table is there */
	int64_t seq;	/* of the newest transaction in the history */
	struct table_name *tables;
	size_t n_tables, tables_cap;
};

#define SELF(s) ((struct sqlite_storage *)(s))

/* A negative errno, and the message. */
int sqlite_failed(struct sqlite_storage *s, int rc);
int sqlite_broken(struct sqlite_storage *s, const char *what);
int sqlite_do(struct sqlite_storage *s, const char *text);
int sqlite_step_done(struct sqlite_storage *s, sqlite3_stmt *stmt);

/* sqlite-history.c */
#define SQLITE_HISTORY_TABLE                                                                       \
	"CREATE TABLE IF NOT EXISTS history(slot INTEGER PRIMARY KEY, seq INTEGER NOT NULL,"       \
	" id BLOB NOT NULL, sum INTEGER NOT NULL, data BLOB);"
int sqlite_history(struct storage *storage, storage_txn_fn fn, void *arg);
int sqlite_record(struct storage *storage, const struct storage_txn *txn);

/* upkeep.c */
void sqlite_idle(struct storage *storage);
int sqlite_compact(struct storage *storage);
int sqlite_size(struct storage *storage, int64_t *ret);

#endif
