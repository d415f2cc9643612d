// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The last transactions, for clients that know one of them and come back after a
 * restart:
 *
 *   history(slot, seq, id, sum, data)   a ring: slot is seq modulo SLOTS
 *
 * A commit writes one row of it, which takes the place of an old one: it costs the
 * one page that remembering the last transaction alone would cost.
 *
 * Versions of vifdbd without it kept that one in meta, as "last_id", and know
 * nothing of the ring. Hence where there is a "last_id" the ring is from before it.
 */
#include "base/hash.h"
#include "vifdbd/storage/sqlite.h"

#define SLOTS 128

static uint32_t txn_sum(const struct storage_txn *t, int64_t seq)
{
	uint32_t sum = bytes_sum(&t->id, sizeof(t->id), (uint32_t)seq);

	return t->data ? bytes_sum(t->data, t->len, sum) : sum;
}

/* The one row, or none, of a query; *ret is to be finalized. */
static int query(struct sqlite_storage *s, const char *text, sqlite3_stmt **ret, bool *ret_row)
{
	int rc = sqlite3_prepare_v2(s->db, text, -1, ret, NULL);

	if (!rc)
		rc = sqlite3_step(*ret);
	*ret_row = rc == SQLITE_ROW;
	return rc == SQLITE_ROW || rc == SQLITE_DONE ? 0 : sqlite_failed(s, rc);
}

static int is_there(struct sqlite_storage *s, const char *text, bool *ret)
{
	sqlite3_stmt *st = NULL;
	int r = query(s, text, &st, ret);

	sqlite3_finalize(st);
	return r;
}

#define LAST_ID "SELECT value FROM meta WHERE key='last_id'"

/* What fn returned, or 0. */
static int only_last(struct sqlite_storage *s, storage_txn_fn fn, void *arg, bool *ret_found)
{
	struct storage_txn t = { .data = NULL };
	sqlite3_stmt *st = NULL;
	int r = query(s, LAST_ID, &st, ret_found);

	if (!r && *ret_found && sqlite3_column_bytes(st, 0) == sizeof(t.id)) {
		memcpy(&t.id, sqlite3_column_blob(st, 0), sizeof(t.id));
		r = fn(&t, arg);
	}
	sqlite3_finalize(st);
	return r;
}

static int one(struct sqlite_storage *s, sqlite3_stmt *st, storage_txn_fn fn, void *arg)
{
	struct storage_txn t = { .len = sqlite3_column_bytes(st, 3) };

	if (sqlite3_column_type(st, 3) != SQLITE_NULL)
		t.data = t.len ? sqlite3_column_blob(st, 3) : "";
	if (sqlite3_column_bytes(st, 1) != sizeof(t.id) || (t.len && !t.data))
		return sqlite_broken(s, "damaged: a transaction in the history is malformed");
	memcpy(&t.id, sqlite3_column_blob(st, 1), sizeof(t.id));
	if (txn_sum(&t, sqlite3_column_int64(st, 0)) != (uint32_t)sqlite3_column_int64(st, 2))
		return sqlite_broken(
			s, "damaged: a transaction in the history does not match its checksum");
	return fn(&t, arg);
}

static int ring(struct sqlite_storage *s, storage_txn_fn fn, void *arg)
{
	sqlite3_stmt *st = NULL;
	int64_t expected = -1;
	int rc, r = 0;

	rc = sqlite3_prepare_v2(s->db, "SELECT seq, id, sum, data FROM history ORDER BY seq DESC",
				-1, &st, NULL);
	while (!rc && !r && (rc = sqlite3_step(st)) == SQLITE_ROW) {
		int64_t seq = sqlite3_column_int64(st, 0);

		if (expected >= 0 && seq != expected)
			break;
		expected = seq - 1;
		r = one(s, st, fn, arg);
		rc = 0;
	}
	if (!r && rc && rc != SQLITE_DONE && rc != SQLITE_ROW)
		r = sqlite_failed(s, rc);
	sqlite3_finalize(st);
	return r;
}

int sqlite_history(struct storage *storage, storage_txn_fn fn, void *arg)
{
	struct sqlite_storage *s = SELF(storage);
	bool found = false, table = false;
	int r = only_last(s, fn, arg, &found);

	if (!r && !found)
		r = is_there(s, "SELECT 1 FROM sqlite_master WHERE name='history'", &table);
	if (!r && table)
		r = ring(s, fn, arg);
	return r < 0 ? r : 0;
}

/* Within the first transaction that is recorded. */
static int begin_recording(struct sqlite_storage *s)
{
	sqlite3_stmt *st = NULL;
	bool found = false;
	int rc, r = is_there(s, LAST_ID, &found);

	if (!r && found)
		r = sqlite_do(s, "DROP TABLE IF EXISTS history;"
				 "DELETE FROM meta WHERE key='last_id'");
	if (!r)
		r = sqlite_do(s, SQLITE_HISTORY_TABLE);
	if (!r)
		r = query(s, "SELECT max(seq) FROM history", &st, &found);
	if (!r)
		s->seq = sqlite3_column_int64(st, 0);
	sqlite3_finalize(st);
	if (r || s->record)
		return r;
	rc = sqlite3_prepare_v3(s->db, "INSERT OR REPLACE INTO history VALUES(?,?,?,?,?)", -1,
				SQLITE_PREPARE_PERSISTENT, &s->record, NULL);
	return rc ? sqlite_failed(s, rc) : 0;
}

int sqlite_record(struct storage *storage, const struct storage_txn *t)
{
	struct sqlite_storage *s = SELF(storage);
	int r = s->recording ? 0 : begin_recording(s);

	if (r)
		return r;
	s->recording = true;
	s->seq++;
	sqlite3_bind_int64(s->record, 1, s->seq % SLOTS);
	sqlite3_bind_int64(s->record, 2, s->seq);
	sqlite3_bind_blob(s->record, 3, &t->id, sizeof(t->id), SQLITE_STATIC);
	sqlite3_bind_int64(s->record, 4, txn_sum(t, s->seq));
	if (t->data)
		sqlite3_bind_blob64(s->record, 5, t->data, t->len, SQLITE_STATIC);
	else
		sqlite3_bind_null(s->record, 5);
	return sqlite_step_done(s, s->record);
}
