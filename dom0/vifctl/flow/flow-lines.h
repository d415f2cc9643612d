/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A file of flows, one a line; # begins a comment. */
#ifndef VIFCTL_FLOW_LINES_H
#define VIFCTL_FLOW_LINES_H

#include "vifctl/flow/flow-fault.h"
#include "vifctl/flow/flow-link.h"

struct vifctl;

struct flow_lines {
	const char *file;
	char *text;			/* all of it */
	size_t len;
	struct flows_told flows;	/* sorted */
	struct flow_place *places;	/* by number of a line's flow, which is its flow's id */
	size_t count, room;
};

/* "-" is standard input. An exit status, having said what is wrong. */
int flow_lines_read(struct vifctl *v, struct flow_link *l, const char *file,
		    struct flow_lines *ret);
void flow_lines_deinit(struct flow_lines *lines);

#endif /* VIFCTL_FLOW_LINES_H */
