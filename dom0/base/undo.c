// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/undo.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

/* One row's change, and what there is of the row. */
struct row_undo {
	struct undo *u;
	const json_t *change;
	const char *table, *uuid;
	json_t *now;
	json_t *values, *mutations;
};

static void overlap(struct row_undo *r, const char *column)
{
	json_array_append_new(r->u->overlaps,
			      json_pack("{s:s, s:s, s:O?, s:s?}", "table", r->table, "uuid", r->uuid,
					"key", json_object_get(r->change, "key"), "column", column));
}

static json_t *operation(const struct row_undo *r, const char *op)
{
	return json_pack("{s:s, s:s, s:[[s, s, [s, s]]]}", "op", op, "table", r->table, "where",
			 "_uuid", "==", "uuid", r->uuid);
}

/* What follows holds only while these columns are as they are now. */
static void guard(const struct row_undo *r, const json_t *columns)
{
	json_t *names = json_array(), *values = json_object(), *op, *value;
	const char *column;

	json_object_foreach((json_t *)columns, column, value) {
		if (!json_object_get(r->now, column))
			continue;
		json_array_append_new(names, json_string(column));
		json_object_set(values, column, json_object_get(r->now, column));
	}
	op = operation(r, "wait");
	json_object_set_new(op, "timeout", json_integer(0));
	json_object_set_new(op, "columns", names);
	json_object_set_new(op, "until", json_string("=="));
	json_object_set_new(op, "rows", json_pack("[o]", values));
	json_array_append_new(r->u->operations, op);
}

static bool is_tagged(const json_t *value, const char *tag)
{
	const char *s = json_string_value(json_array_get(value, 0));

	return json_is_array(value) && s && !strcmp(s, tag);
}

/* The elements of a set or a map by their text; of a map by that of their keys. */
static json_t *elements(const json_t *value)
{
	bool is_map = is_tagged(value, "map"), is_set = is_tagged(value, "set");
	const json_t *list = is_map || is_set ? json_array_get(value, 1) : NULL;
	json_t *all = json_object();
	size_t i, n = is_map || is_set ? json_array_size(list) : 1;

	for (i = 0; i < n; i++) {
		json_t *element = list ? json_array_get(list, i) : (json_t *)value;
		_cleanup_free_ char *key = json_dumps(is_map ? json_array_get(element, 0) : element,
						      JSON_ENCODE_ANY | JSON_COMPACT);

		if (key)
			json_object_set(all, key, is_map ? json_array_get(element, 1) : element);
	}
	return all;
}

/* Every element of @part is in @whole with the same value; or, if not @there, no key of it is. */
static bool part_is(const json_t *whole, const json_t *part, bool there)
{
	json_t *has = elements(whole), *want = elements(part), *value;
	bool good = true;
	const char *key;

	json_object_foreach(want, key, value) {
		const json_t *found = json_object_get(has, key);

		good = good && (there ? found && json_equal(found, value) : !found);
	}
	json_decref(has);
	json_decref(want);
	return good;
}

/* Keys of @part that @other has too are values that changed, not pairs that went. */
static bool none_is(const json_t *whole, const json_t *part, const json_t *other)
{
	json_t *has = elements(whole), *gone = elements(part), *came = elements(other), *value;
	bool good = true;
	const char *key;

	json_object_foreach(gone, key, value)
		if (!json_object_get(came, key) && json_object_get(has, key))
			good = false;
	json_decref(has);
	json_decref(gone);
	json_decref(came);
	return good;
}

static bool is_empty(const json_t *value)
{
	return (is_tagged(value, "set") || is_tagged(value, "map")) &&
	       !json_array_size(json_array_get(value, 1));
}

/* What takes @part out: of a map its keys, whatever values they have by now. */
static json_t *without(const json_t *part)
{
	json_t *keys = json_array(), *pair;
	size_t i;

	if (!is_tagged(part, "map")) {
		json_decref(keys);
		return json_incref((json_t *)part);
	}
	json_array_foreach(json_array_get(part, 1), i, pair)
		json_array_append(keys, json_array_get(pair, 0));
	return json_pack("[s, o]", "set", keys);
}

static void undo_value(struct row_undo *r, const char *column, json_t *old)
{
	const json_t *now = json_object_get(r->now, column),
		     *new = json_object_get(json_object_get(r->change, "new"), column);

	if (!now || json_equal(now, old))
		return;
	if (!new || !json_equal(now, new)) {
		overlap(r, column);
		if (!r->u->overwrite)
			return;
	}
	json_object_set(r->values, column, old);
}

