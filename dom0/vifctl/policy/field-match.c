// SPDX-License-Identifier: GPL-2.0-or-later
/* Field types for what packets are told apart by: VLANs, protocols, ports, flags. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "policy/words.h"
#include "vifctl/policy/field-text.h"
#include "vifctl/policy/ranges.h"
#include "vifctl/policy/vlan-text.h"

#define ICMP_MAX	255
#define PORT_RANGES_MAX	256

static const char *only(const json_t *items)
{
	return json_string_value(json_array_get(items, 0)) ?: "";
}

static json_t *one_item(char *text)
{
	json_t *items = json_array();

	if (text)
		json_array_append_new(items, json_string(text));
	free(text);
	return items;
}

static bool parse_vlan(const struct field *f, const json_t *items, json_t *columns,
		       char **ret_problem)
{
	if (vlan_text_parse(only(items), columns))
		return true;
	*ret_problem = xprintf("%s is needed", VLAN_TEXT_ACCEPTS);
	return false;
}

static json_t *format_vlan(const struct field *f, const json_t *columns)
{
	return one_item(vlan_text_format(columns));
}

const struct text_type type_vlan = { .parse = parse_vlan, .format = format_vlan };

static bool parse_ranges(const json_t *items, unsigned int max, struct ranges *ranges)
{
	json_t *item;
	size_t i;

	json_array_foreach(items, i, item) {
		const char *text = json_string_value(item) ?: "";

		if (!ranges_add(ranges, text, strlen(text), 0, max))
			return false;
	}
	return true;
}

static bool parse_vlans(const struct field *f, const json_t *items, json_t *columns,
			char **ret_problem)
{
	struct ranges ranges = {};

	if (!parse_ranges(items, VLAN_TEXT_MAX, &ranges)) {
		*ret_problem = xprintf("VLANs from 0 to %d are needed, like 10,20-30",
				       VLAN_TEXT_MAX);
		return false;
	}
	json_object_set_new(columns, f->columns[0].name, ranges_to_array(&ranges));
	return true;
}

static json_t *format_vlans(const struct field *f, const json_t *columns)
{
	struct ranges ranges = {};

	ranges_from_array(&ranges, json_object_get(columns, f->columns[0].name));
	return ranges_to_items(&ranges);
}

const struct text_type type_vlans = { .parse = parse_vlans, .format = format_vlans,
					 .list = true };

static bool parse_ports(const struct field *f, const json_t *items, json_t *columns,
			char **ret_problem)
{
	struct ranges ranges = {};
	json_t *pairs;

	if (!parse_ranges(items, RANGES_LIMIT - 1, &ranges)) {
		*ret_problem = xprintf("ports from 0 to %d are needed, like 80,443,1000-2000",
				       RANGES_LIMIT - 1);
		return false;
	}
	pairs = json_array();
	for (unsigned int first = 0, last; ranges_next(&ranges, &first, &last); first = last + 1)
		json_array_append_new(pairs, json_pack("[i, i]", (int)first, (int)last));
	if (json_array_size(pairs) > PORT_RANGES_MAX) {
		*ret_problem = xprintf("%zu ranges are too many; %d is the most",
				       json_array_size(pairs), PORT_RANGES_MAX);
		json_decref(pairs);
		return false;
	}
	json_object_set_new(columns, f->columns[0].name, pairs);
	return true;
}

static json_t *format_ports(const struct field *f, const json_t *columns)
{
	json_t *items = json_array(), *pair;
	size_t i;

	json_array_foreach(json_object_get(columns, f->columns[0].name), i, pair) {
		json_int_t first = json_integer_value(json_array_get(pair, 0)),
			   last = json_integer_value(json_array_get(pair, 1));
		_cleanup_free_ char *text = first == last ? xprintf("%lld", (long long)first) :
			xprintf("%lld-%lld", (long long)first, (long long)last);

		json_array_append_new(items, json_string(text));
	}
	return items;
}

const struct text_type type_ports = { .parse = parse_ports, .format = format_ports,
					 .list = true };

static const struct word ethertypes[] = {
	{ "ipv4", 0x0800 }, { "arp", 0x0806 }, { "ipv6", 0x86dd }, { "mpls", 0x8847 },
	{ "pppoe-discovery", 0x8863 }, { "pppoe", 0x8864 }, { "lldp", 0x88cc }, {},
};

static bool parse_named(const struct field *f, const struct word *names, const json_t *items,
			json_t *columns, char **ret_problem)
{
	const struct column *column = &f->columns[0];
	const char *text = only(items);
	char *list = xprintf("%s", ""), *longer, *end;
	long n = -1;

	for (const struct word *known = names; known->word; known++) {
		longer = xprintf("%s%s%s", list, *list ? ", " : "", known->word);
		free(list);
		list = longer;
		if (!strcasecmp(known->word, text))
			n = known->value;
	}
	if (n < 0 && *text >= '0' && *text <= '9') {
		n = strtol(text, &end, !strncasecmp(text, "0x", 2) ? 16 : 10);
		if (*end)
			n = -1;
	}
	if (n < column->min || n > column->max)
		*ret_problem = xprintf("one of %s or a number from %lld to %lld is needed", list,
				       (long long)column->min, (long long)column->max);
	else
		json_object_set_new(columns, column->name, json_integer(n));
	free(list);
	return n >= column->min && n <= column->max;
}

static json_t *format_named(const struct field *f, const struct word *names, const char *format,
			    const json_t *columns)
{
	int n = (int)json_integer_value(json_object_get(columns, f->columns[0].name));

	for (; names->word; names++)
		if (names->value == (uint32_t)n)
			return one_item(xprintf("%s", names->word));
	return one_item(*format == 'x' ? xprintf("0x%04x", (unsigned int)n) : xprintf("%d", n));
}

static bool parse_protocol(const struct field *f, const json_t *items, json_t *columns,
			   char **ret_problem)
{
	return parse_named(f, protocol_words, items, columns, ret_problem);
}

static json_t *format_protocol(const struct field *f, const json_t *columns)
{
	return format_named(f, protocol_words, "d", columns);
}

const struct text_type type_protocol = { .parse = parse_protocol, .format = format_protocol };

static bool parse_ethertype(const struct field *f, const json_t *items, json_t *columns,
			    char **ret_problem)
{
	return parse_named(f, ethertypes, items, columns, ret_problem);
}

static json_t *format_ethertype(const struct field *f, const json_t *columns)
{
	return format_named(f, ethertypes, "x", columns);
}

const struct text_type type_ethertype = { .parse = parse_ethertype, .format = format_ethertype };

/* TYPE or TYPE/CODE */
static bool parse_icmp(const struct field *f, const json_t *items, json_t *columns,
		       char **ret_problem)
{
	const char *text = only(items), *slash = strchr(text, '/');
	_cleanup_free_ char *type = strndup(text, slash ? (size_t)(slash - text) : strlen(text));
	int64_t t, c = -1;

	if (!type || !unit_parse(UNIT_NONE, type, 0, ICMP_MAX, &t, ret_problem) ||
	    (slash && !unit_parse(UNIT_NONE, slash + 1, 0, ICMP_MAX, &c, ret_problem))) {
		free(*ret_problem);
		*ret_problem = xprintf("TYPE or TYPE/CODE is needed, both from 0 to %d, like 8/0",
				       ICMP_MAX);
		return false;
	}
	json_object_set_new(columns, "icmp_type", json_integer(t));
	if (c >= 0)
		json_object_set_new(columns, "icmp_code", json_integer(c));
	return true;
}

