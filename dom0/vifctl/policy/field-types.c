// SPDX-License-Identifier: GPL-2.0-or-later
/* Field types that any kind of object has. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/cleanup.h"
#include "base/endpoint.h"
#include "base/mac.h"
#include "base/mem.h"
#include "base/netdev-name.h"
#include "base/prefix.h"
#include "base/uuid.h"
#include "policy/bounds.h"
#include "vifctl/policy/field-text.h"
#include "vifctl/view/text.h"

#define MAP_TEXT_MAX	4096	/* octets of a key, and of a value */

static const char *only(const json_t *items)
{
	return json_string_value(json_array_get(items, 0)) ?: "";
}

static json_t *one_item(char *text)
{
	json_t *items = json_array();

	json_array_append_new(items, json_string(text));
	free(text);
	return items;
}

static json_t *value_of(const struct field *f, const json_t *columns)
{
	return json_object_get(columns, f->columns[0].name);
}

static void put(const struct field *f, json_t *columns, json_t *value)
{
	json_object_set_new(columns, f->columns[0].name, value);
}

static bool parse_number(const struct field *f, const json_t *items, json_t *columns,
			 char **ret_problem)
{
	const struct column *column = &f->columns[0];
	int64_t n;

	if (!unit_parse(f->unit, only(items), column->min, column->max, &n, ret_problem))
		return false;
	put(f, columns, json_integer(n));
	return true;
}

static json_t *format_number(const struct field *f, const json_t *columns)
{
	return one_item(unit_format(f->unit, json_integer_value(value_of(f, columns))));
}

const struct text_type type_number = { .parse = parse_number, .format = format_number };

static bool is_word(const struct field *f, const char *text, char **ret_problem)
{
	char list[128];

	if (word_find(f->columns[0].words, text, strlen(text)))
		return true;
	words_list(f->columns[0].words, list, sizeof(list));
	*ret_problem = xprintf("one of %s is needed", list);
	return false;
}

static bool parse_text(const struct field *f, const json_t *items, json_t *columns,
		       char **ret_problem)
{
	const struct column *column = &f->columns[0];
	int64_t len = (int64_t)strlen(only(items));

	if (len < column->min || len > column->max) {
		*ret_problem = xprintf("a text of %lld to %lld octets is needed", (long long)column->min,
				       (long long)column->max);
		return false;
	}
	if (len || !column->always)
		put(f, columns, json_string(only(items)));
	return true;
}

static json_t *format_text(const struct field *f, const json_t *columns)
{
	json_t *items = json_array();

	json_array_append(items, value_of(f, columns));
	return items;
}

const struct text_type type_plain = { .parse = parse_text, .format = format_text };

static bool parse_word(const struct field *f, const json_t *items, json_t *columns,
		       char **ret_problem)
{
	if (!is_word(f, only(items), ret_problem))
		return false;
	put(f, columns, json_string(only(items)));
	return true;
}

const struct text_type type_word = { .parse = parse_word, .format = format_text };

/* Each item through @one, which gives its canonical text or a problem. */
static bool parse_each(const struct field *f, const json_t *items, json_t *columns,
		       char *(*one)(const struct field *f, const char *text, char **ret_problem),
		       char **ret_problem)
{
	json_t *texts = json_array(), *item;
	size_t i;

	json_array_foreach(items, i, item) {
		_cleanup_free_ char *text = one(f, json_string_value(item) ?: "", ret_problem);

		if (!text) {
			json_decref(texts);
			return false;
		}
		json_array_append_new(texts, json_string(text));
	}
	put(f, columns, sorted_set(texts));
	json_decref(texts);
	if (json_array_size(value_of(f, columns)) > f->columns[0].most) {
		*ret_problem = xprintf("%zu are too many; %u is the most",
				       json_array_size(value_of(f, columns)), f->columns[0].most);
		return false;
	}
	return true;
}

static json_t *format_texts(const struct field *f, const json_t *columns)
{
	return json_incref(value_of(f, columns));
}

static char *one_word(const struct field *f, const char *text, char **ret_problem)
{
	return is_word(f, text, ret_problem) ? xprintf("%s", text) : NULL;
}

