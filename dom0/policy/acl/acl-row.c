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
#include "policy/acl/groups.h"
#include "vifswitch/abi.h"

#define PRIORITY_MAX	1000000

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
	if (len > ACL_NAME_MAX - 1) {
		/* Not in the middle of a character. */
		for (len = ACL_NAME_MAX - 1; len && (name[len] & 0xc0) == 0x80;)
			len--;
	}
	snprintf(ret, ACL_NAME_MAX, "%.*s", (int)len, name ? name : "");
}

static const char *const actions[] = { "allow", "deny", "reject", NULL };
static const char *const directions[] = { "from-vm", "to-vm", NULL };
static const char *const tcp_flags[] = { "fin", "syn", "rst", "psh", "ack", "urg", "ece", "cwr",
					 NULL };

int acl_default_read(const json_t *row, const char *column, uint8_t *ret, struct problem *problem)
{
	const json_t *value = json_object_get(row, column);
	const struct reader r = { .column = column, .problem = problem };
	int action;

	if (!value || (column_is_value(value) && !column_size(value)))
		return 0;
	action = column_word(value, actions);
	if (action < 0)
		return bad(&r, value, "allow, deny or reject");
	*ret = action;
	return 0;
}

static int read_action(const struct reader *r)
{
	int action = column_word(r->value, actions);

	if (action < 0)
		return bad(r, r->value, "allow, deny or reject");
	r->rule->action = action;
	return 0;
}

static int read_direction(const struct reader *r)
{
	int direction = column_word(r->value, directions);

	if (direction < 0)
		return bad(r, r->value, "from-vm or to-vm");
	r->rule->direction = direction;
	return 0;
}

static int number(const struct reader *r, int64_t min, int64_t max, int64_t *ret)
{
	char accepted[48];

	snprintf(accepted, sizeof(accepted), "%lld to %lld", (long long)min, (long long)max);
	if (!column_integer_in(r->value, min, max, ret))
		return bad(r, r->value, accepted);
	return 0;
}

static int read_priority(const struct reader *r)
{
	int64_t n;
	int rc = number(r, 0, PRIORITY_MAX, &n);

	if (rc == 0)
		r->rule->priority = n;
	return rc;
}

static int read_ethertype(const struct reader *r)
{
	int64_t n;
	int rc = number(r, 1536, 65535, &n);

	if (rc == 0)
		r->rule->ethertype = n;
	return rc;
}

static int read_octet(const struct reader *r, int16_t *ret)
{
	int64_t n;
	int rc = number(r, 0, 255, &n);

	if (rc == 0)
		*ret = n;
	return rc;
}

static int read_protocol(const struct reader *r)
{
	return read_octet(r, &r->rule->protocol);
}

static int read_icmp_type(const struct reader *r)
{
	return read_octet(r, &r->rule->icmp_type);
}

static int read_icmp_code(const struct reader *r)
{
	return read_octet(r, &r->rule->icmp_code);
}

static int boolean(const struct reader *r, bool *ret)
{
	const json_t *atom = column_at(r->value, 0);

	if (!json_is_boolean(atom) || column_size(r->value) != 1)
		return bad(r, r->value, "true or false");
	*ret = json_is_true(atom);
	return 0;
}

static int read_stateless(const struct reader *r)
{
	return boolean(r, &r->rule->stateless);
}

static int read_log(const struct reader *r)
{
	return boolean(r, &r->rule->log);
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

static int flags(const struct reader *r, uint8_t *ret)
{
	size_t n = column_size(r->value);

	for (size_t i = 0; i < n; i++) {
		const json_t *atom = column_at(r->value, i);
		int bit = column_word(atom, tcp_flags);

		if (bit < 0)
			return bad(r, atom, "fin, syn, rst, psh, ack, urg, ece or cwr");
		*ret |= 1U << bit;
	}
	return 0;
}

static int read_flags_set(const struct reader *r)
{
	return flags(r, &r->rule->tcp_set);
}

static int read_flags_clear(const struct reader *r)
{
	return flags(r, &r->rule->tcp_clear);
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

/* A column without a function is read elsewhere. */
static const struct {
	const char *name;
	int (*read)(const struct reader *r);
	bool needed;
} columns[] = {
	{ "priority", read_priority, true },
	{ "direction", read_direction, true },
	{ "action", read_action, true },
	{ "stateless", read_stateless, false },
	{ "log", read_log, false },
	{ "ethertype", read_ethertype, false },
	{ "protocol", read_protocol, false },
	{ "src", read_src, false },
	{ "dst", read_dst, false },
	{ "src_ports", read_src_ports, false },
	{ "dst_ports", read_dst_ports, false },
	{ "icmp_type", read_icmp_type, false },
	{ "icmp_code", read_icmp_code, false },
	{ "tcp_flags_set", read_flags_set, false },
	{ "tcp_flags_clear", read_flags_clear, false },
	{ "vlans", read_vlans, false },
	{ "name", NULL, false },
	{ "src_groups", NULL, false },
	{ "dst_groups", NULL, false },
};

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
		rc = columns[i].read ? columns[i].read(&r) : 0;
		if (rc < 0)
			return rc;
	}
	return 0;
}
