/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Orders of flows. */
#ifndef VS_OF_ORDER_H
#define VS_OF_ORDER_H

#include "of.h"

/* Below 0: a comes before b. */
typedef int (*vs_of_order_fn)(const struct vs_of_flow *a, const struct vs_of_flow *b);

int vs_of_by_mask(const struct vs_of_flow *a, const struct vs_of_flow *b);
/* By mask, then by value. */
int vs_of_by_match(const struct vs_of_flow *a, const struct vs_of_flow *b);
int vs_of_by_priority(const struct vs_of_flow *a, const struct vs_of_flow *b);	/* highest first */

void vs_of_sort(struct vs_of_flow **list, u32 count, vs_of_order_fn order);

#endif /* VS_OF_ORDER_H */
