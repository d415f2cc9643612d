/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What to change so that a packet that was dropped would pass. */
#ifndef VIFCTL_WHY_FIX_H
#define VIFCTL_WHY_FIX_H

#include "vifctl/why/remembered.h"

/*
 * A sentence with a command, to be freed; NULL where there is nothing to say.
 * @port is where it was dropped; @acl the one that denied it, or NULL, and by which
 * @rule (-1: the default); @v is as far as the decision on @frame came.
 */
char *why_fix(enum vifswitch_drop_reason reason, const struct why_port *port,
	      const struct why_acl *acl, enum vifswitch_acl_direction direction, int rule,
	      const struct vs_verdict *v, const struct why_frame *frame);

#endif /* VIFCTL_WHY_FIX_H */
