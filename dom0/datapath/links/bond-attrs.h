/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What rtnetlink says of bonds and of their members (linux/if_link.h). */
#ifndef DATAPATH_LINKS_BOND_ATTRS_H
#define DATAPATH_LINKS_BOND_ATTRS_H

#include <netlink/netlink.h>

#include "datapath/links/link.h"

/* @data may be NULL, or malformed: then *ret stays as it is. */
void bond_attrs_read(struct nlattr *data, struct link_bond *ret);
void bond_attrs_read_member(struct nlattr *data, struct link_member *ret);
/* What a message did not say of @link is as it was. */
void bond_attrs_keep(struct link *link, const struct link *old);

#endif /* DATAPATH_LINKS_BOND_ATTRS_H */
