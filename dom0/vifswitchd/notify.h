/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Events for those who follow them on the control socket. */
#ifndef VIFSWITCHD_NOTIFY_H
#define VIFSWITCHD_NOTIFY_H

#include "vifswitchd/daemon.h"

void notify_vif(struct daemon *d, const char *event, const struct vif *vif,
		const struct link *link, const char *message);
void notify_datapath(struct daemon *d, const struct dp_event *event);

#endif /* VIFSWITCHD_NOTIFY_H */
