/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef VIFSWITCH_UUID_H
#define VIFSWITCH_UUID_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define UUID_TEXT_LEN	36	/* without the final NUL */

struct uuid {
	uint8_t b[16];
};

/* Accepts exactly the 8-4-4-4-12 form, in either case, of @len octets. */
bool uuid_parse(const char *text, size_t len, uint8_t ret_uuid[16]);
/* Lower case, as every part of vifswitch writes UUIDs. */
void uuid_format(const uint8_t uuid[16], char ret_text[UUID_TEXT_LEN + 1]);

static inline bool uuid_equal(const struct uuid *a, const struct uuid *b)
{
	return !memcmp(a, b, sizeof(*a));
}

#endif /* VIFSWITCH_UUID_H */
