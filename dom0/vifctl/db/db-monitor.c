// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * vifctl monitor: one line a change. The client library tells what a row is now;
 * what it was is kept here, to show both.
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/cleanup.h"
#include "base/control.h"
#include "base/mem.h"
#include "base/uuid.h"
#include "vifctl/ask/fetch.h"
#include "vifctl/ask/follow-until.h"
#include "vifctl/db/db-record.h"
#include "vifctl/db/db-value.h"
#include "vifctl/policy.h"
#include "vifctl/policy/database.h"
#include "vifctl/policy/field-text.h"
#include "vifctl/view/safe.h"
#include "vifctl/view/text.h"

#define STEP_MS	1000

struct monitor {
	struct watch watch;
	struct vifctl *v;
	struct vifdb *db;
	json_t *rows;		/* "TABLE/UUID" -> {"name", "columns"} as last told */
	bool live;		/* the first copy is over */
};

static json_t *columns_of(const struct monitor *m, const struct vifdb_row *row)
{
	json_t *tables = json_object_get(vifdb_schema(m->db), "tables");
	json_t *table = json_object_get(tables, vifdb_row_table(row));
	json_t *columns = json_object(), *column;
	const char *name;

	json_object_foreach(json_object_get(table, "columns"), name, column) {
		bool chosen = m->v->operand_count < 2;

		for (int i = 1; i < m->v->operand_count; i++)
			chosen = chosen || !strcmp(operand(m->v, i), name);
		if (chosen)
			json_object_set_new(columns, name, vifdb_json(row, name));
	}
	return columns;
}

static bool is_empty(const json_t *value)
{
	const json_t *elements = json_array_get(value, 1);

	return !value || (json_is_array(elements) && !json_array_size(elements));
}

static char *text_of(const json_t *value)
{
	_cleanup_free_ char *text = is_empty(value) ? xprintf("(empty)") : value_format(value);

	return safe_text(text);
}

/* "tag: 100 -> 200, ..."; of a new or deleted row "tag=100 ...". */
static char *describe(const json_t *old, const json_t *new)
{
	json_t *words = json_array(), *names = sorted_keys(new ?: old), *name;
	char *text;
	size_t i;

	json_array_foreach(names, i, name) {
		json_t *was = json_object_get(old, json_string_value(name)),
		       *is = json_object_get(new, json_string_value(name));
		_cleanup_free_ char *from = text_of(was), *to = text_of(is), *word = NULL;

		if (old && new && json_equal(was, is))
			continue;
		if ((!old || !new) && is_empty(old ? was : is))
			continue;
		word = old && new ? xprintf("%s: %s -> %s", json_string_value(name), from, to) :
				    xprintf("%s=%s", json_string_value(name), old ? from : to);
		json_array_append_new(words, json_string(word));
	}
	text = text_join(words, old && new ? ", " : " ");
	json_decref(names);
	json_decref(words);
	return text;
}

