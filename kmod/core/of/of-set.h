/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The flows, groups and meters of a switch, and transactions. One caller at a time changes
 * them; frames read them meanwhile. Between the first change and vs_of_commit() or
 * vs_of_abort() a transaction is open, and no frame sees anything of it.
 */
#ifndef VS_OF_SET_H
#define VS_OF_SET_H

#include "of.h"
#include "of-check.h"
#include "of-commit.h"
#include "of-ids.h"

/* @seed: any 64 random bits. NULL: no memory. */
struct vs_of *vs_of_new(u64 seed);
/* Nobody looks at it any more. */
void vs_of_destroy(struct vs_of *of);

/*
 * Does what one record says that vs_of_check() accepted: it belongs to the open transaction,
 * which the caller must abort if this fails. -ENOENT, -EBUSY, -ENOSPC, -ENOMEM with *err.
 */
int vs_of_change(struct vs_of *of, const u8 *record, u64 now_ms, struct vs_program_error *err);

#endif /* VS_OF_SET_H */
