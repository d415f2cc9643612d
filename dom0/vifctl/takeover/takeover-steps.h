/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From Open vSwitch to vifswitch, and back. Each begins where the journal says that it was left;
 * what was done already does no harm when it is done again. All return an exit status of vifctl's
 * and say what went wrong.
 */
#ifndef VIFCTL_TAKEOVER_STEPS_H
#define VIFCTL_TAKEOVER_STEPS_H

#include "vifctl/takeover/takeover-journal.h"

struct takeover_outcome {
	int64_t silent_ms;	/* from when one was told to go until all ports are there */
	json_t *missing;	/* of those that were waited for; freed by the caller */
};

/* What "vifovsd --check" prints, to be freed; *ret_refused: something is refused. */
int takeover_mapping(char **ret, bool *ret_refused);
/* From TAKEOVER_NONE, CUTTING or SETTLING to TRIAL. */
int takeover_take(struct takeover *t, long seconds, struct takeover_outcome *outcome);
/* From anywhere to NONE. */
int takeover_give(struct takeover *t, struct takeover_outcome *outcome);
/* Of one that cut nothing: as if it had not begun. */
int takeover_undo(struct takeover *t);

#endif /* VIFCTL_TAKEOVER_STEPS_H */
