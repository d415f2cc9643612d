/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Flows of one mask in a hash, open and probed in a row. */
#ifndef VS_OF_HASH_H
#define VS_OF_HASH_H

#include "of.h"

/* A flow was here: look further. */
extern struct vs_of_flow vs_of_removed;

static inline u32 vs_of_fold(const struct vs_of *of, u64 acc)
{
	return (u32)(acc * of->factor >> 32);
}

static inline u64 vs_of_mix(const struct vs_of *of, u64 acc, u64 what)
{
	acc = (acc ^ what) * of->factor;
	return acc ^ acc >> 29;
}

/*
 * The lanes that @word, of which there are @count, ascending, are in, and their values: how many.
 * @ret and @ret_value may be NULL; else they have room for VS_OF_LANES, or as many as there are.
 */
u32 vs_of_lanes(const struct vifswitch_of_word *word, u32 count, struct vs_of_lane *ret,
		u64 *ret_value);

/* For flows with the mask of @f, with room for @count. NULL: no memory. */
struct vs_of_hash *vs_of_hash_new(const struct vs_of_flow *f, u32 count);
void vs_of_hash_free(struct vs_of_hash *h, bool later);
/* Has room for @more flows, or is -ENOMEM. */
int vs_of_hash_reserve(struct vs_of_hash *h, u32 more);
void vs_of_hash_put(const struct vs_of *of, struct vs_of_hash *h, struct vs_of_flow *f);
/* Of a flow that is in it. */
void vs_of_hash_remove(struct vs_of_hash *h, const struct vs_of_flow *f);
/* Has it VS_OF_SAME_MAX flows that did not end and match the same as @f? */
bool vs_of_hash_is_full_of(const struct vs_of *of, const struct vs_of_hash *h,
			   const struct vs_of_flow *f);

#endif /* VS_OF_HASH_H */
