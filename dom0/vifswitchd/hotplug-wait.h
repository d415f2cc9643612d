/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Hotplug requests that wait: for their netdev to be plugged, refused or gone,
 * or for their time to run out. They name VIFs by number, because a VIF may
 * come and go meanwhile.
 */
#ifndef VIFSWITCHD_HOTPLUG_WAIT_H
#define VIFSWITCHD_HOTPLUG_WAIT_H

#include <jansson.h>

#include "handover/handover.h"
#include "vifswitchd/control-server.h"
#include "vifswitchd/status.h"

#define HOTPLUG_WAITING_MAX	4096
#define HOTPLUG_TIMEOUT_MAX_MS	600000

struct hotplug_wait {
	struct hotplug_wait *next;
	struct client *client;
	json_t *id;
	uint32_t domid, devid;
	enum half half;
	bool plug;		/* else unplug */
	uint64_t deadline;	/* microseconds, CLOCK_MONOTONIC */
};

struct hotplug {
	struct hotplug_wait *waiting;
	unsigned int count;
};

/* What a request's parameters say; false with the problem if they are no good. */
struct hotplug_params {
	bool plug;
	enum half half;
	const char *backend;
	unsigned int timeout_ms;
};
bool hotplug_params_parse(json_t *param, struct hotplug_params *ret, struct problem *problem);

int hotplug_add(struct hotplug *hotplug, const struct hotplug_wait *wait);
void hotplug_forget_client(struct hotplug *hotplug, const struct client *client);
/*
 * Answer who can be answered; @settled: all that was marked has been looked at. Who is
 * plugged waits on while @handovers wait for what comes from another host.
 */
void hotplug_check(struct hotplug *hotplug, const struct facts *facts,
		   const struct handovers *handovers, uint64_t now, bool settled);
/* The earliest deadline, 0 if nobody waits. */
uint64_t hotplug_deadline(const struct hotplug *hotplug);
void hotplug_deinit(struct hotplug *hotplug);

#endif /* VIFSWITCHD_HOTPLUG_WAIT_H */
