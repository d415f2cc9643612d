/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where rows are kept. One implementation, in one file (sqlite.c); a
 * store that a pool of hosts shares can be another.
 *
 * All functions return 0 or a negative errno; message() then says what happened,
 * for people.
 */
#ifndef VIFDBD_STORAGE_STORAGE_H
#define VIFDBD_STORAGE_STORAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/uuid.h"

struct storage_row {
	int64_t id;
	const char *table;
	struct uuid uuid;
	const void *data;
	size_t len;
};

/* A transaction of the past: data is what is needed to take it back. */
struct storage_txn {
	struct uuid id;
	const void *data; /* NULL: not kept, so history begins behind it */
	size_t len;
};

/* Of which pool this is a copy, and as of when. */
#define STORAGE_POOL "pool"

struct storage;
/* Anything but 0 ends the loading; negative is an error. */
typedef int (*storage_row_fn)(const struct storage_row *row, void *arg);
typedef int (*storage_txn_fn)(const struct storage_txn *txn, void *arg);

struct storage_ops {
	void (*close)(struct storage *s);
	const char *(*message)(const struct storage *s);
	/* The schema as JSON; the caller frees it. */
	int (*schema)(struct storage *s, char **ret);
	int (*load)(struct storage *s, storage_row_fn fn, void *arg);
	/* The transactions that are remembered, the newest first. */
	int (*history)(struct storage *s, storage_txn_fn fn, void *arg);
	/* Between begin and commit (or rollback): */
	int (*begin)(struct storage *s);
	int (*put)(struct storage *s, const struct storage_row *row);
	int (*del)(struct storage *s, int64_t id);
	/* Everything anew: all rows and the history go. */
	int (*reset)(struct storage *s, const char *schema);
	/* Adds to the history; only the newest are remembered. */
	int (*record)(struct storage *s, const struct storage_txn *txn);
	/* A word of the caller's, in place of an earlier one. */
	int (*note)(struct storage *s, const char *key, const char *value);
	/* Durable when it returns 0. */
	int (*commit)(struct storage *s);
	void (*rollback)(struct storage *s);
	/* Housekeeping, a short piece at a time, while there is nothing else to do. */
	void (*idle)(struct storage *s);
	/* What was noted last, which the caller frees; NULL if nothing was. */
	int (*noted)(struct storage *s, const char *key, char **ret);
	/* Gives back all unused space; takes as long as writing everything. */
	int (*compact)(struct storage *s);
	/* Octets of the file. */
	int (*size)(struct storage *s, int64_t *ret);
};

struct storage {
	const struct storage_ops *ops;
};

enum storage_mode {
	STORAGE_READ,	/* beside a running server too */
	STORAGE_WRITE,	/* the only writer, or -EBUSY */
	STORAGE_CREATE, /* as STORAGE_WRITE, of a file that does not exist */
};

/* *ret_message is set on failure, and the caller frees it. */
int storage_sqlite_open(const char *path, enum storage_mode mode, struct storage **ret,
			char **ret_message);
/* A consistent copy, beside a running server too. */
int storage_sqlite_backup(const char *from, const char *to, char **ret_message);
/* Gives a database that is closed its name, unless the name is taken. */
int storage_sqlite_publish(const char *tmp, const char *path, char **ret_message);
/* A file and what SQLite may have left beside it. */
void storage_sqlite_remove(const char *path);

#endif
