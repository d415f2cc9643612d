// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A random switch and two frames of one of its ports that are alike: if a flow for the first
 * takes the second, both are decided the same (tests/unit/megaflow-pair.h). The input is dice. And
 * the input as what the kernel might say of a packet: anything is decoded or refused.
 */
#include "tests/unit/megaflow-pair.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct pair_counts counts;

static void tell(void)
{
	fprintf(stderr, "stat::frames: %llu, flows %llu, pairs the same %llu, hidden %llu\n",
		(unsigned long long)counts.frames, (unsigned long long)counts.flows,
		(unsigned long long)counts.same, (unsigned long long)counts.hidden);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static bool registered;
	struct dice dice = { .data = data, .left = size };
	struct world_frame first, second;
	struct flow_key key;
	struct world w;

	if (!registered)
		registered = !atexit(tell);
	flow_key_decode(data, size, &key);
	/* few octets would be all zeros in the end: a seed makes more of them */
	if (size >= 8 && data[0] & 1) {
		memcpy(&dice.state, data, sizeof(dice.state));
		dice.state = dice.state * 0x9e3779b97f4a7c15ULL | 1;
	}
	world_make(&dice, &w);
	world_frame_make(&dice, &first);
	for (unsigned int i = 0; i < 8; i++) {
		second = first;
		world_frame_vary(&dice, &second);
		pair_check(&w, &first, &second, &counts);
	}
	return 0;
}
