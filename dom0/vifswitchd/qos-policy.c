// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "vifswitchd/column.h"
#include "base/problem.h"
#include "vifswitchd/qos-policy.h"
#include "vifswitchd/shaping.h"

struct qos_row {
	struct qos_policy policy;
	uint64_t generation;
	struct qos_row *next;		/* of the same hash */
	struct qos_row *next_gone;
	bool seen;
};

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
	{ "uplink_weight", 1, SHAPING_WEIGHT_MAX, MEMBER(uplink_weight), "1 to 1000" },
	{ "dscp", 0, 63, MEMBER(dscp), "0 to 63" },
	{ "pcp", 0, 7, MEMBER(pcp), "0 to 7" },
	PACKETS(storm_broadcast, "frames"),
	PACKETS(storm_multicast, "frames"),
	PACKETS(storm_unknown, "frames"),
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
static bool no_policy(const char *column)
{
	static const char *const words[] = { "name", "external_ids", "_uuid", "_version" };

	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		if (strcmp(words[i], column) == 0)
			return true;
	}
	return false;
}

static int read_column(const char *name, const json_t *value, struct qos_policy *p,
		       struct problem *problem)
{
	if (no_policy(name))
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
		if (!column_integer(value, &n) || n < number->min || n > number->max)
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

static bool qos_policy_equal(const struct qos_policy *a, const struct qos_policy *b)
{
	if (!a->problem != !b->problem || (a->problem && strcmp(a->problem, b->problem) != 0))
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++) {
		size_t at = numbers[i].offset;

		if (memcmp((const char *)a + at, (const char *)b + at, numbers[i].size) != 0)
			return false;
	}
	return a->trust == b->trust && strcmp(a->name, b->name) == 0;
}

static struct qos_row *find(const struct qos_rows *rows, const uint8_t row[16])
{
	struct qos_row *q = map_get(&rows->by_row, map_uuid_key(row));

	while (q && memcmp(q->policy.row, row, 16) != 0)
		q = q->next;
	return q;
}

const struct qos_policy *qos_rows_find(const struct qos_rows *rows, const uint8_t row[16],
				       uint64_t *ret_generation)
{
	const struct qos_row *q = find(rows, row);

	if (!q)
		return NULL;
	*ret_generation = q->generation;
	return &q->policy;
}

static int add(struct qos_rows *rows, const uint8_t row[16], struct qos_row **ret)
{
	struct qos_row *q;

	if (rows->count == QOS_ROWS_MAX)
		return -ENOSPC;
	q = calloc(1, sizeof(*q));
	if (!q)
		return -ENOMEM;
	if (map_chain_add(&rows->by_row, map_uuid_key(row), q) < 0) {
		free(q);
		return -ENOMEM;
	}
	rows->count++;
	*ret = q;
	return 0;
}

int qos_rows_put(struct qos_rows *rows, const json_t *row, uint64_t *generation)
{
	_cleanup_(qos_policy_deinit) struct qos_policy policy = {};
	struct qos_row *q;
	int r = qos_policy_parse(row, &policy);

	if (r < 0)
		return r;
	q = find(rows, policy.row);
	if (!q) {
		r = add(rows, policy.row, &q);
		if (r < 0)
			return r;
	}
	q->seen = true;
	if (q->generation && qos_policy_equal(&q->policy, &policy))
		return 0;
	qos_policy_deinit(&q->policy);
	q->policy = policy;
	policy.problem = NULL;
	q->generation = ++*generation;
	return 0;
}

static void drop(struct qos_rows *rows, struct qos_row *q)
{
	map_chain_remove(&rows->by_row, map_uuid_key(q->policy.row), q);
	qos_policy_deinit(&q->policy);
	free(q);
	rows->count--;
}

bool qos_rows_remove(struct qos_rows *rows, const uint8_t row[16])
{
	struct qos_row *q = find(rows, row);

	if (q)
		drop(rows, q);
	return q;
}

void qos_rows_mark(struct qos_rows *rows)
{
	struct qos_row *q;

	map_for_each(&rows->by_row, i, q) {
		for (; q; q = q->next)
			q->seen = false;
	}
}

bool qos_rows_sweep(struct qos_rows *rows)
{
	struct qos_row *q, *gone = NULL, *next;
	bool any;

	/* Removing moves the map's entries: first all are found, then they go. */
	map_for_each(&rows->by_row, i, q) {
		for (; q; q = q->next) {
			if (q->seen)
				continue;
			q->next_gone = gone;
			gone = q;
		}
	}
	any = gone;
	for (; gone; gone = next) {
		next = gone->next_gone;
		drop(rows, gone);
	}
	return any;
}

void qos_rows_deinit(struct qos_rows *rows)
{
	qos_rows_mark(rows);
	qos_rows_sweep(rows);
	map_deinit(&rows->by_row);
}
