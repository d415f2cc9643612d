/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A switch's flow tables in userspace: the decision core's own (kmod/core/of), filled with what
 * vifofd tells, compiled as for the module. So who asks what becomes of a frame is answered by the
 * code that carries out frames.
 *
 * Each flow begins with a meter that nothing else has: the core stops there for its caller, so each
 * flow on a frame's way is seen, whatever leads to it.
 */
#ifndef VIFCTL_FLOW_TABLES_H
#define VIFCTL_FLOW_TABLES_H

#include "of/of-set.h"
#include "vifctl/flow/flow-link.h"

struct flow_tables {
	struct vs_of *of;
	const struct flow_link *link;	/* whose flows they are */
	uint32_t mark;			/* the meter */
};

/*
 * Of l->flows, and of groups and meters that are there. @standalone: a frame that no flow matches
 * goes as without tables. An exit status, having said what is wrong; flow_tables_deinit() and
 * then flow_link_close() in any case.
 */
int flow_tables_make(struct flow_tables *t, struct flow_link *l, bool standalone);
/* The same of what @l has already. */
int flow_tables_fill(struct flow_tables *t, const struct flow_link *l, bool standalone);
void flow_tables_deinit(struct flow_tables *t);
/* The flow that the core means. */
const struct of_flow *flow_tables_flow(const struct flow_tables *t, const struct vs_of_flow *flow);

#endif /* VIFCTL_FLOW_TABLES_H */
