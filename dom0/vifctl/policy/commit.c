// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Changes into one transaction. What a change was computed from must still be so
 * when it is committed: every row that is updated or deleted is verified, and so
 * is an ACL whose rules change. Rows that are added are kept apart by the
 * schema's indexes. Either way somebody who was faster makes us plan anew.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "base/uuid.h"
#include "vifctl/policy/database.h"

struct builder {
	struct vifdb *db;
	struct vifdb_txn *txn;
	json_t *added;		/* "TABLE/NAME" -> ["named-uuid", ...] of this transaction */
	bool groups_go;		/* this transaction deletes groups */
	json_t *verified;	/* UUIDs of rows: once they are changed they are not as they were */
};

static json_t *uuid_json(const char *text)
{
	uint8_t uuid[16];

	/* Text that is none stays a string, which the server refuses by name. */
	return uuid_parse(text, strlen(text), uuid) ? vifdb_json_uuid(uuid) : json_string(text);
}

static json_t *reference(const struct builder *b, const char *table, const char *name)
{
	_cleanup_free_ char *key = xprintf("%s/%s", table, name);
	json_t *added = json_object_get(b->added, key);

	if (added)
		return json_incref(added);
	for (const struct vifdb_row *row = vifdb_first(b->db, table); row; row = vifdb_next(row))
		if (!strcmp(vifdb_string(row, "name") ?: "", name))
			return vifdb_json_uuid(vifdb_row_uuid(row));
	return uuid_json(name);
}

static json_t *set_json(const struct builder *b, const struct column *column,
			const json_t *value)
{
	json_t *array = json_array(), *item;
	size_t i;

	json_array_foreach(value, i, item) {
		if (column->type == COLUMN_UUIDS)
			json_array_append_new(array, uuid_json(json_string_value(item)));
		else if (column->type == COLUMN_REFERENCES)
			json_array_append_new(array, reference(b, column->refers,
							       json_string_value(item)));
		else
			json_array_append(array, item);
	}
	return vifdb_json_set(array);
}

/* Places count on from the column's lowest. */
static json_t *ordered_json(const struct builder *b, const struct column *column,
			    const json_t *value)
{
	json_t *pairs = json_array(), *item;
	size_t i;

	json_array_foreach(value, i, item)
		json_array_append_new(pairs, json_pack("[I, o]", (json_int_t)(column->min + (int64_t)i),
			reference(b, column->refers, json_string_value(item))));
	return json_pack("[s, o]", "map", pairs);
}

/* In RFC 7047's notation; @value NULL: empty. */
static json_t *stored(const struct builder *b, const struct column *column, json_t *value)
{
	switch (column->type) {
	case COLUMN_MAP:
		return vifdb_json_map(value ? json_copy(value) : json_object());
	case COLUMN_RANGES:
		return json_pack("[s, o]", "map", value ? json_incref(value) : json_array());
	case COLUMN_ORDERED:
		return ordered_json(b, column, value);
	case COLUMN_UUID:
		return value ? uuid_json(json_string_value(value)) : vifdb_json_empty();
	case COLUMN_REFERENCE:
		return value ? reference(b, column->refers, json_string_value(value)) :
			       vifdb_json_empty();
	case COLUMN_INTEGERS:
	case COLUMN_STRINGS:
	case COLUMN_UUIDS:
	case COLUMN_REFERENCES:
		return set_json(b, column, value);
	case COLUMN_INTEGER:
	case COLUMN_STRING:
	case COLUMN_BOOLEAN:
	case COLUMN_NONE:
		break;
	}
	if (!value && column->always)
		return json_string("");
	return value ? json_incref(value) : vifdb_json_empty();
}

/* The columns of @o that are not as in @old; of a new row those that are not empty. */
static json_t *row_of(const struct builder *b, const struct object *old, const struct object *o)
{
	json_t *row = json_object();

	kind_for_each_field(o->kind, f)
		field_for_each_column(f, column) {
			json_t *value = json_object_get(o->columns, column->name),
			       *was = json_object_get(old ? old->columns : NULL, column->name);

			if (value == was || (value && was && json_equal(value, was)))
				continue;
			json_object_set_new(row, column->name, stored(b, column, value));
		}
	if (old && strcmp(old->name, o->name))
		json_object_set_new(row, "name", json_string(o->name));
	if (o->kind->id == OBJECT_RULE && (!old || old->priority != o->priority))
		json_object_set_new(row, "priority", json_integer(o->priority));
	return row;
}

