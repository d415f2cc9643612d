// SPDX-License-Identifier: GPL-2.0-or-later
/* Building a transaction: operations of RFC 7047, section 5.2. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "libvifdb/client-txn.h"

int vifdb_txn_new(struct vifdb *db, struct vifdb_txn **ret)
{
	struct vifdb_txn *txn = calloc(1, sizeof(*txn));

	if (!txn)
		return -ENOMEM;
	txn->operations = json_array();
	if (!txn->operations) {
		free(txn);
		return -ENOMEM;
	}
	txn->db = db;
	txn->error_operation = -1;
	TAILQ_INSERT_TAIL(&db->txns, txn, entry);
	*ret = txn;
	return 0;
}

struct vifdb_txn *vifdb_txn_free(struct vifdb_txn *txn)
{
	if (!txn)
		return NULL;
	if (txn->request)
		txn->request->txn = NULL;
	if (txn->db)
		TAILQ_REMOVE(&txn->db->txns, txn, entry);
	json_decref(txn->operations);
	json_decref(txn->result);
	free(txn->error);
	free(txn);
	return NULL;
}

void vdb_txn_orphan(struct vifdb_txn *txn)
{
	TAILQ_REMOVE(&txn->db->txns, txn, entry);
	txn->db = NULL;
	txn->request = NULL;
	if (txn->status <= VIFDB_TXN_PENDING)
		txn->status = VIFDB_TXN_LOST;
}

/* The first mistake is the one that is told. */
static void mistake(struct vifdb_txn *txn, int problem, const char *what)
{
	if (txn->problem)
		return;
	txn->problem = problem;
	txn->error_operation = json_array_size(txn->operations);
	txn->error = vdb_sentence("operation %d: %s", txn->error_operation, what);
}

static void add(struct vifdb_txn *txn, json_t *operation)
{
	if (txn->status != VIFDB_TXN_BUILDING) {
		json_decref(operation);
		return;
	}
	if (!operation || json_array_append_new(txn->operations, operation))
		mistake(txn, -ENOMEM, "out of memory");
}

static bool bad(struct vifdb_txn *txn, bool is_bad, const char *what)
{
	if (is_bad)
		mistake(txn, -EINVAL, what);
	return is_bad;
}

void vifdb_txn_insert(struct vifdb_txn *txn, const char *table, json_t *row, json_t **ret_uuid)
{
	char name[32];

	snprintf(name, sizeof(name), "row%zu", json_array_size(txn->operations));
	if (bad(txn, !table, "insert without a table") ||
	    bad(txn, !json_is_object(row), "insert: the row is no JSON object"))
		json_decref(row);
	else
		add(txn, json_pack("{ss ss so ss}", "op", "insert", "table", table, "row", row,
				   "uuid-name", name));
	if (ret_uuid)
		*ret_uuid = json_pack("[ss]", "named-uuid", name);
}

static void add_where(struct vifdb_txn *txn, const char *op, const char *table, json_t *where,
		      const char *key, json_t *value)
{
	if (bad(txn, !table, "an operation without a table") ||
	    bad(txn, !json_is_array(where), "where is no JSON array")) {
		json_decref(where);
		json_decref(value);
		return;
	}
	if (key)
		add(txn, json_pack("{ss ss so so}", "op", op, "table", table, "where", where,
				   key, value));
	else
		add(txn, json_pack("{ss ss so}", "op", op, "table", table, "where", where));
}

void vifdb_txn_update(struct vifdb_txn *txn, const char *table, json_t *where, json_t *row)
{
	bad(txn, !json_is_object(row), "update: the row is no JSON object");
	add_where(txn, "update", table, where, "row", row);
}

void vifdb_txn_mutate(struct vifdb_txn *txn, const char *table, json_t *where, json_t *mutations)
{
	bad(txn, !json_is_array(mutations), "mutate: mutations are no JSON array");
	add_where(txn, "mutate", table, where, "mutations", mutations);
}

void vifdb_txn_delete(struct vifdb_txn *txn, const char *table, json_t *where)
{
	add_where(txn, "delete", table, where, NULL, NULL);
}

/* All columns that are followed, or _version, which stands for them. */
void vifdb_txn_verify(struct vifdb_txn *txn, const struct vifdb_row *row)
{
	const struct vdb_columns *columns = &row->table->columns;
	const char *version = vifdb_row_version(row) ? "_version" : NULL;
	json_t *names = json_array(), *values = json_object();
	bool failed = false;

	for (size_t i = 0; i < columns->n; i++) {
		const char *name = columns->v[i].name;

		if (version && strcmp(name, version))
			continue;
		failed |= json_array_append_new(names, json_string(name)) ||
			  json_object_set_new(values, name, vifdb_json(row, name));
	}
	if (failed) {
		json_decref(names);
		json_decref(values);
		add(txn, NULL);
		return;
	}
	add(txn, json_pack("{ss ss si so so ss s[o]}", "op", "wait", "table", row->table->name,
			   "timeout", 0, "where", vifdb_where_uuid(row->uuid), "columns", names,
			   "until", "==", "rows", values));
}

void vifdb_txn_need_lock(struct vifdb_txn *txn)
{
	if (!bad(txn, !txn->db || !txn->db->lock.name, "no lock was asked for with vifdb_lock()"))
		add(txn, json_pack("{ss ss}", "op", "assert", "lock", txn->db->lock.name));
}

void vifdb_txn_comment(struct vifdb_txn *txn, const char *text)
{
	if (!bad(txn, !text, "a comment without text"))
		add(txn, json_pack("{ss ss}", "op", "comment", "comment", text));
}

void vifdb_txn_operation(struct vifdb_txn *txn, json_t *operation)
{
	if (bad(txn, !json_is_object(operation), "no JSON object"))
		json_decref(operation);
	else
		add(txn, operation);
}

size_t vifdb_txn_operations(const struct vifdb_txn *txn)
{
	return json_array_size(txn->operations);
}

enum vifdb_txn_status vifdb_txn_status(const struct vifdb_txn *txn)
{
	return txn->status;
}

const char *vifdb_txn_error(const struct vifdb_txn *txn)
{
	return txn->error ? txn->error : "";
}

int vifdb_txn_error_operation(const struct vifdb_txn *txn)
{
	return txn->error_operation;
}

const json_t *vifdb_txn_result(const struct vifdb_txn *txn, size_t i)
{
	return txn->status == VIFDB_TXN_COMMITTED && i < vifdb_txn_operations(txn) ?
	       json_array_get(txn->result, i) : NULL;
}

bool vifdb_txn_inserted(const struct vifdb_txn *txn, size_t i, uint8_t ret[16])
{
	for (size_t k = 0; k < vifdb_txn_operations(txn); k++) {
		const json_t *operation = json_array_get(txn->operations, k), *uuid;
		const char *op = json_string_value(json_object_get(operation, "op"));

		if (!op || strcmp(op, "insert") || i--)
			continue;
		uuid = json_object_get(vifdb_txn_result(txn, k), "uuid");
		return vifdb_uuid_parse(json_string_value(json_array_get(uuid, 1)), ret);
	}
	return false;
}
