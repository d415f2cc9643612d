/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where a port came from and what arrived: told by show, kept in the database's row. */
#ifndef HANDOVER_STORY_H
#define HANDOVER_STORY_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/problem.h"
#include "datapath/messages.h"

#define HANDOVER_HOST_MAX	255

struct handover_story {
	char from[HANDOVER_HOST_MAX + 1];	/* "": from nowhere */
	int64_t offered, taken;			/* seconds since 1970; 0: not */
	bool counters;				/* and budgets go on */
	struct dp_sessions_taken sessions;
	uint64_t sessions_left;			/* that the record had no room for */
	uint64_t addresses, addresses_refused, addresses_left;
	/* of rules: the ACL here has them, or has none such; the record had no room for */
	uint64_t hits, hits_refused, hits_left;
	char problem[PROBLEM_MAX];		/* what is missing, and why; or "" */
};

/* A new reference; null for a port that came from nowhere. */
json_t *handover_story_json(const struct handover_story *story);
/* What another daemon of this host wrote of it; what makes no sense is left out. */
void handover_story_read(const char *text, struct handover_story *ret);

#endif /* HANDOVER_STORY_H */
