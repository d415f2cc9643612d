// SPDX-License-Identifier: GPL-2.0-or-later
#include "vifctl/flow/flow-order.h"

#include <stdlib.h>
#include <string.h>

/* Flags that a flow has, not ones of its addition. */
#define KEPT_FLAGS	(OFPFF_SEND_FLOW_REM | OFPFF_NO_PKT_COUNTS | OFPFF_NO_BYT_COUNTS)

int flow_order(const struct of_flow *a, const struct of_flow *b)
{
	if (a->table != b->table)
		return a->table < b->table ? -1 : 1;
	if (a->priority != b->priority)
		return a->priority > b->priority ? -1 : 1;
	if (a->match->count != b->match->count)
		return a->match->count < b->match->count ? -1 : 1;
	return memcmp(a->match->word, b->match->word,
		      a->match->count * sizeof(a->match->word[0]));
}

static int compare(const void *a, const void *b)
{
	return flow_order(&((const struct flow_told *)a)->flow,
			  &((const struct flow_told *)b)->flow);
}

void flows_sort(struct flows_told *flows)
{
	if (flows->count)
		qsort(flows->v, flows->count, sizeof(*flows->v), compare);
}

bool flow_same(const struct of_flow *a, const struct of_flow *b)
{
	return a->cookie == b->cookie && a->idle == b->idle && a->hard == b->hard &&
	       a->importance == b->importance && !((a->flags ^ b->flags) & KEPT_FLAGS) &&
	       instructions_same(&a->actions, &b->actions);
}

int flows_differ(const struct flows_told *old, const struct flows_told *new, flow_differs *each,
		 void *arg)
{
	size_t i = 0, k = 0;
	int r = 0;

	while (!r && (i < old->count || k < new->count)) {
		const struct of_flow *a = i < old->count ? &old->v[i].flow : NULL;
		const struct of_flow *b = k < new->count ? &new->v[k].flow : NULL;
		int order = !a ? 1 : !b ? -1 : flow_order(a, b);

		if (order < 0)
			r = each(arg, a, NULL);
		else if (order > 0)
			r = each(arg, NULL, b);
		else if (!flow_same(a, b))
			r = each(arg, a, b);
		i += order <= 0;
		k += order >= 0;
	}
	return r;
}
