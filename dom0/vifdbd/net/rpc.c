// SPDX-License-Identifier: GPL-2.0-or-later
/* JSON-RPC 1.0 as RFC 7047 section 4 uses it: which method does what. */
#include <errno.h>

#include "base/log.h"
#include "vifdbd/net/author.h"
#include "vifdbd/net/convert-rpc.h"
#include "vifdbd/net/lock.h"
#include "vifdbd/net/message.h"
#include "vifdbd/net/monitor.h"
#include "vifdbd/net/reply.h"
#include "vifdbd/net/rpc.h"
#include "vifdbd/net/server.h"
#include "vifdbd/net/trigger.h"
#include "vifdbd/ovsdb/json-memory.h"
#include "vifdbd/ovsdb/work.h"

static struct dberr *rpc_list_dbs(struct session *s, const json_t *params, struct buf *result)
{
	const struct server *server = s->server;

	buf_putc(result, '[');
	buf_json_string(result, server->self->schema->name, strlen(server->self->schema->name));
	buf_putc(result, ',');
	buf_json_string(result, server->db->schema->name, strlen(server->db->schema->name));
	buf_putc(result, ']');
	return NULL;
}

static struct dberr *rpc_get_schema(struct session *s, const json_t *params, struct buf *result)
{
	const char *name = json_string_value(json_array_get(params, 0));
	struct db *db = name ? server_db(s->server, name) : NULL;

	/* Debian's python3-openvswitch sends a second parameter. */
	if (!name)
		return err_syntax(params, "expected the name of a database");
	if (!db)
		return err_about(ERR_UNKNOWN_DB, params, "no database named %.60s", name);
	buf_put(result, db->schema_text->data, db->schema_text->len);
	return NULL;
}

static struct dberr *rpc_get_server_id(struct session *s, const json_t *params, struct buf *result)
{
	char id[UUID_TEXT_LEN + 1];

	uuid_format(s->server->id.b, id);
	buf_json_string(result, id, UUID_TEXT_LEN);
	return NULL;
}

static struct dberr *rpc_echo(struct session *s, const json_t *params, struct buf *result)
{
	buf_json(result, params);
	return NULL;
}

static struct dberr *rpc_set_db_change_aware(struct session *s, const json_t *params,
					     struct buf *result)
{
	if (json_array_size(params) != 1 || !json_is_boolean(json_array_get(params, 0)))
		return err_syntax(params, "expected true or false");
	s->change_aware = json_is_true(json_array_get(params, 0));
	buf_puts(result, "{}");
	return NULL;
}

static struct dberr *rpc_compact(struct session *s, const json_t *params, struct buf *result)
{
	struct storage *storage = s->server->db->storage;
	int64_t before, after;

	if (json_array_size(params))
		return err_syntax(params, "expected no parameters");
	if (storage->ops->size(storage, &before) || storage->ops->compact(storage) ||
	    storage->ops->size(storage, &after))
		return err_new(ERR_IO, "%s", storage->ops->message(storage));
	buf_puts(result, "{\"before\":");
	buf_i64(result, before);
	buf_puts(result, ",\"after\":");
	buf_i64(result, after);
	buf_putc(result, '}');
	return NULL;
}

static const struct {
	const char *name;
	struct dberr *(*run)(struct session *s, const json_t *params, struct buf *result);
	bool needs_flush; /* must not see what is not durable yet */
	bool changes;	  /* what others see, beside rows */
} methods[] = {
	{ "echo", rpc_echo, false, false },
	{ "list_dbs", rpc_list_dbs, false, false },
	{ "get_schema", rpc_get_schema, false, false },
	{ "get_server_id", rpc_get_server_id, false, false },
	{ "set_db_change_aware", rpc_set_db_change_aware, false, false },
	{ "convert", rpc_convert, true, true },
	{ "compact", rpc_compact, true, true },
	{ "monitor", rpc_monitor, true, false },
	{ "monitor_cond", rpc_monitor_cond, true, false },
	{ "monitor_cond_since", rpc_monitor_cond_since, true, false },
	{ "monitor_cond_change", rpc_monitor_cond_change, true, false },
	{ "monitor_cancel", rpc_monitor_cancel, true, false },
	{ "lock", rpc_lock, true, true },
	{ "steal", rpc_steal, true, true },
	{ "unlock", rpc_unlock, true, false },
};

/* A host's daemon may hold the lock that says that this host is there. */
static bool may_lock(struct session *s, const char *method, const json_t *params)
{
	const struct author *a = session_author(s);
	const char *lock = json_string_value(json_array_get(params, 0));
	_cleanup_free_ char *own = rights_host_lock(a->certificate);

	return a->rights == RIGHTS_HOST && !strcmp(method, "lock") && lock && !strcmp(lock, own);
}

static void request(struct session *s, const char *method, const json_t *params, const json_t *id)
{
	_cleanup_(err_freep) struct dberr *err = NULL;
	struct buf b = { 0 };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(methods); i++)
		if (!strcmp(method, methods[i].name))
			break;
	if (i == ARRAY_SIZE(methods)) {
		err = err_new(ERR_UNKNOWN_METHOD, "no method named %.60s", method);
		rpc_reply_error(s, id, err);
		return;
	}
	if (methods[i].changes && session_author(s)->rights != RIGHTS_ALL &&
	    !may_lock(s, method, params)) {
		err = err_new(ERR_NOT_ALLOWED, "who shows the certificate %.100s may not %s",
			      session_author(s)->certificate, method);
		rpc_reply_error(s, id, err);
		return;
	}
	if (methods[i].needs_flush && s->server->db->n_batch)
		server_flush(s->server);
	if (s->closed)
		return;
	rpc_reply_begin(id, &b);
	err = methods[i].run(s, params, &b);
	if (err) {
		rpc_reply_error(s, id, err);
	} else {
		buf_puts(&b, ",\"error\":null}");
		session_send(s, msg_from_buf(&b), false);
	}
	buf_free(&b);
}

static void refuse(struct session *s, const json_t *id, const char *problem)
{
	_cleanup_(err_freep) struct dberr *err = err_new(ERR_SYNTAX, "%s", problem);

	rpc_reply_error(s, id, err);
}

int rpc_message(struct session *s, const char *text, size_t len)
{
	json_t *json, *params, *id;
	const char *method, *problem;
	json_error_t error;
	size_t before;
	int r = 0;

	work_begin();
	work_add_octets(len);
	before = json_memory();
	json = message_parse(text, len, &problem, &error);
	s->message = json_memory() - before;
	if (!json) {
		log_info("%s: bad message: %s", s->name, error.text);
		return -EBADMSG;
	}
	method = json_string_value(json_object_get(json, "method"));
	params = json_object_get(json, "params");
	id = json_object_get(json, "id");
	if (!method && id && !json_is_null(id) && json_object_get(json, "result"))
		; /* the answer to a probe: that it came is all there is to know */
	else if (!method || !json_is_array(params) || !id)
		r = -EBADMSG;
	else if (problem && !json_is_null(id))
		refuse(s, id, problem);
	else if (problem)
		; /* a notification is not answered */
	else if (!json_is_null(id) && !strcmp(method, "transact"))
		rpc_transact(s, params, id);
	else if (!json_is_null(id))
		request(s, method, params, id);
	else if (!strcmp(method, "cancel"))
		rpc_cancel(s, params);
	json_decref(json);
	return r;
}
