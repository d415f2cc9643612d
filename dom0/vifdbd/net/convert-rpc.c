// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * "convert": another schema for a database that is being served.
 *
 * Nobody may go on with what they knew of the old schema. Clients that asked for
 * it (set_db_change_aware) are told which of their monitors ended, and that their
 * transactions that waited are canceled; others are disconnected, once what was
 * queued for them is sent, so that they begin anew. That is what ovsdb-server does.
 */

#include "base/log.h"
#include "vifdbd/net/convert-rpc.h"
#include "vifdbd/net/monitor.h"
#include "vifdbd/net/remote.h"
#include "vifdbd/net/self.h"
#include "vifdbd/net/trigger.h"
#include "vifdbd/txn/convert.h"

static struct dberr *convert_check(struct server *server, const json_t *params,
				   struct db_schema **ret)
{
	const char *name = json_string_value(json_array_get(params, 0));
	struct dberr *err;

	if (json_array_size(params) != 2 || !name)
		return err_syntax(params, "expected a database name, then its new schema");
	if (!server_db(server, name))
		return err_about(ERR_UNKNOWN_DB, params, "no database named %.60s", name);
	if (server_db(server, name) != server->db)
		return err_new(ERR_NOT_ALLOWED, "%s has a fixed schema", name);
	if (server->pool)
		return err_new(ERR_NOT_ALLOWED, "%s belongs to a pool, whose hosts agree on a schema",
			       name);
	err = schema_parse(json_array_get(params, 1), ret);
	if (err || !strcmp((*ret)->name, name))
		return err;
	err = err_new(ERR_PARAMETERS, "the schema is of a database %.60s, not of %s", (*ret)->name,
		      name);
	schema_free(TAKE_PTR(*ret));
	return err;
}

static void replace(struct server *server, struct db *new)
{
	struct db *old = server->db;
	struct session *s;

	triggers_cancel(server, old);
	monitors_cancel(server, old);
	new->changed = old->changed;
	new->changed_arg = old->changed_arg;
	server->db = new;
	self_changed(server->self, new);
	TAILQ_FOREACH(s, &server->sessions.list, link)
		if (!s->change_aware)
			session_hang_up(s);
	db_free(old);
	remotes_sync(server);
	/* Some may wait for what _Server says. */
	triggers_run(server);
}

struct dberr *rpc_convert(struct session *s, const json_t *params, struct buf *result)
{
	struct server *server = s->server;
	struct db_schema *schema = NULL;
	struct dberr *err = convert_check(server, params, &schema);
	struct db *new;

	if (err)
		return err;
	/* Transactions that waited may run when one is stored, and be stored in turn. */
	while (server->db->n_batch)
		server_flush(server);
	err = db_convert_stored(server->db, json_array_get(params, 1), schema, &new);
	if (err)
		return err;
	log_notice("%s: %s converted from schema version %s to %s", s->name, new->schema->name,
		   server->db->schema->version, new->schema->version);
	replace(server, new);
	buf_puts(result, "{}");
	return NULL;
}