static bool parse_words(const struct field *f, const json_t *items, json_t *columns,
			char **ret_problem)
{
	return parse_each(f, items, columns, one_word, ret_problem);
}

const struct text_type type_words = { .parse = parse_words, .format = format_texts,
					 .list = true };

/* A netdev's name: what the kernel takes. */
static char *one_netdev(const struct field *f, const char *text, char **ret_problem)
{
	if (netdev_name_valid(text, strlen(text)))
		return xstrdup(text);
	*ret_problem = xprintf("a network device's name of 1 to 15 octets is needed, like eth0");
	return NULL;
}

static bool parse_netdev(const struct field *f, const json_t *items, json_t *columns,
			 char **ret_problem)
{
	_cleanup_free_ char *name = one_netdev(f, only(items), ret_problem);

	if (name)
		put(f, columns, json_string(name));
	return name;
}

const struct text_type type_netdev = { .parse = parse_netdev, .format = format_text };

static bool parse_netdevs(const struct field *f, const json_t *items, json_t *columns,
			char **ret_problem)
{
	return parse_each(f, items, columns, one_netdev, ret_problem);
}

const struct text_type type_netdevs = { .parse = parse_netdevs, .format = format_texts,
					 .list = true };

static char *one_mac(const struct field *f, const char *text, char **ret_problem)
{
	uint8_t mac[6];

	if (mac_parse_short(text, strlen(text), mac) && mac_is_station(mac))
		return xprintf(MAC_FORMAT, MAC_OCTETS(mac));
	*ret_problem = xprintf("a single station's MAC address is needed, like 00:16:3e:12:34:56");
	return NULL;
}

static bool parse_mac(const struct field *f, const json_t *items, json_t *columns,
		      char **ret_problem)
{
	return parse_each(f, items, columns, one_mac, ret_problem);
}

const struct text_type type_macs = { .parse = parse_mac, .format = format_texts, .list = true };

static char *one_prefix(const struct field *f, const char *text, char **ret_problem)
{
	char canonical[PREFIX_TEXT_MAX];
	struct problem problem;
	struct prefix prefix;

	if (prefix_parse(text, strlen(text), &prefix, &problem) < 0) {
		*ret_problem = xstrdup(problem.text);
		return NULL;
	}
	prefix_format(&prefix, canonical);
	return xstrdup(canonical);
}

static bool parse_prefixes(const struct field *f, const json_t *items, json_t *columns,
			   char **ret_problem)
{
	return parse_each(f, items, columns, one_prefix, ret_problem);
}

const struct text_type type_prefixes = { .parse = parse_prefixes, .format = format_texts,
					 .list = true };

static char *one_endpoint(const struct field *f, const char *text, char **ret_problem)
{
	char canonical[ENDPOINT_TEXT_MAX];
	struct endpoint e;

	if (!endpoint_parse(text, strlen(text), &e)) {
		*ret_problem = xprintf("an IP address is needed, with a port or without, like "
				       "192.0.2.9:2055 or [2001:db8::9]:2055");
		return NULL;
	}
	endpoint_format(&e, canonical);
	return xstrdup(canonical);
}

static bool parse_endpoints(const struct field *f, const json_t *items, json_t *columns,
			    char **ret_problem)
{
	return parse_each(f, items, columns, one_endpoint, ret_problem);
}

const struct text_type type_endpoints = { .parse = parse_endpoints, .format = format_texts,
					 .list = true };

static char *one_name(const struct field *f, const char *text, char **ret_problem)
{
	size_t len = strlen(text);

	if (len >= 1 && len <= 63)
		return xprintf("%s", text);
	*ret_problem = xprintf("the name of a row of %s is needed", f->columns[0].refers);
	return NULL;
}

static bool parse_reference(const struct field *f, const json_t *items, json_t *columns,
			    char **ret_problem)
{
	_cleanup_free_ char *name = one_name(f, only(items), ret_problem);

	if (name)
		put(f, columns, json_string(name));
	return name;
}

const struct text_type type_reference = { .parse = parse_reference, .format = format_text };

