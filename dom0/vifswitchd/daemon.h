/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The daemon: event sources around the facts. Everything that happens only
 * marks what may have changed and asks for a pass; daemon_pass() reads what is
 * marked, plans, applies until the plan is empty, and tells those who wait.
 */
#ifndef VIFSWITCH_DAEMON_H
#define VIFSWITCH_DAEMON_H

#include <systemd/sd-event.h>

#include "policydb/follow.h"
#include "vifswitchd/apply.h"
#include "vifswitchd/control-server.h"
#include "xen/backend.h"
#include "vifswitchd/hotplug-wait.h"

#define DAEMON_DIRTY_PORTS	64

struct daemon_options {
	const char *config_path;
	bool config_must_exist;
	const char *socket_path;
	const char *database;		/* NULL: as the configuration has it */
	const char *host_name;
	const char *policy_copy;	/* path */
	bool no_hypervisor;
};

struct daemon {
	struct daemon_options options;
	struct config file;		/* as read; facts have it with the database's switches */
	struct facts facts;
	struct policy_db policy;
	struct store store;
	struct rtnl rtnl;
	struct datapath *dp;
	struct apply apply;
	struct wanted wanted;
	struct plan plan;
	struct server *server;
	struct hotplug hotplug;

	sd_event *event;
	sd_event_source *pass, *retry, *xenstore, *xenstore_check, *suspended;
	uint64_t next_pass;		/* not before this time */
	uint64_t next_status;
	uint64_t policy_generation;	/* counts: config or switches changed */
	uint64_t seen_switch_changes;
	uint64_t seen_uplink_mtus;
	uint64_t seen_switch_rows;
	enum policy_state seen_policy;
	char *config_problem;		/* of the database's switches, NULL: none */
	unsigned int xenstore_failures;
	uint32_t dirty_ports[DAEMON_DIRTY_PORTS];
	unsigned int dirty_port_count;
	bool cannot_know_uuids;
	bool ready;
	bool module_missing;		/* said so */
};

int daemon_init(struct daemon *d, const struct daemon_options *options);
int daemon_run(struct daemon *d);
void daemon_deinit(struct daemon *d);
void daemon_want_pass(struct daemon *d);
/* Make the facts' configuration of the file and the database's rows. */
void daemon_merge_config(struct daemon *d);

/* In reconcile.c: read what is marked, plan, apply, tell. */
void daemon_pass(struct daemon *d);
/* In publish-vifs.c: tell the database what a complete pass has come to. */
void daemon_publish(struct daemon *d, int64_t cur_cfg, const char *host_error);
/* In events.c: what the kernel and XenStore say. */
int daemon_watch(struct daemon *d);
void daemon_xenstore_lost(struct daemon *d, int r);
/* In control.c: what clients of the control socket ask. */
extern const struct server_ops daemon_server_ops;
void daemon_notify(struct daemon *d, const char *event, const struct vif *vif,
		   const struct link *link, const char *message);
void daemon_notify_datapath(struct daemon *d, const struct dp_event *event);

#endif /* VIFSWITCH_DAEMON_H */
