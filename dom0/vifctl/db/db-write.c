// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * vifctl db set|add|remove|clear|create|destroy: one transaction each. What
 * hosts look at raises Global.next_cfg, and the hosts that are connected are
 * waited for; what they write themselves, and Global, does not.
 */
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/control.h"
#include "base/mem.h"
#include "base/uuid.h"
#include "vifctl/db/db-record.h"
#include "vifctl/db/db-value.h"
#include "vifctl/policy.h"
#include "vifctl/policy/database.h"

typedef int (*builder)(struct vifctl *v, const struct records *r, struct vifdb_txn *txn);

static int row_of_operand(struct vifctl *v, const struct records *r, struct vifdb_txn *txn,
			  const struct vifdb_row **ret)
{
	int status = record_find(r, operand(v, 1), ret);

	if (status == VIFCTL_OK)
		vifdb_txn_verify(txn, *ret);
	return status;
}

/* "COLUMN=VALUE" into @row. */
static int set_column(const struct records *r, const char *word, json_t *row)
{
	const char *equals = strchr(word, '=');
	_cleanup_free_ char *problem = NULL, *column = NULL;
	const json_t *type;
	json_t *value;

	if (!equals)
		return vifctl_fail(VIFCTL_USAGE, "\"%s\": COLUMN=VALUE is needed", word);
	column = xprintf("%.*s", (int)(equals - word), word);
	type = record_column(r, column);
	if (!type)
		return VIFCTL_NOT_FOUND;
	value = value_parse(type, equals + 1, &problem);
	if (!value)
		return vifctl_fail(VIFCTL_USAGE, "%s: %s", column, problem);
	json_object_set_new(row, column, value);
	return VIFCTL_OK;
}

static void mutate(struct vifdb_txn *txn, const struct records *r, const struct vifdb_row *row,
		   const char *column, const char *how, json_t *value)
{
	vifdb_txn_mutate(txn, r->table, vifdb_where_uuid(vifdb_row_uuid(row)),
			 json_pack("[[s, s, o]]", column, how, value));
}

/* "COLUMN:KEY=VALUE": the key's old value goes first. */
static int set_key(const struct records *r, struct vifdb_txn *txn, const struct vifdb_row *row,
		   const char *word, size_t colon)
{
	_cleanup_free_ char *column = xprintf("%.*s", (int)colon, word), *problem = NULL, *key = NULL;
	const char *equals = strchr(word + colon, '=');
	const json_t *type = record_column(r, column);
	json_t *map, *pair;

	if (!type)
		return VIFCTL_NOT_FOUND;
	if (!type_is_map(type) || !equals)
		return vifctl_fail(VIFCTL_USAGE, "\"%s\": %s", word, equals ? "this column is no map" :
				   "COLUMN:KEY=VALUE is needed");
	map = value_parse(type, word + colon + 1, &problem);
	pair = json_array_get(json_array_get(map, 1), 0);
	if (!pair) {
		json_decref(map);
		return vifctl_fail(VIFCTL_USAGE, "%s: %s", word, problem ?: "KEY=VALUE is needed");
	}
	mutate(txn, r, row, column, "delete", json_pack("[s, [O]]", "set", json_array_get(pair, 0)));
	mutate(txn, r, row, column, "insert", map);
	return VIFCTL_OK;
}

static int build_set(struct vifctl *v, const struct records *r, struct vifdb_txn *txn)
{
	const struct vifdb_row *row;
	json_t *columns = json_object();
	int status = row_of_operand(v, r, txn, &row);

	for (int i = 2; status == VIFCTL_OK && i < v->operand_count; i++) {
		size_t colon = strcspn(operand(v, i), ":=");

		if (operand(v, i)[colon] == ':')
			status = set_key(r, txn, row, operand(v, i), colon);
		else
			status = set_column(r, operand(v, i), columns);
	}
	if (status == VIFCTL_OK && json_object_size(columns))
		vifdb_txn_update(txn, r->table, vifdb_where_uuid(vifdb_row_uuid(row)),
				 json_incref(columns));
	json_decref(columns);
	return status;
}

static int build_mutation(struct vifctl *v, const struct records *r, struct vifdb_txn *txn,
			  const char *how)
{
	const char *column = operand(v, 2);
	const json_t *type = record_column(r, column);
	const struct vifdb_row *row;
	int status = type ? row_of_operand(v, r, txn, &row) : VIFCTL_NOT_FOUND;
	bool keys = type && type_is_map(type) && !strcmp(how, "delete");

	if (status == VIFCTL_OK && (type_is_scalar(type) || type_is_optional(type)))
		return vifctl_fail(VIFCTL_USAGE, "%s is no set and no map; use vifctl db set or clear",
				   column);
	for (int i = 3; status == VIFCTL_OK && i < v->operand_count; i++) {
		_cleanup_free_ char *problem = NULL;
		bool key = keys && !strchr(operand(v, i), '=');
		json_t *value = key ? atom_parse(type, false, operand(v, i), &problem) :
				      value_parse(type, operand(v, i), &problem);

		if (!value)
			status = vifctl_fail(VIFCTL_USAGE, "%s: %s", column, problem);
		else
			mutate(txn, r, row, column, how, key ? json_pack("[s, [o]]", "set", value) :
							       value);
	}
	return status;
}

