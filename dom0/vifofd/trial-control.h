/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How a trial is run: lines on a Unix socket, one command each, answered by lines of which the
 * last is "ok" or begins with "error".
 *
 *	switch NAME [dpid=HEX] [fail-mode=secure|standalone] [controller=PLACE]...
 *	no-switch NAME
 *	port NAME NUMBER PORT-NAME MAC [down]
 *	no-port NAME NUMBER
 *	receive NAME NUMBER HEX		a frame comes in
 *	sent NAME			"NUMBER HEX" of each frame since the last time
 *	warp MS				so much time passes
 *	flush NAME			no flows, groups, meters
 */
#ifndef VIFOFD_TRIAL_CONTROL_H
#define VIFOFD_TRIAL_CONTROL_H

#include "vifofd/of-bridge.h"

TAILQ_HEAD(bridges, bridge);

struct trial_control {
	sd_event *event;
	const char *directory;
	struct tls *tls;
	struct bridges bridges;
	uint64_t warp;		/* ms */
	int fd;
};

/* Listens at @path. */
int trial_control_start(struct trial_control *t, const char *path);
void trial_control_stop(struct trial_control *t);

#endif /* VIFOFD_TRIAL_CONTROL_H */
