// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <string.h>

#include "base/uuid.h"
#include "ovs/ovs-cell.h"
#include "ovs/ovs-plan.h"
#include "ovs/ovs-view.h"

struct planned {
	const char *table;
	const char *noun;	/* vifctl's */
	bool shared;		/* an operator's row may be used, too */
};

/* Switches first: what belongs to one that is not ours is not made. */
static const struct planned planned[] = {
	{ "Switch", "switch", false }, { "Uplink", "uplink", false }, { "Port", "port", true },
	{ "Network", "network", false }, { "Mirror", "mirror", false }, { "Exporter", "exporter", false },
};

struct plan {
	const json_t *rows, *own;
	char mark[300];
	json_t *operations, *conflicts;
	json_t *names;		/* of the row of each operation */
	json_t *strangers;	/* {SWITCH: true}: not ours */
};

/* The operations that were added since are about this row. */
static void note(struct plan *p, const struct planned *t, const char *name)
{
	while (json_array_size(p->names) < json_array_size(p->operations))
		json_array_append_new(p->names, json_pack("[s, s]", t->table, name));
}

static bool is_uuid_column(const char *column)
{
	return strcmp(column, "vm") == 0 || strcmp(column, "vif_uuid") == 0;
}

static void put(json_t *row, const char *column, const json_t *cell)
{
	json_object_set_new(row, column, cell_wire(cell, is_uuid_column(column)));
}

/* "UUID/DEVID" or a name. */
static void name_of(const struct planned *t, const json_t *row, char *ret, size_t size)
{
	int64_t devid = 0;

	if (!t->shared) {
		snprintf(ret, size, "%s", view_text(row, "name") ?: "");
		return;
	}
	view_integer(row, "devid", &devid);
	snprintf(ret, size, "%s/%lld", view_text(row, "vm") ?: "", (long long)devid);
}

/* Is @column one of those that a mark names? */
static bool names_column(const char *mark, const char *column)
{
	size_t len = strlen(column);

	for (; mark && *mark; mark = strchr(mark, ',') ? strchr(mark, ',') + 1 : NULL)
		if (strncmp(mark, column, len) == 0 && (!mark[len] || mark[len] == ','))
			return true;
	return false;
}

static json_t *make_mark(const json_t *columns)
{
	char text[1024] = "";
	const char *column;
	json_t *cell;
	size_t used = 0;

	json_object_foreach((json_t *)columns, column, cell)
		if (strcmp(column, "external_ids") != 0 && used < sizeof(text))
			used += (size_t)snprintf(text + used, sizeof(text) - used, "%s%s", used ? "," : "",
						 column);
	return json_string(text);
}

/* external_ids as they should be: ours anew, the others as they are. */
static json_t *make_ids(const struct plan *p, const json_t *row, const json_t *columns)
{
	json_t *ids = json_object(), *value;
	const char *key;

	json_object_foreach(json_object_get(row, "external_ids"), key, value)
		if (strncmp(key, OVS_KEPT, strlen(OVS_KEPT)) != 0 && strcmp(key, p->mark) != 0)
			json_object_set(ids, key, value);
	if (!columns)
		return ids;
	json_object_update(ids, json_object_get(columns, "external_ids"));
	json_object_set_new(ids, p->mark, make_mark(columns));
	return ids;
}

static void insert(struct plan *p, const struct planned *t, const char *name, const json_t *columns)
{
	json_t *row = json_object(), *cell, *ids = make_ids(p, NULL, columns);
	const char *column;
	char uuid[UUID_TEXT_LEN + 1];

	json_object_foreach((json_t *)columns, column, cell)
		put(row, column, cell);
	put(row, "external_ids", ids);
	json_decref(ids);
	if (t->shared) {
		snprintf(uuid, sizeof(uuid), "%s", name);
		json_object_set_new(row, "vm", json_pack("[s, s]", "uuid", uuid));
		json_object_set_new(row, "devid", json_integer(strtoll(name + UUID_TEXT_LEN + 1, NULL, 10)));
	} else {
		json_object_set_new(row, "name", json_string(name));
	}
	operation_insert(p->operations, t->table, row);
	note(p, t, name);
}

static void conflict(struct plan *p, const struct planned *t, const char *name,
		     const json_t *wanted, const char *why)
{
	char text[900];

	snprintf(text, sizeof(text), "%s %s: %s", t->noun, name, why);
	json_array_append_new(p->conflicts,
		json_pack("{s:s, s:s, s:O, s:s}", "table", t->table, "name", name, "for",
			  json_object_get(wanted, "for"), "text", text));
	if (t == &planned[0])
		json_object_set_new(p->strangers, name, json_true());
}

