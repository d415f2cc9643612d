// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * KEY=VALUE, KEY+=VALUE and KEY-=VALUE of any kind of object, one a line; the first octet
 * chooses the kind. What is refused changes nothing, and what is taken must be written as a
 * text that gives the same columns.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "vifctl/policy/object.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct object *o, *again;
	char *word, *problem = NULL;

	if (size < 1)
		return 0;
	o = object_new(data[0] % OBJECT_KINDS_ALL, "x");
	again = object_new(o->kind->id, "x");
	word = xprintf("%.*s", (int)size - 1, (const char *)data + 1);
	for (char *save = NULL, *line = strtok_r(word, "\n", &save); line;
	     line = strtok_r(NULL, "\n", &save)) {
		json_t *before = json_deep_copy(o->columns);

		if (!object_set_text(o, line, &problem)) {
			if (!problem || !json_equal(before, o->columns))
				abort();
			free(problem);
			problem = NULL;
		}
		json_decref(before);
	}
	for (const struct field *f = o->kind->fields; f->name; f++) {
		char *text = field_text_of(f, o->columns), *set;

		if (!text)
			continue;
		set = xprintf("%s=%s", f->name, text);
		if (!object_set_text(again, set, &problem) ||
		    !field_equal(f, o->columns, again->columns))
			abort();
		free(set);
		free(text);
	}
	free(word);
	object_free(again);
	object_free(o);
	return 0;
}
