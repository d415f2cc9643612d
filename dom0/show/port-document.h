/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Parts of a port in the document "show" (control.h), from what the datapath
 * says: of vifswitchd, and of vifctl when the daemon does not run.
 */
#ifndef SHOW_PORT_DOCUMENT_H
#define SHOW_PORT_DOCUMENT_H

#include <jansson.h>

#include "datapath/ko/client.h"

json_t *mac_json(const uint8_t mac[6]);
/* Sets the members that the program decides: vlan, guard, mac, ip and rates. */
void port_json_program(json_t *port, const void *blob, uint32_t len);
json_t *port_json_counters(const struct dp_port *dp);

#endif /* SHOW_PORT_DOCUMENT_H */
