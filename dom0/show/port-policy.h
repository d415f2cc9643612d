/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The members of a port that its program decides: vlan, guard, addresses, rates. */
#ifndef SHOW_PORT_POLICY_H
#define SHOW_PORT_POLICY_H

#include <jansson.h>
#include <stdint.h>

/* Without a program, or with one that cannot be read, they say what a closed port has. */
void port_policy_json(json_t *port, const void *program, uint32_t len);

#endif /* SHOW_PORT_POLICY_H */
