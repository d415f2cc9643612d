// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>

#include "base/hex.h"
#include "vifdbd/ovsdb/uuid.h"

static void random_bytes(void *p, size_t n)
{
	if (getrandom(p, n, 0) != (ssize_t)n) {
		fputs("vifdbd: getrandom failed\n", stderr);
		abort();
	}
}

void uuid_random(struct uuid *ret)
{
	/* One system call serves sixteen; the kernel gives up to 256 octets whole. */
	static struct uuid pool[16];
	static unsigned int left;

	if (!left) {
		random_bytes(pool, sizeof(pool));
		left = 16;
	}
	*ret = pool[--left];
	ret->b[6] = (ret->b[6] & 0x0f) | 0x40;
	ret->b[8] = (ret->b[8] & 0x3f) | 0x80;
}

bool uuid_parse(const char *s, size_t len, struct uuid *ret)
{
	struct uuid u;
	unsigned int i, n = 0;

	if (len != UUID_LEN)
		return false;
	for (i = 0; i < UUID_LEN;) {
		int hi, lo;

		if (i == 8 || i == 13 || i == 18 || i == 23) {
			if (s[i++] != '-')
				return false;
			continue;
		}
		hi = hex_digit(s[i]);
		lo = hex_digit(s[i + 1]);
		if (hi < 0 || lo < 0)
			return false;
		u.b[n++] = hi << 4 | lo;
		i += 2;
	}
	*ret = u;
	return true;
}

void uuid_format(const struct uuid *u, char s[static UUID_LEN + 1])
{
	static const char hex[] = "0123456789abcdef";
	unsigned int i;

	for (i = 0; i < 16; i++) {
		if (i == 4 || i == 6 || i == 8 || i == 10)
			*s++ = '-';
		*s++ = hex[u->b[i] >> 4];
		*s++ = hex[u->b[i] & 15];
	}
	*s = '\0';
}

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
