/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A VIF: what is seen of it, what follows from that, and how far its two netdevs
 * have been brought. Each part has one writer: dom0/xen, vif_resolve(), apply.c.
 */
#ifndef VIFSWITCH_VIF_H
#define VIFSWITCH_VIF_H

#include "datapath/ops.h"
#include "datapath/links/link.h"
#include "datapath/tc/class-minors.h"
#include "policy/model.h"
#include "policydb/rows.h"
#include "vifswitchd/acl-objects.h"
#include "datapath/links/progress.h"
#include "xen/identity.h"
#include "xen/xen-vif.h"

#define VIF_SCRIPT	"vif-vifswitch"
#define VIF_LOG_MAX	20		/* records of one VIF in a window */
#define VIF_LOG_WINDOW_US 60000000ULL

enum vif_verdict {
	VIF_FOREIGN,		/* another script's: hands off */
	VIF_WAITING,		/* ours, but its VM's identity is not known yet */
	VIF_REFUSED,		/* ours, with a value we cannot obey: no port */
	VIF_HELD,		/* the same, but it has a port: that stays as it is */
	VIF_WANTED,		/* ours and fit: policy and cookie are set */
	VIF_LEAVING,		/* being removed: no port */
};

struct vif_wanted {
	/* Generations of what it was made of. */
	uint64_t of_seen;		/* 0: not made yet */
	uint64_t of_policy, of_domain;
	uint64_t of_row;		/* its database row; 0: it has none */
	uint64_t of_acl;		/* the verdict of its object */

	enum vif_verdict verdict;
	struct problem *problem;	/* with VIF_REFUSED and VIF_HELD; see also rival */
	uint64_t problem_digest;
	char sw[IFNAMSIZ];
	char vifname[IFNAMSIZ];
	uint32_t mtu;
	uint64_t to_bps, to_burst;	/* shaping to the VM; 0: none */
	struct uplink_share uplink;
	uint16_t queue;			/* minor of its class there; 0: none yet */
	char qos[POLICY_NAME_MAX + 1];	/* name of the QoS row in force, or "" */
	bool closed;
	bool has_acl;			/* its row names an ACL, or several: */
	uint8_t acl_key[16];		/* of acl_list_key() */
	uint32_t acl_id;		/* the number it last had */
	struct port_policy *policy;	/* NULL: closed */
	struct cookie cookie;
	const struct vif *rival;	/* another VIF whose own one a MAC of ours is */
	uint8_t rival_mac[6];		/* that one */
};

/* What mirrors make of its ports; wanted.c's, from one pass to the next. */
struct vif_mirrored {
	const struct mirror *output_of;	/* its port is closed, for this one's copies; or NULL */
	const struct port_policy *policy;	/* in place of the wanted one; NULL: that */
};

/* What was last logged of it, by report.c. */
struct vif_logged {
	uint64_t digest[HALF_COUNT];
	uint64_t window;
	unsigned int count;
};

struct vif {
	struct xen_vif seen;		/* first: see xen/xen-vif.h */
	struct vif_wanted wanted;
	struct vif_mirrored mirrored[HALF_COUNT];
	struct progress progress[HALF_COUNT];
	struct vif_logged logged;
};

/* What vif_resolve() needs to know beside the VIF itself. */
struct resolve_context {
	const struct switch_names *switches;
	uint64_t policy_generation;
	bool cannot_know_uuids;		/* in a driver domain: fall back to domids */
	/*
	 * The database's rows. With @lasting a port in place outlives a policy that
	 * became impossible; with @unheard, when there is a database but nothing was
	 * ever heard of it, any change. NULL: no database.
	 */
	const struct policies *policies;
	bool lasting, unheard;
	bool away;			/* it is, and its copy is not of this VM */
	struct acl_policies *acl_rows;	/* of the same database */
	struct acl_objects *acls;
	const struct dp_module *module;	/* NULL: it has every feature */
	int (*check)(const struct dp_module *module, const struct dp_place *at,
		     const struct port_policy *policy, struct problem *problem);	/* ops.h */
	const struct ports *ports;
	const struct links *links;
	const struct xen_vifs *vifs;
	struct class_minors *minors;
	/* What of that switch check() is to know. NULL: its name is enough. */
	struct dp_place (*place_in)(const char *sw, void *arg);
	/*
	 * False with the problem: its VM comes from a host that had a later policy in force for
	 * it than is known here. NULL: nobody asks.
	 */
	bool (*may_open)(const struct vif *vif, struct problem *problem, void *arg);
	/* The smallest MTU of a switch's uplinks, and which; 0 if it has none. */
	uint32_t (*uplink_mtu)(const char *sw, const char **ret_uplink, void *arg);
	void *arg;
};

/* For struct xen_vifs to make struct vifs. */
struct xen_vif *vif_make(void);
void vif_unmake(struct xen_vifs *vifs, struct xen_vif *vif);
struct vif *vifs_get(const struct xen_vifs *vifs, uint32_t domid, uint32_t devid);

/* Is what is wanted made of what is seen now? Else nobody knows. */
static inline bool vif_is_judged(const struct vif *vif)
{
	return vif->wanted.of_seen == vif->seen.changes;
}

static inline bool vif_is_ours(const struct vif *vif)
{
	return vif_is_judged(vif) && vif->wanted.verdict != VIF_FOREIGN;
}

/* Is the VM's end of it its device model? */
static inline bool vif_is_emulated(const struct vif *vif, enum half half)
{
	return half == HALF_TAP || vif->seen.domain->target;
}

/* Its port, if it has one that is known by its identity. */
const struct port *vif_port(const struct vif *vif, enum half half, const struct ports *ports,
			    const struct links *links);
bool vif_wants_port(const struct vif *vif, enum half half);

/* What that port is held to; NULL: it is closed. */
static inline const struct port_policy *vif_policy(const struct vif *vif, enum half half)
{
	const struct vif_mirrored *mirrored = &vif->mirrored[half];

	return mirrored->output_of ? NULL : mirrored->policy ?: vif->wanted.policy;
}

/* Must it be done (again)? Its row's generation is enough to tell for the database. */
bool vif_is_stale(const struct vif *vif, const struct resolve_context *ctx);
/* Derive verdict, policy and cookie anew; makes its ACL an object. No I/O. */
void vif_resolve(struct vif *vif, const struct resolve_context *ctx);

#endif /* VIFSWITCH_VIF_H */
