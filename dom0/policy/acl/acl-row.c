// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Rule rows, read value by value; whether the values fit together is the business
 * of acl_seal(). A column that is not understood would make the rule match more
 * than its writer wants: it is refused.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/column.h"
#include "base/utf8.h"
#include "policy/acl/groups.h"
#include "policy/fields.h"
#include "policy/policy-row.h"
#include "vifswitch/abi.h"

struct reader {
	struct acl *acl;
	struct acl_rule *rule;
	const char *column;
	const json_t *value;
	struct problem *problem;
};

static int bad(const struct reader *r, const json_t *value, const char *accepted)
{
	return column_bad(r->problem, r->column, value, accepted);
}

static int out_of_memory(struct problem *problem)
{
	problem_set(problem, "out of memory");
	return -ENOMEM;
}

void acl_name_read(const json_t *row, char ret[ACL_NAME_MAX])
{
	size_t len;
	const char *name = column_string(json_object_get(row, "name"), &len);

	if (!name)
		len = 0;
	if (len > ACL_NAME_MAX - 1)
		len = utf8_cut(name, ACL_NAME_MAX - 1);
	snprintf(ret, ACL_NAME_MAX, "%.*s", (int)len, name ? name : "");
}

int acl_default_read(const json_t *row, const char *column, uint8_t *ret, struct problem *problem)
{
	const json_t *value = json_object_get(row, column);
	const struct column *of;
	const struct field *f = kind_column(&object_kinds[OBJECT_ACL], column, &of);
	uint64_t action;
	int r;

	if (!value || (column_is_value(value) && !column_size(value)))
		return 0;
	r = column_read_number(f, of, value, &action, problem);
	if (r == 0)
		*ret = action;
	return r;
}

static int read_priority(const struct reader *r)
{
	char accepted[32];
	int64_t n;

	snprintf(accepted, sizeof(accepted), "0 to %d", ACL_PRIORITY_MAX);
	if (!column_integer_in(r->value, 0, ACL_PRIORITY_MAX, &n))
		return bad(r, r->value, accepted);
	r->rule->priority = n;
	return 0;
}

int acl_addresses_read(const char *column, const json_t *value, struct prefix_set *set,
		       struct problem *problem)
{
	const struct reader r = { .column = column, .problem = problem };
	size_t n = column_size(value);

	if (value && !column_is_value(value))
		return bad(&r, value, "addresses or prefixes, IPv4 or IPv6");
	for (size_t i = 0; i < n; i++) {
		const json_t *atom = column_at(value, i);
		struct problem inner;
		struct prefix prefix;
		size_t len;
		const char *text = column_string(atom, &len);
		int rc;

		if (!text)
			return bad(&r, atom, "an address or prefix, IPv4 or IPv6");
		if (prefix_parse(text, len, &prefix, &inner) < 0)
			return problem_set(problem, "%s=%s", column, inner.text);
		rc = prefix_set_add(set, &prefix);
		if (rc == -ENOSPC)
			return problem_set(problem, "%s: more than %u addresses", column,
					   PREFIX_SET_MAX);
		if (rc < 0)
			return out_of_memory(problem);
	}
	return 0;
}

static int addresses(const struct reader *r, const struct prefix_set **ret)
{
	struct prefix_set *set = acl_new_set(r->acl);
	int rc;

	if (!set)
		return out_of_memory(r->problem);
	rc = acl_addresses_read(r->column, r->value, set, r->problem);
	prefix_set_normalize(set);
	*ret = set;
	return rc;
}

static int read_src(const struct reader *r)
{
	return addresses(r, &r->rule->src);
}

static int read_dst(const struct reader *r)
{
	return addresses(r, &r->rule->dst);
}

/* Pairs of a map: column_at() is for sets. */
static int ranges(const struct reader *r, struct acl_ranges *ret)
{
	const json_t *tag = json_array_get(r->value, 0), *pairs = json_array_get(r->value, 1);
	size_t n = json_array_size(pairs);

	if (!json_is_string(tag) || strcmp(json_string_value(tag), "map") != 0)
		return bad(r, r->value, "ranges of ports");
	if (n > ACL_RANGES_MAX)
		return problem_set(r->problem, "%s: %zu ranges; at most %d", r->column, n,
				   ACL_RANGES_MAX);
	for (size_t i = 0; i < n; i++) {
		const json_t *pair = json_array_get(pairs, i);
		int64_t first, last;

		if (json_array_size(pair) != 2 ||
		    !column_integer(json_array_get(pair, 0), &first) || first < 0 ||
		    first > 65535 || !column_integer(json_array_get(pair, 1), &last) ||
		    last < 0 || last > 65535)
			return problem_set(r->problem, "%s: range %zu: must be two ports of 0 to 65535",
					   r->column, i + 1);
		if (acl_ranges_add(ret, first, last) < 0)
			return out_of_memory(r->problem);
	}
	return 0;
}

