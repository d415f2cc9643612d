/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is known of the domains that have VIFs or PCI devices here. No I/O. */
#ifndef XEN_DOMAIN_H
#define XEN_DOMAIN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/map.h"

#define DOMID_MAX	0x7fef	/* of a domain that is one (DOMID_FIRST_RESERVED - 1) */
#define DOMAIN_NAME_MAX	128	/* octets of a VM's name that are kept */

struct domain {
	uint32_t domid;
	bool has_uuid;		/* once known it stays known: see domain_set_uuid() */
	uint8_t uuid[16];
	uint32_t target;	/* whose device model it is, and whose UUID it has; 0: nobody's */
	bool dying;		/* or gone */
	bool suspended;		/* shut down to be migrated or saved */
	bool arrives;		/* its toolstack said that it comes from elsewhere; stays */
	bool fresh;		/* asked XenStore and the hypervisor since it was dirty */
	bool watched;		/* its name, on this connection to XenStore */
	bool greeting;		/* the watch's first event, which tells nothing, is to come */
	bool vm_watched;	/* its node "vm", which XAPI changes in a migration */
	char name[DOMAIN_NAME_MAX];
	uint64_t changes;	/* of UUID or name, for what was derived from them */
	unsigned int holders;	/* VIFs, and a list of PCI devices */
};

struct domains {
	struct map by_domid;
	bool dirty;		/* some domain may have changed: ask the hypervisor */
};

struct domain *domains_get(const struct domains *domains, uint32_t domid);
/* Get or create, and count one more holder. */
struct domain *domains_hold(struct domains *domains, uint32_t domid);
void domains_release(struct domains *domains, uint32_t domid);
void domains_deinit(struct domains *domains);

/*
 * A domain's UUID is taken when its first VIF appears and afterwards only
 * changed while the domain lives (XAPI renames VMs during migration): while it
 * is torn down, toolstacks overwrite its UUID with rubbish.
 */
void domain_set_uuid(struct domain *d, const uint8_t uuid[16]);
/* Keeps what is printable; "--incoming" at its end is xl's word for a domain that arrives. */
void domain_set_name(struct domain *d, const char *name);

#endif /* XEN_DOMAIN_H */
