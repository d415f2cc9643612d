// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Storage in one SQLite file.
 *
 *   meta(key, value)                 "schema" (JSON)
 *   tbl(id, name)                    numbers for table names
 *   row(id, tbl, uuid, sum, data)    one row; data as in row.h; sum over all of it
 *   history(...)                     see sqlite-history.c
 *
 * Write-ahead log with synchronous=FULL: commit returns after one fdatasync of
 * the log. The log is folded back into the file when nothing else is to be done,
 * or when it has grown past WAL_MAX pages, and then written from its start again.
 *
 * The log file gets its full size when the database is opened: syncing
 * data that overwrites blocks which the file has already is several times faster
 * than syncing a file that grows, for which the file system must commit its own
 * journal. SQLite takes the zeros at the end for what they are, the end. A log
 * that had to grow further is cut back to that size when it starts again.
 *
 * A lock file beside it keeps a second server out. SQLite's own locks cannot: in
 * this mode they allow a second writer, who would not know our memory.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/hash.h"
#include "vifdbd/storage/sqlite.h"

#define APPLICATION_ID 0x76696664
#define FORMAT 1
#define WAL_MAX 1000
#define WAL_BYTES 4915200 /* WAL_MAX pages and some */
#define BUSY_MS 5000

static const char *const stmt_sql[N_STMTS] = {
	[STMT_BEGIN] = "BEGIN IMMEDIATE",
	[STMT_COMMIT] = "COMMIT",
	[STMT_ROLLBACK] = "ROLLBACK",
	[STMT_PUT] = "INSERT OR REPLACE INTO row(id, tbl, uuid, sum, data) VALUES(?,?,?,?,?)",
	[STMT_DEL] = "DELETE FROM row WHERE id = ?",
};

static int to_errno(int rc)
{
	switch (rc & 0xff) {
	case SQLITE_OK:
	case SQLITE_DONE:
	case SQLITE_ROW:
		return 0;
	case SQLITE_FULL:
		return -ENOSPC;
	case SQLITE_READONLY:
		return -EROFS;
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return -EBUSY;
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
		return -EBADMSG;
	case SQLITE_CANTOPEN:
		return -ENOENT;
	case SQLITE_NOMEM:
		return -ENOMEM;
	default:
		return -EIO;
	}
}

int sqlite_failed(struct sqlite_storage *s, int rc)
{
	free(s->message);
	s->message = xprintf("%s: %s", s->path,
			     (rc & 0xff) == SQLITE_FULL ? "no space left on the disk"
			     : s->db			? sqlite3_errmsg(s->db)
							: sqlite3_errstr(rc));
	return to_errno(rc) ?: -EIO;
}

int sqlite_broken(struct sqlite_storage *s, const char *what)
{
	free(s->message);
	s->message = xprintf("%s: %s", s->path, what);
	return -EBADMSG;
}

int sqlite_do(struct sqlite_storage *s, const char *text)
{
	int rc = sqlite3_exec(s->db, text, NULL, NULL, NULL);

	return rc ? sqlite_failed(s, rc) : 0;
}

int sqlite_step_done(struct sqlite_storage *s, sqlite3_stmt *stmt)
{
	int rc = sqlite3_step(stmt);

	sqlite3_reset(stmt);
	return rc == SQLITE_DONE ? 0 : sqlite_failed(s, rc);
}

static int run(struct sqlite_storage *s, int which)
{
	return sqlite_step_done(s, s->stmts[which]);
}

static void storage_close(struct storage *storage)
{
	struct sqlite_storage *s = SELF(storage);
	unsigned int i;

	for (i = 0; i < N_STMTS; i++)
		sqlite3_finalize(s->stmts[i]);
	sqlite3_finalize(s->record);
	for (i = 0; i < s->n_tables; i++)
		free(s->tables[i].name);
	sqlite3_close(s->db);
	if (s->lock_fd >= 0)
		close(s->lock_fd);
	free(s->tables);
	free(s->message);
	free(s->path);
	free(s);
}

static const char *storage_message(const struct storage *s)
{
	return SELF(s)->message ? SELF(s)->message : "no error";
}

static int storage_noted(struct storage *storage, const char *key, char **ret)
{
	struct sqlite_storage *s = SELF(storage);
	sqlite3_stmt *st;
	int rc;

	*ret = NULL;
	rc = sqlite3_prepare_v2(s->db, "SELECT value FROM meta WHERE key=?", -1, &st, NULL);
	if (!rc) {
		sqlite3_bind_text(st, 1, key, -1, SQLITE_STATIC);
		rc = sqlite3_step(st);
	}
	if (rc == SQLITE_ROW && sqlite3_column_text(st, 0))
		*ret = xstrdup((const char *)sqlite3_column_text(st, 0));
	rc = rc == SQLITE_ROW || rc == SQLITE_DONE ? 0 : sqlite_failed(s, rc);
	sqlite3_finalize(st);
	return rc;
}

