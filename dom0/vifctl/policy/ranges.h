/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sets of small numbers as "10,20-30". */
#ifndef VIFCTL_POLICY_RANGES_H
#define VIFCTL_POLICY_RANGES_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RANGES_LIMIT	65536		/* numbers are below it */

struct ranges {
	uint8_t bits[RANGES_LIMIT / 8];
};

/* Adds "N" or "N-M" of @len octets; false if it is neither, or not within @min to @max. */
bool ranges_add(struct ranges *r, const char *text, size_t len, unsigned int min,
		unsigned int max);
/* The same for a list with commas, which must not be empty. */
bool ranges_add_list(struct ranges *r, const char *text, unsigned int min, unsigned int max);

static inline bool ranges_has(const struct ranges *r, unsigned int n)
{
	return r->bits[n / 8] & 1 << n % 8;
}

static inline void ranges_set(struct ranges *r, unsigned int n)
{
	r->bits[n / 8] |= 1 << n % 8;
}

/* Takes those of @gone out; false, and nothing taken, if one is not there. */
bool ranges_remove(struct ranges *r, const struct ranges *gone);
bool ranges_empty(const struct ranges *r);

/* The next run of numbers at or after *first: false if there is none. */
bool ranges_next(const struct ranges *r, unsigned int *first, unsigned int *last);

/* Numbers from a JSON array; those that are none of ours are left out. */
void ranges_from_array(struct ranges *r, const json_t *numbers);
json_t *ranges_to_array(const struct ranges *r);	/* ascending */
json_t *ranges_to_items(const struct ranges *r);	/* ["10", "20-30"] */

#endif /* VIFCTL_POLICY_RANGES_H */
