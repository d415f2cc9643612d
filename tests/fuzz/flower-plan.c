// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A random switch, the rules of one of its ports, and frames of that port: what a rule takes is
 * decided so (tests/unit/flower-pair.h). The input is dice. And the input as what tc might say
 * of a filter: anything is read or refused.
 */
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "datapath/flower/flower-encode.h"
#include "tests/unit/flower-pair.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct flower_counts counts;

static void tell(void)
{
	fprintf(stderr, "stat::frames: %ju, by rules %ju, refused %ju, by ACLs %ju, hidden %ju\n",
		(uintmax_t)counts.frames, (uintmax_t)counts.forwarded,
		(uintmax_t)counts.refused, (uintmax_t)counts.listed,
		(uintmax_t)counts.hidden);
}

/* Exactly as long as it says, so that ASan sees a read beyond. */
static void decode(const uint8_t *data, size_t size)
{
	struct nlmsghdr *h = malloc(NLMSG_HDRLEN + size);
	struct flower_filter filter;

	*h = (struct nlmsghdr){
		.nlmsg_len = (uint32_t)(NLMSG_HDRLEN + size), .nlmsg_type = RTM_NEWTFILTER,
	};
	memcpy(NLMSG_DATA(h), data, size);
	flower_decode(h, &filter);
	free(h);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static bool registered;
	struct dice dice = { .data = data, .left = size };

	if (!registered)
		registered = !atexit(tell);
	decode(data, size);
	/* few octets would be all zeros in the end: a seed makes more of them */
	if (size >= 8 && data[0] & 1) {
		memcpy(&dice.state, data, sizeof(dice.state));
		dice.state = dice.state * 0x9e3779b97f4a7c15ULL | 1;
	}
	flower_pair_check(&dice, 8, &counts);
	return 0;
}
