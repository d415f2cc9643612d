// SPDX-License-Identifier: GPL-2.0-or-later
/* vifswitch-spec schema|manual TEMPLATE: the file that is made of it, on standard output. */
#include <stdio.h>
#include <string.h>

#include "policy/spec/spec.h"

static int print_schema(const char *path)
{
	json_error_t error;
	json_t *schema = json_load_file(path, JSON_REJECT_DUPLICATES, &error);

	if (!schema) {
		fprintf(stderr, "%s:%d: %s\n", path, error.line, error.text);
		return 1;
	}
	spec_schema(schema);
	json_dumpf(schema, stdout, JSON_INDENT(2));
	putchar('\n');
	json_decref(schema);
	return fflush(stdout) != 0;
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
	fprintf(stderr, "usage: %s schema|manual TEMPLATE\n", argv[0]);
	return 2;
}
