/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is done to bonds in the kernel. What fails leaves a netdev up that was up; why it
 * failed is in *ret_why, to be freed, because what is put back asks the kernel, too.
 */
#ifndef UPLINK_BOND_LINK_H
#define UPLINK_BOND_LINK_H

#include "datapath/links/rtnl.h"
#include "uplink/bond.h"

/* Options of that bond; @up: it is to be up if they are refused. */
int bond_link_set(struct rtnl *rtnl, uint32_t bond, const struct link_spec *options, bool up,
		  char **ret_why);
int bond_link_set_primary(struct rtnl *rtnl, uint32_t bond, uint32_t member);
/* Is what comes by members that carry nothing heard, too? */
int bond_link_set_all_active(struct rtnl *rtnl, uint32_t bond, bool heard);
/* A netdev goes in while it is down; the bond brings it up. */
int bond_link_add(struct rtnl *rtnl, uint32_t bond, uint32_t member, char **ret_why);
/* And what it is as a member. */
int bond_link_set_member(struct rtnl *rtnl, uint32_t member,
			 const struct bond_member_change *change);
/* Of a bond's LACP the kernel tells nobody: it and its members are read. */
int bond_link_look(struct rtnl *rtnl, uint32_t bond);
/*
 * What @other, which has the name of what is to be made, is, and what can be done, to be freed;
 * NULL: ask the kernel. @other may be NULL.
 */
char *bond_link_rival(const struct link *other, const struct link_spec *create);
/* What is made of @member, and would be cut off while it is down; to be freed. NULL: nothing. */
int bond_link_upper(struct rtnl *rtnl, uint32_t member, char **ret_words);

#endif /* UPLINK_BOND_LINK_H */
