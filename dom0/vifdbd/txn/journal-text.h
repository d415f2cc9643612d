/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a transaction did, as JSON text from which it can be told and taken back (base/undo.h). */
#ifndef VIFDBD_TXN_JOURNAL_TEXT_H
#define VIFDBD_TXN_JOURNAL_TEXT_H

#include "vifdbd/txn/txn.h"

/*
 * Changes in tables that are kept, by index. If all of it is longer than max, inserted
 * rows are told by what names them; if that is longer still, nothing.
 */
void journal_text(const struct txn *txn, const bool *kept, size_t max, struct buf *out,
		  struct arena *arena);

#endif
