// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include "vifexportd/sample.h"

/* The three characters that end or change a label's value; the rest is UTF-8 as it is. */
static void put_value(FILE *to, const char *text)
{
	for (; *text; text++) {
		if (*text == '\\' || *text == '"')
			fprintf(to, "\\%c", *text);
		else if (*text == '\n')
			fputs("\\n", to);
		else
			putc(*text, to);
	}
}

void sample_begin(struct out *o)
{
	fprintf(o->to, "%s%s", o->name, o->suffix);
}

void sample_label(struct out *o, const char *name, const char *value, bool first)
{
	fprintf(o->to, "%c%s=\"", first ? '{' : ',', name);
	put_value(o->to, value ?: "");
	putc('"', o->to);
}

void sample_end(struct out *o, bool labels, json_int_t value)
{
	fprintf(o->to, "%s %" JSON_INTEGER_FORMAT "\n", labels ? "}" : "", value);
}

void sample_interface(struct out *o, const json_t *port)
{
	char devid[24];

	snprintf(devid, sizeof(devid), "%" JSON_INTEGER_FORMAT, sample_number(port, "devid", NULL));
	sample_label(o, "vm_uuid", json_text_of(json_object_get(port, "vm"), "uuid"), true);
	sample_label(o, "devid", devid, false);
}

void sample_plain(struct out *o, json_int_t value)
{
	sample_begin(o);
	sample_end(o, false, value);
}

json_int_t sample_number(const json_t *object, const char *outer, const char *inner)
{
	const json_t *value = json_object_get(object, outer);

	if (inner)
		value = json_object_get(value, inner);
	return json_is_boolean(value) ? json_is_true(value) : json_integer_value(value);
}

bool sample_is(const json_t *object, const char *key, const char *word)
{
	const char *text = json_text_of(object, key);

	return text && strcmp(text, word) == 0;
}
