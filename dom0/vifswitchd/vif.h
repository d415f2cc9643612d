/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A VIF: what XenStore says of it, what follows from that, and how far its two
 * netdevs have been brought. The first part is written by backend.c, the second
 * by vif_resolve(), the third by apply.c; plan.c reads all of it.
 */
#ifndef VIFSWITCH_VIF_H
#define VIFSWITCH_VIF_H

#include "vifswitchd/acl-objects.h"
#include "datapath/ko/program-compile.h"
#include "datapath/links/link.h"
#include "datapath/tc/class-minors.h"
#include "policy/model.h"
#include "policy/rows.h"
#include "vifswitchd/progress.h"
#include "xen/domain.h"
#include "xen/identity.h"

#define VIF_SCRIPT	"vif-vifswitch"
#define VIFS_MAX	65536		/* VIFs we keep track of */
#define VIF_LOG_MAX	20		/* records of one VIF in a window */
#define VIF_LOG_WINDOW_US 60000000ULL
#define VIF_VALUE_MAX	1024		/* octets of a backend key; longer ones are refused */

enum xenbus_state {
	XENBUS_UNKNOWN, XENBUS_INITIALISING, XENBUS_INIT_WAIT, XENBUS_INITIALISED,
	XENBUS_CONNECTED, XENBUS_CLOSING, XENBUS_CLOSED,
};

enum vif_verdict {
	VIF_FOREIGN,		/* another script's: hands off */
	VIF_WAITING,		/* ours, but its VM's identity is not known yet */
	VIF_REFUSED,		/* ours, with a value we cannot obey: no port */
	VIF_HELD,		/* the same, but it has a port: that stays as it is */
	VIF_WANTED,		/* ours and fit: policy, program, cookie are set */
	VIF_LEAVING,		/* being removed: no port */
};

/* One of the VIF's netdevs. */
struct vif_half {
	bool released;		/* its hotplug helper asked us to let go */
	uint64_t reported;	/* a digest of what was last logged */
	struct progress progress;
};

struct vif {
	uint32_t domid;
	uint32_t devid;
	struct domain *domain;

	bool exists;		/* seen in XenStore */
	bool partial;		/* there, but without a state: being written */
	bool orphan;		/* XenStore lost it while we were not connected */
	bool dirty;		/* read everything again */
	bool dirty_state;	/* read state and online again */
	bool asked;		/* vif-vifswitch was run for it */
	bool oversized;		/* a key was longer than VIF_VALUE_MAX */
	bool online;
	enum xenbus_state state;
	char *script;
	struct vif_keys keys;

	bool resolved;
	uint64_t resolved_policy, resolved_domain;	/* generations it was done at */
	uint64_t resolved_row;		/* generation of its database row; 0: it has none */
	enum vif_verdict verdict;
	struct problem *problem;	/* with VIF_REFUSED and VIF_HELD; see also rival */
	uint64_t problem_digest;
	char sw[IFNAMSIZ];
	char vifname[IFNAMSIZ];
	unsigned int mac_count;		/* 0: unguarded, or closed */
	uint8_t macs[VIFSWITCH_PROGRAM_MACS_MAX][6];
	uint32_t mtu;
	uint64_t to_bps, to_burst;	/* shaping to the VM; 0: none */
	struct uplink_share uplink;
	uint16_t queue;			/* minor of its class there; 0: none yet */
	char qos[QOS_NAME_MAX + 1];	/* name of the QoS row in force, or "" */
	bool closed;			/* wanted closed: the program is empty */
	bool has_acl;			/* its row names an ACL: */
	uint8_t acl_row[16];
	uint32_t acl_id;		/* the number it last had */
	uint64_t acl_verdict;		/* of its object when the VIF was judged */
	struct program program;
	struct cookie cookie;
	struct vif *rival;	/* another VM's VIF with a MAC of ours came first */
	unsigned int rival_mac;	/* which */

	struct vif_half half[HALF_COUNT];
	uint64_t log_window;
	unsigned int log_count;
};

struct vifs {
	struct map by_key;
	bool rivals_stale;	/* some VIF came, went or was judged anew */
	bool complete;		/* a first snapshot of XenStore was read */
};

/* What vif_resolve() needs to know beside the VIF itself. */
struct resolve_context {
	const struct switch_names *switches;
	uint64_t policy_generation;
	bool cannot_know_uuids;		/* in a driver domain: fall back to domids */
	/*
	 * The database's rows, and what is in place. With @lasting a port in place
	 * outlives a policy that became impossible; with @unheard, when there is a
	 * database but nothing was ever heard of it, any change. NULL: no database.
	 */
	const struct policies *policies;
	bool lasting, unheard;
	struct acl_policies *acl_rows;	/* of the same database */
	struct acl_objects *acls;
	const struct ports *ports;
	const struct links *links;
	const struct vifs *vifs;
	struct class_minors *minors;
	/* The smallest MTU of a switch's uplinks, and which; 0 if it has none. */
	uint32_t (*uplink_mtu)(const char *sw, const char **ret_uplink, void *arg);
	void *arg;
};

static inline uint64_t vif_key(uint32_t domid, uint32_t devid)
{
	return (uint64_t)domid << 32 | devid;
}

struct vif *vifs_get(const struct vifs *vifs, uint32_t domid, uint32_t devid);
struct vif *vifs_add(struct vifs *vifs, struct domains *domains, uint32_t domid, uint32_t devid);
void vifs_remove(struct vifs *vifs, struct domains *domains, struct vif *vif);
void vifs_deinit(struct vifs *vifs, struct domains *domains);
void vif_forget_keys(struct vif *vif);
bool vif_wants_port(const struct vif *vif, enum half half);

/* Must it be done (again)? Its row's generation is enough to tell for the database. */
bool vif_is_stale(const struct vif *vif, const struct resolve_context *ctx);
/* Derive verdict, policy, program and cookie anew; makes its ACL an object. No I/O. */
void vif_resolve(struct vif *vif, const struct resolve_context *ctx);
/*
 * Find VIFs of different identities with a MAC in common on one switch and set
 * their rival: whose port guards it already was first, then the lower domid and
 * devid.
 */
int vifs_find_rivals(struct vifs *vifs, const struct ports *ports, const struct links *links);
/* "VM web VIF 0" into a buffer. */
void vif_title(const struct vif *vif, char *ret, size_t size);

#endif /* VIFSWITCH_VIF_H */
