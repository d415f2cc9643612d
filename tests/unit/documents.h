/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Documents that a test meets go to tests/unit/run.py, which checks them against docs/schema. */
#ifndef TESTS_UNIT_DOCUMENTS_H
#define TESTS_UNIT_DOCUMENTS_H

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

/* As "vifctl @command" prints it. */
static inline void document_seen(const char *command, const json_t *document)
{
	const char *path = getenv("VIFSWITCH_TEST_DOCUMENTS");
	json_t *line = json_pack("{s:s, s:O}", "command", command, "document", document);
	FILE *f = path ? fopen(path, "ae") : NULL;

	if (f) {
		json_dumpf(line, f, JSON_COMPACT);
		fputc('\n', f);
		fclose(f);
	}
	json_decref(line);
}

#endif /* TESTS_UNIT_DOCUMENTS_H */