static int build_add(struct vifctl *v, const struct records *r, struct vifdb_txn *txn)
{
	return build_mutation(v, r, txn, "insert");
}

static int build_remove(struct vifctl *v, const struct records *r, struct vifdb_txn *txn)
{
	return build_mutation(v, r, txn, "delete");
}

static int build_clear(struct vifctl *v, const struct records *r, struct vifdb_txn *txn)
{
	const struct vifdb_row *row;
	json_t *columns = json_object();
	int status = row_of_operand(v, r, txn, &row);

	for (int i = 2; status == VIFCTL_OK && i < v->operand_count; i++) {
		const json_t *type = record_column(r, operand(v, i));

		if (!type)
			status = VIFCTL_NOT_FOUND;
		else if (type_is_scalar(type))
			status = vifctl_fail(VIFCTL_USAGE, "%s cannot be empty", operand(v, i));
		else
			json_object_set_new(columns, operand(v, i),
					    json_pack("[s, []]", type_is_map(type) ? "map" : "set"));
	}
	if (status == VIFCTL_OK)
		vifdb_txn_update(txn, r->table, vifdb_where_uuid(vifdb_row_uuid(row)),
				 json_incref(columns));
	json_decref(columns);
	return status;
}

static int build_create(struct vifctl *v, const struct records *r, struct vifdb_txn *txn)
{
	json_t *row = json_object();
	int status = VIFCTL_OK;

	for (int i = 1; status == VIFCTL_OK && i < v->operand_count; i++)
		status = set_column(r, operand(v, i), row);
	if (status == VIFCTL_OK)
		vifdb_txn_insert(txn, r->table, json_incref(row), NULL);
	json_decref(row);
	return status;
}

static int build_destroy(struct vifctl *v, const struct records *r, struct vifdb_txn *txn)
{
	const struct vifdb_row *row;
	int status = VIFCTL_OK;

	for (int i = 1; status == VIFCTL_OK && i < v->operand_count; i++) {
		status = record_find(r, operand(v, i), &row);
		if (status == VIFCTL_OK) {
			vifdb_txn_verify(txn, row);
			vifdb_txn_delete(txn, r->table, vifdb_where_uuid(vifdb_row_uuid(row)));
			/* What a host said of VMs is nobody's when the host is none. */
			if (strcmp(r->table, "Host") == 0)
				vifdb_txn_delete(txn, "Location", vifdb_where("host", "==",
						 json_string(vifdb_string(row, "name"))));
		}
	}
	return status;
}

struct write {
	struct vifctl *v;
	struct records records;
	builder build;
	char uuid[UUID_TEXT_LEN + 1];	/* of a row that was created; else empty */
};

static int build(void *arg, struct vifdb_txn *txn, bool *nothing)
{
	struct write *w = arg;

	return w->build(w->v, &w->records, txn);
}

static void built(void *arg, const struct vifdb_txn *txn)
{
	struct write *w = arg;
	uint8_t uuid[16];

	if (w->build == build_create && vifdb_txn_inserted(txn, 0, uuid))
		uuid_format(uuid, w->uuid);
}

static int change(struct vifctl *v, builder what)
{
	struct write w = { .v = v, .build = what };
	struct commit commit = { .build = build, .done = built, .arg = &w };
	json_t *report = NULL;
	int status = records_open(v, &w.records);

	if (status)
		return status;
	if (v->json)
		report = json_pack("{s:i, s:b}", "format", VIFSWITCH_OUTPUT_FORMAT, "dry_run",
				   v->dry_run);
	commit.numbered = w.records.policy;
	status = commit_repeat(v, w.records.db, &commit);
	if (status == VIFCTL_OK && *w.uuid && report)
		json_object_set_new(report, "uuid", json_string(w.uuid));
	else if (status == VIFCTL_OK && *w.uuid)
		fprintf(v->out, "%s\n", w.uuid);
	if (status == VIFCTL_OK && commit.number >= 0)
		status = wait_all_applied(v, w.records.db, commit.number, report);
	if (report)
		vifctl_print_json(v, report, JSON_INDENT(2));
	json_decref(report);
	records_close(&w.records);
	return status ? status : vifctl_finish(v, VIFCTL_OK);
}

int run_db_set(struct vifctl *v)
{
	return change(v, build_set);
}

int run_db_add(struct vifctl *v)
{
	return change(v, build_add);
}

int run_db_remove(struct vifctl *v)
{
	return change(v, build_remove);
}

int run_db_clear(struct vifctl *v)
{
	return change(v, build_clear);
}

int run_db_create(struct vifctl *v)
{
	return change(v, build_create);
}

int run_db_destroy(struct vifctl *v)
{
	return change(v, build_destroy);
}
