// SPDX-License-Identifier: GPL-2.0-or-later
/* Rows into objects: columns in the form that field.h describes. */
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "base/uuid.h"
#include "vifctl/policy/database.h"
#include "vifctl/policy/ranges.h"
#include "vifctl/policy/vlan-text.h"

static json_t *uuid_text(const uint8_t uuid[16])
{
	char text[UUID_TEXT_LEN + 1];

	uuid_format(uuid, text);
	return json_string(text);
}

static json_t *atom_json(struct vifdb_atom atom)
{
	switch (atom.type) {
	case VIFDB_INTEGER:
		return json_integer(atom.integer);
	case VIFDB_REAL:
		return json_real(atom.real);
	case VIFDB_BOOLEAN:
		return json_boolean(atom.boolean);
	case VIFDB_STRING:
		return json_string(atom.string);
	case VIFDB_UUID:
		return uuid_text(atom.uuid);
	case VIFDB_NONE:
		break;
	}
	return NULL;
}

/* The name of the row that a reference leads to. */
static json_t *referred(const struct vifdb *db, const struct column *column, struct vifdb_atom atom)
{
	const struct vifdb_row *row = vifdb_get(db, column->refers, atom.uuid);
	const char *name = row ? vifdb_string(row, "name") : NULL;

	return name ? json_string(name) : uuid_text(atom.uuid);
}

static json_t *set_of(const struct vifdb *db, const struct column *column,
		      const struct vifdb_row *row)
{
	json_t *array = json_array(), *sorted;

	for (size_t i = 0; i < vifdb_size(row, column->name); i++) {
		struct vifdb_atom atom = vifdb_at(row, column->name, i);

		json_array_append_new(array, column->type == COLUMN_REFERENCES ?
				      referred(db, column, atom) : atom_json(atom));
	}
	sorted = sorted_set(array);
	json_decref(array);
	return sorted;
}

struct place {
	int64_t place;
	size_t i;
};

static int compare_places(const void *a, const void *b)
{
	const struct place *x = a, *y = b;

	return (x->place > y->place) - (x->place < y->place);
}

/* Names by their places; a map has no order of its own. */
static json_t *ordered_of(const struct vifdb *db, const struct column *column,
			  const struct vifdb_row *row)
{
	size_t count = vifdb_size(row, column->name);
	_cleanup_free_ struct place *places = xmalloc((count + 1) * sizeof(*places));
	json_t *names = json_array();

	for (size_t i = 0; i < count; i++)
		places[i] = (struct place){ vifdb_at(row, column->name, i).integer, i };
	qsort(places, count, sizeof(*places), compare_places);
	for (size_t i = 0; i < count; i++)
		json_array_append_new(names, referred(db, column, vifdb_value_at(
			row, column->name, places[i].i)));
	return names;
}

static json_t *map_of(const struct vifdb_row *row, const char *column)
{
	json_t *map = json_object();

	for (size_t i = 0; i < vifdb_size(row, column); i++) {
		struct vifdb_atom key = vifdb_at(row, column, i);

		if (key.type == VIFDB_STRING)
			json_object_set_new(map, key.string,
					    atom_json(vifdb_value_at(row, column, i)));
	}
	return map;
}

/* Overlapping and adjacent ranges become one, as when they are parsed. */
static json_t *ranges_of(const struct vifdb_row *row, const char *column)
{
	struct ranges ranges = {};
	json_t *pairs = json_array();

	for (size_t i = 0; i < vifdb_size(row, column); i++) {
		struct vifdb_atom first = vifdb_at(row, column, i),
				  last = vifdb_value_at(row, column, i);

		for (int64_t n = first.integer < 0 ? 0 : first.integer;
		     n <= last.integer && n < RANGES_LIMIT; n++)
			ranges_set(&ranges, (unsigned int)n);
	}
	for (unsigned int first = 0, last; ranges_next(&ranges, &first, &last); first = last + 1)
		json_array_append_new(pairs, json_pack("[i, i]", (int)first, (int)last));
	return pairs;
}

