// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Following tables. monitor_cond_since resumes after the last transaction the
 * copy has; a server without it is asked with monitor_cond, then monitor, and
 * then the copy comes anew and is compared.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "libvifdb/client-monitor.h"
#include "libvifdb/client-request.h"
#include "libvifdb/update.h"

#define MONITOR_ID	"vifdb"
#define NO_TRANSACTION	"00000000-0000-0000-0000-000000000000"

static json_t *column_names(const struct vdb_table *table)
{
	json_t *names = json_array();

	for (size_t i = 0; i < table->columns.n; i++)
		if (json_array_append_new(names, json_string(table->columns.v[i].name))) {
			json_decref(names);
			return NULL;
		}
	return names;
}

/* A <monitor-request>. */
static json_t *request_of(const struct vifdb *db, const struct vdb_table *table)
{
	json_t *request = json_pack("{so}", "columns", column_names(table));

	if (request && table->where && db->monitor != VDB_MONITOR_PLAIN &&
	    json_object_set(request, "where", table->where)) {
		json_decref(request);
		return NULL;
	}
	return json_pack("[o]", request);
}

static int send_monitor(struct vifdb *db)
{
	json_t *requests = json_object(), *params;

	for (size_t i = 0; i < db->n_tables; i++) {
		struct vdb_table *table = db->tables[i];

		/* The copy is not one of these rows: it is compared as a whole. */
		if (table->where_changed)
			db->last_id[0] = '\0';
		table->where_changed = false;
		if (table->present &&
		    json_object_set_new(requests, table->name, request_of(db, table))) {
			json_decref(requests);
			return -ENOMEM;
		}
	}
	if (requests && !json_object_size(requests)) {
		json_t *none = requests;
		int r = vdb_update_apply(db, none, false, true);

		json_decref(none);
		return r < 0 ? r : 1;
	}
	params = json_pack("[sso]", db->database, MONITOR_ID, requests);
	if (db->monitor == VDB_MONITOR_COND_SINCE && params &&
	    json_array_append_new(params, json_string(db->last_id[0] ? db->last_id :
						      NO_TRANSACTION))) {
		json_decref(params);
		return -ENOMEM;
	}
	return vdb_request_send(db, VDB_MONITOR, params, NULL);
}

int vdb_monitor_start(struct vifdb *db)
{
	db->monitor = VDB_MONITOR_COND_SINCE;
	return send_monitor(db);
}

static void remember(struct vifdb *db, const json_t *id)
{
	const char *text = json_string_value(id);

	if (!text || strlen(text) >= sizeof(db->last_id))
		text = "";
	snprintf(db->last_id, sizeof(db->last_id), "%s", text);
}

static int answer_since(struct vifdb *db, const json_t *result)
{
	const json_t *found = json_array_get(result, 0);
	int r;

	if (json_array_size(result) != 3 || !json_is_boolean(found) ||
	    (json_is_true(found) && !db->last_id[0])) {
		vdb_fail(db, "the server's answer to monitor_cond_since is none");
		return -EPROTO;
	}
	r = vdb_update_apply(db, json_array_get(result, 2), true, !json_is_true(found));
	if (r >= 0)
		remember(db, json_array_get(result, 1));
	return r;
}

int vdb_monitor_answer(struct vifdb *db, const json_t *result, const json_t *error)
{
	int r;

	if (error && db->monitor != VDB_MONITOR_PLAIN) {
		db->monitor++;
		db->last_id[0] = '\0';
		return send_monitor(db);
	}
	if (error) {
		char *text = vdb_error_text(error);

		vdb_fail(db, "the server refuses to be followed: %s", text ? text : "");
		free(text);
		return -EPROTO;
	}
	if (db->monitor == VDB_MONITOR_COND_SINCE)
		r = answer_since(db, result);
	else
		r = vdb_update_apply(db, result, db->monitor == VDB_MONITOR_COND, true);
	return r < 0 ? r : 1;
}

/* ---- which rows ---- */

bool vdb_conditions_wait(const struct vifdb *db)
{
	for (size_t i = 0; i < db->n_tables && db->state == VIFDB_READY && !db->changing; i++)
		if (db->tables[i]->where_changed)
			return true;
	return false;
}

bool vifdb_settled(const struct vifdb *db)
{
	return db->state == VIFDB_READY && !db->changing && !vdb_conditions_wait(db);
}

/* One at a time, so that what changes meanwhile goes out together. */
int vdb_conditions_send(struct vifdb *db)
{
	json_t *changes;
	int r = 0;

	if (!vdb_conditions_wait(db))
		return 0;
	changes = json_object();
	for (size_t i = 0; i < db->n_tables; i++) {
		struct vdb_table *table = db->tables[i];
		json_t *where = table->where ? json_incref(table->where) : json_pack("[b]", 1);

		if (table->where_changed && table->present && db->monitor != VDB_MONITOR_PLAIN)
			r |= json_object_set_new(changes, table->name,
						 json_pack("[{so}]", "where", where));
		else
			json_decref(where);
		table->where_changed = false;
	}
	if (!r && changes && !json_object_size(changes)) {
		json_decref(changes);
		db->events++;
		return 0;
	}
	db->changing = true;
	if (r) {
		json_decref(changes);
		return -ENOMEM;
	}
	return vdb_request_send(db, VDB_CONDITIONS,
				json_pack("[sso]", MONITOR_ID, MONITOR_ID, changes), NULL);
}

/* The rows came before it. */
int vdb_conditions_answer(struct vifdb *db, const json_t *error)
{
	char *text;

	db->changing = false;
	db->events++;
	if (!error)
		return 0;
	/* The next connection asks for them first, or for all rows. */
	db->last_id[0] = '\0';
	text = vdb_error_text(error);
	vdb_fail(db, "the server refuses other conditions: %s", text ? text : "");
	free(text);
	return -EPROTO;
}

void vdb_conditions_stop(struct vifdb *db)
{
	if (db->changing)
		db->last_id[0] = '\0';
	db->changing = false;
}

int vdb_monitor_notified(struct vifdb *db, const char *method, const json_t *params)
{
	static const char *const methods[] = {
		[VDB_MONITOR_COND_SINCE] = "update3",
		[VDB_MONITOR_COND] = "update2",
		[VDB_MONITOR_PLAIN] = "update",
	};
	bool since = db->monitor == VDB_MONITOR_COND_SINCE;
	const char *id = json_string_value(json_array_get(params, 0));
	int r;

	if (db->state != VIFDB_READY || strcmp(method, methods[db->monitor]) || !id ||
	    strcmp(id, MONITOR_ID) || json_array_size(params) != (since ? 3 : 2)) {
		vdb_fail(db, "the server's notification \"%s\" was not asked for", method);
		return -EPROTO;
	}
	r = vdb_update_apply(db, json_array_get(params, since ? 2 : 1),
			     db->monitor != VDB_MONITOR_PLAIN, false);
	if (r >= 0 && since)
		remember(db, json_array_get(params, 1));
	return r;
}
