// SPDX-License-Identifier: GPL-2.0-or-later
#include "vifctl/history/past-lines.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "policy/fields.h"
#include "vifctl/db/db-value.h"
#include "vifctl/policy/diff-lines.h"
#include "vifctl/view/text.h"

struct past {
	const struct vifdb *db;
	const json_t *changes;	/* all of the entry */
	json_t *list;
};

static const struct kind *kind_of(const char *table)
{
	for (int k = 0; k < OBJECT_KINDS_ALL; k++)
		if (!strcmp(object_kinds[k].table, table))
			return &object_kinds[k];
	return NULL;
}

/* "..." of ["uuid", "..."]; NULL if it is none. */
static const char *uuid_of(const json_t *value)
{
	const char *tag = json_string_value(json_array_get(value, 0));

	return tag && !strcmp(tag, "uuid") ? json_string_value(json_array_get(value, 1)) : NULL;
}

static bool mentions(const json_t *value, const char *uuid)
{
	const char *found = uuid_of(value);
	const json_t *item;
	const char *key;
	size_t i;

	if (found)
		return !strcmp(found, uuid);
	json_array_foreach(value, i, item)
		if (mentions(item, uuid))
			return true;
	json_object_foreach((json_t *)value, key, item)
		if (mentions(item, uuid))
			return true;
	return false;
}

/* ---- names ---- */

static const char *vm_name(const struct vifdb *db, const char *uuid)
{
	const char *name = NULL;
	uint8_t octets[16];
	size_t same = 0;

	if (!vifdb_uuid_parse(uuid, octets))
		return NULL;
	for (const struct vifdb_row *row = vifdb_first(db, "VM"); row; row = vifdb_next(row))
		if (!memcmp(vifdb_uuid(row, "uuid"), octets, 16))
			name = vifdb_string(row, "name");
	for (const struct vifdb_row *row = vifdb_first(db, "VM"); row && name; row = vifdb_next(row))
		same += !strcmp(vifdb_string(row, "name") ?: "", name);
	return same == 1 && *name ? name : NULL;
}

/* The ACL that a rule is of: by the entry itself, or by what there is now. */
static const char *acl_of(const struct past *p, const char *rule)
{
	const json_t *change;
	size_t i;

	json_array_foreach(p->changes, i, change)
		if (!strcmp(get_text(change, "table"), "ACL") && mentions(change, rule))
			return get_text(json_object_get(change, "key"), "name");
	for (const struct vifdb_row *row = vifdb_first(p->db, "ACL"); row; row = vifdb_next(row)) {
		json_t *rules = vifdb_json(row, "rules");
		bool found = mentions(rules, rule);

		json_decref(rules);
		if (found)
			return vifdb_string(row, "name");
	}
	return NULL;
}

static char *object_of(const struct past *p, const struct kind *kind, const json_t *change)
{
	const json_t *key = json_object_get(change, "key");
	const char *uuid = get_text(change, "uuid"), *name = get_text(key, "name"), *acl;

	if (kind->id == OBJECT_PORT) {
		const char *vm = uuid_of(json_object_get(key, "vm")) ?: uuid;

		return xprintf("%s/%lld", vm_name(p->db, vm) ?: vm,
			       (long long)json_integer_value(json_object_get(key, "devid")));
	}
	if (kind->id == OBJECT_VM) {
		const char *vm = uuid_of(json_object_get(key, "uuid")) ?: uuid;

		return xprintf("%s", vm_name(p->db, vm) ?: vm);
	}
	acl = kind->id == OBJECT_RULE ? acl_of(p, uuid) : NULL;
	return xprintf("%s%s%s", acl ?: "", acl ? "/" : "", *name ? name : uuid);
}

char *past_label(const struct vifdb *db, const json_t *changes, const json_t *change)
{
	const struct past p = { .db = db, .changes = changes };
	const struct kind *kind = kind_of(get_text(change, "table"));
	_cleanup_free_ char *object = kind ? object_of(&p, kind, change) : NULL;

	return kind ? xprintf("%s %s", kind->noun, object) :
		      xprintf("%s %s", get_text(change, "table"), get_text(change, "uuid"));
}

/* ---- values ---- */

static const struct column *column_of(const struct kind *kind, const char *name,
				      const struct field **ret)
{
	kind_for_each_field(kind, f)
		field_for_each_column(f, column)
			if (!strcmp(column->name, name)) {
				*ret = f;
				return column;
			}
	return NULL;
}

