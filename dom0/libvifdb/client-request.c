// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "libvifdb/client-request.h"

#define OUTPUT_KEEP	(1U << 20)	/* octets of buffer between messages */

static int output_add(const char *data, size_t len, void *arg)
{
	struct vdb_output *out = arg;
	size_t size = out->size ? out->size : 4096;
	char *grown;

	while (size < out->len + len)
		size *= 2;
	if (size > out->size) {
		grown = realloc(out->data, size);
		if (!grown)
			return -1;
		out->data = grown;
		out->size = size;
	}
	memcpy(out->data + out->len, data, len);
	out->len += len;
	return 0;
}

int vdb_output_json(struct vifdb *db, json_t *message)
{
	size_t len = db->output.len;
	int r = -ENOMEM;

	if (message && !json_dump_callback(message, output_add, &db->output,
					   JSON_COMPACT | JSON_ENCODE_ANY))
		r = 0;
	else
		db->output.len = len;
	json_decref(message);
	return r;
}

int vdb_output_write(struct vifdb *db)
{
	struct vdb_output *out = &db->output;

	while (out->sent < out->len) {
		int n = vdb_connection_write(&db->connection, out->data + out->sent,
					     out->len - out->sent);

		if (n < 0) {
			vdb_fail(db, "%s: %s", db->remote.text, db->connection.problem);
			return n;
		}
		if (!n)
			return 0;
		out->sent += n;
	}
	out->len = out->sent = out->echoes = 0;
	if (out->size > OUTPUT_KEEP) {
		free(out->data);
		*out = (struct vdb_output){};
	}
	return 0;
}

void vdb_output_flush(struct vifdb *db)
{
	/* In a run it is done at the end; a failure shows again in the next run. */
	if (!db->running && db->connection.step == VDB_OPEN)
		(void)vdb_output_write(db);
}

static const char *method_of(const struct vifdb *db, enum vdb_request_kind kind)
{
	static const char *const monitors[] = {
		[VDB_MONITOR_COND_SINCE] = "monitor_cond_since",
		[VDB_MONITOR_COND] = "monitor_cond",
		[VDB_MONITOR_PLAIN] = "monitor",
	};

	switch (kind) {
	case VDB_GET_SCHEMA:
		return "get_schema";
	case VDB_MONITOR:
		return monitors[db->monitor];
	case VDB_CONDITIONS:
		return "monitor_cond_change";
	case VDB_TRANSACT:
		return "transact";
	case VDB_LOCK:
		return db->lock.steal ? "steal" : "lock";
	case VDB_UNLOCK:
		return "unlock";
	case VDB_PROBE:
		return "echo";
	}
	return NULL;
}

struct vdb_request *vdb_request_free(struct vdb_request *request)
{
	if (request)
		json_decref(request->params);
	free(request);
	return NULL;
}

int vdb_request_send_queued(struct vifdb *db, struct vdb_request *request)
{
	int r;

	request->id = ++db->last_request;
	r = vdb_output_json(db, json_pack("{sI ss sO}", "id", request->id, "method",
					  method_of(db, request->kind), "params", request->params));
	if (r < 0)
		return r;
	json_decref(request->params);
	request->params = NULL;
	TAILQ_INSERT_TAIL(&db->sent, request, entry);
	return 0;
}

int vdb_request_send(struct vifdb *db, enum vdb_request_kind kind, json_t *params,
		     json_int_t *ret_id)
{
	struct vdb_request *request = calloc(1, sizeof(*request));
	int r = -ENOMEM;

	if (!request || !params) {
		json_decref(params);
		free(request);
		return -ENOMEM;
	}
	request->kind = kind;
	request->params = params;
	r = vdb_request_send_queued(db, request);
	if (r < 0)
		vdb_request_free(request);
	else if (ret_id)
		*ret_id = request->id;
	return r;
}
