/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What of a policy no flow of openvswitch.ko can do: a port with such a policy stays closed. */
#ifndef DATAPATH_OVS_LACKS_H
#define DATAPATH_OVS_LACKS_H

#include "base/problem.h"
#include "policy/port-policy.h"

/*
 * -EOPNOTSUPP with the field, its value and what would be accepted, of a port of the switch
 * @sw. @stateful: the ACL that it names remembers connections.
 */
int flows_check(const char *sw, const struct vifswitch_program *header, bool stateful,
		struct problem *problem);

#endif /* DATAPATH_OVS_LACKS_H */
