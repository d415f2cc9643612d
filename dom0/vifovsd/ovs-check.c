// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <string.h>

#include "ovs/ovs-columns.h"
#include "ovs/ovs-map.h"
#include "vifovsd/ovs-check.h"
#include "vifovsd/facts.h"

#define PATIENCE_MS	10000

static const char *text_of(const json_t *object, const char *key)
{
	return json_string_value(json_object_get(object, key)) ?: "";
}

static bool wants(const json_t *row, const char *uuid)
{
	const json_t *wanted_by = json_object_get(row, "for");

	for (size_t i = 0; i < json_array_size(wanted_by); i++)
		if (strcmp(json_string_value(json_array_get(wanted_by, i)), uuid) == 0)
			return true;
	return false;
}

/* "uplink eth0", of the row that the interface wants. */
static void print_row(const json_t *rows, const char *uuid)
{
	const char *table, *name;
	json_t *some, *row;

	json_object_foreach((json_t *)rows, table, some) {
		json_object_foreach(some, name, row) {
			if (!wants(row, uuid))
				continue;
			printf("%c%s %s\n", table[0] | 0x20, table + 1, name);
			return;
		}
	}
	puts("-");
}

static void print_interface(const json_t *mapping, const char *uuid, const json_t *interface)
{
	const char *kind = text_of(interface, "kind");

	printf("%-15s  %-15s  ", text_of(interface, "bridge"), text_of(interface, "name"));
	if (json_is_true(json_object_get(interface, "closed")))
		puts("nothing");
	else if (strcmp(kind, "local") == 0)
		printf("switch %s\n", text_of(interface, "bridge"));
	else if (strcmp(kind, "output") == 0)
		puts("output of a mirror");
	else if (strcmp(kind, "fake") == 0)
		puts("a VLAN of the switch");
	else
		print_row(json_object_get(mapping, "rows"), uuid);
}

/* How many sentences. */
static size_t print_texts(const char *what, const char *name, const json_t *texts)
{
	for (size_t i = 0; i < json_array_size(texts); i++)
		printf("%s %s: %s\n", what, name, json_string_value(json_array_get(texts, i)));
	return json_array_size(texts);
}

static size_t print_mapping(const json_t *mapping)
{
	const json_t *interfaces = json_object_get(mapping, "interfaces");
	size_t sentences = 0;
	const char *uuid;
	json_t *one;

	printf("%-15s  %-15s  %s\n", "BRIDGE", "INTERFACE", "HERE");
	json_object_foreach((json_t *)interfaces, uuid, one)
		print_interface(mapping, uuid, one);
	putchar('\n');
	sentences += print_texts("the database", OVS_DATABASE, json_object_get(mapping, "texts"));
	json_object_foreach((json_t *)interfaces, uuid, one)
		sentences += print_texts("interface", text_of(one, "name"), json_object_get(one, "texts"));
	if (!sentences)
		puts("Nothing is refused.");
	return sentences;
}

int ovs_check(const char *ovs)
{
	struct vifdb *db;
	json_t *rows, *links, *facts, *mapping;
	int r = db_view_open(ovs, OVS_DATABASE, ovs, ovs_tables_followed, PATIENCE_MS, &db);

	if (r < 0)
		return r;
	rows = db_view(db, ovs_tables_followed, NULL, NULL);
	links = facts_links(rows) ?: json_object();
	facts = json_pack("{s:o}", "links", links);
	mapping = ovs_map(rows, facts);
	r = print_mapping(mapping) > 0;
	json_decref(mapping);
	json_decref(facts);
	json_decref(rows);
	vifdb_free(db);
	return r;
}
