// SPDX-License-Identifier: GPL-2.0-or-later
/* Copies of a database file. */
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <sqlite3.h>
#include <stdio.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "vifdbd/storage/storage.h"

#define BUSY_MS 5000

static int copy(sqlite3 *to, sqlite3 *from)
{
	sqlite3_backup *b = sqlite3_backup_init(to, "main", from, "main");
	int rc;

	if (!b)
		return sqlite3_errcode(to);
	rc = sqlite3_backup_step(b, -1);
	sqlite3_backup_finish(b);
	return rc == SQLITE_DONE ? 0 : rc;
}

/* What a file of this name that is gone may have left; it would be taken for this one's. */
static void remove_log(const char *path)
{
	_cleanup_free_ char *wal = xprintf("%s-wal", path);
	_cleanup_free_ char *shm = xprintf("%s-shm", path);

	unlink(wal);
	unlink(shm);
}

static int fill(const char *from, const char *to, char **ret_message)
{
	sqlite3 *src = NULL, *dst = NULL;
	const char *where = from;
	int rc;

	rc = sqlite3_open_v2(from, &src, SQLITE_OPEN_READONLY, NULL);
	if (!rc) {
		sqlite3_busy_timeout(src, BUSY_MS);
		where = to;
		rc = sqlite3_open(to, &dst);
	}
	if (!rc)
		rc = copy(dst, src);
	if (!rc)
		rc = sqlite3_exec(dst, "PRAGMA journal_mode=DELETE", NULL, NULL, NULL);
	if (rc)
		*ret_message = xprintf("%s: %s", where, sqlite3_errstr(rc));
	sqlite3_close(dst);
	sqlite3_close(src);
	return rc ? -EIO : 0;
}

void storage_sqlite_remove(const char *path)
{
	unlink(path);
	remove_log(path);
}

/* So that a name is as durable as what it names. */
static int sync_directory(const char *path)
{
	_cleanup_free_ char *copy = xstrdup(path);
	int fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int r = fd < 0 || fsync(fd) < 0 ? -errno : 0;

	if (fd >= 0)
		close(fd);
	return r;
}

int storage_sqlite_publish(const char *tmp, const char *path, char **ret_message)
{
	int r = 0;

	if (access(path, F_OK) < 0)
		remove_log(path);
	/* Unlike rename() it never takes another file's place. */
	if (link(tmp, path) < 0)
		r = -errno;
	if (!r) {
		unlink(tmp);
		r = sync_directory(path);
	}
	if (r)
		*ret_message =
			xprintf("%s: %s", path, r == -EEXIST ? "exists already" : strerror(-r));
	return r;
}

int storage_sqlite_backup(const char *from, const char *to, char **ret_message)
{
	_cleanup_free_ char *tmp = xprintf("%s.tmp", to);
	int r;

	if (access(to, F_OK) == 0) {
		*ret_message = xprintf("%s: exists already", to);
		return -EEXIST;
	}
	unlink(tmp);
	r = fill(from, tmp, ret_message);
	if (!r)
		r = storage_sqlite_publish(tmp, to, ret_message);
	if (r)
		unlink(tmp);
	return r;
}
