/* SPDX-License-Identifier: GPL-2.0-or-later */
/* All that is known of this host, which the plan is made from. */
#ifndef VIFSWITCHD_OBSERVED_H
#define VIFSWITCHD_OBSERVED_H

#include "datapath/ops.h"
#include "datapath/links/link.h"
#include "exporter/exporters.h"
#include "mirror/sensors.h"
#include "oam/oam-fault.h"
#include "network/networks.h"
#include "vifswitchd/acl-objects.h"
#include "config/config.h"
#include "datapath/links/progress.h"
#include "vifswitchd/vif.h"
#include "xen/domain.h"
#include "xen/xen-pci.h"

struct facts {
	struct config config;
	bool uplinks_unknown;	/* there is a database, of which nothing was heard yet */
	struct links links;
	struct ports ports;
	struct domains domains;
	struct xen_vifs vifs;		/* struct vif each */
	struct xen_pcis pcis;
	struct acl_objects acls;
	struct mirrors mirrors;
	struct exporters exporters;
	struct oam_faults oam_faults;	/* of links of uplinks, as vifoamd tells */
	struct networks networks;
	struct named_progresses progress;	/* of switches and uplinks */
	struct dp_module module;	/* without one loaded it has every feature */
	/* Some VIF came, went or was judged since rivals were found. */
	bool judged;
	uint64_t rivals_of;
};

static inline void facts_init(struct facts *facts)
{
	facts->vifs = (struct xen_vifs){
		.domains = &facts->domains, .make = vif_make, .unmake = vif_unmake,
	};
	facts->pcis.domains = &facts->domains;
	facts->module.features = ~0ULL;
	networks_init(&facts->networks);
}

static inline void facts_deinit(struct facts *facts)
{
	xen_vifs_deinit(&facts->vifs);
	xen_pcis_deinit(&facts->pcis);
	domains_deinit(&facts->domains);
	ports_deinit(&facts->ports);
	acl_objects_deinit(&facts->acls);
	mirrors_deinit(&facts->mirrors);
	exporters_deinit(&facts->exporters);
	networks_deinit(&facts->networks);
	links_deinit(&facts->links);
	config_deinit(&facts->config);
	named_progresses_deinit(&facts->progress);
}

static inline bool facts_vifs_changed(const struct facts *facts)
{
	return facts->judged || facts->rivals_of != facts->vifs.changes;
}

#endif /* VIFSWITCHD_OBSERVED_H */