/* As in set: the field, where it has one column; else the column. */
static char *field_name(const struct kind *kind, const char *column)
{
	const struct field *f = NULL;
	char *name, *c;

	if (column_of(kind, column, &f) && !f->columns[1].name)
		return xprintf("%s", f->name);
	name = xprintf("%s", column);
	for (c = name; *c; c++)
		if (*c == '_')
			*c = '-';
	return name;
}

static const char *referred(const struct vifdb *db, const char *table, const char *uuid)
{
	const struct vifdb_row *row = NULL;
	uint8_t octets[16];

	if (vifdb_uuid_parse(uuid, octets))
		row = vifdb_get(db, table, octets);
	return (row ? vifdb_string(row, "name") : NULL) ?: uuid;
}

/* "base,web" of ["map", [[2, ["uuid", UUID]], ...]], by their places; NULL: it is none. */
static char *ordered_text(const struct vifdb *db, const struct column *column, const json_t *value)
{
	json_t *pair, *names = json_array();
	char *text = NULL;
	size_t i;

	for (int64_t place = column->min; place <= column->max; place++)
		json_array_foreach(json_array_get(value, 1), i, pair) {
			const char *uuid = uuid_of(json_array_get(pair, 1));

			if (uuid && json_integer_value(json_array_get(pair, 0)) == place)
				json_array_append_new(names, json_string(
					referred(db, column->refers, uuid)));
		}
	if (json_array_size(names))
		text = text_join(names, ",");
	json_decref(names);
	return text;
}

/* NULL if it is empty. */
static char *value_text(const struct vifdb *db, const struct kind *kind, const char *column,
			const json_t *value)
{
	const struct field *f = NULL;
	const struct column *c = column_of(kind, column, &f);
	const char *uuid = uuid_of(value);
	char *text;

	if (c && c->type == COLUMN_ORDERED)
		return ordered_text(db, c, value);
	if (uuid)
		return xprintf("%s", c && c->refers ? referred(db, c->refers, uuid) : uuid);
	text = value_format(value);
	if (!strcmp(text, "[]") || !strcmp(text, "{}") || !*text)
		free(TAKE_PTR(text));
	return text;
}

/* An ACL's rules are told by the rules. */
static bool is_told(const struct kind *kind, const char *column)
{
	return kind->id != OBJECT_ACL || strcmp(column, "rules");
}

static char *describe(const struct past *p, const struct kind *kind, const json_t *change,
		      const json_t *columns)
{
	json_t *words = json_array(), *value;
	const char *name;
	char *text = NULL;

	json_object_foreach((json_t *)columns, name, value) {
		_cleanup_free_ char *of = NULL, *field = NULL, *word = NULL;

		if (json_object_get(json_object_get(change, "key"), name) || !is_told(kind, name))
			continue;
		of = value_text(p->db, kind, name, value);
		field = field_name(kind, name);
		word = xprintf("%s=%s", field, of ?: "");
		json_array_append_new(words, json_string(word));
	}
	if (json_array_size(words))
		text = text_join(words, " ");
	json_decref(words);
	return text;
}

/* ---- lines ---- */

static void modified(struct past *p, const struct kind *kind, const char *object, const json_t *old,
		     const json_t *new)
{
	const char *name;
	json_t *value;

	json_object_foreach((json_t *)old, name, value) {
		_cleanup_free_ char *was = value_text(p->db, kind, name, value);
		_cleanup_free_ char *is = value_text(p->db, kind, name, json_object_get(new, name));
		_cleanup_free_ char *field = field_name(kind, name);

		if (is_told(kind, name))
			diff_line(p->list, &(struct diff_line){ '~', kind->noun, object, field,
								was, is });
	}
}

static void add(struct past *p, const json_t *change)
{
	const struct kind *kind = kind_of(get_text(change, "table"));
	const json_t *inserted = json_object_get(change, "inserted"),
		     *deleted = json_object_get(change, "deleted");
	_cleanup_free_ char *object = kind ? object_of(p, kind, change) : NULL, *text = NULL;

	if (!kind)
		return;
	if (inserted || deleted) {
		text = inserted ? describe(p, kind, change, inserted) : NULL;
		diff_line(p->list, &(struct diff_line){ inserted ? '+' : '-', kind->noun, object,
							NULL, NULL, text });
		return;
	}
	modified(p, kind, object, json_object_get(change, "old"), json_object_get(change, "new"));
	modified(p, kind, object, json_object_get(change, "removed"),
		 json_object_get(change, "added"));
}

