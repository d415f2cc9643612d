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

#endif /* VIFSWITCHD_WANTED_H */
