/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Commands that let a port do more, whole, so that they can be pasted: a list is told with
 * what the port has already, wherever it has that from. Each is to be freed.
 */
#ifndef VIFCTL_WHY_PORT_FIX_H
#define VIFCTL_WHY_PORT_FIX_H

#include "vifctl/why/world.h"

/* A VM's, which `vifctl port set` changes; others are of vifswitch.conf(5). */
bool port_is_of_vm(const struct why_port *port);

/* "vifctl port set web/0 KEY=OLD,MORE"; @member is the field's in the document. */
char *port_fix_list(const struct why_port *port, const char *key, const char *member,
		    const char *more);
/* A trunk that has @vid too; what is not of a VM is told where it is configured. */
char *port_fix_vlan(const struct why_port *port, unsigned int vid);
/* A trunk that takes untagged frames too. */
char *port_fix_untagged(const struct why_port *port);

#endif /* VIFCTL_WHY_PORT_FIX_H */
