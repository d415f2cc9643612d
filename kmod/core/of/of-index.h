/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A table's flows by their match; of.h says how they are found. */
#ifndef VS_OF_INDEX_H
#define VS_OF_INDEX_H

#include "of.h"

/* The flow of the highest priority that matches and lives; NULL: none. */
struct vs_of_flow *vs_of_index_find(const struct vs_of *of, const struct vs_of_index *index,
				    const struct vs_of_key *key, u64 version);

/* Has @visit see every flow that matches and lives, in no order. */
typedef void (*vs_of_visit_fn)(void *arg, struct vs_of_flow *f);
void vs_of_index_each(const struct vs_of *of, const struct vs_of_index *index,
		      const struct vs_of_key *key, u64 version, vs_of_visit_fn visit, void *arg);

/*
 * Has the flows of @add, which no frame sees yet, put in. All or nothing: -ENOMEM; -ENOSPC
 * where masks are so many that the table has no form for them, -E2BIG where flows that match the
 * same are, -EFBIG where it would take too long. @room: octets that a bit vector
 * may have.
 */
int vs_of_index_add(const struct vs_of *of, struct vs_of_table *t, struct vs_of_flow **add,
		    u32 count, u64 room);
/* Takes @f out, which no frame can see any more. */
void vs_of_index_remove(struct vs_of_table *t, struct vs_of_flow *f);
/* Of a table that no frame looks at. Its flows are the caller's. */
void vs_of_index_free(struct vs_of_table *t);

u32 vs_of_index_in_vector(const struct vs_of_table *t);

/* Octets that its hashes and vector have. */
u64 vs_of_index_memory(const struct vs_of_table *t);

#endif /* VS_OF_INDEX_H */
