// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ovs/ovs-columns.h"
#include "ovs/ovs-plan.h"
#include "tests/unit/ovs-world.h"

#define ROWS	4	/* of a table */

static unsigned int state;

static unsigned int roll(unsigned int n)
{
	state = state * 1103515245U + 12345U;
	return (state >> 16) % n;
}

void assert_only_open_have_rows(const json_t *mapping)
{
	const json_t *interfaces = json_object_get(mapping, "interfaces");
	const char *table, *name;
	json_t *rows, *row;

	json_object_foreach(json_object_get(mapping, "rows"), table, rows) {
		json_object_foreach(rows, name, row) {
			const json_t *wanted_by = json_object_get(row, "for");

			for (size_t i = 0; i < json_array_size(wanted_by); i++) {
				const json_t *interface = json_object_get(interfaces,
					json_string_value(json_array_get(wanted_by, i)));

				if (json_is_false(json_object_get(interface, "closed")))
					continue;
				fprintf(stderr, "%s %s is of a closed interface: %s\n", table, name,
					json_dumps(mapping, 0));
				abort();
			}
		}
	}
}

static json_t *word(void)
{
	static const char *const words[] = {
		"", "br0", "br1", "p0", "eth0", "vif1.0", "vif2.7", "tap1.0", "vxlan", "gre", "geneve", "internal",
		"system", "patch", "true", "false", "5", "0", "4095", "192.0.2.1", "192.0.2.1:99", "flow", "access",
		"trunk", "native-tagged", "balance-tcp", "active", "00:16:3e:00:00:01", "linux-htb", "m0",
		"a1b2c3d4-0000-4000-8000-000000000001", "a-name-that-is-much-longer-than-any-device-may-have",
		"\xc3\xa9\n\x01 %s%n", "-1", "18446744073709551616",
	};

	return json_string(words[roll(sizeof(words) / sizeof(words[0]))]);
}

static json_t *reference(const char *table)
{
	return json_sprintf("%s%u", table, roll(ROWS + 1));
}

static json_t *atom(const char *type, bool wild)
{
	static const json_int_t numbers[] = {
		0, 1, 5, 100, 4094, 4095, -1, 65535, 1000000, INT64_MAX, INT64_MIN,
	};
	const char *table = strstr(type, "refTable");
	char name[64];

	if (wild && roll(3) == 0)
		return roll(2) ? json_null() : json_pack("[s]", "set");
	if (table && !wild) {
		sscanf(table, "refTable\": \"%63[^\"]", name);
		return reference(name);
	}
	if (strstr(type, "\"boolean\"") && !wild)
		return json_boolean(roll(2));
	if (strstr(type, "\"integer\"") || (wild && roll(2)))
		return json_integer(roll(2) ? numbers[roll(11)] : (json_int_t)roll(4200));
	return word();
}

/* What @c may be, and now and then anything. */
static json_t *nonsense_cell(const struct ovs_column *c)
{
	bool wild = roll(20) == 0;
	json_t *set = json_array(), *map;
	unsigned int n = strstr(c->type, "unlimited") || strstr(c->type, "4096") ? roll(4) : roll(2);

	if (strstr(c->type, "\"value\"") && !wild) {
		json_decref(set);
		map = json_object();
		for (const struct ovs_column *k = c + 1; k->key; k++)
			if (roll(4) == 0)
				json_object_set_new(map, k->key, word());
		return map;
	}
	for (unsigned int i = 0; i < n || (wild && roll(3)); i++)
		json_array_append_new(set, atom(c->type, wild));
	return set;
}

static json_t *nonsense_row(const struct ovs_table *t)
{
	json_t *row = json_object();

	for (const struct ovs_column *c = t->columns; c->name || c->key; c++) {
		if (!c->name)
			continue;
		if (strcmp(c->name, "name") == 0 && roll(20))
			json_object_set_new(row, "name", json_pack("[o]", word()));
		/* What is refused altogether would hide everything else. */
		else if (c->verdict != OVS_CLOSED || roll(30) == 0)
			json_object_set_new(row, c->name, nonsense_cell(c));
	}
	return row;
}

