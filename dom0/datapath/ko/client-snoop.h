/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Multicast snooping of vifswitch.ko; ops.h has the contracts. */
#ifndef DATAPATH_KO_CLIENT_SNOOP_H
#define DATAPATH_KO_CLIENT_SNOOP_H

#include "datapath/ops.h"

int datapath_switch_snoop(struct datapath *dp, uint32_t sw, const struct dp_snoop *snoop);
int datapath_group_dump(struct datapath *dp, uint32_t sw, dp_group_fn fn, void *arg);

#endif /* DATAPATH_KO_CLIENT_SNOOP_H */
