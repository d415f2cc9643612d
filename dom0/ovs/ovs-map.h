/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What an Open_vSwitch database means here: rows of vifswitch's own database. No I/O; the
 * same for the same input, so it is made anew whenever something changes. Whatever the
 * database holds, a port is made only as it is understood.
 */
#ifndef OVS_MAP_H
#define OVS_MAP_H

#include <jansson.h>

/*
 * @db as view.h has it. @facts: {"links": {NETDEV: {"mac": TEXT, ...}} (ovs-report.h), "located":
 * {NETDEV: "UUID/DEVID"}: which VIFs vifswitchd knows behind netdevs}.
 *
 * A new object:
 *   "rows": {TABLE: {NAME: {"columns": {COLUMN: CELL}, "for": [UUID...]}}}: vifswitch's rows;
 *           NAME is "UUID/DEVID" of a Port; "for" names the interfaces that want it
 *   "interfaces": {UUID: {"name", "bridge", "of", "port": UUIDs, "kind", "device": NAME or null,
 *           "closed": BOOLEAN, "texts": [SENTENCE...]}}: kind is local, vif, link, member,
 *           tunnel, output, fake or none
 *   "bridges", "ports": {UUID: {"name", "texts"}}; of a bridge "flows", too: it has flow tables
 *   "texts": [SENTENCE...]: about the whole
 */
json_t *ovs_map(const json_t *db, const json_t *facts);

#endif /* OVS_MAP_H */
