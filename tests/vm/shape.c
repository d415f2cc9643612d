// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * shape NETDEV RATE BURST [MINOR:MIN:MAX:WEIGHT]...: shaping_apply() for the
 * tests; bits per second and octets, classes ascending.
 */
#include <inttypes.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "datapath/tc/shaping.h"

#define CLASSES_MAX 64

int main(int argc, char **argv)
{
	struct shaped_class classes[CLASSES_MAX] = {};
	struct shaping wanted = { .classes = classes };
	struct netlink nl;
	int r;

	if (argc < 4 || argc - 4 > CLASSES_MAX)
		return 2;
	wanted.rate_bps = strtoull(argv[2], NULL, 10);
	wanted.burst = strtoull(argv[3], NULL, 10);
	for (int i = 4; i < argc; i++) {
		struct shaped_class *c = &classes[wanted.count++];

		if (sscanf(argv[i], "%" SCNu16 ":%" SCNu64 ":%" SCNu64 ":%" SCNu32, &c->minor,
			   &c->min_bps, &c->max_bps, &c->weight) != 4)
			return 2;
	}
	r = netlink_open(&nl, NETLINK_ROUTE);
	if (r == 0)
		r = shaping_apply(&nl, if_nametoindex(argv[1]), &wanted);
	if (r < 0)
		fprintf(stderr, "shape: %s: %s\n", strerror(-r), nl.error);
	netlink_close(&nl);
	return r < 0;
}