/* A column that another host set, and that we want otherwise. */
static const char *other_host(const struct plan *p, const json_t *row, const json_t *columns)
{
	const char *key, *column;
	json_t *value, *cell;

	json_object_foreach(json_object_get(row, "external_ids"), key, value) {
		if (strncmp(key, OVS_MARK, strlen(OVS_MARK)) != 0 || strcmp(key, p->mark) == 0)
			continue;
		json_object_foreach((json_t *)columns, column, cell)
			if (names_column(json_string_value(value), column) &&
			    !cell_equal(cell, json_object_get(row, column)))
				return key + strlen(OVS_MARK);
	}
	return NULL;
}

static bool has_mark(const json_t *row)
{
	const char *key;
	json_t *value;

	json_object_foreach(json_object_get(row, "external_ids"), key, value)
		if (strncmp(key, OVS_MARK, strlen(OVS_MARK)) == 0)
			return true;
	return false;
}

static void update(struct plan *p, const struct planned *t, const char *uuid, const json_t *row,
		   const json_t *columns)
{
	const char *mark = view_key(row, "external_ids", p->mark), *column;
	json_t *changes = json_object(), *ids = make_ids(p, row, columns), *cell;

	json_object_foreach((json_t *)columns, column, cell)
		if (strcmp(column, "external_ids") != 0 && !cell_equal(cell, json_object_get(row, column)))
			put(changes, column, cell);
	/* What we set once, and do not any more. */
	json_object_foreach((json_t *)row, column, cell)
		if (!json_object_get(columns, column) && names_column(mark, column) &&
		    view_count(row, column))
			put(changes, column, NULL);
	if (!cell_equal(ids, json_object_get(row, "external_ids")))
		put(changes, "external_ids", ids);
	json_decref(ids);
	if (json_object_size(changes))
		operation_update(p->operations, t->table, uuid, view_text(row, "_version"), changes);
	else
		json_decref(changes);
}

static void keep(struct plan *p, const struct planned *t, const char *name, const char *uuid,
		 const json_t *row, const json_t *wanted)
{
	const json_t *columns = json_object_get(wanted, "columns");
	const char *host = other_host(p, row, columns);
	char why[512];

	if (!t->shared && !has_mark(row)) {
		snprintf(why, sizeof(why), "it is there already, made by vifctl; vifctl %s remove %s makes room for this one",
			 t->noun, name);
		conflict(p, t, name, wanted, why);
	} else if (host) {
		snprintf(why, sizeof(why), "host %.200s wants it otherwise", host);
		conflict(p, t, name, wanted, why);
	} else {
		update(p, t, uuid, row, columns);
	}
}

/* Nothing is left in it but its name and what we set. */
static bool is_ours_alone(const struct plan *p, const json_t *row)
{
	const char *mark = view_key(row, "external_ids", p->mark), *column;
	json_t *cell;

	json_object_foreach((json_t *)row, column, cell)
		if (column[0] != '_' && strcmp(column, "vm") != 0 && strcmp(column, "devid") != 0 &&
		    strcmp(column, "external_ids") != 0 && view_count(row, column) &&
		    !names_column(mark, column))
			return false;
	return true;
}

/* A row that we marked and that is not wanted. */
static void leave(struct plan *p, const struct planned *t, const char *uuid, const json_t *row)
{
	const char *mark = view_key(row, "external_ids", p->mark), *column;
	json_t *ids = make_ids(p, row, NULL), *cell, *changes = json_object();
	bool others = false;
	const char *key;

	json_object_foreach(ids, key, cell)
		others |= strncmp(key, OVS_MARK, strlen(OVS_MARK)) == 0;
	if (!others && (!t->shared || (json_object_size(ids) == 0 && is_ours_alone(p, row)))) {
		operation_delete(p->operations, t->table, uuid, view_text(row, "_version"));
		json_decref(changes);
	} else {
		json_object_foreach((json_t *)row, column, cell)
			if (!others && names_column(mark, column))
				put(changes, column, NULL);
		put(changes, "external_ids", ids);
		operation_update(p->operations, t->table, uuid, view_text(row, "_version"), changes);
	}
	json_decref(ids);
}

static bool is_strangers(const struct plan *p, const struct planned *t, const char *name,
			 const json_t *wanted)
{
	const json_t *columns = json_object_get(wanted, "columns"), *stranger;
	const char *of, *sw = view_text(columns, "switch");

	if (sw && json_object_get(p->strangers, sw))
		return true;
	json_object_foreach((json_t *)p->strangers, of, stranger) {
		const json_t *row = json_object_get(json_object_get(json_object_get(p->rows, "Switch"), of),
						    "columns");

		if (strcmp(t->table, "Uplink") == 0 && view_refers(row, "uplinks", name))
			return true;
		if (view_refers(columns, "switches", of))
			return true;
	}
	return false;
}

