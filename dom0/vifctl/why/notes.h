/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What else is known of a packet's destination than where its frame goes. */
#ifndef VIFCTL_WHY_NOTES_H
#define VIFCTL_WHY_NOTES_H

#include "vifctl/why/world.h"

/*
 * Sentences about the port that has the destination's MAC or IP address, if it is not
 * among those that the frame reaches (@to: [{"netdev", ...}]). An array, empty for most.
 */
json_t *why_notes(const struct why_world *w, const struct why_port *from,
		  const struct vs_verdict *v, const json_t *to);
/* The switch's uplinks lack the packet's VLAN: a sentence with a command; else NULL. */
char *why_way_out(const struct why_world *w, const struct why_port *from,
		  const struct vs_verdict *v);

/* Of the datapath of @from alone: for what it refuses, too. */
json_t *why_datapath_notes(const struct why_port *from);

#endif /* VIFCTL_WHY_NOTES_H */
