/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is adopted and waits, here and as the next process finds it on disk. */
#ifndef UPLINK_ADOPTION_STATE_H
#define UPLINK_ADOPTION_STATE_H

#include <systemd/sd-event.h>

#include "datapath/links/host-network.h"
#include "datapath/ops.h"
#include "uplink/bridge.h"

struct adoption_pending {
	char uplink[IFNAMSIZ], sw[IFNAMSIZ];
	uint32_t uplink_ifindex;	/* 0: a bridge, or written by a version that did not say */
	uint8_t mac[6];			/* what the switch gets when it loses the uplink's */
	struct host_network network;
	struct bridge bridge;
	uint64_t deadline;		/* microseconds, CLOCK_BOOTTIME */
	int64_t read;			/* when network was; of the same clock */
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
	/* Makes the switch, as one that is wanted. */
	int (*make_switch)(const char *name, uint32_t *ret_ifindex, struct problem *problem,
			   void *arg);
	/* Will @port of a bridge be one of the switch of that name? Else -EBUSY, and why not. */
	int (*takes)(const struct link *port, const char *sw, struct problem *problem, void *arg);
	/* Would @port of a switch be one of a bridge of its name? */
	bool (*returns)(const struct link *port, const char *sw, void *arg);
	void *arg;

	bool waits;			/* for being confirmed: */
	struct adoption_pending pending;
	bool failed;			/* to go back, and was told of */
	sd_event_source *timer;
};

int adoption_file_write(const char *path, const struct adoption_pending *pending);
/* -ESTALE: of another boot; -EINVAL: not one of these. */
int adoption_file_read(const char *path, struct adoption_pending *ret);

#endif /* UPLINK_ADOPTION_STATE_H */
