// SPDX-License-Identifier: GPL-2.0-or-later
#include "vifxapid/xapi-rows.h"

#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/json-value.h"
#include "base/log.h"
#include "base/uuid.h"
#include "xapi/xapi-plan.h"
#include "xapi/xapi-wanted.h"

#define KEY_MAX		(UUID_TEXT_LEN + 24)

/* "VM/DEVID"; false: a row that names none. */
static bool key_of(const struct vifdb_row *row, char ret[KEY_MAX])
{
	const uint8_t *vm = vifdb_uuid(row, "vm");
	char uuid[UUID_TEXT_LEN + 1];
	int64_t devid;

	if (!vm || !vifdb_integer(row, "devid", &devid))
		return false;
	vifdb_uuid_format(vm, uuid);
	snprintf(ret, KEY_MAX, "%s/%lld", uuid, (long long)devid);
	return true;
}

/* What was refused beside the row that was there may be taken beside this one. */
static void on_change(struct vifdb *db, const struct vifdb_row *row, enum vifdb_change change,
		      void *arg)
{
	struct xapi_rows *rows = arg;
	char key[KEY_MAX];

	rows->dirty = true;
	if (strcmp(vifdb_row_table(row), "Port") == 0 && key_of(row, key))
		json_object_del(rows->refused, key);
}

static void on_state(struct vifdb *db, enum vifdb_state state, void *arg)
{
	struct xapi_rows *rows = arg;

	rows->dirty = true;
	if (state == VIFDB_READY)
		log_info("the policy database is there");
	else if (state == VIFDB_DISCONNECTED)
		log_warning("no policy database: %s", vifdb_error(db));
}

/* Also what names a row, and external_ids. */
static int follow(struct vifdb *db)
{
	static const char *const others[] = { "vm", "devid", "external_ids" };
	const char *columns[32];
	size_t n = 0;

	for (const char *const *name = xapi_columns; *name; name++)
		columns[n++] = *name;
	for (size_t i = 0; i < ARRAY_SIZE(others); i++)
		columns[n++] = others[i];
	columns[n] = NULL;
	return vifdb_follow(db, "Port", columns);
}

int xapi_rows_open(struct xapi_rows *rows, const char *remote)
{
	static const struct vifdb_ops ops = { .state = on_state, .change = on_change };
	int r;

	*rows = (struct xapi_rows){};
	r = vifdb_new(remote, NULL, &rows->db);
	if (r < 0)
		return r;
	rows->refused = json_object();
	rows->at_once = XAPI_ROWS_AT_ONCE;
	vifdb_set_ops(rows->db, &ops, rows);
	r = follow(rows->db);
	if (r == 0)
		r = vifdb_follow(rows->db, "Global", NULL);
	return r;
}

void xapi_rows_close(struct xapi_rows *rows)
{
	rows->txn = vifdb_txn_free(rows->txn);
	rows->db = vifdb_free(rows->db);
	json_decref(rows->keys);
	json_decref(rows->refused);
	json_decref(rows->wanted);
	json_decref(rows->problems);
	*rows = (struct xapi_rows){};
}

static json_t *columns_of(const struct vifdb_row *row)
{
	char uuid[UUID_TEXT_LEN + 1];
	json_t *columns = json_object();

	vifdb_uuid_format(vifdb_row_uuid(row), uuid);
	json_object_set_new(columns, "_uuid", json_string(uuid));
	json_object_set_new(columns, "external_ids", vifdb_json(row, "external_ids"));
	for (const char *const *name = xapi_columns; *name; name++)
		json_object_set_new(columns, *name, vifdb_json(row, *name));
	return columns;
}

static json_t *rows_there(struct vifdb *db)
{
	json_t *have = json_object();

	for (const struct vifdb_row *row = vifdb_first(db, "Port"); row; row = vifdb_next(row)) {
		char key[KEY_MAX];

		if (key_of(row, key))
			json_object_set_new(have, key, columns_of(row));
	}
	return have;
}

static json_t *where_of(const json_t *op)
{
	uint8_t uuid[16] = {};

	vifdb_uuid_parse(json_text_of(op, "uuid"), uuid);
	return vifdb_where_uuid(uuid);
}

static void put_operation(struct vifdb_txn *txn, const json_t *op)
{
	const char *what = json_text_of(op, "op");
	json_t *row = json_incref(json_object_get(op, "row"));

	if (strcmp(what, "insert") == 0)
		vifdb_txn_insert(txn, "Port", row, NULL);
	else if (strcmp(what, "update") == 0)
		vifdb_txn_update(txn, "Port", where_of(op), row);
	else
		vifdb_txn_delete(txn, "Port", where_of(op));
}

