/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Would a change of flows cut off this host? Where the switch's netdev has an IPv4 address, ARP and
 * TCP as ssh has them go through the tables as they are and as they would be: from the switch's own
 * port, and to it from each port that is no VM's.
 */
#ifndef VIFCTL_FLOW_OWN_H
#define VIFCTL_FLOW_OWN_H

#include "vifctl/flow/flow-changes.h"

/*
 * VIFCTL_OK, or another exit status, having said what would be cut off. A change that the tables
 * cannot take is for vifofd to refuse.
 */
int flow_own_check(const struct flow_link *l, const struct flow_changes *changes);

#endif /* VIFCTL_FLOW_OWN_H */
