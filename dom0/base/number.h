/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef VIFSWITCH_NUMBER_H
#define VIFSWITCH_NUMBER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Read decimal digits at the start of (*p, *left) and step over them. False if
 * there are none or the number is above @max; *p is then as it was.
 */
bool take_number(const char **p, size_t *left, uint64_t max, uint64_t *ret);
/* All of @text is a number within @min and @max. Else false, *ret untouched. */
bool number_parse(const char *text, size_t len, uint64_t min, uint64_t max, uint64_t *ret);
/* The same for "N" or "N-M", ascending. */
bool range_parse(const char *text, size_t len, uint64_t min, uint64_t max, uint64_t *ret_first,
		 uint64_t *ret_last);

#endif /* VIFSWITCH_NUMBER_H */