static void verify(const struct builder *b, const struct object *old)
{
	const struct vifdb_row *row = vifdb_get(b->db, old->kind->table, old->row);
	char uuid[UUID_TEXT_LEN + 1];

	uuid_format(old->row, uuid);
	if (!row || json_object_get(b->verified, uuid))
		return;
	vifdb_txn_verify(b->txn, row);
	json_object_set_new(b->verified, uuid, json_true());
}

static void update(const struct builder *b, const struct object *old, const struct object *o)
{
	json_t *row = row_of(b, old, o);

	if (!json_object_size(row)) {
		json_decref(row);
		return;
	}
	verify(b, old);
	vifdb_txn_update(b->txn, o->kind->table, vifdb_where_uuid(old->row), row);
}

static json_t *add_rules(const struct builder *b, const struct object *old,
			 const struct object *acl)
{
	json_t *added = json_array(), *uuid;

	for (size_t i = 0; i < acl->rule_count; i++) {
		const struct object *rule = acl->rules[i], *was = rule_named(old, rule->name);
		json_t *row;

		if (was) {
			update(b, was, rule);
			continue;
		}
		row = row_of(b, NULL, rule);
		json_object_set_new(row, "name", json_string(rule->name));
		vifdb_txn_insert(b->txn, "Rule", row, &uuid);
		json_array_append_new(added, uuid);
	}
	return added;
}

static void add(const struct builder *b, const struct object *o)
{
	_cleanup_free_ char *key = xprintf("%s/%s", o->kind->table, o->name);
	json_t *row, *uuid, *rules = NULL;

	if (o->kind->id == OBJECT_ACL)
		rules = add_rules(b, NULL, o);
	row = row_of(b, NULL, o);
	if (rules)
		json_object_set_new(row, "rules", vifdb_json_set(rules));
	if (o->kind->id == OBJECT_PORT) {
		json_object_set_new(row, "vm", uuid_json(o->vm));
		json_object_set_new(row, "devid", json_integer(o->devid));
	} else if (o->kind->id == OBJECT_VM) {
		json_object_set_new(row, "uuid", uuid_json(o->name));
	} else {
		json_object_set_new(row, "name", json_string(o->name));
	}
	vifdb_txn_insert(b->txn, o->kind->table, row, &uuid);
	json_object_set_new(b->added, key, uuid);
}

/*
 * Rules that no ACL refers to any more are deleted by the server, but only after
 * it has looked at references: a rule that refers to a group which goes as well
 * must go first.
 */
static void drop_rule(const struct builder *b, const struct object *rule)
{
	if (b->groups_go && (json_object_get(rule->columns, "src_groups") ||
			     json_object_get(rule->columns, "dst_groups")))
		vifdb_txn_delete(b->txn, "Rule", vifdb_where_uuid(rule->row));
}

static void modify_rules(const struct builder *b, const struct object *old,
			 const struct object *acl)
{
	json_t *added = add_rules(b, old, acl), *gone = json_array(), *mutations = json_array();

	for (size_t i = 0; i < old->rule_count; i++) {
		if (rule_named(acl, old->rules[i]->name))
			continue;
		json_array_append_new(gone, vifdb_json_uuid(old->rules[i]->row));
		drop_rule(b, old->rules[i]);
	}
	if (json_array_size(gone))
		json_array_append_new(mutations, json_pack("[s, s, o]", "rules", "delete",
							   vifdb_json_set(json_incref(gone))));
	if (json_array_size(added))
		json_array_append_new(mutations, json_pack("[s, s, o]", "rules", "insert",
							   vifdb_json_set(json_incref(added))));
	json_decref(gone);
	json_decref(added);
	if (json_array_size(mutations)) {
		verify(b, old);
		vifdb_txn_mutate(b->txn, "ACL", vifdb_where_uuid(old->row), mutations);
	} else {
		json_decref(mutations);
	}
}

