/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef VIFSWITCH_HEX_H
#define VIFSWITCH_HEX_H

#include <stdbool.h>
#include <stddef.h>

/* The value of a hexadecimal digit of either case, or -1. */
static inline int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/* @len octets as 2 * @len digits and a final NUL. */
static inline void hex_format(const void *octets, size_t len, char *ret)
{
	static const char digits[] = "0123456789abcdef";
	const unsigned char *from = octets;

	for (size_t i = 0; i < len; i++) {
		*ret++ = digits[from[i] >> 4];
		*ret++ = digits[from[i] & 15];
	}
	*ret = '\0';
}

/* @count octets of twice as many digits; false if one is none. */
static inline bool hex_parse(const char *text, size_t count, void *ret)
{
	unsigned char *to = ret;

	for (size_t i = 0; i < count; i++) {
		int high = hex_digit(text[2 * i]), low = hex_digit(text[2 * i + 1]);

		if (high < 0 || low < 0)
			return false;
		to[i] = high << 4 | low;
	}
	return true;
}

#endif /* VIFSWITCH_HEX_H */
