/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What of a port's frames its NIC switches, for documents. */
#ifndef SHOW_OFFLOAD_H
#define SHOW_OFFLOAD_H

#include <jansson.h>

#include "datapath/messages.h"

/* Counted by rules, and by nobody else. */
struct offload_counts {
	uint64_t from_packets, from_bytes, to_packets, to_bytes;
	uint64_t drops[VIFSWITCH_DROP_COUNT];
};

struct offload {
	bool software;			/* the rules are tc's own, for a trial */
	size_t rules;			/* 0: its frames are the switch's */
	const char *why;		/* then; else NULL */
	const char *why_to;		/* none of others' lead to it; NULL: they may */
	bool refused;			/* because rules were, and not by what they would say */
	const struct offload_counts *counts;
};

json_t *offload_json(const struct offload *offload);
/* @port with what rules counted in it. */
void offload_add(struct dp_port *port, const struct offload *offload);

#endif /* SHOW_OFFLOAD_H */
