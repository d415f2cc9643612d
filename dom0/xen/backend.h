/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From XenStore and the hypervisor: VIFs and their domains. Watches only mark what may have
 * changed; store_refresh() reads it. Only the backend tree of our own domain
 * and nodes that no guest can write are watched or read.
 */
#ifndef XEN_BACKEND_H
#define XEN_BACKEND_H

#include "xen/hypervisor.h"
#include "xen/xen-pci.h"
#include "xen/xen-vif.h"
#include "xen/xenstore.h"

struct store {
	struct xen_vifs *vifs;
	struct xen_pcis *pcis;
	struct domains *domains;
	struct links *links;
	struct xenstore *xs;		/* NULL: not connected */
	struct hypervisor *hv;		/* NULL: works without */
	uint32_t own_domid;
	bool rescan;			/* read the whole backend tree */
	bool reconnected;		/* for the first time since the connection was lost */
	struct map rescan_domains;	/* or that of these domains (value: the map) */
	bool changed;			/* what we know differs: the caller clears it */
	bool any_suspended;
	unsigned int events;		/* since the last store_tick() */
	bool burst;			/* there were so many that some may be lost */
};

/* -errno if XenStore cannot be reached now. */
int store_connect(struct store *store);
void store_disconnect(struct store *store);
void store_deinit(struct store *store);
/* Take watch events that have arrived; negative if the connection is lost. */
int store_events(struct store *store);
/*
 * About once a second: xenstored drops events beyond about a thousand that wait
 * for a client, without a word. After a burst that may have done so, and when it
 * has calmed down, everything is read again.
 */
void store_tick(struct store *store);
/* A netdev of a VIF that XenStore has not told us of: its event may be lost. */
void store_look_at_new_links(struct store *store);
/* Anything to read? */
bool store_dirty(const struct store *store);
/* Read what is marked; negative if the connection is lost. */
int store_refresh(struct store *store);
/* A part of the above, in domain-read.c. */
int store_refresh_domains(struct store *store);
/* Forget orphans whose netdevs or domains are gone. */
void store_drop_orphans(struct store *store);
/* Mark one VIF to be read; creates it if XenStore may have it. */
void store_look_at(struct store *store, uint32_t domid, uint32_t devid);
/* "/local/domain/0/backend/vif/3/0" or the same relative: ours, and which? */
bool store_parse_backend(const struct store *store, const char *path, uint32_t *ret_domid,
			 uint32_t *ret_devid);

/* The parts of a watch event's path below backend/vif; exported for tests. */
enum store_depth { STORE_ELSEWHERE, STORE_ROOT, STORE_DOMAIN, STORE_VIF, STORE_KEY };
enum store_depth store_path_parse(const char *path, uint32_t *ret_domid, uint32_t *ret_devid,
				  const char **ret_key);

#endif /* XEN_BACKEND_H */