static int storage_note(struct storage *storage, const char *key, const char *value)
{
	struct sqlite_storage *s = SELF(storage);
	sqlite3_stmt *st;
	int rc;

	rc = sqlite3_prepare_v2(s->db, "INSERT OR REPLACE INTO meta(key, value) VALUES(?, ?)", -1,
				&st, NULL);
	if (!rc) {
		sqlite3_bind_text(st, 1, key, -1, SQLITE_STATIC);
		sqlite3_bind_text(st, 2, value, -1, SQLITE_STATIC);
		rc = sqlite3_step(st);
	}
	sqlite3_finalize(st);
	return rc == SQLITE_DONE ? 0 : sqlite_failed(s, rc);
}

static int storage_schema(struct storage *s, char **ret)
{
	int r = storage_noted(s, "schema", ret);

	if (!r && !*ret)
		r = sqlite_broken(SELF(s), "not a vifdbd database: it has no schema");
	return r;
}

static uint32_t row_sum(const struct storage_row *row)
{
	uint32_t sum = bytes_sum(row->data, row->len, (uint32_t)row->id);

	sum = bytes_sum(row->table, strlen(row->table), sum);
	return bytes_sum(&row->uuid, sizeof(row->uuid), sum);
}

static const char *table_by_id(const struct sqlite_storage *s, int64_t id)
{
	size_t i;

	for (i = 0; i < s->n_tables; i++)
		if (s->tables[i].id == id)
			return s->tables[i].name;
	return NULL;
}

static void table_remember(struct sqlite_storage *s, const char *name, int64_t id)
{
	s->tables = xgrow(s->tables, s->n_tables, &s->tables_cap, sizeof(*s->tables));
	s->tables[s->n_tables++] = (struct table_name){ .name = xstrdup(name), .id = id };
}

static int load_tables(struct sqlite_storage *s)
{
	sqlite3_stmt *st;
	int rc;

	if (s->n_tables)
		return 0;
	rc = sqlite3_prepare_v2(s->db, "SELECT id, name FROM tbl", -1, &st, NULL);
	while (!rc && (rc = sqlite3_step(st)) == SQLITE_ROW) {
		const char *name = (const char *)sqlite3_column_text(st, 1);

		if (name)
			table_remember(s, name, sqlite3_column_int64(st, 0));
		rc = 0;
	}
	rc = rc == SQLITE_DONE ? 0 : sqlite_failed(s, rc);
	sqlite3_finalize(st);
	return rc;
}

static int load_one(struct sqlite_storage *s, sqlite3_stmt *st, storage_row_fn fn, void *arg)
{
	struct storage_row row = {
		.id = sqlite3_column_int64(st, 0),
		.table = table_by_id(s, sqlite3_column_int64(st, 1)),
		.data = sqlite3_column_blob(st, 4),
		.len = sqlite3_column_bytes(st, 4),
	};

	if (!row.table || sqlite3_column_bytes(st, 2) != sizeof(row.uuid) || !row.data)
		return sqlite_broken(s, "damaged: a row is malformed");
	memcpy(&row.uuid, sqlite3_column_blob(st, 2), sizeof(row.uuid));
	if (row_sum(&row) != (uint32_t)sqlite3_column_int64(st, 3))
		return sqlite_broken(s, "damaged: a row does not match its checksum");
	return fn(&row, arg);
}

static int storage_load(struct storage *storage, storage_row_fn fn, void *arg)
{
	struct sqlite_storage *s = SELF(storage);
	sqlite3_stmt *st = NULL;
	int r, rc;

	r = load_tables(s);
	if (r)
		return r;
	rc = sqlite3_prepare_v2(s->db, "SELECT id, tbl, uuid, sum, data FROM row", -1, &st, NULL);
	while (!rc && !r && (rc = sqlite3_step(st)) == SQLITE_ROW) {
		r = load_one(s, st, fn, arg);
		rc = 0;
	}
	if (!r && rc != SQLITE_DONE)
		r = sqlite_failed(s, rc);
	sqlite3_finalize(st);
	return r;
}

static int storage_begin(struct storage *s)
{
	return run(SELF(s), STMT_BEGIN);
}

