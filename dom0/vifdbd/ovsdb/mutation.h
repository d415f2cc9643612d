/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Mutations: what the "mutate" operation does to a column (RFC 7047, section 5.1). */
#ifndef VIFDBD_OVSDB_MUTATION_H
#define VIFDBD_OVSDB_MUTATION_H

#include "vifdbd/ovsdb/schema.h"

enum mutator { M_ADD, M_SUB, M_MUL, M_DIV, M_MOD, M_INSERT, M_DELETE };

struct mutation {
	const struct column_schema *column;
	enum mutator mutator;
	struct datum arg;
	bool keys_only; /* delete from a map, whatever the values */
};

struct dberr *mutation_parse(const struct table_schema *t, const json_t *json,
			     struct symtab *symtab, struct arena *arena, struct mutation *ret);
/* *d becomes its new value. */
struct dberr *mutation_apply(const struct mutation *m, struct arena *arena, struct datum *d);

#endif
