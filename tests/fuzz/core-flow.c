// SPDX-License-Identifier: GPL-2.0-or-later
/* Frames and sweeps chosen by octets: a table of flows never differs from its model. */
#include "tests/unit/flow-world.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct dice dice = { .data = data, .left = size };

	flow_world_run(&dice, 2000);
	return 0;
}
