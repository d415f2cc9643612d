// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/column.h"
#include "base/problem.h"
#include "policy/bounds.h"
#include "policy/qos-row.h"

/* A column that is one number, and the member it goes to. */
struct number {
	const char *name;
	int64_t min, max;
	size_t offset, size;
	const char *accepted;
};

#define MEMBER(m)	offsetof(struct qos_policy, m), sizeof(((struct qos_policy *)0)->m)
#define RATE(m)		{ #m, VIFSWITCH_RATE_MIN_BPS, VIFSWITCH_RATE_MAX_BPS, MEMBER(m), \
			  "8000 to 1000000000000 bits per second" }
#define PACKETS(m, what) { #m, VIFSWITCH_PPS_MIN, VIFSWITCH_PPS_MAX, MEMBER(m), \
			   "1 to 1000000000 " what " per second" }

static const struct number numbers[] = {
	RATE(rate_from_vm),
	PACKETS(packets_from_vm, "packets"),
	RATE(rate_to_vm),
	RATE(uplink_min),
	RATE(uplink_max),
	{ "uplink_weight", 1, UPLINK_WEIGHT_MAX, MEMBER(uplink_weight), "1 to 1000" },
	{ "dscp", 0, 63, MEMBER(dscp), "0 to 63" },
	{ "pcp", 0, 7, MEMBER(pcp), "0 to 7" },
	PACKETS(storm_broadcast, "frames"),
	PACKETS(storm_multicast, "frames"),
	PACKETS(storm_unknown, "frames"),
	{ "storm_burst", VIFSWITCH_PPS_MIN, VIFSWITCH_PPS_MAX, MEMBER(storm_burst),
	  "1 to 1000000000 frames" },
};

static void store(struct qos_policy *p, const struct number *number, int64_t n)
{
	void *at = (char *)p + number->offset;

	if (number->size == sizeof(uint64_t))
		*(uint64_t *)at = n;
	else if (number->size == sizeof(uint32_t))
		*(uint32_t *)at = n;
	else
		*(uint8_t *)at = n;
}

static int read_trust(const json_t *value, struct qos_policy *p, struct problem *problem)
{
	static const char *const words[] = { "dscp", "pcp", NULL };
	static const uint8_t flags[] = { QOS_TRUST_DSCP, QOS_TRUST_PCP };

	for (size_t i = 0; i < column_size(value); i++) {
		int word = column_word(column_at(value, i), words);

		if (word < 0)
			return column_bad(problem, "trust", column_at(value, i), "dscp or pcp");
		p->trust |= flags[word];
	}
	return 0;
}

/* The identity, and what is nobody's business here. */
static const char *const no_policy[] = {
	"name", "external_ids", "_uuid", "_version", NULL,
};

static int read_column(const char *name, const json_t *value, struct qos_policy *p,
		       struct problem *problem)
{
	if (column_is_one_of(name, no_policy))
		return 0;
	if (!column_is_value(value))
		return problem_set(problem, "%s: not a value of the database",
				   QUOTE(name, strlen(name)));
	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++) {
		const struct number *number = &numbers[i];
		int64_t n;

		if (strcmp(number->name, name) != 0)
			continue;
		if (column_size(value) == 0)
			return 0;
		if (!column_integer_in(value, number->min, number->max, &n))
			return column_bad(problem, name, value, number->accepted);
		store(p, number, n);
		return 0;
	}
	if (strcmp(name, "trust") == 0)
		return read_trust(value, p, problem);
	return column_is_default(value) ? 0 :
	       problem_set(problem, "%s: not enforced by this version", QUOTE(name, strlen(name)));
}

static int check(const struct qos_policy *p, struct problem *problem)
{
	if (p->uplink_max && p->uplink_min > p->uplink_max)
		return problem_set(problem, "uplink_min=%llu: more than uplink_max=%llu; must be at most that",
				   (unsigned long long)p->uplink_min,
				   (unsigned long long)p->uplink_max);
	if (p->storm_burst && !p->storm_broadcast && !p->storm_multicast && !p->storm_unknown)
		return problem_set(problem, "storm_burst=%u: needs storm_broadcast, storm_multicast or storm_unknown, the rates it exceeds",
				   p->storm_burst);
	return 0;
}

int qos_policy_parse(const json_t *row, struct qos_policy *ret)
{
	struct qos_policy p = { .dscp = VIFSWITCH_MARK_KEEP, .pcp = VIFSWITCH_MARK_KEEP };
	struct problem problem;
	const char *name;
	json_t *value;
	size_t len;
	int r = 0;

	name = column_string(json_object_get(row, "name"), &len);
	if (!column_uuid(json_object_get(row, "_uuid"), p.row) || !name || !len ||
	    len > QOS_NAME_MAX || memchr(name, '\0', len))
		return -EINVAL;
	memcpy(p.name, name, len);
	json_object_foreach((json_t *)row, name, value) {
		r = read_column(name, value, &p, &problem);
		if (r < 0)
			break;
	}
	if (r == 0)
		r = check(&p, &problem);
	if (r < 0) {
		p.problem = strdup(problem.text);
		if (!p.problem)
			return -ENOMEM;
	}
	*ret = p;
	return 0;
}

void qos_policy_deinit(struct qos_policy *p)
{
	free(p->problem);
	p->problem = NULL;
}

static void free_policy(void *derived)
{
	qos_policy_deinit(derived);
	free(derived);
}

const struct qos_policy *qos_rows_find(const struct qos_rows *rows, const uint8_t row[16],
				       uint64_t *ret_generation)
{
	const struct row *its = row_table_find(&rows->table, row);

	*ret_generation = its ? its->generation : rows->gone;
	return its ? its->derived : NULL;
}

int qos_rows_put(struct qos_rows *rows, const json_t *row, uint64_t *generation)
{
	struct qos_policy *policy = calloc(1, sizeof(*policy));
	uint64_t before = *generation;
	struct row *its;
	int r = policy ? qos_policy_parse(row, policy) : -ENOMEM;

	if (r == 0)
		r = row_table_put(&rows->table, row, QOS_ROWS_MAX, generation);
	if (r == 0 && *generation != before) {
		its = row_table_find(&rows->table, policy->row);
		if (its->derived)
			free_policy(its->derived);
		its->derived = policy;
		its->free_derived = free_policy;
		return 0;
	}
	if (policy)
		free_policy(policy);
	return r;
}

void qos_rows_remove(struct qos_rows *rows, const uint8_t row[16], uint64_t *generation)
{
	if (row_table_remove(&rows->table, row, generation))
		rows->gone = *generation;
}

void qos_rows_mark(struct qos_rows *rows)
{
	row_table_mark(&rows->table);
}

void qos_rows_sweep(struct qos_rows *rows, uint64_t *generation)
{
	if (row_table_sweep(&rows->table, generation))
		rows->gone = *generation;
}

void qos_rows_deinit(struct qos_rows *rows)
{
	row_table_deinit(&rows->table);
}
