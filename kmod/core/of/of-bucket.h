/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is done apart from a frame's way: a group's buckets, and clones. What they do to the frame
 * is for them alone; they are not in each other.
 */
#ifndef VS_OF_BUCKET_H
#define VS_OF_BUCKET_H

#include "of-state.h"

/* run->at is behind the operation already. */
enum vs_of_what vs_of_enter_group(struct vs_of_run *run, u32 id);
enum vs_of_what vs_of_enter_clone(struct vs_of_run *run, const struct vifswitch_of_op *op);

/* Nothing is left of the bucket or clone. DONE: the interpreter goes on. */
enum vs_of_what vs_of_leave(struct vs_of_run *run);

#endif /* VS_OF_BUCKET_H */
