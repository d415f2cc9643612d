/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is wrong with the text of a flow, told with the text and what is pointed at. */
#ifndef VIFCTL_FLOW_FAULT_H
#define VIFCTL_FLOW_FAULT_H

#include <jansson.h>

#include "openflow/text/piece.h"

struct vifctl;

/* Where a flow stands: line 0 is the command line. */
struct flow_place {
	const char *file;
	unsigned int line;
	const char *text;
	size_t len;
};

/* On standard error; with --json also a document (flow-changes.json) on v->out. Returns @status. */
int flow_fault(struct vifctl *v, const char *sw, const struct flow_place *place,
	       const struct flow_problem *problem, int status);

#endif /* VIFCTL_FLOW_FAULT_H */
