/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A configuration file that is in force on trial: unless somebody confirms it in time, what
 * was in force before is so again. Both texts are on disk before anything changes. Nobody
 * but the operator writes the file itself: one that went back stays as it is, and the text
 * from before stands for it, in this boot, until it is edited or read again.
 */
#ifndef UPLINK_CONFIG_TRIAL_H
#define UPLINK_CONFIG_TRIAL_H

#include <stdbool.h>

#include "base/problem.h"
#include "uplink/lease.h"

struct config_trial {
	sd_event *event;
	char *path;			/* of the state on disk */
	/* @text, NULL for no file, is to be in force again. */
	void (*went_back)(const char *text, void *arg);
	void *arg;

	bool waits;			/* for being confirmed */
	bool back;			/* nobody did */
	uint64_t deadline;		/* microseconds, CLOCK_BOOTTIME */
	char *before, *tried;		/* texts; NULL for no file */
	sd_event_source *timer;
};

/* What an earlier process left. Does not call went_back(): nothing is in force yet. */
void config_trial_resume(struct config_trial *t);
/* What a process that starts is to read in place of the file's @text; either may be NULL. */
const char *config_trial_text(struct config_trial *t, const char *text);
/* The caller puts @tried in force; @before was until now. */
int config_trial_begin(struct config_trial *t, const char *before, const char *tried,
		       unsigned int seconds, struct problem *problem);
/* The file was read again, and says @text: on trial as well, if one goes on. */
int config_trial_read_again(struct config_trial *t, const char *text, struct problem *problem);
int config_trial_confirm(struct config_trial *t, struct problem *problem);
void config_trial_close(struct config_trial *t);

#endif /* UPLINK_CONFIG_TRIAL_H */
