// SPDX-License-Identifier: GPL-2.0-or-later
#include "vifctl/db/db-value.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <vifdb/vifdb.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "vifctl/view/text.h"

static const char *base_type(const json_t *type, bool of_value)
{
	const json_t *base = json_is_object(type) ? json_object_get(type, of_value ? "value" : "key") :
						    type;

	if (json_is_object(base))
		base = json_object_get(base, "type");
	return json_string_value(base) ?: "";
}

static json_int_t limit(const json_t *type, const char *name)
{
	const json_t *n = json_object_get(type, name);

	return json_is_integer(n) ? json_integer_value(n) : json_is_string(n) ? -1 : 1;
}

bool type_is_map(const json_t *type)
{
	return json_object_get(type, "value");
}

bool type_is_scalar(const json_t *type)
{
	return !type_is_map(type) && limit(type, "min") == 1 && limit(type, "max") == 1;
}

bool type_is_optional(const json_t *type)
{
	return !type_is_map(type) && limit(type, "min") == 0 && limit(type, "max") == 1;
}

json_t *atom_parse(const json_t *type, bool of_value, const char *text, char **ret_problem)
{
	const char *base = base_type(type, of_value);
	uint8_t uuid[16];
	json_t *json = NULL;
	char *end;

	errno = 0;
	if (!strcmp(base, "string")) {
		json = *text == '"' ? json_loads(text, JSON_DECODE_ANY, NULL) : json_string(text);
		if (!json_is_string(json)) {
			json_decref(json);
			json = NULL;
		}
	} else if (!strcmp(base, "integer")) {
		long long n = strtoll(text, &end, 10);

		if (!errno && end != text && !*end && !isspace((unsigned char)*text))
			json = json_integer(n);
	} else if (!strcmp(base, "real")) {
		double x = strtod(text, &end);

		if (end != text && !*end && isfinite(x) && !isspace((unsigned char)*text))
			json = json_real(x);
	} else if (!strcmp(base, "boolean")) {
		if (!strcmp(text, "true") || !strcmp(text, "false"))
			json = json_boolean(*text == 't');
	} else if (!strcmp(base, "uuid") && vifdb_uuid_parse(text, uuid)) {
		json = vifdb_json_uuid(uuid);
	}
	if (!json)
		*ret_problem = xprintf("\"%s\": %s %s is needed", text,
				       *base == 'i' ? "an" : "a", *base ? base : "value");
	return json;
}

/* The next element up to a comma, or in a map "="; quotes protect both. To be freed. */
static char *take(const char **text, const char *stops)
{
	const char *p = *text, *end;
	bool quoted = false;

	p += strspn(p, " ");
	for (end = p; *end && (quoted || !strchr(stops, *end)); end++) {
		if (*end == '\\' && quoted && end[1])
			end++;
		else if (*end == '"')
			quoted = !quoted;
	}
	*text = end;
	while (end > p && end[-1] == ' ')
		end--;
	return xprintf("%.*s", (int)(end - p), p);
}

static json_t *parse_elements(const json_t *type, const char *text, char **ret_problem)
{
	bool map = type_is_map(type);
	json_t *array = json_array();

	while (*text) {
		_cleanup_free_ char *key = take(&text, map ? "=," : ","), *value = NULL;
		json_t *atom = atom_parse(type, false, key, ret_problem), *other = NULL;

		if (atom && map && *text != '=') {
			*ret_problem = xprintf("\"%s\": KEY=VALUE is needed", key);
			json_decref(atom);
			atom = NULL;
		}
		if (atom && map) {
			text++;
			value = take(&text, ",");
			other = atom_parse(type, true, value, ret_problem);
			atom = json_pack("[o, o]", atom, other);
		}
		if (!atom) {
			json_decref(array);
			return NULL;
		}
		json_array_append_new(array, atom);
		if (*text == ',' && !text[1])
			*ret_problem = xprintf("a value is missing after the last comma");
		if (*text == ',' && !text[1]) {
			json_decref(array);
			return NULL;
		}
		text += *text == ',';
	}
	return json_pack("[s, o]", map ? "map" : "set", array);
}

json_t *value_parse(const json_t *type, const char *text, char **ret_problem)
{
	bool map = type_is_map(type), none = !strcmp(text, map ? "{}" : "[]");
	size_t len = strlen(text);
	_cleanup_free_ char *inner = NULL;

	if (type_is_scalar(type) || (type_is_optional(type) && *text && !none))
		return atom_parse(type, false, text, ret_problem);
	if (len >= 2 && text[0] == (map ? '{' : '[') && text[len - 1] == (map ? '}' : ']'))
		inner = xprintf("%.*s", (int)len - 2, text + 1);
	return parse_elements(type, inner ?: text, ret_problem);
}

static char *format_atom(const json_t *atom)
{
	const char *text = json_string_value(json_is_array(atom) ? json_array_get(atom, 1) : atom);
	_cleanup_free_ char *dumped = NULL;

	if (text && *text && !strpbrk(text, "\"\\,=[]{} ") && isprint((unsigned char)*text))
		return xprintf("%s", text);
	dumped = json_dumps(atom, JSON_ENCODE_ANY);
	return xprintf("%s", dumped ?: "?");
}

static bool is_list(const json_t *value, const char *word)
{
	return json_is_array(value) && !strcmp(json_string_value(json_array_get(value, 0)) ?: "", word);
}

char *value_format(const json_t *value)
{
	bool map = is_list(value, "map");
	json_t *texts, *item;
	char *inner, *text;
	size_t i;

	if (!map && !is_list(value, "set")) {
		const char *plain = json_string_value(value);

		return plain && *plain ? xprintf("%s", plain) : format_atom(value);
	}
	texts = json_array();
	json_array_foreach(json_array_get(value, 1), i, item) {
		_cleanup_free_ char *key = format_atom(map ? json_array_get(item, 0) : item),
				    *other = map ? format_atom(json_array_get(item, 1)) : NULL,
				    *both = xprintf("%s%s%s", key, map ? "=" : "", other ?: "");

		json_array_append_new(texts, json_string(both));
	}
	inner = text_join(texts, ", ");
	text = xprintf(map ? "{%s}" : "[%s]", inner);
	free(inner);
	json_decref(texts);
	return text;
}

static json_t *plain_atom(const json_t *atom)
{
	return json_is_array(atom) ? json_incref(json_array_get(atom, 1)) :
				     json_incref((json_t *)atom);
}

json_t *value_plain(const json_t *type, const json_t *value)
{
	bool map = is_list(value, "map"), object = !strcmp(base_type(type, false), "string");
	json_t *plain, *item;
	size_t i;

	if (!map && !is_list(value, "set"))
		return plain_atom(value);
	if (type_is_optional(type) && !json_array_size(json_array_get(value, 1)))
		return json_null();
	plain = map && object ? json_object() : json_array();
	json_array_foreach(json_array_get(value, 1), i, item) {
		if (!map)
			json_array_append_new(plain, plain_atom(item));
		else if (object)
			json_object_set_new(plain, json_string_value(json_array_get(item, 0)),
					    plain_atom(json_array_get(item, 1)));
		else
			json_array_append_new(plain,
					      json_pack("[o, o]", plain_atom(json_array_get(item, 0)),
							plain_atom(json_array_get(item, 1))));
	}
	return plain;
}