json_t *ovs_nonsense(unsigned int seed)
{
	json_t *db = json_object(), *rows;

	state = seed;
	for (const struct ovs_table *t = ovs_tables; t->name; t++) {
		rows = json_object();
		for (unsigned int i = 0; i < ROWS; i++) {
			char uuid[80];

			snprintf(uuid, sizeof(uuid), "%s%u", t->name, i);
			json_object_set_new(rows, uuid, nonsense_row(t));
		}
		json_object_set_new(db, t->name, rows);
	}
	return db;
}

json_t *ovs_nonsense_facts(unsigned int seed)
{
	state = seed ^ 0x5555;
	return json_pack("{s:{s:{s:i, s:s, s:i}, s:{s:s, s:i}}, s:{s:s}, s:b, s:n}", "links", "br0",
			 "ifindex", roll(9), "mac", "00:16:3e:00:00:02", "master", 0, "eth0", "mac", "x",
			 "master", roll(9), "located", "vif2.7", "a1b2c3d4-0000-4000-8000-000000000002/7",
			 "in_force", roll(2), "host_error");
}

static json_t *copy_row(const json_t *columns, const char *name, bool port)
{
	json_t *row = json_deep_copy(columns);

	if (port)
		json_object_update_new(row, json_pack("{s:[s#], s:[i]}", "vm", name, 36, "devid", atoi(name + 37)));
	else
		json_object_set_new(row, "name", json_pack("[s]", name));
	return row;
}

json_t *ovs_own_of(const json_t *rows, const char *host, unsigned int seed)
{
	json_t *own = json_object(), *some, *row, *all, *copy;
	const char *table, *name;

	state = seed ^ 0xaaaa;
	json_object_foreach((json_t *)rows, table, some) {
		all = json_object();
		json_object_foreach(some, name, row) {
			char mark[64], uuid[16];

			if (roll(3) == 0)
				continue;
			copy = copy_row(json_object_get(row, "columns"), name, strcmp(table, "Port") == 0);
			snprintf(mark, sizeof(mark), OVS_MARK "%s", roll(3) ? host : "host-b");
			if (roll(3))
				json_object_set_new(copy, "external_ids",
						    json_pack("{s:s}", mark, "switch,vlan_mode,uplinks"));
			if (roll(2))
				json_object_set_new(copy, "tag", json_pack("[i]", roll(99)));
			snprintf(uuid, sizeof(uuid), "%u", roll(1 << 16));
			json_object_set_new(all, uuid, copy);
		}
		json_object_set_new(own, table, all);
	}
	return own;
}

/* A cell of RFC 7047 as view.h has it. */
static json_t *plain(const json_t *wire)
{
	const char *tag = json_string_value(json_array_get(wire, 0));
	json_t *all = json_array_get(wire, 1), *map;

	if (!tag)
		return json_pack("[O]", wire);
	if (strcmp(tag, "set") == 0)
		return json_incref(all);
	if (strcmp(tag, "map") != 0)
		return json_pack("[O]", all);
	map = json_object();
	for (size_t i = 0; i < json_array_size(all); i++)
		json_object_set(map, json_string_value(json_array_get(json_array_get(all, i), 0)),
				json_array_get(json_array_get(all, i), 1));
	return map;
}

json_t *ovs_own_after(const json_t *plan)
{
	json_t *own = json_object(), *operations = json_object_get(plan, "operations"), *cell;
	const char *column;

	for (size_t i = 0; i < json_array_size(operations); i++) {
		const json_t *operation = json_array_get(operations, i);
		const char *table = json_string_value(json_object_get(operation, "table"));
		json_t *row = json_object(), *rows = json_object_get(own, table);
		char uuid[24];

		if (!rows) {
			rows = json_object();
			json_object_set_new(own, table, rows);
		}
		json_object_foreach(json_object_get(operation, "row"), column, cell)
			json_object_set_new(row, column, plain(cell));
		snprintf(uuid, sizeof(uuid), "%zu", i);
		json_object_set_new(rows, uuid, row);
	}
	return own;
}
