/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BASE_UTF8_H
#define BASE_UTF8_H

#include <stddef.h>

/* The most of @len octets that cuts no character in two; @text has one more, or a NUL there. */
static inline size_t utf8_cut(const char *text, size_t len)
{
	while (len && ((unsigned char)text[len] & 0xc0) == 0x80)
		len--;
	return len;
}

#endif /* BASE_UTF8_H */
