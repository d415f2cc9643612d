/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The end of a transaction (of-set.h), and of flows. */
#ifndef VS_OF_COMMIT_H
#define VS_OF_COMMIT_H

#include "of.h"
#include "../blob-error.h"

/*
 * All of it takes effect, or nothing, and then it is still open. @grace is asked when it has:
 * what passed() below gets to know whether frames that saw what ended are gone.
 */
int vs_of_commit(struct vs_of *of, u64 (*grace)(void), struct vs_program_error *err);
void vs_of_abort(struct vs_of *of);
bool vs_of_is_open(const struct vs_of *of);

/* Takes out what ended and no frame can see any more. True: something is left to take out. */
bool vs_of_bury(struct vs_of *of, bool (*passed)(u64 grace));

/* Marks the flows whose time is over as ended; @tell gets each with its reason. */
typedef void (*vs_of_ended_fn)(void *arg, const struct vs_of_flow *f,
			       enum vifswitch_of_removed reason);
int vs_of_expire(struct vs_of *of, u64 now_ms, vs_of_ended_fn tell, void *arg);

/* All that a switch's tables hold of memory. */
u64 vs_of_memory(const struct vs_of *of);

/* For of-set.c. Room for one entry was made in the log. */
void vs_of_flow_end(struct vs_of *of, struct vs_of_flow *f);
u32 *vs_of_count_of(struct vs_of *of, bool meter);

#endif /* VS_OF_COMMIT_H */
