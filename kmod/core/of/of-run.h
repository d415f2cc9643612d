/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A frame's way through the tables, as steps: the core looks flows up, reads their operations
 * and keeps the registers; what needs the frame itself, other ports or the time is for the
 * caller, one thing at a time:
 *
 *	vs_of_open(&run, ...);
 *	vs_of_key_read(&run.key, run.needs, ...);
 *	vs_of_begin(&run);
 *	while ((what = vs_of_step(&run)) != VS_OF_DONE)
 *		the caller does it
 *
 * After SAVE the caller keeps the frame as it is, in a copy; after RESTORE it goes on with
 * that. When all is done, reason says what became of a frame that was put out nowhere.
 */
#ifndef VS_OF_RUN_H
#define VS_OF_RUN_H

#include "of-state.h"

/*
 * First of all: the frame sees this version of the tables. run->needs says which words of the
 * key must be read for it. @all: for vs_of_begin_with(), whose operations may ask for any.
 */
void vs_of_open(struct vs_of_run *run, const struct vs_of *of, bool all);
/* The caller has filled in key, tag, packets, bytes, now_ms. Begins in table 0. */
void vs_of_begin(struct vs_of_run *run);
/* With operations that vs_of_check_ops() accepted; they last as long as the run. */
void vs_of_begin_with(struct vs_of_run *run, const u8 *ops, u32 len);

enum vs_of_what vs_of_step(struct vs_of_run *run);

/* EDIT, in a frame as vs_of_edit_frame() has it. */
void vs_of_run_edit(struct vs_of_run *run, u8 *p, size_t len, size_t whole,
		    const struct vs_frame *f, size_t partial);
/* TTL, of IP or of a label, as vs_of_edit_ttl(). */
bool vs_of_run_ttl(struct vs_of_run *run, u8 *p, size_t len, size_t whole,
		   const struct vs_frame *f, bool *ret_over);
/* The frame has its new shape; @p, @len, @whole, @f as vs_of_key_read() has them. */
void vs_of_shaped(struct vs_of_run *run, const u8 *p, size_t len, size_t whole,
		  const struct vs_frame *f);
/* @state: OF_CT_*, where @reason is NONE; else the frame ends with that. */
void vs_of_tracked(struct vs_of_run *run, u16 state, enum vifswitch_drop_reason reason);
/* @passes: it is within the meter. */
void vs_of_metered(struct vs_of_run *run, bool passes);

#endif /* VS_OF_RUN_H */
