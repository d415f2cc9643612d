/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A switch's flows, groups and meters in a file of the run directory, NAME.flows: what is in the
 * kernel goes on when vifofd ends, and the next one knows it by this. It is written some time
 * after a change, whole, and put in its place at once; until then NAME.flows.log has what was
 * changed.
 */
#ifndef VIFOFD_KEPT_H
#define VIFOFD_KEPT_H

#include "vifofd/spoken.h"

/* 0; -ENOENT: there is none; or another errno, with as much as could be read. */
int kept_load(struct bridge *b, const char *directory);
/* If something is new, and it was not written just now, or @now says so. */
void kept_save(struct bridge *b, const char *directory, bool now);
/* What was changed just now. */
void kept_note(struct bridge *b, const struct of_journal *journal);
void kept_close(struct bridge *b);
void kept_forget(struct bridge *b, const char *directory);

#endif /* VIFOFD_KEPT_H */
