/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What openvswitch.ko of Linux 6.1 to 6.12 reads in a frame, for tests: a second reader beside
 * the core's, which shares nothing with it.
 */
#ifndef MEGAFLOW_KERNEL_H
#define MEGAFLOW_KERNEL_H

#include "datapath/ovs/flow-attrs.h"

/* Of @len octets, 14 or more. */
void ovs_kernel_key(const uint8_t *p, size_t len, uint32_t in_port, struct flow_key *ret);
/* As it would tell it, with its other attributes (priority, mark, neighbour discovery). */
void ovs_kernel_tell(const struct flow_key *key, struct attrs *ret);

/*
 * Did the core see what @kernel, the module's key of the frame, does not tell? Headers that it
 * refuses; an ethertype inside SNAP; IPv6 headers that the two skip in different ways.
 */
bool ovs_kernel_hides(const struct flow_key *kernel, const struct decision *d);

#endif /* MEGAFLOW_KERNEL_H */