static json_t *value_of(const struct vifdb *db, const struct column *column,
			const struct vifdb_row *row)
{
	struct vifdb_atom atom = vifdb_at(row, column->name, 0);

	switch (column->type) {
	case COLUMN_INTEGERS:
	case COLUMN_STRINGS:
	case COLUMN_UUIDS:
	case COLUMN_REFERENCES:
		return set_of(db, column, row);
	case COLUMN_ORDERED:
		return ordered_of(db, column, row);
	case COLUMN_MAP:
		return map_of(row, column->name);
	case COLUMN_RANGES:
		return ranges_of(row, column->name);
	case COLUMN_REFERENCE:
		return referred(db, column, atom);
	case COLUMN_STRING:
		/* "" and false are what an empty column means as well. */
		return column->always && !*atom.string ? NULL : atom_json(atom);
	case COLUMN_BOOLEAN:
		return atom.boolean ? json_true() : NULL;
	case COLUMN_INTEGER:
	case COLUMN_UUID:
	case COLUMN_NONE:
		break;
	}
	return atom_json(atom);
}

static void read_columns(const struct vifdb *db, const struct vifdb_row *row, struct object *o)
{
	kind_for_each_field(o->kind, f)
		field_for_each_column(f, column) {
			json_t *value = vifdb_size(row, column->name) ?
					value_of(db, column, row) : NULL;

			if (value)
				json_object_set_new(o->columns, column->name, value);
		}
	if (o->kind->id == OBJECT_PORT)
		vlan_text_normalise(o->columns);
	memcpy(o->row, vifdb_row_uuid(row), sizeof(o->row));
	o->stored = true;
}

static int compare_priorities(const void *a, const void *b)
{
	const struct object *x = *(struct object *const *)a, *y = *(struct object *const *)b;

	if (x->priority != y->priority)
		return x->priority < y->priority ? -1 : 1;
	return strcmp(x->name, y->name);
}

static void read_rules(const struct vifdb *db, const struct vifdb_row *acl, struct object *o)
{
	for (size_t i = 0; i < vifdb_size(acl, "rules"); i++) {
		struct vifdb_atom atom = vifdb_at(acl, "rules", i);
		const struct vifdb_row *row = vifdb_get(db, "Rule", atom.uuid);
		struct object *rule;

		if (!row)
			continue;
		rule = object_new(OBJECT_RULE, vifdb_string(row, "name") ?: "");
		read_columns(db, row, rule);
		vifdb_integer(row, "priority", &rule->priority);
		object_add_rule(o, o->rule_count, rule);
	}
	if (o->rule_count)
		qsort(o->rules, o->rule_count, sizeof(*o->rules), compare_priorities);
}

static struct object *read_object(const struct vifdb *db, enum object_kind kind,
				  const struct vifdb_row *row)
{
	struct object *o = object_new(kind, NULL);
	char uuid[UUID_TEXT_LEN + 1] = "";
	int64_t devid = 0;

	if (kind == OBJECT_PORT || kind == OBJECT_VM)
		uuid_format(vifdb_uuid(row, kind == OBJECT_VM ? "uuid" : "vm"), uuid);
	if (kind == OBJECT_PORT) {
		vifdb_integer(row, "devid", &devid);
		o->devid = (int)devid;
		o->vm = xprintf("%s", uuid);
		object_name_port(o);
	} else {
		o->name = xprintf("%s", kind == OBJECT_VM ? uuid :
				  vifdb_string(row, "name") ?: "");
	}
	read_columns(db, row, o);
	if (kind == OBJECT_ACL)
		read_rules(db, row, o);
	return o;
}

void database_read(struct database *d)
{
	model_deinit(&d->current);
	model_init(&d->current);
	d->current.running = d->running;
	for (enum object_kind k = 0; k < OBJECT_KINDS; k++)
		for (const struct vifdb_row *row = vifdb_first(d->db, object_kinds[k].table); row;
		     row = vifdb_next(row)) {
			struct object *o = read_object(d->db, k, row);

			/* The schema's indexes keep names apart. */
			if (!model_add(&d->current, o))
				object_free(o);
		}
}
