/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef VIFSWITCHD_RECONCILE_H
#define VIFSWITCHD_RECONCILE_H

#include "vifswitchd/daemon.h"

/* One pass: read what is marked, plan, apply, tell. */
void reconcile(struct daemon *d);

#endif /* VIFSWITCHD_RECONCILE_H */
