/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is written back into the Open_vSwitch database: what tools wait for and read. No I/O.
 *
 * Facts:
 *   "links": {NETDEV: {"ifindex", "master", "mac", "mtu", "up", "running", "changes",
 *            "statistics": {KEY: NUMBER}, and where known "speed" (Mb/s), "duplex", "driver",
 *            "active": MAC of a bond's active member, "lacp": of a member, is it current}}
 *   "in_force": whether vifswitchd has done what was asked for
 *   "flows": {SWITCH: {"controllers": [{"target", "state", "role", "connections", "error"}]}}: of
 *            vifswitchd's document "openflow"
 *   "faults": {NETDEV: TEXT}: what is wrong with a VIF; "host_error": with the host
 */
#ifndef OVS_REPORT_H
#define OVS_REPORT_H

#include <jansson.h>

#define OVS_PORT_LOCAL	65534

/*
 * A new array of RFC 7047's operations, empty if all is as it should be. @mapping is that of
 * @db, with what is in conflict told (plan.h).
 */
json_t *ovs_report(const json_t *db, const json_t *mapping, const json_t *facts);

#endif /* OVS_REPORT_H */