static bool parse_references(const struct field *f, const json_t *items, json_t *columns,
			     char **ret_problem)
{
	return parse_each(f, items, columns, one_name, ret_problem);
}

const struct text_type type_references = { .parse = parse_references, .format = format_texts,
					 .list = true };

/* The first is the first column's, the others the second's. */
static bool parse_ordered(const struct field *f, const json_t *items, json_t *columns,
			  char **ret_problem)
{
	const size_t most = f->columns[1].most + 1;
	json_t *names = json_array(), *item;
	size_t i;

	if (json_array_size(items) > most)
		*ret_problem = xprintf("%zu are too many; %zu is the most", json_array_size(items), most);
	json_array_foreach(items, i, item) {
		_cleanup_free_ char *name = *ret_problem ? NULL :
					    one_name(f, json_string_value(item) ?: "", ret_problem);

		if (name && text_among(names, name))
			*ret_problem = xprintf("\"%s\" is there twice; each may be there once", name);
		if (name)
			json_array_append_new(names, json_string(name));
	}
	if (!*ret_problem && json_array_size(names)) {
		put(f, columns, json_incref(json_array_get(names, 0)));
		json_array_remove(names, 0);
		if (json_array_size(names))
			json_object_set(columns, f->columns[1].name, names);
	}
	json_decref(names);
	return !*ret_problem;
}

static json_t *format_ordered(const struct field *f, const json_t *columns)
{
	json_t *items = json_array(), *first = value_of(f, columns);

	if (first)
		json_array_append(items, first);
	json_array_extend(items, json_object_get(columns, f->columns[1].name));
	return items;
}

const struct text_type type_ordered = { .parse = parse_ordered, .format = format_ordered,
					 .list = true };

static bool parse_uuid(const struct field *f, const json_t *items, json_t *columns,
		       char **ret_problem)
{
	char text[UUID_TEXT_LEN + 1];
	uint8_t uuid[16];

	if (!uuid_parse(only(items), strlen(only(items)), uuid)) {
		*ret_problem = xprintf("a UUID is needed, like "
				       "f47ac10b-58cc-4372-a567-0e02b2c3d479");
		return false;
	}
	uuid_format(uuid, text);
	put(f, columns, json_string(text));
	return true;
}

const struct text_type type_uuid = { .parse = parse_uuid, .format = format_text };

/* A UUID in its one form, or a name that is left for later. */
static char *one_vm(const struct field *f, const char *text, char **ret_problem)
{
	char canonical[UUID_TEXT_LEN + 1];
	uint8_t uuid[16];

	if (uuid_parse(text, strlen(text), uuid)) {
		uuid_format(uuid, canonical);
		return xprintf("%s", canonical);
	}
	if (*text && strlen(text) <= 255)
		return xprintf("%s", text);
	*ret_problem = xprintf("a VM is needed, by UUID or name");
	return NULL;
}

static bool parse_vms(const struct field *f, const json_t *items, json_t *columns,
		      char **ret_problem)
{
	return parse_each(f, items, columns, one_vm, ret_problem);
}

const struct text_type type_vms = { .parse = parse_vms, .format = format_texts, .list = true };

char *vif_text_vm(const char *text, const char **ret_rest)
{
	const char *slash = strrchr(text, '/');
	size_t digits = slash ? strspn(slash + 1, "0123456789") : 0;

	*ret_rest = digits && !slash[1 + digits] ? slash : text + strlen(text);
	return xprintf("%.*s", (int)(*ret_rest - text), text);
}

/* "UUID/DEVID", or with a name; of all of a VM's without @devid if there is none. */
static char *vif_text(const struct field *f, const char *text, const char *devid,
		      char **ret_problem)
{
	const char *rest;
	_cleanup_free_ char *name = vif_text_vm(text, &rest), *vm = one_vm(f, name, ret_problem),
			    *problem = NULL;
	int64_t n;

	if (!vm)
		return NULL;
	if (!*rest)
		return xprintf("%s%s", vm, devid);
	if (unit_parse(UNIT_NONE, rest + 1, 0, DEVID_MAX, &n, &problem))
		return xprintf("%s/%lld", vm, (long long)n);
	*ret_problem = xprintf("DEVID \"%s\": %s", rest + 1, problem);
	return NULL;
}

