// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "vifctl/takeover/takeover-journal.h"
#include "vifctl/takeover/takeover-tool.h"
#include "vifctl/takeover/takeover-units.h"
#include "vifctl/vifctl.h"

#define FOLDER	"/etc/systemd/system"
#define DROP_IN	"vifswitch-takeover.conf"

/* In the order in which they are stopped. */
static const char *const theirs[] = {
	"openvswitch-switch.service", "openvswitch.service", "ovs-vswitchd.service",
	"ovsdb-server.service",
};
/* What goes on with one that was interrupted, after a boot. */
#define RESUMES	"vifswitch-takeover.service"

static const char *const ours[] = { "vifovsdb.service", "vifovsd.service" };

#define THEIRS	(sizeof(theirs) / sizeof(theirs[0]))
#define OURS	(sizeof(ours) / sizeof(ours[0]))

int unit_do(const char *verb, const char *unit)
{
	const char *const argv[] = { "systemctl", verb, unit, NULL };
	int r = tool_run(argv, NULL);

	return r == 0 ? VIFCTL_OK :
	       vifctl_fail(VIFCTL_FAILED, "systemctl %s %s failed", verb, unit ?: "");
}

bool unit_is_active(const char *unit)
{
	const char *const argv[] = { "systemctl", "--quiet", "is-active", unit, NULL };

	return tool_run(argv, &(struct tool_files){ .quiet = true }) == 0;
}

json_t *units_running(void)
{
	json_t *list = json_array();

	for (size_t i = 0; i < THEIRS; i++)
		if (unit_is_active(theirs[i]))
			json_array_append_new(list, json_string(theirs[i]));
	return list;
}

static int write_drop_in(const char *unit, bool when_ours)
{
	_cleanup_free_ char *folder = xprintf(FOLDER "/%s.d", unit);
	_cleanup_free_ char *path = xprintf("%s/" DROP_IN, folder);
	FILE *f;
	int r;

	if (mkdir(folder, 0755) < 0 && errno != EEXIST)
		return vifctl_fail(VIFCTL_FAILED, "%s: %s", folder, strerror(errno));
	f = fopen(path, "we");
	r = f && fprintf(f, "# vifctl takeover: who is in charge of this host's bridges\n[Unit]\n"
			 "ConditionPathExists=%s" TAKEOVER_IN_CHARGE "\n", when_ours ? "" : "!") > 0 &&
	    fflush(f) == 0 && fsync(fileno(f)) == 0 ? 0 : errno;
	if (f)
		fclose(f);
	return r ? vifctl_fail(VIFCTL_FAILED, "%s: %s", path, strerror(r)) : VIFCTL_OK;
}

static void remove_drop_in(const char *unit)
{
	_cleanup_free_ char *folder = xprintf(FOLDER "/%s.d", unit);
	_cleanup_free_ char *path = xprintf("%s/" DROP_IN, folder);

	unlink(path);
	rmdir(folder);
}

int units_prepare(void)
{
	int status = mkdir(FOLDER, 0755) < 0 && errno != EEXIST ?
		     vifctl_fail(VIFCTL_FAILED, FOLDER ": %s", strerror(errno)) : VIFCTL_OK;

	for (size_t i = 0; i < THEIRS && !status; i++)
		status = write_drop_in(theirs[i], false);
	for (size_t i = 0; i < OURS && !status; i++)
		status = write_drop_in(ours[i], true);
	if (!status)
		status = unit_do("daemon-reload", NULL);
	for (size_t i = 0; i < OURS && !status; i++)
		status = unit_do("enable", ours[i]);
	return status ? status : unit_do("enable", RESUMES);
}

void units_undo(void)
{
	unit_do("disable", RESUMES);
	for (size_t i = 0; i < OURS; i++)
		unit_do("disable", ours[i]);
	for (size_t i = 0; i < OURS; i++)
		remove_drop_in(ours[i]);
	for (size_t i = 0; i < THEIRS; i++)
		remove_drop_in(theirs[i]);
	unit_do("daemon-reload", NULL);
}
