/* SPDX-License-Identifier: GPL-2.0-or-later */
/* All that the plan is made from. */
#ifndef VIFSWITCHD_OBSERVED_H
#define VIFSWITCHD_OBSERVED_H

#include "vifswitchd/acl-objects.h"
#include "datapath/links/link.h"
#include "vifswitchd/config.h"
#include "vifswitchd/progress.h"
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
	struct named_progresses progress;	/* of switches and uplinks */
};

#endif /* VIFSWITCHD_OBSERVED_H */
