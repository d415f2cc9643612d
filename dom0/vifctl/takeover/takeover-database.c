// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/mem.h"
#include "vifctl/takeover/takeover-database.h"
#include "vifctl/takeover/takeover-journal.h"
#include "vifctl/takeover/takeover-tool.h"
#include "vifctl/vifctl.h"

#define OURS		"/var/lib/vifovsd"
#define OUR_FILE	OURS "/conf.db"
#define OUR_SCHEMA	"/usr/share/vifswitch/openvswitch.ovsschema"
#define FILLED		OURS "/takeover.db"	/* until it is complete */
#define FILL_SOCKET	TAKEOVER_DIRECTORY "/fill.sock"
#define NEW_BACKUP	TAKEOVER_BACKUP ".new"
#define PATIENCE_MS	30000

static const char *folder(const char *variable, const char *usual)
{
	return getenv(variable) ?: usual;
}

static char *remote(void)
{
	return xprintf("unix:%s/db.sock", folder("OVS_RUNDIR", "/run/openvswitch"));
}

char *backup_remote_option(void)
{
	_cleanup_free_ char *at = remote();

	return xprintf("--ovs=%s", at);
}

int backup_take(void)
{
	_cleanup_free_ char *at = remote();
	const char *const argv[] = { "ovsdb-client", "--timeout=30", "backup", at, NULL };
	int r = tool_run(argv, &(struct tool_files){ .out = NEW_BACKUP });

	if (r == 0 && rename(NEW_BACKUP, TAKEOVER_BACKUP) == 0)
		return VIFCTL_OK;
	unlink(NEW_BACKUP);
	return vifctl_fail(VIFCTL_FAILED, "%s: ovsdb-client backup failed", at);
}

/* What SQLite keeps beside a file that it did not close. */
static void remove_beside(const char *path)
{
	static const char *const ends[] = { "-wal", "-shm" };

	for (size_t i = 0; i < 2; i++) {
		_cleanup_free_ char *file = xprintf("%s%s", path, ends[i]);

		unlink(file);
	}
}

static int fill(void)
{
	static const char *const server[] = {
		"vifdbd", "--schema=" OUR_SCHEMA, "--remote=punix:" FILL_SOCKET, FILLED, NULL,
	};
	static const char *const restore[] = {
		"ovsdb-client", "--timeout=60", "--force", "-vconsole:err", "restore", "unix:" FILL_SOCKET, NULL,
	};
	int64_t until = clock_ms() + PATIENCE_MS;
	pid_t pid;
	int r;

	unlink(FILL_SOCKET);
	pid = tool_start(server, TAKEOVER_DIRECTORY "/fill.log");
	if (pid < 0)
		return pid;
	while (access(FILL_SOCKET, F_OK) < 0 && clock_ms() < until)
		usleep(10000);
	r = tool_run(restore, &(struct tool_files){ .in = TAKEOVER_BACKUP });
	tool_stop(pid);
	unlink(FILL_SOCKET);
	return r;
}

/* The file is the directory's owner's, who is the service's user. */
static int own(void)
{
	struct stat at;

	if (stat(OURS, &at) < 0 || chown(FILLED, at.st_uid, at.st_gid) < 0)
		return -errno;
	return 0;
}

int backup_load(void)
{
	int r;

	if (mkdir(OURS, 0750) < 0 && errno != EEXIST)
		return vifctl_fail(VIFCTL_FAILED, OURS ": %s", strerror(errno));
	unlink(FILLED);
	remove_beside(FILLED);
	r = fill();
	if (r == 0 && access(FILLED "-wal", F_OK) == 0)
		r = -EBUSY;
	if (r == 0)
		r = own();
	if (r == 0) {
		remove_beside(OUR_FILE);
		r = rename(FILLED, OUR_FILE) < 0 ? -errno : 0;
	}
	return r == 0 ? VIFCTL_OK :
	       vifctl_fail(VIFCTL_FAILED, OUR_FILE " cannot be filled with " TAKEOVER_BACKUP ": %s",
			   r < 0 ? strerror(-r) : "ovsdb-client restore failed");
}

void backup_return(void)
{
	const char *at = folder("OVS_DBDIR", "/etc/openvswitch");
	_cleanup_free_ char *from = remote(), *file = xprintf("%s/conf.db", at);
	_cleanup_free_ char *new = xprintf("%s.vifswitch", file), *old = xprintf("%s.before", file);
	_cleanup_free_ char *schema = xprintf("%s/vswitch.ovsschema",
					      folder("OVS_PKGDATADIR", "/usr/share/openvswitch"));
	const char *const backup[] = { "ovsdb-client", "--timeout=30", "backup", from, NULL };
	const char *const convert[] = { "ovsdb-tool", "convert", new, schema, NULL };

	if (access(file, F_OK) == 0 && tool_run(backup, &(struct tool_files){ .out = new }) == 0 &&
	    tool_run(convert, NULL) == 0) {
		unlink(old);
		if (link(file, old) == 0 && rename(new, file) == 0)
			return;
	}
	unlink(new);
	vifctl_say("%s stays as it was when vifswitch took over", file);
}

void backup_forget(void)
{
	unlink(TAKEOVER_BACKUP);
	unlink(TAKEOVER_DIRECTORY "/log");
	unlink(TAKEOVER_DIRECTORY "/fill.log");
}
