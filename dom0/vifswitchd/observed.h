/* SPDX-License-Identifier: GPL-2.0-or-later */
/* All that the plan is made from. */
#ifndef VIFSWITCHD_OBSERVED_H
#define VIFSWITCHD_OBSERVED_H

#include "datapath/ko/acl-load.h"
#include "datapath/links/link.h"
#include "vifswitchd/config.h"
#include "vifswitchd/vif.h"
#include "xen/domain.h"

struct facts {
	struct config config;
	bool uplinks_unknown;	/* there is a database, of which nothing was heard yet */
	struct links links;
	struct ports ports;
	struct domains domains;
	struct vifs vifs;
	struct acl_objects acls;
};

#endif /* VIFSWITCHD_OBSERVED_H */
