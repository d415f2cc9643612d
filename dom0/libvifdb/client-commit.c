// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Sending transactions and understanding the answers. A request outlives its
 * transaction (vifdb_txn_free() while it is under way), so it holds what is to
 * be sent. done() may free the transaction it is called with, or any other:
 * nothing here looks at a transaction after calling it.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "libvifdb/client-commit.h"
#include "libvifdb/client-request.h"
#include "libvifdb/client-txn.h"

static void complete(struct vifdb *db, struct vifdb_txn *txn, enum vifdb_txn_status status)
{
	txn->request = NULL;
	txn->status = status;
	db->events++;
	if (txn->done)
		txn->done(txn, txn->arg);
}

void vdb_commit_lost(struct vifdb *db)
{
	struct vdb_requests sent = TAILQ_HEAD_INITIALIZER(sent);
	struct vdb_request *request;

	TAILQ_CONCAT(&sent, &db->sent, entry);
	while ((request = TAILQ_FIRST(&sent))) {
		struct vifdb_txn *txn = request->txn;

		TAILQ_REMOVE(&sent, request, entry);
		vdb_request_free(request);
		if (!txn)
			continue;
		txn->error = vdb_sentence("the connection broke: it may have been committed or not");
		complete(db, txn, VIFDB_TXN_LOST);
	}
}

int vdb_commit_start(struct vifdb *db)
{
	struct vdb_request *request;
	int r;

	while ((request = TAILQ_FIRST(&db->queued))) {
		TAILQ_REMOVE(&db->queued, request, entry);
		r = vdb_request_send_queued(db, request);
		if (r < 0) {
			TAILQ_INSERT_HEAD(&db->queued, request, entry);
			return r;
		}
	}
	return 0;
}

/* Whether @text begins with @atom as JSON (or, of a string, its content) writes it. */
static bool begins_with(const char *text, const json_t *atom)
{
	_cleanup_free_ char *written = json_dumps(atom, JSON_ENCODE_ANY);
	size_t len = written ? strlen(written) : 0;
	const char *string = json_string_value(atom);
	size_t string_len = string ? strlen(string) : 0;

	return (len && !strncmp(text, written, len) && text[len] == ' ') ||
	       (string_len && !strncmp(text, string, string_len) && text[string_len] == ' ');
}

static bool value_begins(const char *text, const json_t *value)
{
	const json_t *array = json_array_get(value, 1), *element;
	size_t i;

	if (!json_is_array(value))
		return begins_with(text, value);
	json_array_foreach(array, i, element)
		if (value_begins(text, element))
			return true;
	return json_array_size(value) == 2 && begins_with(text, array);
}

/*
 * Servers say which value broke a constraint ("4095 is not in the range ...") but
 * not which column: it is the one of @operation that has this value, if there is
 * only one.
 */
static const char *column_of(const json_t *operation, const char *text, const char *tag)
{
	json_t *row = json_object_get(operation, "row"), *value;
	const char *name, *found = NULL;

	if (!tag || strcmp(tag, "constraint violation"))
		return NULL;
	json_object_foreach(row, name, value) {
		if (!value_begins(text, value))
			continue;
		if (found)
			return NULL;
		found = name;
	}
	return found;
}

static char *refusal(const struct vifdb_txn *txn, int i, const json_t *error)
{
	_cleanup_free_ char *text = vdb_error_text(error);
	const json_t *operation = i >= 0 ? json_array_get(txn->operations, i) : NULL;
	const char *table = json_string_value(json_object_get(operation, "table"));
	const char *tag = json_string_value(json_object_get(error, "error"));
	const char *column = text ? column_of(operation, text, tag) : NULL;

	if (!text)
		return NULL;
	/* vifdbd's own texts begin so. */
	if (!table || !strncmp(text, "table ", 6))
		return vdb_sentence("%s", text);
	if (column)
		return vdb_sentence("%s: %s: %s", table, column, text);
	return vdb_sentence("%s: %s", table, text);
}

static enum vifdb_txn_status status_of(const json_t *error)
{
	const char *tag = json_string_value(json_is_object(error) ?
					    json_object_get(error, "error") : error);

	if (tag && !strcmp(tag, "timed out"))
		return VIFDB_TXN_CONFLICT;
	if (tag && !strcmp(tag, "not owner"))
		return VIFDB_TXN_NOT_LOCKED;
	return VIFDB_TXN_REFUSED;
}

int vdb_commit_answer(struct vifdb *db, struct vifdb_txn *txn, json_t *result, const json_t *error)
{
	size_t n, i;
	json_t *one;

	if (!txn)
		return 0;
	n = vifdb_txn_operations(txn);
	if (!error && (!json_is_array(result) || json_array_size(result) <= n)) {
		json_array_foreach(result, i, one)
			if (json_object_get(one, "error"))
				break;
		if (i >= json_array_size(result)) {
			vdb_fail(db, "the server's answer to transact is none");
			/* The request is gone from the list: this is its end. */
			txn->error = vdb_sentence("%s", vifdb_error(db));
			complete(db, txn, VIFDB_TXN_LOST);
			return -EPROTO;
		}
	}
	if (error) {
		txn->error = refusal(txn, -1, error);
		complete(db, txn, status_of(error));
		return 0;
	}
	json_array_foreach(result, i, one) {
		const json_t *failed = json_object_get(one, "error");

		if (!failed)
			continue;
		txn->error_operation = i < n ? (int)i : -1;
		txn->error = refusal(txn, txn->error_operation, one);
		complete(db, txn, status_of(failed));
		return 0;
	}
	txn->result = json_incref(result);
	complete(db, txn, VIFDB_TXN_COMMITTED);
	return 0;
}

/* The database's name, the operations, and that the answer must wait for the disk. */
static json_t *params_of(const struct vifdb_txn *txn)
{
	json_t *params = json_pack("[s]", txn->db->database);
	json_t *durable = json_pack("{ss sb}", "op", "commit", "durable", 1);

	if (json_array_extend(params, txn->operations) || json_array_append(params, durable)) {
		json_decref(params);
		params = NULL;
	}
	json_decref(durable);
	return params;
}

int vifdb_txn_commit(struct vifdb_txn *txn, void (*done)(struct vifdb_txn *txn, void *arg),
		     void *arg)
{
	struct vifdb *db = txn->db;
	struct vdb_request *request;
	int r;

	if (!db || txn->status != VIFDB_TXN_BUILDING)
		return -EINVAL;
	if (txn->problem) {
		vdb_fail(db, "%s", vifdb_txn_error(txn));
		return txn->problem;
	}
	request = calloc(1, sizeof(*request));
	if (!request)
		return -ENOMEM;
	request->kind = VDB_TRANSACT;
	request->txn = txn;
	request->params = params_of(txn);
	if (!request->params) {
		free(request);
		return -ENOMEM;
	}
	if (db->state == VIFDB_READY) {
		r = vdb_request_send_queued(db, request);
		if (r < 0) {
			vdb_request_free(request);
			return r;
		}
		vdb_output_flush(db);
	} else {
		TAILQ_INSERT_TAIL(&db->queued, request, entry);
	}
	txn->request = request;
	txn->status = VIFDB_TXN_PENDING;
	txn->done = done;
	txn->arg = arg;
	return 0;
}
