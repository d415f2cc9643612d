// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include "base/json-value.h"
#include "base/log.h"
#include "handover/exchange.h"
#include "policydb/table-columns.h"

bool exchange_possible(const struct policy_db *db)
{
	return db->db && db->synced && vifdb_state(db->db) == VIFDB_READY &&
	       table_columns(db->db, HANDOVER_TABLE);
}

static bool read_row(const struct vifdb_row *row, struct handover_row *ret)
{
	const char *state = vifdb_string(row, "state");

	*ret = (struct handover_row){ .host = vifdb_string(row, "host"),
				      .taker = vifdb_string(row, "taker") };
	if (!ret->host || !state || !vifdb_integer(row, "domid", &ret->domid) ||
	    !vifdb_integer(row, "generation", &ret->generation) ||
	    !vifdb_integer(row, "since", &ret->since) ||
	    !vifdb_integer(row, "policy", &ret->policy))
		return false;
	while (ret->state < HANDOVER_STATES && strcmp(handover_state_words[ret->state], state) != 0)
		ret->state++;
	return ret->state < HANDOVER_STATES;
}

const struct vifdb_row *exchange_find(const struct policy_db *db,
				      const struct handover_identity *id, struct handover_row *ret)
{
	const struct vifdb_row *row;

	for (row = vifdb_first(db->db, HANDOVER_TABLE); row; row = vifdb_next(row)) {
		if (policy_row_is_of(row, id->vm, id->devid))
			return read_row(row, ret) ? row : NULL;
	}
	return NULL;
}

/* The other host that says in @row that it has the VM, or NULL. */
static const char *located_at(const struct policy_db *db, const struct vifdb_row *row,
			      const struct handover_identity *id)
{
	const char *host = vifdb_string(row, "host"), *state = vifdb_string(row, "state");

	return policy_row_is_of(row, id->vm, id->devid) && host &&
	       strcmp(host, db->host) != 0 && state &&
	       (strcmp(state, "active") == 0 || strcmp(state, "plugged") == 0) ? host : NULL;
}

/*
 * A host that died has its row still where the state is kept (a pool), so several may say
 * it: the writer is believed if it is one of them, else who came into that state last.
 */
const char *exchange_located(const struct policy_db *db, const struct handover_identity *id,
			     const char *writer)
{
	const struct vifdb_row *row;
	const char *ret = NULL;
	int64_t newest = 0;

	if (!policy_report_elsewhere(db, id->vm, id->devid))
		return NULL;
	for (row = vifdb_first(db->db, "Location"); row; row = vifdb_next(row)) {
		const char *host = located_at(db, row, id);
		int64_t since = 0;

		if (!host || policy_host_absent(db, host))
			continue;
		if (writer && strcmp(host, writer) == 0)
			return host;
		vifdb_integer(row, "since", &since);
		if (!ret || since > newest) {
			newest = since;
			ret = host;
		}
	}
	return ret;
}

/* ---- transactions ---- */

/* The row, if it still is what was read. */
static json_t *where(const uint8_t row[16], int64_t generation, const char *state)
{
	json_t *ret = vifdb_where_uuid(row);

	json_array_append_new(ret, json_pack("[s, s, I]", "generation", "==",
					     (json_int_t)generation));
	if (state)
		json_array_append_new(ret, json_pack("[s, s, s]", "state", "==", state));
	return ret;
}

static int64_t generation_of(const struct vifdb_row *row)
{
	int64_t generation = 0;

	vifdb_integer(row, "generation", &generation);
	return generation;
}

struct vifdb_txn *exchange_offer(struct policy_db *db, const struct handover_identity *id,
				 int64_t domid, int64_t now_ms, const char *record)
{
	const struct vifdb_row *row;
	struct handover_row is;
	struct vifdb_txn *txn;
	int64_t generation = now_ms;
	json_t *columns;

	if (vifdb_txn_new(db->db, &txn) < 0)
		return NULL;
	row = exchange_find(db, id, &is);
	if (row && is.generation >= generation)
		generation = is.generation + 1;
	columns = json_pack("{s:o, s:I, s:I, s:I, s:I, s:s, s:s, s:o, s:o}",
			    "host", json_text(db->host), "domid", (json_int_t)domid,
			    "generation", (json_int_t)generation,
			    "since", (json_int_t)(now_ms / 1000),
			    "policy", (json_int_t)db->cur_cfg,
			    "state", handover_state_words[HANDOVER_OFFERED], "record", record,
			    "taker", vifdb_json_empty(), "outcome", vifdb_json_empty());
	if (row) {
		vifdb_txn_update(txn, HANDOVER_TABLE,
				 where(vifdb_row_uuid(row), is.generation,
				       handover_state_words[is.state]), columns);
		return txn;
	}
	json_object_set_new(columns, "vm", vifdb_json_uuid(id->vm));
	json_object_set_new(columns, "devid", json_integer(id->devid));
	vifdb_txn_insert(txn, HANDOVER_TABLE, columns, NULL);
	return txn;
}

