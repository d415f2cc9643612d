/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where a frame goes that leaves by a tunnel: which network it is of, and to which hosts. */
#ifndef VIFCTL_WHY_WHY_NETWORK_H
#define VIFCTL_WHY_WHY_NETWORK_H

#include "vifctl/why/world.h"

/* The network that the frame is of at @to, which is not closed; NULL: none. */
const struct why_network *why_network_at(const struct why_world *w, const struct why_port *to,
					 unsigned int vid);
/*
 * Whose remotes it goes to, in words, to be freed; or *ret_reason, and NULL. An answer that the
 * module gives itself is words, too.
 */
char *why_network_way(const struct why_world *w, const struct why_network *n,
		      const struct vs_verdict *v, const uint8_t *octets, size_t len,
		      enum vifswitch_drop_reason *ret_reason);

#endif /* VIFCTL_WHY_WHY_NETWORK_H */
