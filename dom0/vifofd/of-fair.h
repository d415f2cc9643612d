/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Frames that wait for a controller: each port has a queue of its own, and they are taken in
 * turn, so that a port that floods only makes its own wait, and lose.
 */
#ifndef VIFOFD_FAIR_H
#define VIFOFD_FAIR_H

#include <stdbool.h>
#include <sys/queue.h>

#include "base/map.h"

#define FAIR_FRAMES	64		/* of a port */
#define FAIR_OCTETS	(64u << 10)	/* of a port; its first frame may be longer */
#define FAIR_ALL_OCTETS	(16u << 20)	/* of all: then a port has one frame */

struct fair_item {
	TAILQ_ENTRY(fair_item) link;
	size_t len;
	_Alignas(8) uint8_t data[];
};

struct fair_port;

struct fair {
	struct map ports;
	TAILQ_HEAD(, fair_port) waiting;	/* that have some, the next one first */
	size_t octets;
	uint64_t dropped;
};

void fair_init(struct fair *f);
void fair_deinit(struct fair *f);
/* Two parts, copied one after the other. False: it was dropped. */
bool fair_put(struct fair *f, uint32_t port, const void *head, size_t head_len, const void *data,
	      size_t len);
/* The next one, to be freed; NULL: there is none. */
struct fair_item *fair_take(struct fair *f);

#endif /* VIFOFD_FAIR_H */
