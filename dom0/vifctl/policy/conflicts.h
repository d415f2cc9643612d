/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a change wants and another object has: refused by name, or moved if that was said. */
#ifndef VIFCTL_POLICY_CONFLICTS_H
#define VIFCTL_POLICY_CONFLICTS_H

#include "vifctl/policy/database.h"

/*
 * Looks at what @c adds, in the database as it would be then and in what runs here.
 * What is moved is taken from its owner, in @c too, and who loses by that is added
 * to @losses: [{"switch","uplink","last","dom0","vms":[]}]. An exit status, told.
 */
int conflicts_settle(struct vifctl *v, struct database *d, struct changes *c, json_t *losses);
/* One line each: "! switch xenbr0 loses eth0, ...". */
void losses_print(const json_t *losses, FILE *out);

#endif /* VIFCTL_POLICY_CONFLICTS_H */
