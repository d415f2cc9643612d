/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Choices from a seed (unit tests) or from octets (fuzzers; when used up, the first one). */
#ifndef DICE_H
#define DICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct dice {
	uint64_t state;		/* not 0: the seed */
	const uint8_t *data;	/* else these octets */
	size_t left;
};

/* 0 to @n - 1. */
static inline unsigned int dice_below(struct dice *dice, unsigned int n)
{
	unsigned int value = 0;

	if (dice->state) {
		dice->state ^= dice->state << 13;
		dice->state ^= dice->state >> 7;
		dice->state ^= dice->state << 17;
		return (unsigned int)((dice->state >> 20) % n);
	}
	for (unsigned int most = n - 1; most && dice->left; most >>= 8, dice->left--)
		value = value << 8 | *dice->data++;
	return value % n;
}

static inline bool one_in(struct dice *dice, unsigned int n)
{
	return dice_below(dice, n) == n - 1;
}

/* For a test that needs no seeds of its own: the same numbers in every run. */
static inline unsigned int roll(unsigned int n)
{
	static struct dice all = { .state = 0x9e3779b97f4a7c15ULL };

	return dice_below(&all, n);
}

#endif /* DICE_H */
