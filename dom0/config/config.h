/* SPDX-License-Identifier: GPL-2.0-or-later */
/* /etc/vifswitch/vifswitch.conf: switches and their uplinks (vifswitch.conf(5)). */
#ifndef VIFSWITCH_CONFIG_H
#define VIFSWITCH_CONFIG_H

#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/prefix.h"
#include "datapath/messages.h"
#include "policy/flow-settings.h"
#include "policy/port-policy.h"
#include "policy/words.h"

#define CONFIG_VFS_MAX	16	/* NICs whose virtual functions are ours */
#define CONFIG_PATH	"/etc/vifswitch/vifswitch.conf"

struct bond;
struct cable;
struct policy_row;

struct cfg_uplink {
	char name[IFNAMSIZ];
	struct port_policy *policy;
	struct policy_row *row;		/* what else the file says, as a row; not merged */
	/* Merged alone: */
	struct bond *bond;		/* NULL: the device of its own name */
	struct cable *cable;		/* NULL: none */
	uint64_t to_bps;		/* bits per second that the VM behind it is sent; 0: any */
	uint64_t rate;			/* bits per second; 0: what its switch or the device says */
	bool unclear;			/* what is in place stays: it asks for what cannot be */
};

/* Does what goes there leave this host? Not by a VM's tap, nor by a cable to dom0. */
static inline bool cfg_uplink_leaves(const struct cfg_uplink *uplink)
{
	return !uplink->cable && port_policy_flags(uplink->policy) & VIFSWITCH_PF_UPLINK;
}

struct cfg_switch {
	char name[IFNAMSIZ];
	uint32_t ageing_ms;
	struct dp_snoop snoop;		/* merged: all zero unless it is on */
	bool loop;			/* protected from loops */
	uint32_t mtu;			/* 0: leave as it is */
	uint64_t uplink_rate;		/* bits per second; 0: what the device says */
	struct port_policy *local;	/* NULL: dom0 has no port */
	struct cfg_uplink *uplinks;
	size_t uplink_count;
	struct flow_settings flows;
	enum datapath_word datapath;
	enum offload_word offload;
	char *problem;			/* a wish that is not in force, merged; NULL: none */
};

struct config {
	struct cfg_switch *switches;
	size_t count;
	char *database;		/* NULL: not said */
	char *host_name;	/* NULL: not said */
	/* NICs whose virtual functions are ours: of the file, not merged. */
	char (*vfs)[IFNAMSIZ];
	size_t vf_count;
	enum datapath_word datapath;	/* of switches that do not say theirs, */
	enum offload_word offload;	/* likewise */
	struct prefix address;	/* at which other hosts reach it; family 0: not said */
	char *text;		/* of the file; NULL: there was none, or it is merged */
	uint64_t generation;	/* of what was merged: counts up */
};

/* The file's text, to be freed. -ENOENT without a file, with the problem as else. */
int config_read(const char *path, char **ret, struct problem *problem);
/* That text; -EINVAL with "path:line: what is wrong". */
int config_parse(const char *path, const char *text, struct config *ret, struct problem *problem);
/* Both. */
int config_load(const char *path, struct config *ret, struct problem *problem);
/* -EINVAL if @tried says what cannot go back to @now without a restart. */
int config_check_trial(const struct config *now, const struct config *tried,
		       struct problem *problem);
/* The switch that has @uplink now; NULL if none has it, or nobody knows. */
typedef const char *(*uplink_holder)(const char *uplink, void *arg);
/*
 * The file's switches and the database's, which wins field by field. An uplink that
 * several name stays where it is, unless a row says that it was moved there. What is
 * wrong is in @problem ("" if nothing), the rest is in force.
 */
struct policies;
void config_merge(const struct config *file, const struct policies *rows,
		  uplink_holder holder, void *arg, struct config *ret, struct problem *problem);
void config_deinit(struct config *config);
void cfg_uplink_deinit(struct cfg_uplink *uplink);
const struct cfg_switch *config_find(const struct config *config, const char *name);
/* NULL: no switch has an uplink of that name. */
const struct cfg_switch *config_switch_of(const struct config *config, const char *uplink);
const struct cfg_uplink *config_uplink(const struct config *config, const char *name);
/* NULL: that switch, which may be NULL, has none of that name. */
const struct cfg_uplink *cfg_switch_uplink(const struct cfg_switch *sw, const char *name);

#endif /* VIFSWITCH_CONFIG_H */
