/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The map of a network of LISP, as the datapath is told it: prefixes, and places of hosts. */
#ifndef NETWORK_EID_MAP_H
#define NETWORK_EID_MAP_H

#include "network/network-row.h"

/* Once the addresses of the other hosts are known. */
void network_eids_make(struct network *n);
void network_eid_text(const struct vifswitch_eid *eid, char text[PREFIX_TEXT_MAX]);

#endif /* NETWORK_EID_MAP_H */
