// SPDX-License-Identifier: GPL-2.0-or-later
/* JSON-RPC 1.0 as RFC 7047, section 4, uses it. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "libvifdb/client-commit.h"
#include "libvifdb/client-lock.h"
#include "libvifdb/client-monitor.h"
#include "libvifdb/client-request.h"
#include "libvifdb/client-schema.h"
#include "libvifdb/protocol.h"

int vdb_protocol_start(struct vifdb *db, uint64_t now)
{
	db->heard_at = now;
	db->probed_at = 0;
	return vdb_request_send(db, VDB_GET_SCHEMA, json_pack("[s]", db->database), NULL);
}

/* @r: of the monitor, 1 if the copy is whole. */
static int copied(struct vifdb *db, int r)
{
	if (r <= 0)
		return r;
	r = vdb_lock_start(db);
	if (r >= 0)
		r = vdb_commit_start(db);
	if (r >= 0)
		vdb_set_state(db, VIFDB_READY);
	return r;
}

static int schema_answer(struct vifdb *db, json_t *result, const json_t *error)
{
	int r;

	if (error) {
		_cleanup_free_ char *text = vdb_error_text(error);

		vdb_fail(db, "database \"%s\": %s", db->database, text ? text : "");
		return -EPROTO;
	}
	r = vdb_schema_apply(db, result);
	if (r < 0)
		return r;
	if (r)
		db->last_id[0] = '\0';
	json_decref(db->schema);
	db->schema = json_incref(result);
	return copied(db, vdb_monitor_start(db));
}

static int dispatch_answer(struct vifdb *db, const struct vdb_request *request, json_t *result,
			   const json_t *error)
{
	switch (request->kind) {
	case VDB_GET_SCHEMA:
		return schema_answer(db, result, error);
	case VDB_MONITOR:
		return copied(db, vdb_monitor_answer(db, result, error));
	case VDB_CONDITIONS:
		return vdb_conditions_answer(db, error);
	case VDB_TRANSACT:
		return vdb_commit_answer(db, request->txn, result, error);
	case VDB_LOCK:
		return vdb_lock_answer(db, request->id, result, error);
	case VDB_UNLOCK:
	case VDB_PROBE:
		break;
	}
	return 0;
}

static int answer(struct vifdb *db, json_t *message)
{
	const json_t *id = json_object_get(message, "id");
	json_t *result = json_object_get(message, "result");
	const json_t *error = json_object_get(message, "error");
	struct vdb_request *request;
	int r;

	TAILQ_FOREACH(request, &db->sent, entry)
		if (json_is_integer(id) && request->id == json_integer_value(id))
			break;
	if (!request || !result) {
		vdb_fail(db, "the server answers what was not asked");
		return -EPROTO;
	}
	TAILQ_REMOVE(&db->sent, request, entry);
	r = dispatch_answer(db, request, result, json_is_null(error) ? NULL : error);
	vdb_request_free(request);
	return r;
}

/* A server that asks and never reads the answers must not fill our memory. */
static int echo(struct vifdb *db, json_t *id, json_t *params)
{
	size_t len = db->output.len;
	int r;

	if (!id || json_is_null(id))
		return 0;
	if (db->output.echoes > VDB_ECHO_MAX) {
		vdb_fail(db, "the server does not read what it asked for");
		return -EPROTO;
	}
	r = vdb_output_json(db, json_pack("{sO sO? sn}", "id", id, "result", params, "error"));
	db->output.echoes += db->output.len - len;
	return r;
}

static int called(struct vifdb *db, const char *method, json_t *id, json_t *params)
{
	if (!strcmp(method, "echo"))
		return echo(db, id, params);
	if (!strncmp(method, "update", 6))
		return vdb_monitor_notified(db, method, params);
	if (!strcmp(method, "locked") || !strcmp(method, "stolen"))
		return vdb_lock_notified(db, method[0] == 'l', params);
	if (!strcmp(method, "monitor_canceled")) {
		vdb_fail(db, "the server stopped reporting changes");
		return -ECONNRESET;
	}
	return 0;
}

static int message_received(struct vifdb *db, const char *text, size_t len)
{
	json_t *message, *method, *params;
	json_error_t where;
	int r;

	message = json_loadb(text, len, 0, &where);
	if (!message) {
		if (json_error_code(&where) == json_error_out_of_memory)
			return -ENOMEM;
		vdb_fail(db, "the server sent no good JSON: %s", where.text);
		return -EPROTO;
	}
	method = json_object_get(message, "method");
	params = json_object_get(message, "params");
	if (!method) {
		r = answer(db, message);
	} else if (json_is_string(method) && json_is_array(params)) {
		r = called(db, json_string_value(method), json_object_get(message, "id"), params);
	} else {
		vdb_fail(db, "the server sent a request without a method or parameters");
		r = -EPROTO;
	}
	json_decref(message);
	return r;
}

int vdb_protocol_received(struct vifdb *db, uint64_t now)
{
	const char *text;
	size_t len;
	int r;

	db->heard_at = now;
	db->probed_at = 0;
	for (;;) {
		r = json_frame_next(&db->input, &text, &len);
		if (r == -EMSGSIZE)
			vdb_fail(db, "the server sent a message of more than %zu octets",
				 db->input.max.octets);
		else if (r == -E2BIG)
			vdb_fail(db, "the server sent a message of more than %u values",
				 VDB_VALUES_MAX);
		else if (r == -ELOOP)
			vdb_fail(db, "the server sent JSON nested deeper than %u", VDB_DEPTH_MAX);
		else if (r < 0)
			vdb_fail(db, "the server sent something that is no JSON object");
		if (r <= 0)
			return r < 0 ? -EPROTO : 0;
		r = message_received(db, text, len);
		if (r < 0)
			return r;
	}
}

int vdb_protocol_input(struct vifdb *db, const char *data, size_t len, uint64_t now)
{
	char *room = json_frame_room(&db->input, len);

	if (!room)
		return -ENOMEM;
	memcpy(room, data, len);
	json_frame_added(&db->input, len);
	return vdb_protocol_received(db, now);
}

uint64_t vdb_protocol_deadline(const struct vifdb *db)
{
	return db->probed_at ? db->probed_at + VDB_PROBE_ANSWER_US :
	       db->heard_at + VDB_PROBE_IDLE_US;
}

int vdb_protocol_tick(struct vifdb *db, uint64_t now)
{
	if (now < vdb_protocol_deadline(db))
		return 0;
	if (db->probed_at) {
		vdb_fail(db, "no answer within %u s",
			 (VDB_PROBE_IDLE_US + VDB_PROBE_ANSWER_US) / 1000000);
		return -ETIMEDOUT;
	}
	db->probed_at = now;
	return vdb_request_send(db, VDB_PROBE, json_array(), NULL);
}

void vdb_protocol_stop(struct vifdb *db)
{
	json_frame_deinit(&db->input);
	free(db->output.data);
	db->output = (struct vdb_output){};
	vdb_conditions_stop(db);
	vdb_lock_stop(db);
	vdb_commit_lost(db);
}