static int table_id(struct sqlite_storage *s, const char *name, int64_t *ret)
{
	sqlite3_stmt *st;
	size_t i;
	int rc;

	for (i = 0; i < s->n_tables; i++) {
		if (!strcmp(s->tables[i].name, name)) {
			*ret = s->tables[i].id;
			return 0;
		}
	}
	rc = sqlite3_prepare_v2(s->db, "INSERT INTO tbl(name) VALUES(?)", -1, &st, NULL);
	if (!rc) {
		sqlite3_bind_text(st, 1, name, -1, SQLITE_STATIC);
		rc = sqlite3_step(st);
	}
	sqlite3_finalize(st);
	if (rc != SQLITE_DONE)
		return sqlite_failed(s, rc);
	*ret = sqlite3_last_insert_rowid(s->db);
	table_remember(s, name, *ret);
	return 0;
}

static int storage_put(struct storage *storage, const struct storage_row *row)
{
	struct sqlite_storage *s = SELF(storage);
	sqlite3_stmt *st = s->stmts[STMT_PUT];
	int64_t tbl = 0;
	int r = table_id(s, row->table, &tbl);

	if (r)
		return r;
	sqlite3_bind_int64(st, 1, row->id);
	sqlite3_bind_int64(st, 2, tbl);
	sqlite3_bind_blob(st, 3, &row->uuid, sizeof(row->uuid), SQLITE_STATIC);
	sqlite3_bind_int64(st, 4, row_sum(row));
	sqlite3_bind_blob64(st, 5, row->data, row->len, SQLITE_STATIC);
	return run(s, STMT_PUT);
}

static int storage_del(struct storage *s, int64_t id)
{
	sqlite3_bind_int64(SELF(s)->stmts[STMT_DEL], 1, id);
	return run(SELF(s), STMT_DEL);
}

static int storage_commit(struct storage *storage)
{
	struct sqlite_storage *s = SELF(storage);
	int r = run(s, STMT_COMMIT);

	s->wrote = true;
	if (!r && s->wal_pages >= WAL_MAX)
		sqlite3_wal_checkpoint_v2(s->db, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
	return r;
}

static void storage_rollback(struct storage *storage)
{
	struct sqlite_storage *s = SELF(storage);

	/* The first message says more than one about the rollback would. */
	if (!sqlite3_get_autocommit(s->db)) {
		sqlite3_step(s->stmts[STMT_ROLLBACK]);
		sqlite3_reset(s->stmts[STMT_ROLLBACK]);
	}
	s->recording = false;
	/* A name that was new may have been taken back. */
	while (s->n_tables)
		free(s->tables[--s->n_tables].name);
	sqlite3_db_release_memory(s->db);
	{
		char *message = TAKE_PTR(s->message);

		load_tables(s);
		free(s->message);
		s->message = message;
	}
}

static int storage_reset(struct storage *storage, const char *schema)
{
	struct sqlite_storage *s = SELF(storage);
	int r = sqlite_do(s, "DELETE FROM row; DROP TABLE IF EXISTS history");

	s->recording = false;
	return r ?: storage_note(storage, "schema", schema);
}

static const struct storage_ops sqlite_ops = {
	.close = storage_close,
	.message = storage_message,
	.schema = storage_schema,
	.load = storage_load,
	.history = sqlite_history,
	.begin = storage_begin,
	.put = storage_put,
	.del = storage_del,
	.reset = storage_reset,
	.record = sqlite_record,
	.note = storage_note,
	.noted = storage_noted,
	.commit = storage_commit,
	.rollback = storage_rollback,
	.idle = sqlite_idle,
	.compact = sqlite_compact,
	.size = sqlite_size,
};

static int wal_hook(void *arg, sqlite3 *db, const char *name, int pages)
{
	((struct sqlite_storage *)arg)->wal_pages = pages;
	return SQLITE_OK;
}

static int take_lock(struct sqlite_storage *s)
{
	_cleanup_free_ char *path = xprintf("%s.lock", s->path);

	s->lock_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0640);
	if (s->lock_fd < 0) {
		s->message = xprintf("%s: %s", path, strerror(errno));
		return -errno;
	}
	if (flock(s->lock_fd, LOCK_EX | LOCK_NB) < 0) {
		s->message = xprintf("%s: in use by another vifdbd", s->path);
		return -EBUSY;
	}
	return 0;
}

