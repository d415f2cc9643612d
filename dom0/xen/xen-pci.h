/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The PCI devices that domains were given, as the toolstack writes them to XenStore
 * (backend/pci/DOMID/0/dev-N, by libxl and by XAPI), and which of a domain's interfaces are
 * virtual functions (xenserver/backend/net-sriov-vf/DOMID/DEVID, by XAPI alone: xenopsd's
 * Device.NetSriovVf). No guest can write there. Watches only mark what may have changed;
 * xen_pcis_refresh() reads it.
 */
#ifndef XEN_XEN_PCI_H
#define XEN_XEN_PCI_H

#include "base/map.h"
#include "datapath/links/vf-link.h"
#include "xen/domain.h"
#include "xen/xenstore.h"

#define XEN_PCI_ROOT		"backend/pci"
#define XEN_SRIOV_ROOT		"xenserver/backend/net-sriov-vf"
#define VF_DEVIDS		64	/* numbers of interfaces that may be virtual functions */
#define XEN_PCI_DEVICES_MAX	32	/* of a domain; further ones are not looked at */

struct xen_pci {
	uint32_t domid;
	struct domain *domain;
	bool dirty;
	size_t count;
	/* In the order in which they were given. */
	char devices[XEN_PCI_DEVICES_MAX][PCI_ADDRESS_LEN + 1];
	uint64_t numbers;	/* bit n: XAPI says that interface n is one; 0: it is not XAPI's */
};

struct xen_pcis {
	struct domains *domains;
	struct map by_domid;
	bool rescan;		/* read the whole tree */
	uint64_t changes;	/* counts */
};

/* Is that watch event's path one of these? Then it is marked. */
bool xen_pcis_event(struct xen_pcis *pcis, const char *path);
bool xen_pcis_dirty(const struct xen_pcis *pcis);
/* Negative if the connection is lost. */
int xen_pcis_refresh(struct xen_pcis *pcis, struct xenstore *xs);
void xen_pcis_deinit(struct xen_pcis *pcis);

#endif /* XEN_XEN_PCI_H */