static void plan_table(struct plan *p, const struct planned *t)
{
	json_t *wanted = json_object_get(p->rows, t->table), *left = json_copy(wanted), *row, *one;
	const char *uuid, *key;
	char name[300];

	json_object_foreach(json_object_get(p->own, t->table), uuid, row) {
		name_of(t, row, name, sizeof(name));
		one = json_object_get(left, name);
		if (one && !is_strangers(p, t, name, one))
			keep(p, t, name, uuid, row, one);
		else if (view_key(row, "external_ids", p->mark))
			leave(p, t, uuid, row);
		note(p, t, name);
		json_object_del(left, name);
	}
	json_object_foreach(left, key, one)
		if (!is_strangers(p, t, key, one))
			insert(p, t, key, json_object_get(one, "columns"));
	json_decref(left);
}

json_t *ovs_plan(const json_t *rows, const json_t *own, const char *host)
{
	struct plan p = {
		.rows = rows, .own = own, .operations = json_array(), .conflicts = json_array(),
		.strangers = json_object(), .names = json_array(),
	};

	snprintf(p.mark, sizeof(p.mark), OVS_MARK "%s", host);
	for (size_t i = 0; i < sizeof(planned) / sizeof(planned[0]); i++)
		plan_table(&p, &planned[i]);
	json_decref(p.strangers);
	return json_pack("{s:o, s:o, s:o}", "operations", p.operations, "names", p.names, "conflicts",
			 p.conflicts);
}

static void close_with(json_t *interface, const json_t *text)
{
	json_object_set_new(interface, "closed", json_true());
	json_array_append(json_object_get(interface, "texts"), (json_t *)text);
}

static void tell(const json_t *conflict, json_t *interfaces)
{
	const char *table = json_string_value(json_object_get(conflict, "table")), *uuid;
	const json_t *text = json_object_get(conflict, "text"), *name = json_object_get(conflict, "name");
	const json_t *wanted_by = json_object_get(conflict, "for");
	json_t *interface;

	for (size_t i = 0; i < json_array_size(wanted_by); i++)
		close_with(json_object_get(interfaces,
			   json_string_value(json_array_get(wanted_by, i))), text);
	if (strcmp(table, "Switch") != 0)
		return;
	json_object_foreach(interfaces, uuid, interface)
		if (json_equal(json_object_get(interface, "bridge"), name))
			close_with(interface, text);
}

void ovs_plan_tell(const json_t *plan, json_t *mapping)
{
	const json_t *conflicts = json_object_get(plan, "conflicts");

	for (size_t i = 0; i < json_array_size(conflicts); i++)
		tell(json_array_get(conflicts, i), json_object_get(mapping, "interfaces"));
}

void ovs_plan_refused(json_t *rejected, const json_t *plan, const json_t *rows, size_t operation,
		      const char *why)
{
	const json_t *of = json_array_get(json_object_get(plan, "names"), operation);
	const char *table = json_string_value(json_array_get(of, 0));
	const char *name = json_string_value(json_array_get(of, 1));
	const json_t *row = json_object_get(json_object_get(rows, table), name);

	if (row)
		json_array_append_new(rejected,
			json_pack("{s:s, s:s, s:O, s:s}", "table", table, "name", name, "columns",
				  json_object_get(row, "columns"), "text", why));
}

static void remove_uplink(json_t *rows, const char *name)
{
	json_t *sw;
	const char *of;

	json_object_foreach(json_object_get(rows, "Switch"), of, sw) {
		json_t *uplinks = json_object_get(json_object_get(sw, "columns"), "uplinks");

		for (size_t i = json_array_size(uplinks); i-- > 0;)
			if (strcmp(json_string_value(json_array_get(uplinks, i)), name) == 0)
				json_array_remove(uplinks, i);
	}
}

/* true: it is as it was when it was refused. */
static bool leave_out(json_t *mapping, const json_t *rejected)
{
	json_t *rows = json_object_get(mapping, "rows");
	json_t *interfaces = json_object_get(mapping, "interfaces");
	const char *table = json_string_value(json_object_get(rejected, "table"));
	const char *name = json_string_value(json_object_get(rejected, "name"));
	const json_t *row = json_object_get(json_object_get(rows, table), name);
	const json_t *text = json_object_get(rejected, "text");
	const json_t *wanted_by = json_object_get(row, "for");

	if (!row || !json_equal(json_object_get(row, "columns"), json_object_get(rejected, "columns")))
		return false;
	for (size_t i = 0; i < json_array_size(wanted_by); i++)
		close_with(json_object_get(interfaces,
			   json_string_value(json_array_get(wanted_by, i))), text);
	if (json_array_size(wanted_by) == 0)
		json_array_append(json_object_get(mapping, "texts"), (json_t *)text);
	/* A switch that names it would make it a port by itself. */
	if (strcmp(table, "Uplink") == 0)
		remove_uplink(rows, name);
	json_object_del(json_object_get(rows, table), name);
	return true;
}

void ovs_plan_leave_out(json_t *mapping, json_t *rejected)
{
	for (size_t i = json_array_size(rejected); i-- > 0;)
		if (!leave_out(mapping, json_array_get(rejected, i)))
			json_array_remove(rejected, i);
}
