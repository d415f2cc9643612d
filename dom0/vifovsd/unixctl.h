/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The socket that ovs-appctl speaks to, where it looks for that of ovs-vswitchd: JSON-RPC, a
 * command and words, a text or an error.
 */
#ifndef VIFOVSD_UNIXCTL_H
#define VIFOVSD_UNIXCTL_H

#include <sys/queue.h>

#include "base/control-asker.h"

#define UNIXCTL_CLIENTS_MAX	16

struct unixctl_client;

struct unixctl {
	sd_event *event;
	sd_event_source *io;
	int fd, pid_fd;
	char *path, *pid_path;
	TAILQ_HEAD(, unixctl_client) clients;
	unsigned int count;
	struct control_asker asker;
	bool asking;
	/* A new reference: the Open_vSwitch database as ovs-view.h has it. */
	json_t *(*database)(void *arg);
	void *arg;
};

/* In @directory. Negative errno: nothing was begun. */
int unixctl_start(struct unixctl *u, sd_event *event, const char *directory, const char *control);
void unixctl_stop(struct unixctl *u);

#endif /* VIFOVSD_UNIXCTL_H */
