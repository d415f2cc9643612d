/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What vifswitchd knows, asked for at its control socket. An answer, or that there is
 * none, is good for a second: whoever asks more often gets the same again, so neither
 * many readers nor a daemon that hangs cost more than one question a second.
 */
#ifndef VIFEXPORTD_SHOW_SOURCE_H
#define VIFEXPORTD_SHOW_SOURCE_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/problem.h"

struct exporting_counts;

struct source {
	const char *path;
	const struct exporting_counts *counts;	/* our own */
	int64_t asked_ms;	/* clock_ms() of the last question; 0: none yet */
	json_t *show;		/* the document, NULL: no answer */
	json_t *acls, *mirrors, *exporters, *uplinks, *oam, *networks;	/* likewise */
	json_t *hits;		/* likewise, once source_hits() was called */
	bool hits_asked;
	struct problem problem;	/* without one */
};

/* What there is now, as of a second ago at the most. Waits two seconds for it. */
void source_refresh(struct source *s);
/* After that, for who needs them: they cost the daemon a question to the kernel for each port. */
void source_hits(struct source *s);
void source_deinit(struct source *s);

#endif /* VIFEXPORTD_SHOW_SOURCE_H */
