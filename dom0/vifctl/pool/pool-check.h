/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What can be known to be wrong before vifdbd is told to use a pool. */
#ifndef VIFCTL_POOL_POOL_CHECK_H
#define VIFCTL_POOL_POOL_CHECK_H

#include "vifctl/pool/pool-setting.h"

#define POOL_CLOCK_S	60	/* a certificate may be refused when clocks differ by more */

/*
 * The files fit together and hold now; then each member is asked for its version and
 * time. An exit status: the first thing that is wrong was told. Warnings are told as well.
 */
int pool_check(const struct pool_setting *s);
/* The same of a pool without etcd; who joins asks the server, as vifswitchd will. */
int pool_check_direct(const struct pool_setting *s);

#endif /* VIFCTL_POOL_POOL_CHECK_H */
