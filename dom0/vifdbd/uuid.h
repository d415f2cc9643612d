/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef VIFDBD_UUID_H
#define VIFDBD_UUID_H

#include <string.h>

#include "base/uuid.h"

struct uuid {
	uint8_t b[16];
};

void uuid_random(struct uuid *ret);
/* Seeded at start, so that no peer can choose UUIDs that collide. */
uint32_t uuid_hash(const struct uuid *u);
uint32_t bytes_hash(const void *p, size_t n, uint32_t basis);
/* The same for the same octets, always: a checksum for what is on disk. */
uint32_t bytes_sum(const void *p, size_t n, uint32_t basis);

static inline bool uuid_equal(const struct uuid *a, const struct uuid *b)
{
	return !memcmp(a, b, sizeof(*a));
}

#endif
