/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a switch is made of: a netdev of kind "vifswitch", or a datapath of openvswitch.ko, whose
 * netdev has the kind "openvswitch" and the mark of this service (LINK_ALIAS). It stays what it
 * is while it exists, because its VMs and dom0's own addresses would go with it.
 */
#ifndef DATAPATH_LINKS_SWITCH_KIND_H
#define DATAPATH_LINKS_SWITCH_KIND_H

#include "datapath/links/link.h"
#include "policy/words.h"

#define SWITCH_KIND_FLOWS	"openvswitch"

/* Is it one of our switches, of either kind? */
bool switch_kind_is_ours(const struct link *link);
/* Is it made of flows? @link may be NULL. */
bool switch_is_flows(const struct link *link);
/* Is it, or will it be? @there is it, or NULL. */
bool switch_will_be_flows(enum datapath_word wanted, const struct link *there);
/* The word for it: a value of datapath_words, never auto. */
const char *switch_kind_word(const struct link *link);

/* How the switch @name is made where it is not there; @there is it, or NULL. */
struct link_spec switch_spec(const char *name, enum datapath_word wanted,
			     const struct link *there);
/* Why @wanted is not in force, to be freed; NULL: it is. */
char *switch_kind_problem(enum datapath_word wanted, const struct link *there);

#endif /* DATAPATH_LINKS_SWITCH_KIND_H */