static void now_text(char *ret, size_t size)
{
	struct timespec now;
	struct tm tm;
	size_t len;

	clock_gettime(CLOCK_REALTIME, &now);
	gmtime_r(&now.tv_sec, &tm);
	len = strftime(ret, size, "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(ret + len, size - len, ".%03ldZ", now.tv_nsec / 1000000);
}

static json_t *plain_columns(const struct monitor *m, const char *table, const json_t *columns)
{
	struct records r = {
		.db = m->db, .table = table,
		.schema = json_object_get(json_object_get(vifdb_schema(m->db), "tables"), table),
	};
	json_t *plain = json_object(), *value;
	const char *name;

	json_object_foreach((json_t *)columns, name, value)
		json_object_set_new(plain, name, value_plain(record_column(&r, name), value));
	return plain;
}

static void tell(struct monitor *m, const char *table, const char *uuid, const char *name,
		 const json_t *old, const json_t *new)
{
	static const char *const words[] = { "insert", "delete", "modify" };
	int what = old && new ? 2 : old ? 1 : 0;
	_cleanup_free_ char *text = NULL, *safe = NULL;
	char time[64];
	json_t *doc;

	now_text(time, sizeof(time));
	if (m->v->json) {
		doc = json_pack("{s:i, s:s, s:s, s:s, s:s, s:s}", "format", VIFSWITCH_OUTPUT_FORMAT,
				"time", time, "change", words[what], "table", table, "record", name,
				"_uuid", uuid);
		if (old)
			json_object_set_new(doc, "old", plain_columns(m, table, old));
		if (new)
			json_object_set_new(doc, "new", plain_columns(m, table, new));
		vifctl_print_json(m->v, doc, JSON_COMPACT);
		json_decref(doc);
	} else {
		text = describe(old, new);
		safe = safe_text(name);
		fprintf(m->v->out, "%s  %c %s %s  %s\n", time, "+-~"[what], table, safe, text);
	}
	fflush(m->v->out);
	m->watch.shown++;
}

static void changed(struct vifdb *db, const struct vifdb_row *row, enum vifdb_change change,
		    void *arg)
{
	struct monitor *m = arg;
	struct records r = {
		.db = db, .table = vifdb_row_table(row),
		.schema = json_object_get(json_object_get(vifdb_schema(db), "tables"),
					  vifdb_row_table(row)),
	};
	char uuid[UUID_TEXT_LEN + 1];
	_cleanup_free_ char *key = NULL, *name = record_name(&r, row);
	json_t *old, *new;

	uuid_format(vifdb_row_uuid(row), uuid);
	key = xprintf("%s/%s", r.table, uuid);
	old = json_incref(json_object_get(m->rows, key));
	new = change == VIFDB_DELETED ? NULL : columns_of(m, row);
	if (m->live && !watch_full(&m->watch) && (old || new) &&
	    !(old && new && json_equal(old, new)))
		tell(m, r.table, uuid, name, old, new);
	if (new)
		json_object_set_new(m->rows, key, new);
	else
		json_object_del(m->rows, key);
	json_decref(old);
}

static void state_changed(struct vifdb *db, enum vifdb_state state, void *arg)
{
	struct monitor *m = arg;

	if (state == VIFDB_READY)
		m->live = true;
	else if (m->live && state == VIFDB_DISCONNECTED)
		vifctl_fail(VIFCTL_UNAVAILABLE, "the database went away; connecting again: %s",
			    vifdb_error(db));
}

static int follow(struct monitor *m)
{
	watch_start(&m->watch, 0);
	while (!watch_over(&m->watch))
		if (vifdb_wait(m->db, watch_step(&m->watch, STEP_MS)) < 0)
			return vifctl_fail(VIFCTL_FAILED, "out of memory");
	return vifctl_finish(m->v, VIFCTL_OK);
}

/* All tables, or the one that was asked for, with columns that it has. */
static int choose(struct vifctl *v, struct vifdb *db)
{
	struct records r;
	int status = operand(v, 0) ? records_of(db, operand(v, 0), &r) : VIFCTL_OK;

	for (int i = 1; status == VIFCTL_OK && i < v->operand_count; i++)
		if (!record_column(&r, operand(v, i)))
			status = VIFCTL_NOT_FOUND;
	return status;
}

int run_monitor(struct vifctl *v)
{
	static const char *const none[] = { NULL };
	const char *const one[] = { operand(v, 0), NULL };
	struct monitor m = { .watch = { .v = v }, .v = v, .rows = json_object() };
	struct vifdb_ops ops = { .state = state_changed, .change = changed };
	struct vifdb *db;
	int status;

	vifctl_catch_stop();
	/* What there is to follow is known once a session has the schema. */
	status = database_session(v, none, &db);
	if (status == VIFCTL_OK) {
		status = choose(v, db);
		vifdb_free(db);
	}
	if (status == VIFCTL_OK)
		status = database_session_with(v, operand(v, 0) ? one : database_tables, &ops, &m,
					       &m.db);
	if (status == VIFCTL_OK) {
		status = follow(&m);
		vifdb_free(m.db);
	}
	json_decref(m.rows);
	return status;
}
