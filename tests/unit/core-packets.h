/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Frames for the tests of parser and guard, built from hex: spaces are ignored. */
#ifndef CORE_PACKETS_H
#define CORE_PACKETS_H

#include "core-helpers.h"

#define FRAME_MAX 2048

/* Ethernet from OWN to OTHER. */
#define ETH		"00163e000002 00163e000001 "
#define ETH_BCAST	"ffffffffffff 00163e000001 "
#define ETH_MCAST	"333300000001 00163e000001 "

static inline size_t unhex(u8 *p, const char *hex)
{
	size_t n = 0;
	int high = -1;

	for (; *hex; hex++) {
		int digit = *hex >= 'a' ? *hex - 'a' + 10 : *hex - '0';

		if (*hex == ' ')
			continue;
		if (high < 0) {
			high = digit;
			continue;
		}
		p[n++] = (u8)(high << 4 | digit);
		high = -1;
	}
	return n;
}

/* A frame on the heap, exactly as long as it is, so that ASan sees a read beyond. */
static inline u8 *frame_of(const char *hex, size_t *len)
{
	u8 buf[FRAME_MAX], *p;

	*len = unhex(buf, hex);
	p = malloc(*len);
	memcpy(p, buf, *len);
	return p;
}

#endif /* CORE_PACKETS_H */
