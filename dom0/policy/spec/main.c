// SPDX-License-Identifier: GPL-2.0-or-later
/* vifswitch-spec schema|manual TEMPLATE, or members: what is made of it, on standard output. */
#include <stdio.h>
#include <string.h>

#include "policy/spec/spec.h"

static int print(json_t *json)
{
	json_dumpf(json, stdout, JSON_INDENT(2));
	putchar('\n');
	json_decref(json);
	return fflush(stdout) != 0;
}

static int print_schema(const char *path)
{
	json_error_t error;
	json_t *schema = json_load_file(path, JSON_REJECT_DUPLICATES, &error);

	if (!schema) {
		fprintf(stderr, "%s:%d: %s\n", path, error.line, error.text);
		return 1;
	}
	spec_schema(schema);
	return print(schema);
}

static int print_manual(const char *path)
{
	FILE *in = fopen(path, "re");
	bool good;

	if (!in) {
		perror(path);
		return 1;
	}
	good = spec_manual(in, stdout);
	if (!good)
		fprintf(stderr, "%s: a line begins with @ and does not say \"@fields KIND\"\n", path);
	fclose(in);
	return fflush(stdout) != 0 || !good;
}

int main(int argc, char **argv)
{
	if (argc == 3 && strcmp(argv[1], "schema") == 0)
		return print_schema(argv[2]);
	if (argc == 3 && strcmp(argv[1], "manual") == 0)
		return print_manual(argv[2]);
	if (argc == 2 && strcmp(argv[1], "members") == 0)
		return print(spec_members());
	fprintf(stderr, "usage: %s schema|manual TEMPLATE, or members\n", argv[0]);
	return 2;
}
