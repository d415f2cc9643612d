/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One dimension of a table: which rules fit which of its values (addresses,
 * ports, ...). Filled with the ranges of values of each rule, then swept from
 * the lowest value to the highest. At each value where a range begins or ends
 * the set of rules that fit changes by a few bits; values with equal sets are
 * one class. So the cost is that of sorting the bounds and of looking at one set
 * for each, whatever the ranges' sizes and overlaps.
 *
 * Ranges belong to units: a unit stands for all rules that share one list of
 * ranges (one group of addresses, say), so that a list costs once.
 */
#ifndef POLICY_ACL_DIM_H
#define POLICY_ACL_DIM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DIM_WORDS_MAX	64
#define DIM_RANGES_MAX	1048576U
#define DIM_CLASSES_MAX	65536U

/* A value; IPv6 addresses need both halves, all others have high 0. */
struct dim_key {
	uint64_t high;
	uint64_t low;
};

struct dim_event;
struct dim_unit;

struct dim_interval {
	struct dim_key first;
	uint16_t class;
};

struct dim {
	unsigned int words;
	struct dim_key last;		/* the greatest value */
	uint64_t state[DIM_WORDS_MAX];	/* rules that fit the value the sweep is at */
	struct dim_unit *units;
	size_t unit_count, unit_room;
	uint64_t *masks;		/* of each unit: its rules */
	struct dim_event *events;
	size_t event_count, event_room;
	/* The result. */
	struct dim_interval *intervals;	/* ascending, the first at 0, neighbours differ */
	size_t interval_count, interval_room;
	uint64_t *sets;			/* of each class: summary, words */
	size_t class_count, class_room;
	uint32_t *slots;		/* hash table: class + 1, or 0 */
	size_t slot_count;
};

/* Values are 0 to @last. */
void dim_init(struct dim *dim, unsigned int words, struct dim_key last);
/* @rule fits every value. */
void dim_add_any(struct dim *dim, unsigned int rule);
/* A new unit's number, or -ENOMEM. */
int dim_add_unit(struct dim *dim);
void dim_unit_add_rule(struct dim *dim, int unit, unsigned int rule);
/* Values @first to @last; ranges of a unit may overlap. -ENOMEM, -E2BIG beyond RANGES_MAX. */
int dim_add_range(struct dim *dim, int unit, struct dim_key first, struct dim_key last);
/*
 * Once, after all additions. -ENOMEM; -E2BIG beyond CLASSES_MAX, or when the sets
 * need more than @octets_max.
 */
int dim_sweep(struct dim *dim, size_t octets_max);
void dim_deinit(struct dim *dim);

#endif /* POLICY_ACL_DIM_H */
