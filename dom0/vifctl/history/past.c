// SPDX-License-Identifier: GPL-2.0-or-later
#include "vifctl/history/past.h"

#include <string.h>
#include <time.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "base/number.h"
#include "vifctl/history/past-lines.h"
#include "vifctl/view/safe.h"
#include "vifctl/view/text.h"

const char *const past_tables[] = { "History", "Trial", PAST_NAMES, NULL };

int past_open(struct vifctl *v, const char *const *tables, struct vifdb **ret)
{
	static const char *const none[] = { NULL };
	struct vifdb *db;
	bool knows;
	int status = database_session(v, none, &db);

	if (status)
		return status;
	knows = json_object_get(json_object_get(vifdb_schema(db), "tables"), "History");
	vifdb_free(db);
	if (!knows)
		return vifctl_fail(VIFCTL_FAILED, "the database keeps no history: its schema is older "
				   "than this vifctl");
	return database_session(v, tables, ret);
}

bool past_number(const char *text, int64_t *ret)
{
	uint64_t n;

	if (!number_parse(text, strlen(text), 1, INT64_MAX, &n))
		return false;
	*ret = (int64_t)n;
	return true;
}

static const struct vifdb_row *numbered(const struct vifdb *db, const char *table,
					const char *column, int64_t id)
{
	int64_t n;

	for (const struct vifdb_row *row = vifdb_first(db, table); row; row = vifdb_next(row))
		if (vifdb_integer(row, column, &n) && n == id)
			return row;
	return NULL;
}

const struct vifdb_row *past_entry(const struct vifdb *db, int64_t id)
{
	return numbered(db, "History", "id", id);
}

const struct vifdb_row *past_trial(const struct vifdb *db, int64_t id)
{
	return numbered(db, "Trial", "entry", id);
}

json_t *past_changes(const struct vifdb_row *entry)
{
	const char *text = vifdb_string(entry, "changes");
	json_t *changes = text ? json_loads(text, JSON_ALLOW_NUL, NULL) : NULL;

	if (json_is_array(changes))
		return changes;
	json_decref(changes);
	return NULL;
}

char *past_time(int64_t seconds)
{
	time_t at = (time_t)seconds;
	struct tm tm = {};
	char text[64] = "";

	gmtime_r(&at, &tm);
	strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S.000Z", &tm);
	return xprintf("%s", text);
}

char *past_by(const struct vifdb_row *entry)
{
	_cleanup_free_ char *utc = NULL, *local = NULL, *text = NULL;
	int64_t at = 0;

	vifdb_integer(entry, "at", &at);
	utc = past_time(at);
	local = text_local_time(utc);
	text = xprintf("%s on %s, %.19s", vifdb_string(entry, "who"), vifdb_string(entry, "host"), local);
	return safe_text(text);
}
