/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What would become of an Open_vSwitch database, told before anything is done. */
#ifndef VIFOVSD_OVS_CHECK_H
#define VIFOVSD_OVS_CHECK_H

/*
 * Reads it at the remote @ovs, of Open vSwitch's own server, too, and prints. 0: all of it would
 * work as it is; 1: something is refused; negative errno: it cannot be read, which was said.
 */
int ovs_check(const char *ovs);

#endif /* VIFOVSD_OVS_CHECK_H */