void commit_changes(struct vifdb *db, struct vifdb_txn *txn, const struct changes *c)
{
	struct builder b = { .db = db, .txn = txn, .added = json_object(),
			     .verified = json_object() };

	for (size_t i = 0; i < c->count; i++)
		if (!c->list[i].wanted && c->list[i].old->kind->id == OBJECT_GROUP)
			b.groups_go = true;
	for (size_t i = 0; i < c->count; i++) {
		const struct object *old = c->list[i].old, *wanted = c->list[i].wanted;

		if (!wanted) {
			verify(&b, old);
			vifdb_txn_delete(txn, old->kind->table, vifdb_where_uuid(old->row));
			for (size_t k = 0; k < old->rule_count; k++)
				drop_rule(&b, old->rules[k]);
		} else if (!old) {
			add(&b, wanted);
		} else {
			if (wanted->kind->id == OBJECT_ACL)
				modify_rules(&b, old, wanted);
			update(&b, old, wanted);
		}
	}
	json_decref(b.verified);
	json_decref(b.added);
}

/* Numbers the change; the index of the operation that reads the number back. */
static size_t add_number(struct vifdb_txn *txn)
{
	size_t at;

	vifdb_txn_number(txn);
	at = vifdb_txn_operations(txn);
	vifdb_txn_operation(txn, json_pack("{s:s, s:s, s:[], s:[s]}", "op", "select", "table",
					   "Global", "where", "columns", "next_cfg"));
	return at;
}

/* What it is after the commit; -1 if it is not there. */
static int64_t number_of(const struct vifdb_txn *txn, size_t operation)
{
	const json_t *rows = json_object_get(vifdb_txn_result(txn, operation), "rows"),
		     *number = json_object_get(json_array_get(rows, 0), "next_cfg");

	return json_is_integer(number) ? json_integer_value(number) : -1;
}

int commit_try(struct vifdb *db, struct vifdb_txn *txn, int *ret_status)
{
	uint64_t generation = vifdb_generation(db);
	int r = vifdb_txn_commit_wait(txn, DATABASE_COMMIT_MS);

	if (r == 0)
		return 0;
	/* An index or a reference can be what somebody else's change broke. */
	if (r == -EAGAIN || (r == -EINVAL && vifdb_generation(db) != generation)) {
		if (vifdb_generation(db) == generation)
			vifdb_wait(db, DATABASE_READY_MS / 100);
		return -EAGAIN;
	}
	if (r == -EINVAL)
		*ret_status = vifctl_fail(VIFCTL_FAILED, "the database refused it: %s",
					  vifdb_txn_error(txn));
	else if (r == -EIO)
		*ret_status = vifctl_fail(VIFCTL_FAILED, "the connection to the database broke; the "
					  "change may have been saved or not: %s", vifdb_error(db));
	else if (r == -ETIMEDOUT)
		*ret_status = vifctl_fail(VIFCTL_FAILED, "the database did not answer within %d s; "
					  "the change may have been saved or not",
					  DATABASE_COMMIT_MS / 1000);
	else
		*ret_status = vifctl_fail(VIFCTL_FAILED, "the database: %s", strerror(-r));
	return r;
}

int commit_repeat(struct vifctl *v, struct vifdb *db, struct commit *c)
{
	c->number = -1;
	for (int i = 0; i < DATABASE_ATTEMPTS; i++) {
		bool nothing = v->dry_run;
		struct vifdb_txn *txn;
		size_t operation = 0;
		int r, status;

		if (vifdb_txn_new(db, &txn) < 0)
			return vifctl_fail(VIFCTL_FAILED, "out of memory");
		status = c->build(c->arg, txn, &nothing);
		if (status || nothing) {
			vifdb_txn_free(txn);
			return status;
		}
		if (c->numbered)
			operation = add_number(txn);
		vifdb_txn_comment(txn, v->command->name);
		r = commit_try(db, txn, &status);
		if (r == 0 && c->numbered)
			c->number = number_of(txn, operation);
		if (r == 0 && c->done)
			c->done(c->arg, txn);
		vifdb_txn_free(txn);
		if (r != -EAGAIN)
			return status;
	}
	return vifctl_fail(VIFCTL_FAILED, "others changed the same rows %d times meanwhile; nothing "
			   "was saved", DATABASE_ATTEMPTS);
}
