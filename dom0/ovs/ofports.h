/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Numbers of ports, OpenFlow's, of one bridge. */
#ifndef OVS_OFPORTS_H
#define OVS_OFPORTS_H

#include <jansson.h>

/*
 * {INTERFACE UUID: NUMBER} for @interfaces, an array of UUIDs in the order in which those that
 * have none get one: who asks for a number has it, if another did not before; who has one keeps
 * it; then the lowest free. None if there are no more.
 */
json_t *ovs_ofports(const json_t *db, const json_t *interfaces);

#endif /* OVS_OFPORTS_H */
