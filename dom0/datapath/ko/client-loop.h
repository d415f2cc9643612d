/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Loop protection of vifswitch.ko; ops.h has the contract. */
#ifndef DATAPATH_KO_CLIENT_LOOP_H
#define DATAPATH_KO_CLIENT_LOOP_H

#include "datapath/ops.h"

int datapath_switch_loop(struct datapath *dp, uint32_t sw, bool on);

#endif /* DATAPATH_KO_CLIENT_LOOP_H */
