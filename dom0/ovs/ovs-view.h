/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A database as plain JSON: {TABLE: {UUID: {COLUMN: CELL}}}. A cell is an array of atoms,
 * sorted, also where there is one or none; of a map it is an object, or an empty array.
 * UUIDs are strings. Rows may hold anything: whatever is of another kind than asked for is
 * not there.
 */
#ifndef OVS_VIEW_H
#define OVS_VIEW_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

const json_t *view_row(const json_t *db, const char *table, const char *uuid);
size_t view_count(const json_t *row, const char *column);
/* Atom @i, if it is a string; NULL. */
const char *view_text_at(const json_t *row, const char *column, size_t i);
const char *view_text(const json_t *row, const char *column);
bool view_integer_at(const json_t *row, const char *column, size_t i, int64_t *ret);
bool view_integer(const json_t *row, const char *column, int64_t *ret);
bool view_true(const json_t *row, const char *column);
/* The value of @key in a map of strings; NULL. */
const char *view_key(const json_t *row, const char *column, const char *key);
/* The same, as a number within bounds; false: none, or no such number. */
bool view_key_number(const json_t *row, const char *column, const char *key, int64_t low,
		     int64_t high, int64_t *ret);
bool view_key_true(const json_t *row, const char *column, const char *key);
/* Nothing, an empty string, 0 or false, as a column that nobody wrote. */
bool view_is_default(const json_t *row, const char *column);
/* Whether @uuid is in a column of references. */
bool view_refers(const json_t *row, const char *column, const char *uuid);

#endif /* OVS_VIEW_H */
