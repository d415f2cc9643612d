/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Column types, and datums: the value of a column, a sorted set of keys or a
 * map sorted by key, without duplicates.
 *
 * A datum has two forms. This one is for computing, and lives in an arena. The
 * packed one (row.h) is for keeping: equal datums have equal octets, so most
 * comparisons are memcmp.
 */
#ifndef VIFDBD_OVSDB_DATUM_H
#define VIFDBD_OVSDB_DATUM_H

#include <limits.h>

#include "vifdbd/ovsdb/atom.h"

struct type {
	struct base_type key, value;
	unsigned int min, max; /* 0 or 1; 1 and up, UINT_MAX is unlimited */
};

struct datum {
	uint32_t n;
	struct atom *keys, *values;
};

struct dberr *type_parse(const json_t *json, struct type *ret);
void type_free(struct type *type);
void type_json(const struct type *type, struct buf *b);

static inline bool type_is_map(const struct type *t)
{
	return t->value.type != ATOM_VOID;
}
static inline bool type_is_scalar(const struct type *t)
{
	return t->min == 1 && t->max == 1 && !type_is_map(t);
}
static inline bool type_is_optional_scalar(const struct type *t)
{
	return t->min == 0 && t->max == 1 && !type_is_map(t);
}

/* Checks everything: atoms' constraints, the number of elements, duplicates. */
struct dberr *datum_parse(const json_t *json, const struct type *type, struct symtab *symtab,
			  struct arena *arena, struct datum *ret);
struct datum datum_default(const struct type *type, struct arena *arena);
bool datum_is_default(const struct datum *d, const struct type *type);
void datum_json(const struct datum *d, const struct type *type, struct buf *b);
void datum_pack(const struct datum *d, const struct type *type, struct buf *b);
/* False if the octets are not a sorted datum of the type. Strings are not copied. */
bool datum_unpack(const uint8_t *p, size_t len, const struct type *type, struct arena *arena,
		  struct datum *ret);

/* Sort by key; an error if a key appears twice. */
struct dberr *datum_sort(struct datum *d, const struct type *type);
/* Index of the element with this key, or -1. */
/* Fewer elements come first; of as many, the lesser. */
int datum_compare(const struct datum *a, const struct datum *b, const struct type *type);
int64_t datum_find(const struct datum *d, const struct atom *key, enum atom_type type);
/* True if every element (pair) of a is in b, or none is. */
bool datum_includes_all(const struct datum *a, const struct datum *b, const struct type *type);
bool datum_excludes_all(const struct datum *a, const struct datum *b, const struct type *type);
/* a and what of b has a key that a has not. */
struct datum datum_union(const struct datum *a, const struct datum *b, const struct type *type,
			 struct arena *arena);
/* a without the elements that match: by key, and by value as well if values is true. */
struct datum datum_subtract(const struct datum *a, const struct datum *b, const struct type *type,
			    bool values, struct arena *arena);
/*
 * What turns old into new, in the form of "update2": for sets what is in one of
 * them only; for maps pairs that are added, changed (new value) or removed (old
 * value). A column that holds at most one element gives new.
 */
struct datum datum_diff(const struct datum *old, const struct datum *new, const struct type *type,
			struct arena *arena);

#endif
