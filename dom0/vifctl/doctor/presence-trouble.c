// SPDX-License-Identifier: GPL-2.0-or-later
#include "vifctl/doctor/presence-trouble.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "vifctl/view/text.h"

static bool is_absent(const json_t *database, const char *host)
{
	const json_t *row;
	size_t i;

	json_array_foreach(json_object_get(database, "hosts"), i, row)
		if (!strcmp(get_text(row, "name"), host))
			return !strcmp(get_text(row, "presence"), "absent");
	return false;
}

static size_t vms_at(const json_t *database, const char *host)
{
	const json_t *row;
	size_t i, n = 0;

	json_array_foreach(json_object_get(database, "locations"), i, row)
		n += !strcmp(get_text(row, "host"), host) && strcmp(get_text(row, "state"), "gone");
	return n;
}

static void add(json_t *list, const char *subject, const char *text, const char *command)
{
	json_array_append_new(list, json_pack("{s:s, s:s, s:s}", "subject", subject, "text", text,
					      "command", command));
}

static void absent_hosts(const json_t *database, json_t *list)
{
	const json_t *row;
	size_t i;

	json_array_foreach(json_object_get(database, "hosts"), i, row) {
		const char *host = get_text(row, "name");
		_cleanup_free_ char *text = NULL, *command = NULL;

		if (!is_absent(database, host))
			continue;
		text = xprintf("the host is gone; what it said last, of %zu interfaces, is stale",
			       vms_at(database, host));
		command = xprintf("on %s: systemctl start vifswitchd; if it never comes back: vifctl db "
				  "destroy Host %s", host, host);
		add(list, host, text, command);
	}
}

/* A VM that is used there, as far as the host can still tell. */
static const char *active_at(const json_t *database, const json_t *row)
{
	const char *host = get_text(row, "host");

	return strcmp(get_text(row, "state"), "active") || is_absent(database, host) ? NULL : host;
}

/* Told once, by the first of the rows. */
static void claimed_twice(const json_t *database, json_t *list)
{
	const json_t *rows = json_object_get(database, "locations"), *row;
	json_t *first = json_object();
	size_t i;

	json_array_foreach(rows, i, row) {
		const char *host = active_at(database, row), *other;
		_cleanup_free_ char *id = xprintf("%s/%lld", get_text(row, "vm"), (long long)
				json_integer_value(json_object_get(row, "devid"))), *text = NULL;
		const json_t *before = json_object_get(first, id);

		if (!host)
			continue;
		if (!before) {
			json_object_set(first, id, (json_t *)row);
			continue;
		}
		other = get_text(before, "host");
		text = xprintf("hosts %s and %s both say that they run it: one identity must not be "
			       "used twice", other, host);
		add(list, id, text, "xl list -v, on both hosts: shut down the one that is a copy");
	}
	json_decref(first);
}

json_t *presence_troubles(const json_t *database)
{
	json_t *list = json_array();

	absent_hosts(database, list);
	claimed_twice(database, list);
	return list;
}
