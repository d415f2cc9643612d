/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Values of database columns in the notation of RFC 7047, section 5.1, as they
 * come from the server or from our copy on disk: an atom, ["uuid", "..."],
 * ["set", [atom, ...]] or ["map", [[key, value], ...]]. Nothing is taken for
 * granted; what is malformed has no elements and is of no type.
 */
#ifndef BASE_COLUMN_H
#define BASE_COLUMN_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/problem.h"

/* An atom, a set or a map; the elements of the latter two may be anything. */
bool column_is_value(const json_t *value);
/* Elements of a set, pairs of a map, 1 for an atom. */
size_t column_size(const json_t *value);
/* Element @i of a set or an atom itself; NULL beyond the end and for maps. */
const json_t *column_at(const json_t *value, size_t i);
/* Empty, or what a scalar is that nobody has set: 0, "" or false. */
bool column_is_default(const json_t *value);
/* The one element, of that type; false with *ret untouched if there is none. */
bool column_integer(const json_t *value, int64_t *ret);
bool column_uuid(const json_t *value, uint8_t ret[16]);
/* NULL if it is no string. It may hold NULs: *ret_len is its length. */
const char *column_string(const json_t *value, size_t *ret_len);
/* The same within @min and @max. */
bool column_integer_in(const json_t *value, int64_t min, int64_t max, int64_t *ret);
/* -EINVAL with "COLUMN=VALUE: must be ACCEPTED". */
int column_bad(struct problem *problem, const char *column, const json_t *value,
	       const char *accepted);
bool column_is_one_of(const char *name, const char *const *names);	/* which end with NULL */
/* The first column of @row that is none of @known, which ends with NULL, and says something. */
const char *column_unknown(const json_t *row, const char *const *known);
/* A value for people to read, cut to what fits. */
void column_print(const json_t *value, char *ret, size_t size);

#endif /* BASE_COLUMN_H */
