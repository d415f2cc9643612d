// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include "base/hash.h"
#include "base/random.h"

static uint64_t mix(uint64_t x)
{
	x ^= x >> 32;
	x *= 0xd6e8feb86659fd93ull;
	x ^= x >> 32;
	x *= 0xd6e8feb86659fd93ull;
	x ^= x >> 32;
	return x;
}

static uint64_t mix_bytes(const void *p, size_t n, uint64_t h, uint64_t k)
{
	const uint8_t *s = p;
	uint64_t w;

	for (; n >= 8; s += 8, n -= 8) {
		memcpy(&w, s, 8);
		h = mix((h ^ w) + k);
	}
	w = 0;
	if (n)
		memcpy(&w, s, n);
	return mix((h ^ w) + k);
}

uint32_t bytes_hash(const void *p, size_t n, uint32_t basis)
{
	static uint64_t seed[2];

	if (!seed[0])
		random_bytes(seed, sizeof(seed));
	return mix_bytes(p, n, seed[0] ^ basis ^ ((uint64_t)n << 32), seed[1]);
}

uint32_t bytes_sum(const void *p, size_t n, uint32_t basis)
{
	return mix_bytes(p, n, basis ^ ((uint64_t)n << 32), 0x9e3779b97f4a7c15ull);
}

uint32_t uuid_hash(const struct uuid *u)
{
	return bytes_hash(u, sizeof(*u), 0);
}
