// SPDX-License-Identifier: GPL-2.0-or-later
#include "vifctl/ask/drops-mark.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
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

/* What the port has counted: {"drops": {REASON: N}, "from_vm": N, "to_vm": N} (packets). */
static json_t *mark_of(const json_t *port)
{
	const json_t *counters = json_object_get(port, "counters");
	json_t *from = json_object_get(json_object_get(counters, "from_vm"), "packets"),
	       *to = json_object_get(json_object_get(counters, "to_vm"), "packets");

	return json_pack("{s:O, s:O?, s:O?}", "drops", drops_in(port), "from_vm", from, "to_vm", to);
}

/* {KEY: mark_of()}; empty if there is none, or none that can be read. */
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
	_cleanup_free_ char *fresh = xprintf("%s.XXXXXX", path);
	int fd = mkostemp(fresh, O_CLOEXEC), r = 0;

	if (fd < 0)
		return -errno;
	fchmod(fd, 0644);
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

int drops_mark_set(const json_t *ports, bool all)
{
	_cleanup_free_ char *path = mark_path();
	json_t *marks = all ? json_object() : mark_read(), *port;
	size_t i;
	int r;

	json_array_foreach(ports, i, port) {
		_cleanup_free_ char *key = key_of(port);

		if (json_is_object(drops_in(port)))
			json_object_set_new(marks, key, mark_of(port));
	}
	r = mark_write(path, marks);
	json_decref(marks);
	return r < 0 ? vifctl_fail(VIFCTL_FAILED, "%s: %s", path, strerror(-r)) : VIFCTL_OK;
}

static json_int_t number(const json_t *object, const char *key)
{
	return json_integer_value(json_object_get(object, key));
}

/* Counters never go back: a port one of whose has was made anew. */
static bool is_of_now(json_t *mark, const json_t *port)
{
	json_t *now = mark_of(port), *drops = json_object_get(now, "drops"), *count;
	bool good = number(now, "from_vm") >= number(mark, "from_vm") &&
		    number(now, "to_vm") >= number(mark, "to_vm");
	const char *reason;

	json_object_foreach(json_object_get(mark, "drops"), reason, count)
		good = good && number(drops, reason) >= json_integer_value(count);
	json_decref(now);
	return good;
}

void drops_mark_apply(json_t *ports)
{
	json_t *marks = mark_read(), *port, *count;
	const char *reason;
	size_t i;

	json_array_foreach(ports, i, port) {
		_cleanup_free_ char *key = key_of(port);
		json_t *mark = json_object_get(marks, key), *drops = drops_in(port);

		if (!json_is_object(mark) || !drops || !is_of_now(mark, port))
			continue;
		json_object_foreach(json_object_get(mark, "drops"), reason, count)
			json_object_set_new(drops, reason, json_integer(number(drops, reason) -
									json_integer_value(count)));
	}
	json_decref(marks);
}
