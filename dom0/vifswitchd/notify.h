/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Events for those who follow them on the control socket, and what rules with log=yes
 * matched, for the journal.
 */
#ifndef VIFSWITCHD_NOTIFY_H
#define VIFSWITCHD_NOTIFY_H

#include "vifswitchd/daemon.h"

void notify_vif(struct daemon *d, const char *event, const struct vif *vif,
		const struct link *link, const char *message);
/* Matches that one packet after the other brings: not more than so many in a time. */
#define NOTIFY_LOG_MOST		20
#define NOTIFY_LOG_SPAN_US	10000000ULL

void notify_datapath(struct daemon *d, const struct dp_event *event);

#endif /* VIFSWITCHD_NOTIFY_H */
