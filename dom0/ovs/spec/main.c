// SPDX-License-Identifier: GPL-2.0-or-later
/* Prints what is made of the table of columns: the schema, and the manual's tables. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ovs/ovs-columns.h"

static void schema_column(const struct ovs_column *c, bool first)
{
	printf("%s\n        \"%s\": {\"type\": %s", first ? "" : ",", c->name, c->type);
	if (c->flags & OVS_EPHEMERAL)
		fputs(", \"ephemeral\": true", stdout);
	if (c->flags & OVS_FIXED)
		fputs(", \"mutable\": false", stdout);
	printf(", \"doc\": \"%s%s%s\"}", ovs_verdict_word(c->verdict), c->text[0] ? ": " : "", c->text);
}

static void schema_index(const char *columns)
{
	fputs("\n      \"indexes\": [[\"", stdout);
	for (; *columns; columns++) {
		if (*columns == ',')
			fputs("\", \"", stdout);
		else
			putchar(*columns);
	}
	fputs("\"]],", stdout);
}

static void schema(void)
{
	const struct ovs_column *c;
	const struct ovs_table *t;
	bool first;

	printf("{\n  \"name\": \"%s\",\n  \"version\": \"%s\",\n  \"tables\": {", OVS_DATABASE,
	       OVS_SCHEMA_VERSION);
	for (t = ovs_tables; t->name; t++) {
		printf("%s\n    \"%s\": {", t == ovs_tables ? "" : ",", t->name);
		if (t->root)
			fputs("\n      \"isRoot\": true,", stdout);
		if (t->single)
			fputs("\n      \"maxRows\": 1,", stdout);
		if (t->index)
			schema_index(t->index);
		fputs("\n      \"columns\": {", stdout);
		for (c = t->columns, first = true; c->name || c->key; c++) {
			if (!c->name)
				continue;
			schema_column(c, first);
			first = false;
		}
		fputs("\n      }\n    }", stdout);
	}
	puts("\n  }\n}");
}

static void columns(void)
{
	const struct ovs_column *c;
	const struct ovs_table *t;

	for (t = ovs_tables; t->name; t++) {
		const char *name = "";

		printf("\n### %s\n\n| column | here | |\n| --- | --- | --- |\n", t->name);
		for (c = t->columns; c->name || c->key; c++) {
			name = c->name ?: name;
			printf("| `%s%s%s` | %s%s | %s |\n", name, c->key ? ":" : "", c->key ?: "",
			       ovs_verdict_word(c->verdict), c->flags & OVS_WRITTEN ? ", written" : "",
			       c->text);
		}
	}
}

int main(int argc, char **argv)
{
	if (argc == 2 && strcmp(argv[1], "schema") == 0) {
		schema();
	} else if (argc == 2 && strcmp(argv[1], "columns") == 0) {
		columns();
	} else {
		fputs("Usage: ovs-spec schema|columns\n", stderr);
		return EXIT_FAILURE;
	}
	return fflush(stdout) ? EXIT_FAILURE : EXIT_SUCCESS;
}
