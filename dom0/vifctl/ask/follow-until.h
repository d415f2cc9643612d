/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What --follow, --seconds and --count mean: how long a command goes on showing what comes. */
#ifndef VIFCTL_ASK_FOLLOW_UNTIL_H
#define VIFCTL_ASK_FOLLOW_UNTIL_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/control-client.h"
#include "vifctl/vifctl.h"

#define WATCH_SECONDS	10

struct watch {
	struct vifctl *v;
	int64_t deadline;	/* of clock_ms() */
	long shown;		/* so far; whoever shows counts */
};

/* Sets the deadline: @seconds from now if the command line does not say; 0: never. */
void watch_start(struct watch *w, long seconds);
/* As many were shown as were asked for. */
bool watch_full(const struct watch *w);
/* Time is over, it is full, a signal came or the output is gone. */
bool watch_over(const struct watch *w);
/* Milliseconds to wait at once, at most @most. */
int watch_step(const struct watch *w, int most);
/*
 * @take gets each event of the daemon; with --follow also those of the next one, when this
 * one goes. An exit status, VIFCTL_UNAVAILABLE without a word if there is none at first.
 */
int watch_daemon(struct watch *w, void (*take)(json_t *event, void *arg), void *arg);

#endif /* VIFCTL_ASK_FOLLOW_UNTIL_H */
