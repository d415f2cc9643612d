/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Records as userspace sends them, checked once: whoever runs what passed here needs no look
 * at lengths, fields or tables. What a record names (groups, meters) is for the caller.
 */
#ifndef VS_OF_CHECK_H
#define VS_OF_CHECK_H

#include <vifswitch/openflow-abi.h>

#include "../blob-error.h"
#include "../platform.h"

/* What operations are for. */
enum vs_of_place {
	VS_OF_OF_FLOW,
	VS_OF_OF_SET,		/* WRITE's */
	VS_OF_OF_BUCKET,
};

/*
 * Octets of the record at @at, of which @left are there and which is 8-octet aligned; or a
 * negative errno with *err filled in. A record that OF_CHANGE does not take is refused.
 */
int vs_of_check(const u8 *at, size_t left, struct vs_program_error *err);

/* @table: of the flow; of a packet-out, which is one otherwise, the last: it goes to none. */
int vs_of_check_ops(const u8 *ops, size_t len, enum vs_of_place place, u16 table,
		    struct vs_program_error *err);

/* The first word of the field that has @word, and how many it has. */
unsigned int vs_of_field_of(unsigned int word, unsigned int *ret_words);

/* Goes over operations. */
#define vs_of_each_op(op, ops, len)						\
	for ((op) = (const struct vifswitch_of_op *)(ops);			\
	     (const u8 *)(op) < (const u8 *)(ops) + (len);			\
	     (op) += (op)->units)

/* Do two SETs set the same bits of one field? */
static inline bool vs_of_sets_same(const struct vifswitch_of_op *a,
				   const struct vifswitch_of_op *b)
{
	const u16 *pa = (const u16 *)(a + 1), *pb = (const u16 *)(b + 1);
	u32 i;

	if (a->a != b->a || a->b != b->b)
		return false;
	for (i = 0; i < a->b; i++)
		if (pa[2 * i + 1] != pb[2 * i + 1])
			return false;
	return true;
}

/* Buckets of a group's record, of which bucket_count follow. */
static inline const struct vifswitch_of_bucket *
vs_of_bucket_next(const struct vifswitch_of_bucket *b)
{
	return (const void *)((const u8 *)(b + 1) + b->ops_len);
}

static inline size_t vs_of_words_size(u16 count)
{
	return (count * sizeof(struct vifswitch_of_word) + 7) / 8 * 8;
}

#endif /* VS_OF_CHECK_H */
