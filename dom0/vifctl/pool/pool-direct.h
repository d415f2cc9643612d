/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The second host of a pool without etcd. Its vifswitchd follows the other's database, and
 * its own vifdbd, if it runs, is nobody's: until it leaves, when what that one has counts.
 */
#ifndef VIFCTL_POOL_POOL_DIRECT_H
#define VIFCTL_POOL_POOL_DIRECT_H

#include "vifctl/vifctl.h"

/* Warns if this host's own database answers. */
void direct_warn_own(struct vifctl *v);
/* Until vifswitchd says that it is connected; else an exit status, told. */
int direct_settle(void);
/* An exit status, told, if this host's own database would take the policy away. */
int direct_check_leave(struct vifctl *v);

#endif /* VIFCTL_POOL_POOL_DIRECT_H */
