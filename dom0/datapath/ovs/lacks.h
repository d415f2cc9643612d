/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What of a policy no flow of openvswitch.ko can do: a port with such a policy stays closed. */
#ifndef DATAPATH_OVS_LACKS_H
#define DATAPATH_OVS_LACKS_H

#include "base/problem.h"
#include "datapath/messages.h"

/*
 * -EOPNOTSUPP with the field, its value and what would be accepted, of a port @at a switch of
 * flows.
 */
int flows_check(const struct dp_place *at, const struct vifswitch_program *header,
		struct problem *problem);

#endif /* DATAPATH_OVS_LACKS_H */
