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

#endif /* VIFSWITCH_NUMBER_H */