static int read_src_ports(const struct reader *r)
{
	return ranges(r, &r->rule->src_ports);
}

static int read_dst_ports(const struct reader *r)
{
	return ranges(r, &r->rule->dst_ports);
}

static int read_vlans(const struct reader *r)
{
	size_t n = column_size(r->value);

	for (size_t i = 0; i < n; i++) {
		const json_t *atom = column_at(r->value, i);
		int64_t vlan;

		if (!column_integer(atom, &vlan) || vlan < 0 || vlan > VIFSWITCH_VID_MAX)
			return bad(r, atom, "VLANs in 0-4094");
		if (acl_rule_add_vlan(r->rule, vlan) < 0)
			return out_of_memory(r->problem);
	}
	return 0;
}

/* Those that are disabled are not read: acl_rule_is_disabled(). */
static int read_disabled(const struct reader *r)
{
	return json_is_false(r->value) ? 0 : bad(r, r->value, "true or false");
}

bool acl_rule_is_disabled(const json_t *row)
{
	return json_is_true(column_at(json_object_get(row, "disabled"), 0));
}

#define PLAIN(m)	.place = offsetof(struct acl_rule, m), \
			.size = sizeof(((struct acl_rule *)0)->m)

/* A plain value goes to its place. A column without any of these is read elsewhere. */
static const struct {
	const char *name;
	size_t place, size;
	int (*read)(const struct reader *r);
	bool needed;
} columns[] = {
	{ "priority", .read = read_priority, .needed = true },
	{ "direction", PLAIN(direction), .needed = true },
	{ "action", PLAIN(action), .needed = true },
	{ "stateless", PLAIN(stateless) },
	{ "log", PLAIN(log) },
	{ "disabled", .read = read_disabled },
	{ "ethertype", PLAIN(ethertype) },
	{ "protocol", PLAIN(protocol) },
	{ "src", .read = read_src },
	{ "dst", .read = read_dst },
	{ "src_ports", .read = read_src_ports },
	{ "dst_ports", .read = read_dst_ports },
	{ "icmp_type", PLAIN(icmp_type) },
	{ "icmp_code", PLAIN(icmp_code) },
	{ "tcp_flags_set", PLAIN(tcp_set) },
	{ "tcp_flags_clear", PLAIN(tcp_clear) },
	{ "vlans", .read = read_vlans },
	{ .name = "name" },
	{ .name = "src_groups" },
	{ .name = "dst_groups" },
};

static int read_plain(const struct reader *r, size_t place, size_t size)
{
	const struct column *column;
	const struct field *f = kind_column(&object_kinds[OBJECT_RULE], r->column, &column);
	uint64_t n;
	int rc = column_read_number(f, column, r->value, &n, r->problem);

	if (rc == 0)
		field_member_put((char *)r->rule + place, size, n);
	return rc;
}

static bool known(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(columns); i++) {
		if (strcmp(columns[i].name, name) == 0)
			return true;
	}
	return false;
}

int acl_rule_read(const json_t *row, struct acl *acl, struct acl_rule *rule,
		  struct problem *problem)
{
	struct reader r = { .acl = acl, .rule = rule, .problem = problem };
	const char *name;
	json_t *value;
	int rc;

	json_object_foreach((json_t *)row, name, value) {
		if (!known(name) && !column_is_default(value))
			return problem_set(problem, "%s: not enforced by this version",
					   QUOTE(name, strlen(name)));
	}
	for (size_t i = 0; i < ARRAY_SIZE(columns); i++) {
		r.column = columns[i].name;
		r.value = json_object_get(row, r.column);
		if (!r.value || (column_is_value(r.value) && !column_size(r.value))) {
			if (columns[i].needed)
				return problem_set(problem, "%s: is missing", r.column);
			continue;
		}
		if (!column_is_value(r.value))
			return problem_set(problem, "%s: not a value of the database", r.column);
		rc = columns[i].size ? read_plain(&r, columns[i].place, columns[i].size) :
		     columns[i].read ? columns[i].read(&r) : 0;
		if (rc < 0)
			return rc;
	}
	return 0;
}
