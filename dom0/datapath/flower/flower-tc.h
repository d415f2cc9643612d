/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Makes the rules that a netdev has those that it should have. What is the same stays, with its
 * counts; what goes, goes before what it would be in the way of, so in no moment is more
 * forwarded than before and after. A rule that is refused takes all of the netdev's with it:
 * then its frames are the switch's.
 */
#ifndef DATAPATH_FLOWER_TC_H
#define DATAPATH_FLOWER_TC_H

#include "datapath/flower/flower-encode.h"
#include "datapath/ko/genl.h"

/* Each filter that a netdev has; it may be told of counts for the last time. */
typedef void (*flower_fn)(const struct flower_filter *filter, void *arg);

/* Those of ours, and how many are not. A netdev without such a hook has none. */
int flower_tc_dump(struct netlink *nl, uint32_t ifindex, flower_fn fn, void *arg,
		   size_t *ret_foreign);
/*
 * @gone hears of each that was taken out. -EEXIST: the netdev has filters of somebody else's;
 * whatever else: the kernel's, and nl->error has its words. Then none of ours is left, unless
 * -EBUSY is returned: not all could be taken out, or which there are is not known.
 */
int flower_tc_set(struct netlink *nl, uint32_t ifindex, const struct flower_rules *rules,
		  enum flower_where where, flower_fn gone, void *arg);

#endif /* DATAPATH_FLOWER_TC_H */