struct vifdb_txn *exchange_take(struct policy_db *db, const struct vifdb_row *row)
{
	const char *state = vifdb_string(row, "state"), *taker = vifdb_string(row, "taker");
	const uint8_t *uuid = vifdb_row_uuid(row);
	struct vifdb_txn *txn;
	json_t *as_read;

	if (vifdb_txn_new(db->db, &txn) < 0)
		return NULL;
	as_read = where(uuid, generation_of(row), state);
	json_array_append_new(as_read, json_pack("[s, s, o]", "taker", "==",
						 taker ? json_text(taker) : vifdb_json_empty()));
	vifdb_txn_update(txn, HANDOVER_TABLE, as_read,
			 json_pack("{s:s, s:o}", "state", handover_state_words[HANDOVER_TAKEN],
				   "taker", json_text(db->host)));
	vifdb_txn_operation(txn, json_pack("{s:s, s:s, s:o, s:[s]}", "op", "select",
					   "table", HANDOVER_TABLE,
					   "where", where(uuid, generation_of(row), NULL),
					   "columns", "record"));
	return txn;
}

struct vifdb_txn *exchange_clear(struct policy_db *db, const struct vifdb_row *row)
{
	const char *taken = handover_state_words[HANDOVER_TAKEN];
	struct vifdb_txn *txn;

	if (vifdb_txn_new(db->db, &txn) < 0)
		return NULL;
	vifdb_txn_update(txn, HANDOVER_TABLE, where(vifdb_row_uuid(row), generation_of(row), taken),
			 json_pack("{s:o}", "record", vifdb_json_empty()));
	return txn;
}

struct vifdb_txn *exchange_delete(struct policy_db *db, const struct vifdb_row *row)
{
	struct vifdb_txn *txn;

	if (vifdb_txn_new(db->db, &txn) < 0)
		return NULL;
	vifdb_txn_delete(txn, HANDOVER_TABLE, where(vifdb_row_uuid(row), generation_of(row), NULL));
	return txn;
}

struct vifdb_txn *exchange_outcome(struct policy_db *db, const uint8_t row[16],
				   int64_t generation, const char *outcome)
{
	struct vifdb_txn *txn;

	if (vifdb_txn_new(db->db, &txn) < 0)
		return NULL;
	vifdb_txn_update(txn, HANDOVER_TABLE, where(row, generation, NULL),
			 json_pack("{s:s}", "outcome", outcome));
	return txn;
}

bool exchange_commit(struct policy_db *db, struct vifdb_txn **txn,
		     void (*done)(struct vifdb_txn *txn, void *arg), void *arg)
{
	if (!*txn || vifdb_txn_commit(*txn, done, arg) < 0) {
		log_warning("policy database: a handover cannot be written: %s",
			    *txn ? vifdb_txn_error(*txn) : "out of memory");
		*txn = vifdb_txn_free(*txn);
		return false;
	}
	policy_db_rearm(db);
	return true;
}

bool exchange_done(const struct vifdb_txn *txn)
{
	const json_t *first = vifdb_txn_result(txn, 0);

	return vifdb_txn_status(txn) == VIFDB_TXN_COMMITTED &&
	       (json_object_get(first, "uuid") ||
		json_integer_value(json_object_get(first, "count")) == 1);
}

const char *exchange_record(const struct vifdb_txn *txn, size_t *ret_len)
{
	const json_t *rows = json_object_get(vifdb_txn_result(txn, 1), "rows");
	const json_t *record = json_object_get(json_array_get(rows, 0), "record");

	if (!json_is_string(record))
		return NULL;
	*ret_len = json_string_length(record);
	return json_string_value(record);
}
