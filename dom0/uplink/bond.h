/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A bond that an uplink is to be: the kernel's bonding driver, with members by name. It
 * is ours if its alias says so; others of the same name are used as they are, and never
 * changed or deleted.
 *
 * What of its options differs says how it can be changed: most while it carries traffic,
 * those of LACP only while it is down, its mode and LACP key only without a member.
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

/* Of a member in place; what is not set stays. */
struct bond_member_change {
	bool set_priority, set_queue;
	uint16_t priority, queue;
};

struct bond_queues {
	uint32_t taken;				/* a bit for each */
	uint32_t twice;				/* likewise: of several members */
};

struct bond {
	char name[IFNAMSIZ];
	char members[UPLINK_MEMBERS_MAX][IFNAMSIZ];
	size_t count;
	char primary[IFNAMSIZ];			/* "": none */
	struct link_bond options;		/* what is wanted; not what was found */
	uint16_t priority[UPLINK_MEMBERS_MAX];	/* of members, with LACP */
	bool slb;				/* balance-slb: with our own choice of members */
	bool fallback;				/* without a partner it carries on */
	/* The options as attributes: those that may be set live, when down, when empty. */
	struct link_attr attrs[10];
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
/* What of @member, which is in, is to be changed; false: nothing. @left: it has no number. */
bool bond_member_differs(const struct bond *bond, const struct link *member, bool left,
			 const struct bond_queues *queues, struct bond_member_change *ret);
/* Numbers that members have: each is one's alone. */
void bond_queues_read(const struct links *links, const struct link *bond, struct bond_queues *ret);
/* Is @link, which may be NULL, a bond that speaks LACP? */
bool bond_speaks_lacp(const struct link *link);
/* Of the bond that @now is: does it speak LACP, and nobody answers? */
bool bond_is_alone(const struct link_bond *now);
/* Why it is closed, if it is not to carry without a partner; NULL: it need not be. */
const char *bond_closed_for(const struct bond *bond, const struct link *link);
/* Has it no member at all? */
bool bond_is_empty(const struct links *links, const struct link *bond);
/* Is any of them a netdev here? */
bool bond_has_any(const struct links *links, const struct bond *bond);
/* Why one that is there is not made as it should be; NULL: nothing speaks against it. */
const char *bond_problem(const struct links *links, const struct bond *bond);
/* Did we make it? */
bool bond_is_ours(const struct link *link);

#endif /* UPLINK_BOND_H */
