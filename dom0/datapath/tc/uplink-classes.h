/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The classes of one uplink: one for each VM of its switch whose QoS says
 * uplink_min, uplink_max or uplink_weight. Capacity is no matter of safety, and
 * comes and goes with a cable, so nothing here refuses a VM's policy:
 *
 *   - guarantees that come to more than 95 % of the uplink's rate are all made
 *     smaller in proportion, so that what has none, dom0's own traffic too, is
 *     not starved;
 *   - while the uplink's rate is not known, no guarantee and no weight means
 *     anything, but every maximum holds.
 *
 * Either is said in the problem.
 */
#ifndef DATAPATH_TC_UPLINK_CLASSES_H
#define DATAPATH_TC_UPLINK_CLASSES_H

#include "base/problem.h"
#include "datapath/tc/shaping.h"

struct facts;
struct link;
struct cfg_switch;

struct uplink_shape {
	uint64_t rate_bps;		/* 0: nothing to shape */
	struct shaped_class *classes;	/* ascending by minor */
	size_t count, size;
	struct problem problem;		/* "": none */
	uint64_t problem_logged;	/* a digest of the one last logged */

	uint32_t applied_ifindex;	/* the netdev that has what follows; 0: none */
	uint64_t applied_bps;
	struct shaped_class *applied;
	size_t applied_count;
};

/* What @link, an uplink of @sw, should have. A pure function; -ENOMEM. */
int uplink_shape_make(const struct facts *facts, const struct cfg_switch *sw,
		      const struct link *link, struct uplink_shape *ret);
/* Is that what the netdev has? */
bool uplink_shape_is_applied(const struct uplink_shape *shape, uint32_t ifindex);
/*
 * The classes with "keep" at those the netdev has already, so that one VM more
 * among thousands costs one class and not thousands. To be freed; NULL: -ENOMEM.
 */
struct shaped_class *uplink_shape_changes(const struct uplink_shape *shape, uint32_t ifindex);
/* It has them now; ifindex 0: what it has is not known. */
void uplink_shape_set_applied(struct uplink_shape *shape, uint32_t ifindex);
void uplink_shape_deinit(struct uplink_shape *shape);

#endif /* DATAPATH_TC_UPLINK_CLASSES_H */