/* Before SQLite opens the file. Without space for it all goes well, only slower. */
static void extend_log(const char *db_path)
{
	_cleanup_free_ char *path = xprintf("%s-wal", db_path);
	static const char zeros[65536];
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0640);
	off_t size = fd < 0 ? -1 : lseek(fd, 0, SEEK_END), end = size;

	while (end >= 0 && end < WAL_BYTES) {
		ssize_t n = write(fd, zeros, sizeof(zeros));

		if (n <= 0)
			break;
		end += n;
	}
	if (end != size && (end < WAL_BYTES || fdatasync(fd) < 0) && ftruncate(fd, size) < 0)
		end = size;
	if (fd >= 0)
		close(fd);
}

static int check_format(struct sqlite_storage *s)
{
	sqlite3_stmt *st = NULL;
	int rc, id = 0, format = 0;

	rc = sqlite3_prepare_v2(s->db,
				"SELECT application_id, user_version "
				"FROM pragma_application_id, pragma_user_version",
				-1, &st, NULL);
	if (!rc)
		rc = sqlite3_step(st);
	if (rc == SQLITE_ROW) {
		id = sqlite3_column_int(st, 0);
		format = sqlite3_column_int(st, 1);
	}
	sqlite3_finalize(st);
	if (rc != SQLITE_ROW)
		return sqlite_failed(s, rc);
	if (id != APPLICATION_ID)
		return sqlite_broken(s, "not a vifdbd database");
	if (format != FORMAT)
		return sqlite_broken(s,
			      "written by another version of vifdbd, in a format not known here");
	return 0;
}

static int create_tables(struct sqlite_storage *s)
{
	/* clang-format off */
	return sqlite_do(s,
		"PRAGMA application_id=" STRING(APPLICATION_ID) ";"
		"PRAGMA user_version=" STRING(FORMAT) ";"
		"CREATE TABLE meta(key TEXT PRIMARY KEY, value) WITHOUT ROWID;"
		"CREATE TABLE tbl(id INTEGER PRIMARY KEY, name TEXT UNIQUE NOT NULL);"
		"CREATE TABLE row(id INTEGER PRIMARY KEY, tbl INTEGER NOT NULL,"
		" uuid BLOB NOT NULL, sum INTEGER NOT NULL, data BLOB NOT NULL);"
		SQLITE_HISTORY_TABLE);
	/* clang-format on */
}

static int open_file(struct sqlite_storage *s, enum storage_mode mode)
{
	int flags = mode == STORAGE_READ ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE;
	int r, rc;
	unsigned int i;

	if (mode == STORAGE_CREATE && access(s->path, F_OK) == 0) {
		s->message = xprintf("%s: exists already", s->path);
		return -EEXIST;
	}
	if (mode != STORAGE_CREATE && access(s->path, mode == STORAGE_READ ? R_OK : R_OK | W_OK)) {
		r = -errno;
		s->message = xprintf("%s: %s", s->path, strerror(-r));
		return r;
	}
	r = mode == STORAGE_READ ? 0 : take_lock(s);
	if (r)
		return r;
	if (mode == STORAGE_CREATE)
		flags |= SQLITE_OPEN_CREATE;
	if (mode == STORAGE_WRITE)
		extend_log(s->path);
	rc = sqlite3_open_v2(s->path, &s->db, flags | SQLITE_OPEN_NOMUTEX, NULL);
	if (rc)
		return sqlite_failed(s, rc);
	sqlite3_busy_timeout(s->db, BUSY_MS);
	if (mode == STORAGE_CREATE)
		r = sqlite_do(s, "PRAGMA auto_vacuum=INCREMENTAL");
	if (!r && mode != STORAGE_READ)
		r = sqlite_do(s, "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
				 "PRAGMA journal_size_limit=" STRING(WAL_BYTES));
	if (!r && mode == STORAGE_CREATE)
		r = create_tables(s);
	if (!r)
		r = check_format(s);
	for (i = 0; i < N_STMTS && !r; i++) {
		rc = sqlite3_prepare_v3(s->db, stmt_sql[i], -1, SQLITE_PREPARE_PERSISTENT,
					&s->stmts[i], NULL);
		if (rc)
			r = sqlite_failed(s, rc);
	}
	sqlite3_wal_hook(s->db, wal_hook, s);
	return r;
}

int storage_sqlite_open(const char *path, enum storage_mode mode, struct storage **ret,
			char **ret_message)
{
	struct sqlite_storage *s = xzalloc(sizeof(*s));
	int r;

	s->storage.ops = &sqlite_ops;
	s->path = xstrdup(path);
	s->lock_fd = -1;
	r = open_file(s, mode);
	if (r) {
		*ret_message = xstrdup(storage_message(&s->storage));
		storage_close(&s->storage);
		return r;
	}
	*ret = &s->storage;
	return 0;
}
