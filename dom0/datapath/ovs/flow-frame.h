/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A frame that has a given flow key: what a flow stands for, to be decided again when policies
 * or addresses changed. One frame does for all, for a mask is put in force only where all that
 * it takes are decided alike (seen.h).
 */
#ifndef DATAPATH_OVS_FLOW_FRAME_H
#define DATAPATH_OVS_FLOW_FRAME_H

#include "datapath/ovs/flow-key.h"

#define FLOW_FRAME_MAX	128

/* Its octets, whose headers are whole and readable; of a key that has FLOW_TYPE. */
size_t flow_frame_of(const struct flow_key *key, uint8_t ret[FLOW_FRAME_MAX]);

#endif /* DATAPATH_OVS_FLOW_FRAME_H */
