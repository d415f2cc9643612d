// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/cleanup.h"
#include "base/mem.h"
#include "vifctl/takeover/takeover-database.h"
#include "vifctl/takeover/takeover-network.h"
#include "vifctl/takeover/takeover-steps.h"
#include "vifctl/takeover/takeover-tool.h"
#include "vifctl/takeover/takeover-units.h"
#include "vifctl/vifctl.h"

#define WAITING_MS	30000

static int step(struct takeover *t, enum takeover_step to)
{
	int r;

	t->step = to;
	r = takeover_write(t);
	return r < 0 ? vifctl_fail(VIFCTL_FAILED, TAKEOVER_DIRECTORY ": %s", strerror(-r)) : VIFCTL_OK;
}

static int set_in_charge(bool on)
{
	int r = takeover_set_in_charge(on);

	return r < 0 ? vifctl_fail(VIFCTL_FAILED, TAKEOVER_IN_CHARGE ": %s", strerror(-r)) : VIFCTL_OK;
}

/* ---- vifovsd of our own, for as long as Open vSwitch's database server runs ---- */

/* With the options of the service. */
#define VIFOVSD(...) { "sh", "-c", \
	"[ ! -r /etc/default/vifovsd ] || . /etc/default/vifovsd; exec vifovsd $VIFOVSD_OPTIONS \"$@\"", \
	"vifovsd", __VA_ARGS__, NULL }

int takeover_mapping(char **ret, bool *ret_refused)
{
	_cleanup_free_ char *ovs = backup_remote_option();
	const char *const argv[] = VIFOVSD("--check", ovs);
	char *text = NULL;
	int r = tool_run(argv, &(struct tool_files){ .ret_out = &text });

	if (r < 0 || r > 1 || !text || !strchr(text, '\n')) {
		free(text);
		return vifctl_fail(VIFCTL_FAILED, "the database of Open vSwitch cannot be read: vifovsd --check");
	}
	*ret = text;
	*ret_refused = r == 1;
	return VIFCTL_OK;
}

/* Interfaces of which nothing would become; they are not waited for. */
static json_t *refused_ports(void)
{
	_cleanup_free_ char *text = NULL;
	json_t *list = json_object();
	char name[32], what[16];
	bool refused;

	if (takeover_mapping(&text, &refused))
		return list;
	for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n"))
		if (sscanf(line, "%*31s %31s %15s", name, what) == 2 && strcmp(what, "nothing") == 0)
			json_object_set_new(list, name, json_true());
	return list;
}

/* It follows the database and waits for the lock that ovs-vswitchd has. */
static int start_waiting(pid_t *ret)
{
	_cleanup_free_ char *ovs = backup_remote_option(), *target = NULL;
	const char *const argv[] = VIFOVSD("-f", ovs, "--directory=" TAKEOVER_DIRECTORY);
	int64_t until = clock_ms() + WAITING_MS;
	pid_t pid = tool_start(argv, TAKEOVER_DIRECTORY "/log");

	if (pid < 0)
		return vifctl_fail(VIFCTL_FAILED, "vifovsd: %s", strerror(-pid));
	target = xprintf(TAKEOVER_DIRECTORY "/ovs-vswitchd.%d.ctl", pid);
	while (clock_ms() < until) {
		const char *const ask[] = { "ovs-appctl", "-t", target, "ofproto/list", NULL };
		_cleanup_free_ char *text = NULL;

		if (tool_run(ask, &(struct tool_files){ .ret_out = &text, .quiet = true }) == 0 &&
		    text && text[0]) {
			*ret = pid;
			return VIFCTL_OK;
		}
		usleep(20000);
	}
	tool_stop(pid);
	return vifctl_fail(VIFCTL_FAILED, "vifovsd does not follow the database of Open vSwitch");
}

static int clear_rows(void)
{
	const char *const argv[] = VIFOVSD("--clear");
	int r = tool_run(argv, NULL);

	return r == 0 ? VIFCTL_OK :
	       vifctl_fail(VIFCTL_FAILED, "vifovsd --clear failed: the ports are vifswitch's still");
}

/* ---- to vifswitch ---- */

static int prepare(struct takeover *t)
{
	int status;

	json_decref(t->networks);
	t->networks = networks_read(SIDE_OVS, NULL);
	json_decref(t->units);
	t->units = units_running();
	if (!t->networks)
		return VIFCTL_FAILED;
	status = step(t, TAKEOVER_PREPARING);
	if (!status)
		status = units_prepare();
	if (!status)
		status = backup_take();
	return status ? status : backup_load();
}

static bool is_ovs_there(void)
{
	static const char *const argv[] = { "ovs-appctl", "-t", "ovs-vswitchd", "version", NULL };
	char *text = NULL;
	int r = tool_run(argv, &(struct tool_files){ .ret_out = &text, .quiet = true });
	bool there = r == 0 && text && strstr(text, "Open vSwitch");

	free(text);
	return there;
}

