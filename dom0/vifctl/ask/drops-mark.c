// SPDX-License-Identifier: GPL-2.0-or-later
#include "vifctl/ask/drops-mark.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/control-client.h"
#include "base/mem.h"
#include "vifctl/view/text.h"
#include "vifctl/vifctl.h"

static char *mark_path(void)
{
	const char *socket = control_client_path(), *slash = strrchr(socket, '/');

	return xprintf("%.*sdrops-mark.json", slash ? (int)(slash - socket + 1) : 0, socket);
}

/* A port now: its netdev's number, and whose it is. */
static char *key_of(const json_t *port)
{
	return xprintf("%lld %s", (long long)json_integer_value(json_object_get(port, "ifindex")),
		       *get_text(port, "identity") ? get_text(port, "identity") :
						     get_text(port, "netdev"));
}

static json_t *drops_in(const json_t *port)
{
	return json_object_get(json_object_get(port, "counters"), "drops");
}

/* {KEY: {REASON: COUNT}}; empty if there is none, or none that can be read. */
static json_t *mark_read(void)
{
	_cleanup_free_ char *path = mark_path();
	json_t *marks;

	marks = json_load_file(path, 0, NULL);
	if (json_is_object(marks))
		return marks;
	json_decref(marks);
	return json_object();
}

/* In place of the old one at once, or not at all. */
static int mark_write(const char *path, const json_t *marks)
{
	_cleanup_free_ char *fresh = xprintf("%s.%ld", path, (long)getpid());
	int fd = open(fresh, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644), r = 0;

	if (fd < 0)
		return -errno;
	if (json_dumpfd(marks, fd, JSON_COMPACT))
		r = -EIO;
	if (close(fd) && r == 0)
		r = -errno;
	if (r == 0 && rename(fresh, path))
		r = -errno;
	if (r < 0)
		unlink(fresh);
	return r;
}

int drops_mark_set(const json_t *ports)
{
	_cleanup_free_ char *path = mark_path();
	json_t *marks = mark_read(), *port;
	size_t i;
	int r;

	json_array_foreach(ports, i, port) {
		_cleanup_free_ char *key = key_of(port);

		if (json_is_object(drops_in(port)))
			json_object_set(marks, key, drops_in(port));
	}
	r = mark_write(path, marks);
	json_decref(marks);
	return r < 0 ? vifctl_fail(VIFCTL_FAILED, "%s: %s", path, strerror(-r)) : VIFCTL_OK;
}

/* Counters never go back: one that has was begun anew. */
static bool is_of_now(const json_t *mark, const json_t *drops)
{
	const char *reason;
	json_t *count;

	json_object_foreach((json_t *)mark, reason, count)
		if (json_integer_value(json_object_get(drops, reason)) < json_integer_value(count))
			return false;
	return true;
}

void drops_mark_apply(json_t *ports)
{
	json_t *marks = mark_read(), *port, *count;
	const char *reason;
	size_t i;

	json_array_foreach(ports, i, port) {
		_cleanup_free_ char *key = key_of(port);
		json_t *mark = json_object_get(marks, key), *drops = drops_in(port);

		if (!json_is_object(mark) || !drops || !is_of_now(mark, drops))
			continue;
		json_object_foreach(mark, reason, count)
			json_object_set_new(drops, reason, json_integer(
				json_integer_value(json_object_get(drops, reason)) -
				json_integer_value(count)));
	}
	json_decref(marks);
}
