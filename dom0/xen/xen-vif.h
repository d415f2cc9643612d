/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What XenStore and the hotplug helpers say of VIFs, and nothing else. backend.c
 * reads it from XenStore. Whoever has more to say of a VIF puts a struct xen_vif
 * at the beginning of a struct of its own, and makes and frees these.
 */
#ifndef XEN_XEN_VIF_H
#define XEN_XEN_VIF_H

#include "base/map.h"
#include "datapath/links/link.h"
#include "policy/model.h"
#include "policy/policy-row.h"
#include "xen/domain.h"

#define XEN_VIFS_MAX	65536		/* that we keep track of */
#define VIF_VALUE_MAX	1024		/* octets of a backend key; longer ones are refused */

enum xenbus_state {
	XENBUS_UNKNOWN, XENBUS_INITIALISING, XENBUS_INIT_WAIT, XENBUS_INITIALISED,
	XENBUS_CONNECTED, XENBUS_CLOSING, XENBUS_CLOSED,
};

struct xen_vif {
	uint32_t domid;
	uint32_t devid;
	struct domain *domain;

	bool exists;		/* seen in XenStore */
	bool partial;		/* there, but without a state: being written */
	bool orphan;		/* XenStore lost it while we were not connected */
	bool dirty;		/* read everything again */
	bool dirty_state;	/* read state and online again */
	bool oversized;		/* a key was longer than VIF_VALUE_MAX */
	bool online;
	enum xenbus_state state;
	char *script;
	struct vif_keys keys;
	/* What XAPI's private keys say, as a row of table Port; NULL: they are not XAPI's. */
	struct policy_row *config;
	char *private_keys;	/* where those are, and watched; NULL: nowhere */
	bool asked;		/* vif-vifswitch was run for it */
	bool released[HALF_COUNT];	/* and then asked us to let go of the netdev */
	uint64_t changes;	/* counts, from 1: of all that is derived from */
};

struct xen_vifs {
	struct map by_key;
	struct domains *domains;
	bool complete;		/* a first snapshot of XenStore was read */
	uint64_t changes;	/* counts: one came or went */
	struct xen_vif *(*make)(void);	/* zeroed; NULL: out of memory */
	/* Just taken out of @vifs; its own members here are xen_vif's to free. */
	void (*unmake)(struct xen_vifs *vifs, struct xen_vif *vif);
};

struct xen_vif *xen_vifs_get(const struct xen_vifs *vifs, uint32_t domid, uint32_t devid);
/* NULL: out of memory, or there are XEN_VIFS_MAX. */
struct xen_vif *xen_vifs_add(struct xen_vifs *vifs, uint32_t domid, uint32_t devid);
void xen_vifs_remove(struct xen_vifs *vifs, struct xen_vif *vif);
void xen_vifs_deinit(struct xen_vifs *vifs);
void xen_vif_forget_keys(struct xen_vif *vif);
/* "VM web VIF 0" into a buffer. */
void xen_vif_title(const struct xen_vif *vif, char *ret, size_t size);

#endif /* XEN_XEN_VIF_H */