static json_t *format_icmp(const struct field *f, const json_t *columns)
{
	const json_t *type = json_object_get(columns, "icmp_type"),
		     *code = json_object_get(columns, "icmp_code");

	if (!code)
		return one_item(xprintf("%lld", (long long)json_integer_value(type)));
	return one_item(xprintf("%lld/%lld", (long long)json_integer_value(type),
				(long long)json_integer_value(code)));
}

const struct text_type type_icmp = { .parse = parse_icmp, .format = format_icmp };

/* FLAG must be set, !FLAG must not. */
static bool parse_tcp_flags(const struct field *f, const json_t *items, json_t *columns,
			    char **ret_problem)
{
	json_t *lists[2] = { json_array(), json_array() }, *item;
	uint32_t seen[2] = {};
	char list[64];
	size_t i;

	json_array_foreach(items, i, item) {
		const char *text = json_string_value(item) ?: "";
		int clear = *text == '!';
		const struct word *flag = word_find(f->columns[0].words, text + clear,
						    strlen(text + clear));

		if (!flag || (seen[!clear] & flag->value)) {
			words_list(f->columns[0].words, list, sizeof(list));
			*ret_problem = xprintf("%s are needed, each once and with ! in front if it "
					       "must not be set", list);
			json_decref(lists[0]);
			json_decref(lists[1]);
			return false;
		}
		seen[clear] |= flag->value;
		json_array_append_new(lists[clear], json_string(flag->word));
	}
	for (int clear = 0; clear < 2; clear++) {
		if (json_array_size(lists[clear]))
			json_object_set_new(columns, f->columns[clear].name,
					    sorted_set(lists[clear]));
		json_decref(lists[clear]);
	}
	return true;
}

static json_t *format_tcp_flags(const struct field *f, const json_t *columns)
{
	json_t *items = json_array(), *flag;
	size_t i;

	for (int clear = 0; clear < 2; clear++)
		json_array_foreach(json_object_get(columns, f->columns[clear].name), i, flag) {
			_cleanup_free_ char *text = xprintf("%s%s", clear ? "!" : "",
							    json_string_value(flag) ?: "");

			json_array_append_new(items, json_string(text));
		}
	return items;
}

const struct text_type type_tcp_flags = { .parse = parse_tcp_flags, .format = format_tcp_flags,
					 .list = true };