static void undo_elements(struct row_undo *r, const char *column, json_t *removed)
{
	const json_t *now = json_object_get(r->now, column);
	json_t *added = json_object_get(json_object_get(r->change, "added"), column);

	if (!now || !added)
		return;
	if (part_is(now, removed, true) && none_is(now, added, removed))
		return;
	if (!part_is(now, added, true) || !none_is(now, removed, added)) {
		overlap(r, column);
		if (!r->u->overwrite)
			return;
	}
	if (!is_empty(added))
		json_array_append_new(r->mutations,
				      json_pack("[s, s, o]", column, "delete", without(added)));
	if (is_empty(removed))
		return;
	if (is_tagged(removed, "map"))
		json_array_append_new(r->mutations,
				      json_pack("[s, s, o]", column, "delete", without(removed)));
	json_array_append_new(r->mutations, json_pack("[s, s, O]", column, "insert", removed));
}

static void undo_update(struct row_undo *r)
{
	const char *column;
	json_t *value, *op;

	json_object_foreach(json_object_get(r->change, "old"), column, value)
		undo_value(r, column, value);
	json_object_foreach(json_object_get(r->change, "removed"), column, value)
		undo_elements(r, column, value);
	if (json_object_size(r->values)) {
		guard(r, r->values);
		op = operation(r, "update");
		json_object_set(op, "row", r->values);
		json_array_append_new(r->u->operations, op);
	}
	if (json_array_size(r->mutations)) {
		guard(r, json_object_get(r->change, "removed"));
		op = operation(r, "mutate");
		json_object_set(op, "mutations", r->mutations);
		json_array_append_new(r->u->operations, op);
	}
}

/* As a column is that nobody has set. */
static bool is_default(const json_t *value)
{
	static const char no_uuid[] = "00000000-0000-0000-0000-000000000000";

	if (is_tagged(value, "uuid"))
		return !strcmp(json_string_value(json_array_get(value, 1)) ?: "", no_uuid);
	if (json_is_string(value))
		return !json_string_length(value);
	return is_empty(value) || json_is_false(value) ||
	       (json_is_number(value) && json_number_value(value) == 0);
}

/* Only what names the row is known of it. */
static bool untouched(const struct row_undo *r)
{
	return r->u->untouched && r->u->untouched(r->u->arg, r->table, r->uuid);
}

static void undo_insert(struct row_undo *r, const json_t *inserted)
{
	bool keys_only = json_is_true(json_object_get(r->change, "keys_only")),
	     same = !keys_only || untouched(r);
	const char *column;
	json_t *now;

	if (!same)
		overlap(r, NULL);
	json_object_foreach(r->now, column, now) {
		const json_t *value = json_object_get(inserted, column);

		if (value ? json_equal(now, value) : keys_only || is_default(now))
			continue;
		overlap(r, column);
		same = false;
	}
	if (!same && !r->u->overwrite)
		return;
	guard(r, r->now);
	json_array_append_new(r->u->operations, operation(r, "delete"));
}

static void undo_delete(struct row_undo *r, json_t *deleted)
{
	json_array_append_new(r->u->operations,
			      json_pack("{s:s, s:s, s:s, s:O}", "op", "insert", "table", r->table,
					"uuid", r->uuid, "row", deleted));
}

static int undo_row(struct row_undo *r)
{
	json_t *inserted = json_object_get(r->change, "inserted"),
	       *deleted = json_object_get(r->change, "deleted");

	if (deleted && !json_is_object(deleted))
		return -EBADMSG;
	if (inserted && r->now)
		undo_insert(r, inserted);
	else if (deleted && !r->now)
		undo_delete(r, deleted);
	else if (!inserted && !deleted && r->now)
		undo_update(r);
	else if (!inserted && !deleted)
		overlap(r, NULL);
	return 0;
}

int undo_changes(const json_t *changes, struct undo *u)
{
	size_t i;
	int err = json_is_array(changes) ? 0 : -EBADMSG;

	u->operations = json_array();
	u->overlaps = json_array();
	for (i = 0; i < json_array_size(changes) && !err; i++) {
		struct row_undo r = { .u = u, .change = json_array_get(changes, i) };

		r.table = json_string_value(json_object_get(r.change, "table"));
		r.uuid = json_string_value(json_object_get(r.change, "uuid"));
		if (!r.table || !r.uuid)
			return -EBADMSG;
		r.now = u->row(u->arg, r.table, r.uuid);
		r.values = json_object();
		r.mutations = json_array();
		err = undo_row(&r);
		json_decref(r.values);
		json_decref(r.mutations);
		json_decref(r.now);
	}
	return err;
}

void undo_deinit(struct undo *u)
{
	json_decref(u->operations);
	json_decref(u->overlaps);
	u->operations = u->overlaps = NULL;
}
