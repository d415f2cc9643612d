/* SPDX-License-Identifier: GPL-2.0-or-later */
/* This host's switches as vifswitchd tells them, each with its socket to the kernel. */
#ifndef VIFOFD_HOST_H
#define VIFOFD_HOST_H

#include "base/control-asker.h"
#include "datapath/ko/genl.h"
#include "vifofd/of-bridge.h"

struct host {
	sd_event *event;
	const char *directory;		/* of NAME.mgmt and NAME.snoop */
	const char *control;		/* path of vifswitchd's socket */
	struct tls *tls;
	TAILQ_HEAD(, bridge) bridges;
	struct control_asker asker;
	json_int_t generation;		/* of what was told last; 0: nothing yet */
	bool complained;
	struct netlink links;		/* tells when netdevs change */
	sd_event_source *links_io;
	bool ports_changed;
	uint64_t asked, told;		/* ms */
};

int host_start(struct host *h);
void host_tick(struct host *h);
void host_stop(struct host *h);

#endif /* VIFOFD_HOST_H */
