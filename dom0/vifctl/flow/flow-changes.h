/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a command makes of a switch's flows: told, and sent. */
#ifndef VIFCTL_FLOW_CHANGES_H
#define VIFCTL_FLOW_CHANGES_H

#include <jansson.h>

#include "vifctl/flow/flow-link.h"

struct vifctl;

/* A flow that goes (no new), comes (no old), or becomes another. */
struct flow_change {
	const struct of_flow *old, *new;
	uint32_t xid;			/* of the message that brings it */
};

struct flow_changes {
	struct flow_change *v;
	size_t count, room;
};

void flow_changes_add(struct flow_changes *c, const struct of_flow *old,
		      const struct of_flow *new, uint32_t xid);
/* "+" what comes, "-" what goes; or as flow-changes.json. @done: it was made. */
void flow_changes_show(struct vifctl *v, const char *sw, const struct flow_changes *c, bool done);
/* That document alone; @error, which is stolen, says why nothing was done, or is null. */
void flow_changes_json(struct vifctl *v, const char *sw, const struct flow_changes *c, bool done,
		       json_t *error);
/* All in one bundle: all or nothing. Appends to l->out, which is to be run. */
void flow_changes_send(struct flow_link *l, const struct flow_changes *c);

/* A flow as JSON (flow.json); @told may be NULL, without what it has done. */
json_t *flow_json(const struct of_flow *flow, const struct flow_told *told);
/* "ip,nw_src=10.0.0.1" or ""; "output:1". To be freed. */
char *flow_match_text(const struct of_flow *flow);
char *flow_actions_text(const struct of_flow *flow);
char *flow_text(const struct of_flow *flow);

#endif /* VIFCTL_FLOW_CHANGES_H */