/* A row that the database refused is not offered again until XAPI says something else of it. */
static bool is_refused(const struct xapi_rows *rows, const char *key)
{
	const json_t *then = json_object_get(rows->refused, key);

	return then && json_equal(then, json_object_get(rows->wanted, key));
}

static void refuse(struct xapi_rows *rows, const char *key, const char *why)
{
	json_t *wanted = json_object_get(rows->wanted, key);

	log_error("the database does not take the row of %s: %s", key, why);
	json_object_set(rows->refused, key, wanted ?: json_null());
}

/*
 * Of a transaction as a whole nobody says which row it was, and it may be one that another host
 * has just put in: then it is one row at a time.
 */
static void refuse_whole(struct xapi_rows *rows, const char *why)
{
	if (json_array_size(rows->keys) == 1)
		refuse(rows, json_string_value(json_array_get(rows->keys, 0)), why);
	rows->at_once = 1;
}

static void on_done(struct vifdb_txn *txn, void *arg)
{
	struct xapi_rows *rows = arg;
	int at = vifdb_txn_error_operation(txn);
	const char *key = at < 0 ? NULL : json_string_value(json_array_get(rows->keys, (size_t)at));

	rows->dirty = true;
	switch (vifdb_txn_status(txn)) {
	case VIFDB_TXN_COMMITTED:
		log_info("%zu rows brought to what XAPI wants", json_array_size(rows->keys));
		if (rows->at_once < XAPI_ROWS_AT_ONCE)
			rows->at_once *= 2;
		break;
	case VIFDB_TXN_REFUSED:
		if (key)
			refuse(rows, key, vifdb_txn_error(txn));
		else
			refuse_whole(rows, vifdb_txn_error(txn));
		break;
	default:
		break;		/* somebody was faster, or it was lost: what there is decides */
	}
}

static void begin(struct xapi_rows *rows, const json_t *plan)
{
	const json_t *op;
	size_t i;

	if (vifdb_txn_new(rows->db, &rows->txn) < 0)
		return;
	json_decref(rows->keys);
	rows->keys = json_array();
	json_array_foreach(plan, i, op) {
		const char *key = json_text_of(op, "key");

		if (is_refused(rows, key) || json_array_size(rows->keys) == rows->at_once)
			continue;
		put_operation(rows->txn, op);
		json_array_append_new(rows->keys, json_string(key));
	}
	if (json_array_size(rows->keys)) {
		vifdb_txn_number(rows->txn);
		vifdb_txn_comment(rows->txn, "vifxapid: what XAPI says of its VIFs");
		if (vifdb_txn_commit(rows->txn, on_done, rows) == 0)
			return;
		log_error("a transaction cannot be made: %s", vifdb_txn_error(rows->txn));
	}
	rows->txn = vifdb_txn_free(rows->txn);
}

static bool has_text(const json_t *list, const json_t *text)
{
	const json_t *item;
	size_t i;

	json_array_foreach(list, i, item)
		if (json_equal(item, text))
			return true;
	return false;
}

static void want(struct xapi_rows *rows, const struct xapi_model *model)
{
	json_t *problems;
	const json_t *text;
	size_t i;

	json_decref(rows->wanted);
	rows->wanted = xapi_wanted(model, &problems);
	rows->of_changes = model->changes;
	rows->dirty = true;
	json_array_foreach(problems, i, text)
		if (!has_text(rows->problems, text))
			log_warning("%s", json_string_value(text));
	json_decref(rows->problems);
	rows->problems = problems;
}

void xapi_rows_run(struct xapi_rows *rows, const struct xapi_model *model)
{
	json_t *have, *plan;

	vifdb_run(rows->db);
	if (rows->txn && vifdb_txn_status(rows->txn) != VIFDB_TXN_PENDING)
		rows->txn = vifdb_txn_free(rows->txn);
	if (model->complete && (!rows->wanted || rows->of_changes != model->changes))
		want(rows, model);
	if (!rows->wanted || !rows->dirty || rows->txn || vifdb_state(rows->db) != VIFDB_READY)
		return;
	rows->dirty = false;
	have = rows_there(rows->db);
	plan = xapi_plan(rows->wanted, have);
	if (json_array_size(plan))
		begin(rows, plan);
	json_decref(plan);
	json_decref(have);
}
