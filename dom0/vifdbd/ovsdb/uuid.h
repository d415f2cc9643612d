/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef VIFDBD_OVSDB_UUID_H
#define VIFDBD_OVSDB_UUID_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#define UUID_LEN 36

struct uuid {
	uint8_t b[16];
};

void uuid_random(struct uuid *ret);
/* Exactly 36 octets, hexadecimal digits of either case. */
bool uuid_parse(const char *s, size_t len, struct uuid *ret);
void uuid_format(const struct uuid *u, char s[static UUID_LEN + 1]);
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
