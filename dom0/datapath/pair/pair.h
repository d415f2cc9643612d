/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vifswitch.ko and openvswitch.ko as one datapath: each switch, and so each port, is in one of
 * them, and what is asked of it goes there. An ACL is in both as soon as there is a switch of
 * flows. What only vifswitch.ko has, ports of the other are refused with one sentence.
 */
#ifndef DATAPATH_PAIR_PAIR_H
#define DATAPATH_PAIR_PAIR_H

#include "datapath/ops.h"

extern const struct datapath_ops datapath_pair;

#endif /* DATAPATH_PAIR_PAIR_H */
