/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Flows with masks of any kind, as aggregated bit vectors (vifswitch/acl.h has the idea): each
 * word of the key that a flow asks for is a dimension, in which a value has a class (by a page
 * table, so any mask can be), and a class has a set: a summary and a bit for each flow that
 * the value fits. The flows stand in the order of their priority, the lowest bit first. The
 * lowest bit of the intersection whose flow lives is the one that matches.
 */
#ifndef VS_OF_VECTOR_H
#define VS_OF_VECTOR_H

#include "of.h"

struct vs_of_dim {
	u16 word;
	const u32 *pages;	/* of a value's high octet: where its page begins */
	const u32 *classes;	/* pages of 256: where the class's set begins */
	const u64 *sets;	/* of each class summaries + words */
};

struct vs_of_vector {
	u32 count;
	u32 words;		/* (count + 63) / 64 */
	u32 summaries;		/* (words + 63) / 64 */
	u32 dim_count;
	u32 priority;		/* the highest */
	u64 memory;
	struct vs_of_dim *dim;
	u32 lane_count;		/* of what every flow asks for, the same: that is no dimension */
	struct vs_of_lane lane[VS_OF_LANES];
	u64 value[VS_OF_LANES];
	struct vs_of_flow *flow[];	/* NULL: it was taken out */
};

struct vs_of_flow *vs_of_vector_find(const struct vs_of_vector *v, const struct vs_of_key *key,
				     u64 version);

void vs_of_vector_each(const struct vs_of_vector *v, const struct vs_of_key *key, u64 version,
		       void (*visit)(void *arg, struct vs_of_flow *f), void *arg);

/*
 * Of @count flows, at most twice VS_OF_VECTOR_MAX, the
 * highest priority first. 0, -ENOMEM, -ENOSPC
 * if it would need more than @room octets, or -EFBIG if more than VS_OF_VECTOR_WORK of work.
 */
int vs_of_vector_build(struct vs_of_flow *const *flows, u32 count, u64 room,
		       struct vs_of_vector **ret);
void vs_of_vector_free(struct vs_of_vector *v, bool later);

#endif /* VS_OF_VECTOR_H */
