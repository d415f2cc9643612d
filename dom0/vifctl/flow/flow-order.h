/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Flows in order, and what two sets of them differ by. */
#ifndef VIFCTL_FLOW_ORDER_H
#define VIFCTL_FLOW_ORDER_H

#include "openflow/client/flow-wire.h"

/* By table, the highest priority first; then by match. */
int flow_order(const struct of_flow *a, const struct of_flow *b);
void flows_sort(struct flows_told *flows);
/* Do they do the same, with the same cookie, times and flags? Their match is the same. */
bool flow_same(const struct of_flow *a, const struct of_flow *b);

/* One that goes (no new), comes (no old), or is otherwise. */
typedef int flow_differs(void *arg, const struct of_flow *old, const struct of_flow *new);

/* Both sorted. What @each returns ends it if it is not 0. */
int flows_differ(const struct flows_told *old, const struct flows_told *new, flow_differs *each,
		 void *arg);

#endif /* VIFCTL_FLOW_ORDER_H */
