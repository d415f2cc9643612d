// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Sessions of a few ports against the plain model; the input is what chance would
 * choose (tests/unit/session-world.h).
 */
#include <stdio.h>
#include <stdlib.h>

#include "tests/unit/session-world.h"

#define PACKETS	60

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct dice dice = { .data = data, .left = size };
	static struct world *world;
	const char *wrong;

	if (!world)
		world = world_new();
	wrong = world_play(world, &dice, PACKETS);
	if (wrong) {
		fprintf(stderr, "%s\n", wrong);
		abort();
	}
	return 0;
}
