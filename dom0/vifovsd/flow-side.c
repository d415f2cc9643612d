// SPDX-License-Identifier: GPL-2.0-or-later
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/json-value.h"
#include "base/log.h"
#include "base/mem.h"
#include "vifovsd/flow-side.h"

#define ASK_US	1000000U
#define NEW	".link"		/* while it is made */

static const char *const sockets[] = { "mgmt", "snoop" };

/* ---- links ---- */

static bool points(const struct flow_side *f, const char *path, const char *name)
{
	_cleanup_free_ char *wanted = xprintf("%s/%s", f->there, name);
	char target[PATH_MAX];
	ssize_t n = readlink(path, target, sizeof(target) - 1);

	if (n < 0)
		return false;
	target[n] = '\0';
	return strcmp(target, wanted) == 0;
}

/* Also in the place of a socket that ovs-vswitchd left. */
static void link_socket(const struct flow_side *f, const char *bridge, const char *socket)
{
	_cleanup_free_ char *name = xprintf("%s.%s", bridge, socket);
	_cleanup_free_ char *path = xprintf("%s/%s", f->here, name);
	_cleanup_free_ char *temporary = xprintf("%s" NEW, path);
	_cleanup_free_ char *target = xprintf("%s/%s", f->there, name);

	if (points(f, path, name))
		return;
	unlink(temporary);
	if (symlink(target, temporary) < 0 || rename(temporary, path) < 0)
		log_warning("%s: %s; ovs-ofctl does not find %s", path, strerror(errno), bridge);
}

static bool is_wanted(const json_t *wanted, const char *name)
{
	_cleanup_free_ char *bridge = xprintf("%s", name);
	char *dot = strrchr(bridge, '.');

	if (dot)
		*dot = '\0';
	return json_object_get(wanted, bridge);
}

/* Links of ours to bridges that have no tables any more. */
static void unlink_others(const struct flow_side *f, const json_t *wanted)
{
	DIR *directory = opendir(f->here);
	const struct dirent *entry;

	while (directory && (entry = readdir(directory))) {
		_cleanup_free_ char *path = xprintf("%s/%s", f->here, entry->d_name);

		if (points(f, path, entry->d_name) && !is_wanted(wanted, entry->d_name))
			unlink(path);
	}
	if (directory)
		closedir(directory);
}

static void arm(struct flow_side *f, bool on)
{
	int is = SD_EVENT_OFF;

	sd_event_source_get_enabled(f->tick, &is);
	if (on == (is != SD_EVENT_OFF))
		return;
	sd_event_source_set_time(f->tick, clock_us());
	sd_event_source_set_enabled(f->tick, on ? SD_EVENT_ONESHOT : SD_EVENT_OFF);
}

void flow_side_want(struct flow_side *f, const json_t *bridges, bool controllers)
{
	json_t *wanted = json_object(), *bridge;
	const char *uuid, *name;

	json_object_foreach((json_t *)bridges, uuid, bridge) {
		name = json_text_of(bridge, "name");
		if (!json_is_true(json_object_get(bridge, "flows")) || !name)
			continue;
		json_object_set_new(wanted, name, json_true());
		for (size_t i = 0; i < sizeof(sockets) / sizeof(sockets[0]); i++)
			link_socket(f, name, sockets[i]);
	}
	unlink_others(f, wanted);
	json_decref(wanted);
	arm(f, controllers);
}

/* ---- controllers ---- */

static void tell(struct flow_side *f, json_t *told)
{
	bool same = told && f->told && json_equal(told, f->told);

	if (same || (!told && !f->told)) {
		json_decref(told);
		return;
	}
	json_decref(f->told);
	f->told = told;
	f->changed(f->arg);
}

static void on_answer(unsigned int question, const json_t *result, const char *error, void *arg)
{
	const json_t *list = json_object_get(result, "switches");
	json_t *told = json_object(), *one;
	size_t i;

	json_array_foreach(list, i, one)
		if (json_text_of(one, "switch"))
			json_object_set_new(told, json_text_of(one, "switch"),
					    json_pack("{s:O*}", "controllers",
						      json_object_get(one, "controllers")));
	tell(arg, told);
}

/* Nobody knows how they do. */
static void on_lost(void *arg)
{
	tell(arg, NULL);
}

static int on_tick(sd_event_source *source, uint64_t usec, void *arg)
{
	struct flow_side *f = arg;

	control_asker_ask(&f->asker, 0, "openflow", json_object(), false);
	sd_event_source_set_time(source, clock_us() + ASK_US);
	return sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
}

int flow_side_start(struct flow_side *f, sd_event *event, const char *control)
{
	int r = sd_event_add_time(event, &f->tick, CLOCK_MONOTONIC, 0, 0, on_tick, f);

	f->asker = (struct control_asker){
		.event = event, .path = control, .client = CONTROL_CLIENT_INIT, .answer = on_answer,
		.lost = on_lost, .arg = f,
	};
	return r < 0 ? r : sd_event_source_set_enabled(f->tick, SD_EVENT_OFF);
}

void flow_side_stop(struct flow_side *f)
{
	f->asker.lost = NULL;
	if (f->tick)
		control_asker_close(&f->asker);
	f->tick = sd_event_source_disable_unref(f->tick);
	json_decref(f->told);
	f->told = NULL;
}
