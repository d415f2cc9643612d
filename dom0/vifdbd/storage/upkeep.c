// SPDX-License-Identifier: GPL-2.0-or-later
/* What keeps the database file and its log from growing for good. */
#include "vifdbd/storage/sqlite.h"

#define WAL_IDLE 64
/* As many unused pages are kept, and as many given back at a time. */
#define VACUUM_PAGES 256

static int64_t pragma(struct sqlite_storage *s, const char *text)
{
	sqlite3_stmt *st = NULL;
	int64_t v = -1;

	if (sqlite3_prepare_v2(s->db, text, -1, &st, NULL) == SQLITE_OK &&
	    sqlite3_step(st) == SQLITE_ROW)
		v = sqlite3_column_int64(st, 0);
	sqlite3_finalize(st);
	return v;
}

int sqlite_size(struct storage *storage, int64_t *ret)
{
	struct sqlite_storage *s = SELF(storage);
	int64_t pages = pragma(s, "PRAGMA page_count"), size = pragma(s, "PRAGMA page_size");

	if (pages < 0 || size < 0)
		return sqlite_failed(s, sqlite3_errcode(s->db));
	*ret = pages * size;
	return 0;
}

int sqlite_compact(struct storage *storage)
{
	struct sqlite_storage *s = SELF(storage);
	/* Files from before the server did so piecemeal learn it here. */
	int r = sqlite_do(s, "PRAGMA auto_vacuum=INCREMENTAL; VACUUM");

	/* The log holds the whole database now; with the next write it shrinks again. */
	if (!r)
		sqlite3_wal_checkpoint_v2(s->db, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
	return r;
}

/* A few pages that are not used, at the cost of a write that nobody waits for. */
static void vacuum_some(struct sqlite_storage *s)
{
	int64_t before = pragma(s, "PRAGMA freelist_count"), after;

	s->wrote = false;
	if (before < VACUUM_PAGES || before < pragma(s, "PRAGMA page_count") / 4)
		return;
	sqlite3_exec(s->db, "PRAGMA incremental_vacuum(" STRING(VACUUM_PAGES) ")", NULL, NULL,
		     NULL);
	after = pragma(s, "PRAGMA freelist_count");
	s->wrote = after >= 0 && after < before;
	/* The file gets shorter when the log is folded into it. */
	if (s->wrote && s->wal_pages < WAL_IDLE)
		s->wal_pages = WAL_IDLE;
}

void sqlite_idle(struct storage *storage)
{
	struct sqlite_storage *s = SELF(storage);

	if (s->wrote)
		vacuum_some(s);
	if (s->wal_pages < WAL_IDLE)
		return;
	sqlite3_wal_checkpoint_v2(s->db, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
	s->wal_pages = 0;
}
