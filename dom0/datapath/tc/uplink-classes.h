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

struct uplink_classes {
	uint64_t rate_bps;		/* 0: nothing to shape */
	struct shaped_class *classes;	/* ascending by minor */
	size_t count, size;
	struct problem problem;		/* "": none */
};

/* What is known of an uplink. */
struct uplink_facts {
	const char *sw, *name;
	uint64_t rate_bps;		/* 0: not known */
	bool running;			/* it has a carrier */
};

/* Anew: nothing in it, the memory stays. */
void uplink_classes_reset(struct uplink_classes *c);
int uplink_classes_add(struct uplink_classes *c, const struct shaped_class *class);
/* All are added: put them in order, of those with one minor the wanted one, and make them fit. */
void uplink_classes_fit(struct uplink_classes *c, const struct uplink_facts *uplink);
void uplink_classes_deinit(struct uplink_classes *c);

#endif /* DATAPATH_TC_UPLINK_CLASSES_H */