static char *one_vif(const struct field *f, const char *text, char **ret_problem)
{
	return vif_text(f, text, "", ret_problem);
}

static bool parse_vifs(const struct field *f, const json_t *items, json_t *columns,
		       char **ret_problem)
{
	return parse_each(f, items, columns, one_vif, ret_problem);
}

const struct text_type type_vifs = { .parse = parse_vifs, .format = format_texts, .list = true };

static bool parse_vif(const struct field *f, const json_t *items, json_t *columns,
		      char **ret_problem)
{
	char *text = vif_text(f, only(items), "/0", ret_problem);

	if (text)
		put(f, columns, json_string(text));
	free(text);
	return text;
}

const struct text_type type_vif = { .parse = parse_vif, .format = format_text };

bool field_has_vms(const struct field *f)
{
	return f->type == FIELD_VMS || f->type == FIELD_VIFS || f->type == FIELD_VIF;
}

static json_t *resolve_item(const json_t *item, char *(*find)(const char *vm, void *arg),
			    void *arg)
{
	const char *rest;
	_cleanup_free_ char *vm = vif_text_vm(json_string_value(item) ?: "", &rest), *text = NULL,
			    *uuid = find(vm, arg);

	text = uuid ? xprintf("%s%s", uuid, rest) : NULL;
	return text ? json_string(text) : NULL;
}

bool field_resolve_vms(const struct field *f, json_t *columns,
		       char *(*find)(const char *vm, void *arg), void *arg)
{
	json_t *value = value_of(f, columns), *found, *item;
	bool good = true;
	size_t i;

	if (!value)
		return true;
	if (json_is_string(value)) {
		found = resolve_item(value, find, arg);
		if (found)
			put(f, columns, found);
		return found;
	}
	found = json_array();
	json_array_foreach(value, i, item)
		good = good && json_array_append_new(found, resolve_item(item, find, arg)) == 0;
	if (good)
		put(f, columns, sorted_set(found));
	json_decref(found);
	return good;
}

static bool parse_map(const struct field *f, const json_t *items, json_t *columns,
		      char **ret_problem)
{
	json_t *map = json_object(), *item;
	size_t i;

	json_array_foreach(items, i, item) {
		const char *text = json_string_value(item) ?: "", *equals = strchr(text, '=');
		_cleanup_free_ char *key = equals ? strndup(text, (size_t)(equals - text)) : NULL;

		if (!key || !*key || strlen(key) > MAP_TEXT_MAX ||
		    strlen(equals + 1) > MAP_TEXT_MAX || json_object_get(map, key) ||
		    json_object_set_new(map, key, json_string(equals + 1))) {
			*ret_problem = xprintf("KEY=VALUE is needed, each key once and up to %d "
					       "octets", MAP_TEXT_MAX);
			json_decref(map);
			return false;
		}
	}
	put(f, columns, map);
	return true;
}

static json_t *format_map(const struct field *f, const json_t *columns)
{
	json_t *items = json_array(), *value, *sorted;
	const char *key;

	json_object_foreach(value_of(f, columns), key, value) {
		_cleanup_free_ char *text = xprintf("%s=%s", key, json_string_value(value) ?: "");

		json_array_append_new(items, json_string(text));
	}
	sorted = sorted_set(items);
	json_decref(items);
	return sorted;
}

const struct text_type type_map = { .parse = parse_map, .format = format_map, .list = true };

static bool parse_boolean(const struct field *f, const json_t *items, json_t *columns,
			  char **ret_problem)
{
	static const char *const words[] = { "no", "yes", "false", "true", "off", "on" };

	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		if (strcasecmp(words[i], only(items)))
			continue;
		if (i % 2)
			put(f, columns, json_true());
		return true;
	}
	*ret_problem = xprintf("yes or no is needed");
	return false;
}

static json_t *format_boolean(const struct field *f, const json_t *columns)
{
	return one_item(xprintf("%s", json_is_true(value_of(f, columns)) ? "yes" : "no"));
}

const struct text_type type_boolean = { .parse = parse_boolean, .format = format_boolean };
