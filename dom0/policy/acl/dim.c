// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "policy/acl/dim.h"

/* A unit's rules lie in the words first..last of its mask. */
struct dim_unit {
	unsigned int first, last;
	unsigned int covers;	/* ranges that hold the value the sweep is at */
};

struct dim_event {
	struct dim_key at;
	uint32_t unit;
	bool begins;		/* else the range ended before this value */
};

void dim_init(struct dim *dim, unsigned int words, struct dim_key last)
{
	*dim = (struct dim){ .words = words, .last = last };
}

void dim_add_any(struct dim *dim, unsigned int rule)
{
	dim->state[rule / 64] |= 1ULL << rule % 64;
}

/* @size octets each; room for one more than @count. */
static int grow(void *array, size_t count, size_t *room, size_t size)
{
	size_t wanted = *room ? 2 * *room : 16;
	void *bigger;

	if (count < *room)
		return 0;
	bigger = realloc(*(void **)array, wanted * size);
	if (!bigger)
		return -ENOMEM;
	*(void **)array = bigger;
	*room = wanted;
	return 0;
}

int dim_add_unit(struct dim *dim)
{
	size_t room = dim->unit_room;
	struct dim_unit *unit;

	/* the masks grow with the units; a mask too many does no harm */
	if (grow(&dim->masks, dim->unit_count, &room, dim->words * sizeof(uint64_t)) < 0 ||
	    grow(&dim->units, dim->unit_count, &dim->unit_room, sizeof(*unit)) < 0)
		return -ENOMEM;
	unit = &dim->units[dim->unit_count];
	*unit = (struct dim_unit){ .first = dim->words };
	memset(dim->masks + dim->unit_count * dim->words, 0, dim->words * sizeof(uint64_t));
	return (int)dim->unit_count++;
}

void dim_unit_add_rule(struct dim *dim, int unit, unsigned int rule)
{
	struct dim_unit *u = &dim->units[unit];
	unsigned int word = rule / 64;

	dim->masks[(size_t)unit * dim->words + word] |= 1ULL << rule % 64;
	if (word < u->first)
		u->first = word;
	if (word > u->last)
		u->last = word;
}

static int add_event(struct dim *dim, int unit, struct dim_key at, bool begins)
{
	int r = grow(&dim->events, dim->event_count, &dim->event_room, sizeof(*dim->events));

	if (r < 0)
		return r;
	dim->events[dim->event_count++] = (struct dim_event){ at, (uint32_t)unit, begins };
	return 0;
}

static int compare_keys(const struct dim_key *a, const struct dim_key *b)
{
	if (a->high != b->high)
		return a->high < b->high ? -1 : 1;
	return (a->low > b->low) - (a->low < b->low);
}

int dim_add_range(struct dim *dim, int unit, struct dim_key first, struct dim_key last)
{
	int r;

	if (dim->event_count >= 2 * (size_t)DIM_RANGES_MAX)
		return -E2BIG;
	r = add_event(dim, unit, first, true);
	if (r < 0)
		return r;
	if (compare_keys(&last, &dim->last) >= 0)
		return 0;
	if (++last.low == 0)
		last.high++;
	return add_event(dim, unit, last, false);
}

static int compare_events(const void *a, const void *b)
{
	const struct dim_event *x = a, *y = b;

	return compare_keys(&x->at, &y->at);
}

static void apply(struct dim *dim, const struct dim_event *event)
{
	struct dim_unit *unit = &dim->units[event->unit];
	const uint64_t *mask = dim->masks + (size_t)event->unit * dim->words;

	if (event->begins ? unit->covers++ : --unit->covers)
		return;
	for (unsigned int w = unit->first; w <= unit->last; w++)
		dim->state[w] ^= mask[w];
}

static size_t hash_state(const struct dim *dim)
{
	uint64_t hash = 0;

	for (unsigned int w = 0; w < dim->words; w++) {
		hash = (hash ^ dim->state[w]) * 0x9e3779b97f4a7c15ULL;
		hash ^= hash >> 29;
	}
	return (size_t)hash;
}

static uint64_t *class_set(const struct dim *dim, size_t class)
{
	return dim->sets + class * (1 + dim->words);
}

/* The slot of the class with the state's set, or the empty one where it would be. */
static uint32_t *find_slot(const struct dim *dim)
{
	size_t at = hash_state(dim) & (dim->slot_count - 1);

	while (dim->slots[at] && memcmp(class_set(dim, dim->slots[at] - 1) + 1, dim->state,
					dim->words * sizeof(uint64_t)) != 0)
		at = (at + 1) & (dim->slot_count - 1);
	return &dim->slots[at];
}

static int new_class(struct dim *dim, size_t octets_max)
{
	size_t size = (1 + dim->words) * sizeof(uint64_t);
	uint64_t *set;
	int r;

	if (dim->class_count >= DIM_CLASSES_MAX || (dim->class_count + 1) * size > octets_max)
		return -E2BIG;
	r = grow(&dim->sets, dim->class_count, &dim->class_room, size);
	if (r < 0)
		return r;
	set = class_set(dim, dim->class_count++);
	set[0] = 0;
	for (unsigned int w = 0; w < dim->words; w++) {
		set[1 + w] = dim->state[w];
		if (dim->state[w])
			set[0] |= 1ULL << w;
	}
	return 0;
}

/* At most as many classes as bounds, so the table never fills. */
static int make_slots(struct dim *dim)
{
	size_t bounds = dim->event_count < DIM_CLASSES_MAX ? dim->event_count : DIM_CLASSES_MAX;

	dim->slot_count = 16;
	while (dim->slot_count < 2 * (bounds + 1))
		dim->slot_count *= 2;
	dim->slots = calloc(dim->slot_count, sizeof(*dim->slots));
	return dim->slots ? 0 : -ENOMEM;
}

/* The values from @at on have the state's set. */
static int add_interval(struct dim *dim, struct dim_key at, size_t octets_max)
{
	uint32_t *slot = find_slot(dim);
	uint16_t class;
	int r;

	if (!*slot) {
		r = new_class(dim, octets_max);
		if (r < 0)
			return r;
		*slot = (uint32_t)dim->class_count;
	}
	class = (uint16_t)(*slot - 1);
	if (dim->interval_count && dim->intervals[dim->interval_count - 1].class == class)
		return 0;
	r = grow(&dim->intervals, dim->interval_count, &dim->interval_room,
		 sizeof(*dim->intervals));
	if (r < 0)
		return r;
	dim->intervals[dim->interval_count++] = (struct dim_interval){ at, class };
	return 0;
}

int dim_sweep(struct dim *dim, size_t octets_max)
{
	struct dim_key at = {};
	size_t i = 0;
	int r;

	r = make_slots(dim);
	if (r < 0)
		return r;
	if (dim->event_count)
		qsort(dim->events, dim->event_count, sizeof(*dim->events), compare_events);
	for (;;) {
		while (i < dim->event_count && compare_keys(&dim->events[i].at, &at) == 0)
			apply(dim, &dim->events[i++]);
		r = add_interval(dim, at, octets_max);
		if (r < 0 || i == dim->event_count)
			return r;
		at = dim->events[i].at;
	}
}

void dim_deinit(struct dim *dim)
{
	free(dim->units);
	free(dim->masks);
	free(dim->events);
	free(dim->intervals);
	free(dim->sets);
	free(dim->slots);
	*dim = (struct dim){};
}
