/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A bond that an uplink is to be: the kernel's bonding driver, with members by name. It
 * is ours if its alias says so; others of the same name are used as they are, and never
 * changed or deleted.
 *
 * What of its options differs says how it can be changed: most while it carries traffic,
 * those of LACP only while it is down, its mode only without a member.
 */
#ifndef UPLINK_BOND_H
#define UPLINK_BOND_H

#include "datapath/links/link.h"
#include "policy/bounds.h"

#define BOND_KIND	"bond"

enum bond_change {
	BOND_SAME,
	BOND_LIVE,		/* nothing is lost */
	BOND_DOWN,		/* the link is down for a moment */
	BOND_EMPTY,		/* and its members are taken out and put in again */
};

struct bond {
	char name[IFNAMSIZ];
	char members[UPLINK_MEMBERS_MAX][IFNAMSIZ];
	size_t count;
	char primary[IFNAMSIZ];			/* "": none */
	struct link_bond options;		/* but for active and primary */
	/* The options as attributes: those that may be set live, when down, when empty. */
	struct link_attr attrs[7];
	size_t settable[BOND_EMPTY + 1];	/* how many of them, by enum bond_change */
	struct link_spec spec;
};

/* Of one whose members above attrs are set. It may not move afterwards. */
void bond_finish(struct bond *bond);
/* What the kernel did not say is taken to be as it should. */
enum bond_change bond_compare(const struct bond *bond, const struct link_bond *now);
/* Does one member carry all, so that there may be a primary one? */
bool bond_has_primary(const struct bond *bond);
bool bond_has(const struct bond *bond, const char *member);
/* Has it no member at all? */
bool bond_is_empty(const struct links *links, const struct link *bond);
/* Is any of them a netdev here? */
bool bond_has_any(const struct links *links, const struct bond *bond);
/* Why one that is there is not made as it should be; NULL: nothing speaks against it. */
const char *bond_problem(const struct links *links, const struct bond *bond);
/* Did we make it? */
bool bond_is_ours(const struct link *link);

#endif /* UPLINK_BOND_H */
