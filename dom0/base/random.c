// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>

#include "base/random.h"

void random_bytes(void *p, size_t n)
{
	if (getrandom(p, n, 0) != (ssize_t)n) {
		perror("getrandom");
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
