/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BASE_HASH_H
#define BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

#include "base/uuid.h"

/* Seeded at start, so that no peer can choose what collides. */
uint32_t bytes_hash(const void *p, size_t n, uint32_t basis);
uint32_t uuid_hash(const struct uuid *u);
/* The same for the same octets, always: a checksum for what is on disk. */
uint32_t bytes_sum(const void *p, size_t n, uint32_t basis);

#endif /* BASE_HASH_H */
