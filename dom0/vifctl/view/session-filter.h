/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which sessions the words of a command line mean: KEY=VALUE, all of which must fit. */
#ifndef VIFCTL_VIEW_SESSION_FILTER_H
#define VIFCTL_VIEW_SESSION_FILTER_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/prefix.h"
#include "vifswitch/session-abi.h"

struct session_filter {
	uint32_t given;			/* bits of the keys that were; the others fit everything */
	uint64_t proto, state, vlan, zone;
	uint64_t first_port, last_port;
	struct prefix addr;		/* that one end is in */
};

bool session_filter_is_word(const char *word);
/* False: *ret_problem, to be freed, names the word and what would be accepted. */
bool session_filter_parse(const char *const *words, int count, struct session_filter *ret,
			  char **ret_problem);
/* @tracked: it is of flow tables. */
bool session_filter_fits(const struct session_filter *f, const struct vifswitch_session *s,
			 bool tracked);
/* Every key, one a line: for completion. */
void session_filter_keys(FILE *out);

#endif /* VIFCTL_VIEW_SESSION_FILTER_H */
