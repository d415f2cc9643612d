/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Atoms, the five scalar types of RFC 7047 section 5.1, and base types, which
 * add the constraints of section 3.2.
 *
 * An atom does not own its string: it points into the JSON text it came from,
 * into an arena, or into a row.
 */
#ifndef VIFDBD_OVSDB_ATOM_H
#define VIFDBD_OVSDB_ATOM_H

#include "base/arena.h"
#include "base/cleanup.h"
#include "base/mem.h"
#include "base/uuid.h"
#include "vifdbd/ovsdb/err.h"

enum atom_type {
	ATOM_VOID, /* the value type of a set */
	ATOM_INTEGER,
	ATOM_REAL,
	ATOM_BOOLEAN,
	ATOM_STRING,
	ATOM_UUID,
};

struct atom {
	union {
		int64_t i;
		double r;
		bool b;
		struct {
			const char *p;
			uint32_t len;
		} s;
		struct uuid u;
	};
};

enum ref_type { REF_NONE, REF_STRONG, REF_WEAK };

struct table_schema;
struct base_type {
	enum atom_type type;
	struct atom *enums; /* sorted, or NULL */
	unsigned int n_enums;
	union {
		struct {
			int64_t min, max;
		} i;
		struct {
			double min, max;
		} r;
		struct {
			uint32_t min, max;
		} s; /* characters */
	};
	enum ref_type ref;
	char *ref_name;
	const struct table_schema *ref_table;
};

/* The names a transaction gave to rows it inserts (RFC 7047, named-uuid). */
struct symbol {
	struct symbol *next;
	const char *name;
	struct uuid uuid;
	bool created;
};
struct symtab {
	struct arena *arena;
	struct symbol **buckets;
	unsigned int n, n_buckets;
};

struct symbol *symtab_get(struct symtab *t, const char *name);

const char *atom_type_name(enum atom_type type);
enum atom_type atom_type_parse(const char *name);
/* symtab may be NULL: then named-uuid is refused. Checks constraints. */
struct dberr *atom_parse(const json_t *json, const struct base_type *base, struct symtab *symtab,
			 struct atom *ret);
struct dberr *atom_check(const struct atom *a, const struct base_type *base);
int atom_compare(const struct atom *a, const struct atom *b, enum atom_type type);
struct atom atom_default(enum atom_type type);
void atom_json(const struct atom *a, enum atom_type type, struct buf *b);

/* The canonical octets of an atom: equal atoms have equal octets. */
void atom_pack(const struct atom *a, enum atom_type type, struct buf *b);
/* False if the octets are not one (with strings valid UTF-8 is not checked). */
bool atom_unpack(const uint8_t **p, const uint8_t *end, enum atom_type type, struct atom *ret);

void base_type_init(struct base_type *base, enum atom_type type);
struct dberr *base_type_parse(const json_t *json, struct base_type *ret);
void base_type_free(struct base_type *base);
void base_type_json(const struct base_type *base, struct buf *b);
/* True if nothing but the name needs saying. */
bool base_type_is_plain(const struct base_type *base);

bool id_valid(const char *s);

#endif
