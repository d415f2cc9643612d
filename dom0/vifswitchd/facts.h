/* SPDX-License-Identifier: GPL-2.0-or-later */
/* All that the plan is made from. */
#ifndef VIFSWITCH_FACTS_H
#define VIFSWITCH_FACTS_H

#include "vifswitchd/acl-object.h"
#include "vifswitchd/config.h"
#include "vifswitchd/domain.h"
#include "vifswitchd/link.h"
#include "vifswitchd/vif.h"

struct facts {
	struct config config;
	bool uplinks_unknown;	/* there is a database, of which nothing was heard yet */
	struct links links;
	struct ports ports;
	struct domains domains;
	struct vifs vifs;
	struct acl_objects acls;
};

#endif /* VIFSWITCH_FACTS_H */
