/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The host's own network on its way from an uplink to the switch that wants it, and
 * back. Whoever takes it there may cut himself off; so it goes back unless he
 * confirms in time, whether he can still be reached, and this process still runs, or
 * not. What was moved and until when is on disk before anything is moved: the next
 * process takes it back where this one died in between, or the time is up. Another
 * boot has made the network anew, so it forgets.
 *
 * Going back comes before everything: all of it is tried whatever fails, and again every
 * few seconds until all is back. Until then it is not forgotten, here and on disk.
 */
#ifndef UPLINK_ADOPTION_H
#define UPLINK_ADOPTION_H

#include <systemd/sd-event.h>

#include "base/problem.h"
#include "datapath/links/host-network.h"
#include "datapath/links/rtnl.h"
#include "datapath/ops.h"

#define ADOPTION_SECONDS_MIN	5
#define ADOPTION_SECONDS_MAX	3600

struct adoption_pending {
	char uplink[IFNAMSIZ], sw[IFNAMSIZ];
	uint8_t mac[6];			/* what the switch gets when it loses the uplink's */
	struct host_network network;
	uint64_t deadline;		/* microseconds, CLOCK_BOOTTIME */
	uint64_t read;			/* when network was; of the same clock */
	bool moved;			/* all of it; else it goes back at once */
	bool was_port;			/* the uplink, before; so it stays one */
};

struct adoption {
	struct rtnl *rtnl;
	const struct datapath_ops *ops;
	struct datapath *dp;
	sd_event *event;
	char *path;			/* of the state on disk */
	/* It went back, and the uplink left its switch, unless it was a port before. */
	void (*went_back)(const char *uplink, void *arg);
	void *arg;

	bool waits;			/* for being confirmed: */
	struct adoption_pending pending;
	bool failed;			/* to go back, and was told of */
	sd_event_source *timer;
};

/* What an earlier process left: goes back, or goes on waiting. */
void adoption_resume(struct adoption *a);
/* @uplink's to @sw for @seconds; *ret_moved, to be freed, says what. */
int adoption_begin(struct adoption *a, const char *uplink, const char *sw, unsigned int seconds,
		   char **ret_moved, struct problem *problem);
/* Fails if it cannot be forgotten on disk, and goes on waiting. */
int adoption_confirm(struct adoption *a, const char *uplink, struct problem *problem);
/* What @sw bears goes to @uplink, confirmed or not; if it fails, it is tried again. */
int adoption_release(struct adoption *a, const char *uplink, const char *sw, char **ret_moved,
		     struct problem *problem);
/* This process cannot go on: back with what waits. */
void adoption_give_up(struct adoption *a);
/* Is @uplink's network on the way back? Then it must not become a port. */
bool adoption_is_over(const struct adoption *a, const char *uplink);
/* Seconds until the first lease of what waits to be confirmed runs out; 0: there is none. */
uint32_t adoption_lease(const struct adoption *a);
void adoption_close(struct adoption *a);

#endif /* UPLINK_ADOPTION_H */