/* The bridges of vifovsd, which answers in Open vSwitch's place; a new reference. */
static json_t *bridges_here(void)
{
	static const char *const argv[] = { "ovs-appctl", "-t", "ovs-vswitchd", "ofproto/list", NULL };
	_cleanup_free_ char *text = NULL;
	json_t *names = json_object();

	tool_run(argv, &(struct tool_files){ .ret_out = &text, .quiet = true });
	for (char *name = text ? strtok(text, "\n") : NULL; name; name = strtok(NULL, "\n"))
		json_object_set_new(names, name, json_true());
	return names;
}

/* Its devices go with it; then vifovsd has the lock. */
static int end_ovs(void)
{
	static const char *const argv[] = { "ovs-appctl", "-t", "ovs-vswitchd", "exit", "--cleanup", NULL };

	if (!is_ovs_there() || tool_run(argv, NULL) == 0 || !is_ovs_there())
		return VIFCTL_OK;
	return vifctl_fail(VIFCTL_FAILED, "ovs-vswitchd does not go: ovs-appctl exit --cleanup");
}

static int cut(struct takeover *t, struct takeover_outcome *outcome)
{
	json_t *without = refused_ports();
	int64_t began;
	pid_t vifovsd = -1;
	int status = start_waiting(&vifovsd);

	if (!status)
		status = step(t, TAKEOVER_CUTTING);
	if (!status)
		status = set_in_charge(true);
	began = clock_ms();
	if (!status)
		status = end_ovs();
	if (!status) {
		status = networks_await(t->networks, SIDE_VIFSWITCH, without, &outcome->missing);
		outcome->silent_ms = clock_ms() - began;
	}
	json_decref(without);
	if (!status)
		status = step(t, TAKEOVER_SETTLING);
	/* Its ports stay as they are without it. */
	tool_stop(vifovsd);
	return status;
}

/* The services: what was asked of Open vSwitch's database until now is asked of ours. */
static int settle(struct takeover *t)
{
	const json_t *one;
	size_t i;
	int status = VIFCTL_OK;

	if (unit_is_active("vifovsdb.service"))
		return unit_do("start", "vifovsd.service");
	if (backup_take() == VIFCTL_OK)
		status = backup_load();
	json_array_foreach(t->units, i, one)
		if (!status)
			status = unit_do("stop", json_string_value(one));
	if (!status)
		status = unit_do("start", "vifovsdb.service");
	return status ? status : unit_do("start", "vifovsd.service");
}

int takeover_take(struct takeover *t, long seconds, struct takeover_outcome *outcome)
{
	int status = VIFCTL_OK;

	if (t->step == TAKEOVER_NONE)
		status = prepare(t);
	if (!status && t->step < TAKEOVER_SETTLING)
		status = cut(t, outcome);
	if (!status)
		status = settle(t);
	if (status)
		return status;
	t->deadline = takeover_now() + seconds;
	return step(t, TAKEOVER_TRIAL);
}

int takeover_undo(struct takeover *t)
{
	units_undo();
	backup_forget();
	return step(t, TAKEOVER_NONE);
}

/* ---- and back ---- */

static int start_theirs(const struct takeover *t)
{
	const json_t *one;
	int status = VIFCTL_OK;
	size_t i;

	/* Each starts after what it needs, so what was stopped first is started last. */
	for (i = json_array_size(t->units); i-- > 0 && !status;) {
		one = json_array_get(t->units, i);
		status = unit_do("start", json_string_value(one));
	}
	return status;
}

/* What is to be given back is what is there now, not what was taken. */
static int read_ours(struct takeover *t)
{
	json_t *names = bridges_here(), *networks = NULL;

	if (json_object_size(names))
		networks = networks_read(SIDE_VIFSWITCH, names);
	json_decref(names);
	if (!networks)
		return vifctl_fail(VIFCTL_FAILED, "vifovsd does not say which bridges it has: ovs-appctl ofproto/list");
	json_decref(t->networks);
	t->networks = networks;
	return VIFCTL_OK;
}

/* From vifswitch, as far as it has anything. */
static int leave(struct takeover *t)
{
	bool whole = t->step == TAKEOVER_TRIAL || t->step == TAKEOVER_DONE;
	int status = whole ? read_ours(t) : VIFCTL_OK;

	if (status)
		return status;
	if (whole)
		backup_return();
	status = step(t, TAKEOVER_GIVING);
	/* It never went, so vifswitch has nothing of it. */
	if (status || is_ovs_there())
		return status ? status : set_in_charge(false);
	status = unit_do("stop", "vifovsd.service");
	if (!status)
		status = clear_rows();
	if (!status)
		status = networks_remove(t->networks, SIDE_VIFSWITCH);
	if (!status)
		status = set_in_charge(false);
	return status ? status : unit_do("stop", "vifovsdb.service");
}

int takeover_give(struct takeover *t, struct takeover_outcome *outcome)
{
	int64_t began = clock_ms();
	json_t *none = json_object();
	int status = VIFCTL_OK;

	if (takeover_in_charge())
		status = leave(t);
	if (!status)
		status = start_theirs(t);
	if (!status)
		status = networks_await(t->networks, SIDE_OVS, none, &outcome->missing);
	outcome->silent_ms = clock_ms() - began;
	json_decref(none);
	return status ? status : takeover_undo(t);
}
