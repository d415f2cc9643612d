// SPDX-License-Identifier: GPL-2.0-or-later
#include "vifswitchd/observed.h"

void facts_init(struct facts *facts)
{
	facts->vifs = (struct xen_vifs){
		.domains = &facts->domains, .make = vif_make, .unmake = vif_unmake,
	};
	facts->module.features = ~0ULL;
}

void facts_deinit(struct facts *facts)
{
	xen_vifs_deinit(&facts->vifs);
	domains_deinit(&facts->domains);
	ports_deinit(&facts->ports);
	acl_objects_deinit(&facts->acls);
	mirrors_deinit(&facts->mirrors);
	exporters_deinit(&facts->exporters);
	links_deinit(&facts->links);
	config_deinit(&facts->config);
	named_progresses_deinit(&facts->progress);
}
