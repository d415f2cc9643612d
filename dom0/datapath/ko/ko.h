/* SPDX-License-Identifier: GPL-2.0-or-later */
/* vifswitch.ko as a datapath. */
#ifndef DATAPATH_KO_KO_H
#define DATAPATH_KO_KO_H

#include "datapath/ops.h"

extern const struct datapath_ops datapath_ko;

#endif /* DATAPATH_KO_KO_H */
