/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef VIFSWITCHD_EVENTS_H
#define VIFSWITCHD_EVENTS_H

#include "vifswitchd/daemon.h"

/* Watch what the kernel and XenStore say; connects to XenStore if it can. */
int events_watch(struct daemon *d);

#endif /* VIFSWITCHD_EVENTS_H */
