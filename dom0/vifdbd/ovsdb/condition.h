/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Conditions: the "where" of RFC 7047 section 5.1; of monitor_cond: alternatives.h. */
#ifndef VIFDBD_OVSDB_CONDITION_H
#define VIFDBD_OVSDB_CONDITION_H

#include "vifdbd/ovsdb/table.h"

enum function { F_EQ, F_NE, F_LT, F_LE, F_GE, F_GT, F_INCLUDES, F_EXCLUDES, F_TRUE, F_FALSE };

struct clause {
	const struct column_schema *column;
	enum function function;
	struct datum arg;
	struct column_bytes bytes; /* arg, packed */
};

struct condition {
	size_t n;
	struct clause *clauses;
};

/* The condition lives in the arena, but its strings in the JSON. */
struct dberr *condition_parse(const struct table_schema *t, const json_t *json,
			      struct symtab *symtab, struct arena *arena, struct condition *ret);
/* True if all clauses hold, as in "where" of an operation. */
bool condition_all(const struct condition *c, const struct row *row, struct arena *arena);
bool clause_holds(const struct clause *c, const struct row *row, struct arena *arena);

typedef struct dberr *(*condition_fn)(struct row *row, void *arg);
/* Calls fn for each row for which all clauses hold; stops at its first error. fn may change it. */
struct dberr *condition_each(const struct condition *c, const struct table *t, struct arena *arena,
			     condition_fn fn, void *arg);

#endif
