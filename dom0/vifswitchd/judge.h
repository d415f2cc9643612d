/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef VIFSWITCHD_JUDGE_H
#define VIFSWITCHD_JUDGE_H

#include "vifswitchd/daemon.h"

/* The smallest MTU of a switch's uplinks, and which; 0 if it has none. @arg: the daemon. */
uint32_t judge_uplink_mtu(const char *name, const char **ret_uplink, void *arg);
/* Judge anew each VIF of which anything changed, and ACLs with them. */
void judge_vifs(struct daemon *d);

#endif /* VIFSWITCHD_JUDGE_H */
