/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The daemon: event sources around the facts. Everything that happens only
 * marks what may have changed and asks for a pass; reconcile() reads what is
 * marked, plans, applies until the plan is empty, and tells those who wait.
 */
#ifndef VIFSWITCH_DAEMON_H
#define VIFSWITCH_DAEMON_H

#include <systemd/sd-event.h>

#include "base/allowance.h"
#include "handover/handover.h"
#include "policydb/follow.h"
#include "uplink/adoption.h"
#include "uplink/bond-history.h"
#include "uplink/config-trial.h"
#include "vf/vfs.h"
#include "vifswitchd/apply.h"
#include "vifswitchd/control-server.h"
#include "vifswitchd/flowers-here.h"
#include "xen/backend.h"
#include "vifswitchd/hotplug-wait.h"

#define DAEMON_DIRTY_PORTS	64
#define DAEMON_LACP_US		1000000ULL	/* between looks at who answers LACP */
#define XENSTORE_RETRY_US	100000ULL	/* doubles */

struct daemon_options {
	const char *config_path;
	bool config_must_exist;
	const char *socket_path;
	const char *database;		/* NULL: as the configuration has it */
	const char *host_name;
	const char *policy_copy;	/* path */
	const char *private_key, *certificate, *ca_certificate;
	size_t whole_max;		/* ports of a database that is followed whole */
	bool no_hypervisor;
};

struct daemon {
	struct daemon_options options;
	struct config file;		/* as read; facts have it with the database's switches */
	struct facts facts;
	struct policy_db policy;
	struct store store;
	struct rtnl rtnl;
	const struct datapath_ops *ops;
	struct datapath *dp;
	struct apply apply;
	struct adoption adoption;
	struct config_trial trial;	/* of the file */
	struct bond_history bonds;
	int flow_socket;		/* that vifexportd reads; -1: it did not ask for it */
	uint64_t asked_by_exporter;	/* when vifexportd asked last; 0: never */
	uint64_t refused_exporter;	/* when one that may not be told asked last; 0: never */
	json_t *oam_status;		/* by netdev, as vifoamd told it; NULL: nothing yet */
	uint64_t asked_by_oam;		/* when vifoamd asked last; 0: never */
	json_t *openflow_status;	/* by switch, as vifofd told it; NULL: nothing yet */
	uint64_t asked_by_openflow;	/* when vifofd asked last; 0: never */
	uint64_t passes;
	struct handovers handovers;
	struct vfs vfs;			/* virtual functions of NICs */
	struct flowers flowers;		/* what NICs switch themselves */
	struct wanted wanted;
	struct plan plan;
	struct server *server;
	struct hotplug hotplug;

	sd_event *event;
	sd_event_source *pass, *retry, *xenstore, *xenstore_check, *suspended, *lacp;
	uint64_t next_pass;		/* not before this time */
	struct allowance pass_time;
	uint64_t next_status;
	uint64_t policy_generation;	/* counts: config or switches changed */
	uint64_t told_generation;	/* that of the host's facts in the database */
	uint64_t seen_switch_changes;
	uint64_t seen_uplink_mtus;
	uint64_t seen_switch_rows;
	uint64_t seen_features, reported_features;
	bool holders_known;		/* the ports were, when configurations were merged */
	enum policy_state seen_policy;
	uint64_t seen_unknown_over;
	char *config_problem;		/* of the database's switches, NULL: none */
	unsigned int xenstore_failures;
	uint32_t dirty_ports[DAEMON_DIRTY_PORTS];
	unsigned int dirty_port_count;
	/* Matches of rules in the journal since, and those that were one too many. */
	uint64_t matches_since;
	unsigned int matches, matches_hidden;
	bool cannot_know_uuids;
	bool ready;
	bool module_missing;		/* said so */
};

/* A pass as soon as there may be one. */
void daemon_want_pass(struct daemon *d);
/* Have @source, a timer, go off once. */
void daemon_again_in(struct daemon *d, sd_event_source *source, uint64_t us);
void daemon_xenstore_lost(struct daemon *d, int r);
/* The file's text is in force from now on; of the merged configuration it is a part. */
void daemon_set_config(struct daemon *d, struct config *file);
/*
 * Read the file again; with @seconds, which may be 0, on trial for so long. Fails with the
 * old configuration in force.
 */
int daemon_reload(struct daemon *d, unsigned int seconds, struct problem *problem);
/* Make the facts' configuration of the file and the database's rows. */
void daemon_merge_config(struct daemon *d);

#endif /* VIFSWITCH_DAEMON_H */
