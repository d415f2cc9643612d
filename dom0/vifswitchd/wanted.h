/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What should be on this host, in meaning: a list of ports of all kinds. It is
 * made anew from the facts for each plan, and the plan is made from it and the
 * facts alone; so whatever has to be decided among several VIFs, counted, or
 * remembered is done here, before. A new kind of port is a function that adds
 * its ports, and nothing in the plan.
 */
#ifndef VIFSWITCHD_WANTED_H
#define VIFSWITCHD_WANTED_H

#include "vifswitchd/wanted-list.h"

/* Make @wanted, which is empty or was used before; -ENOMEM. */
int wanted_make(struct facts *facts, struct wanted *wanted);
void wanted_deinit(struct wanted *wanted);
/* Did we make that netdev for something that is known by now not to be? Unless it is listed. */
bool wanted_stale_link(const struct facts *facts, const struct wanted *wanted,
		       const struct link *link);
/* Is all of a kind of port known, so that what is not listed is not wanted? */
bool wanted_knows(const struct wanted *wanted, enum cookie_kind kind);

#endif /* VIFSWITCHD_WANTED_H */