json_t *past_lines(const struct vifdb *db, const json_t *changes)
{
	struct past p = { .db = db, .changes = changes, .list = json_array() };
	const json_t *change;
	size_t i;

	json_array_foreach(changes, i, change)
		add(&p, change);
	return p.list;
}

json_t *past_key_columns(const struct vifdb *db, const char *table)
{
	const json_t *schema = json_object_get(json_object_get(vifdb_schema(db), "tables"), table);
	json_t *index = json_array_get(json_object_get(schema, "indexes"), 0);

	return index ? json_incref(index) : json_pack("[s]", "name");
}

/* These columns as they are in the row. */
static json_t *columns_now(const struct vifdb_row *row, const json_t *names)
{
	json_t *columns = json_object(), *name;
	size_t i;

	json_array_foreach(names, i, name)
		json_object_set_new(columns, json_string_value(name),
				    vifdb_json(row, json_string_value(name)));
	return columns;
}

/* ["delete", x] and ["insert", y] of each column, as what was removed and added. */
static void from_mutations(const json_t *mutations, json_t *change)
{
	json_t *removed = json_object(), *added = json_object();
	const json_t *m;
	size_t i;

	json_array_foreach(mutations, i, m) {
		const char *column = json_string_value(json_array_get(m, 0)),
			   *how = json_string_value(json_array_get(m, 1));

		json_object_set(!strcmp(how, "insert") ? added : removed, column,
				json_array_get(m, 2));
		if (!json_object_get(removed, column))
			json_object_set_new(removed, column, vifdb_json_empty());
		if (!json_object_get(added, column))
			json_object_set_new(added, column, vifdb_json_empty());
	}
	json_object_set_new(change, "removed", removed);
	json_object_set_new(change, "added", added);
}

/* What an operation will change, in the form of a change; NULL if it only waits. */
static json_t *from_operation(const struct vifdb *db, const json_t *o)
{
	const char *op = get_text(o, "op"), *table = get_text(o, "table"), *name,
		   *uuid = uuid_of(json_array_get(json_array_get(json_object_get(o, "where"), 0), 2)) ?:
			   get_text(o, "uuid");
	json_t *change = json_pack("{s:s, s:s}", "table", table, "uuid", uuid),
	       *names = past_key_columns(db, table), *row = json_object_get(o, "row"), *value;
	const struct vifdb_row *now = NULL;
	uint8_t octets[16];

	if (vifdb_uuid_parse(uuid, octets))
		now = vifdb_get(db, table, octets);
	if (now)
		json_object_set_new(change, "key", columns_now(now, names));
	else
		json_object_set(change, "key", row);
	json_decref(names);
	if (!strcmp(op, "insert")) {
		json_object_set(change, "inserted", row);
	} else if (!strcmp(op, "delete")) {
		json_object_set_new(change, "deleted", json_object());
	} else if (!strcmp(op, "update") && now) {
		names = json_array();
		json_object_foreach(row, name, value)
			json_array_append_new(names, json_string(name));
		json_object_set_new(change, "old", columns_now(now, names));
		json_object_set(change, "new", row);
		json_decref(names);
	} else if (!strcmp(op, "mutate")) {
		from_mutations(json_object_get(o, "mutations"), change);
	} else {
		json_decref(change);
		return NULL;
	}
	return change;
}

json_t *past_lines_of_operations(const struct vifdb *db, const json_t *changes,
				 const json_t *operations)
{
	struct past p = { .db = db, .changes = changes, .list = json_array() };
	const json_t *o;
	size_t i;

	json_array_foreach(operations, i, o) {
		json_t *change = from_operation(db, o);

		if (change)
			add(&p, change);
		json_decref(change);
	}
	return p.list;
}

bool past_concerns(const json_t *lines, const char *kind, const char *name)
{
	size_t i, len = strlen(name);
	const json_t *line;

	json_array_foreach(lines, i, line) {
		const char *object = get_text(line, "object"), *of = get_text(line, "kind");
		bool fits = !strncmp(object, name, len) && (!object[len] || object[len] == '/');

		/* An ACL's rules are its own. */
		if (fits && (!kind || !strcmp(kind, of) || (!strcmp(kind, "acl") && !strcmp(of, "rule"))))
			return true;
	}
	return false;
}
