/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which members of a bond are to carry: what CFM and BFD say of them has a part in that. */
#ifndef UPLINK_BOND_CHOICE_H
#define UPLINK_BOND_CHOICE_H

#include "oam/oam-fault.h"
#include "uplink/bond.h"

/*
 * The primary one as it is wanted (an ifindex; 0: none); while that, or the one that carries
 * all where none is wanted, fails by CFM or BFD, one that does not. If all fail, nothing is
 * better. @link: the bond.
 */
uint32_t bond_choose_primary(const struct links *links, const struct bond *bond,
			     const struct link *link, const struct oam_faults *faults,
			     uint64_t now);
/*
 * Is @member, which fails by CFM or BFD, to carry nothing of a bond with balance-slb, because
 * another one does not fail?
 */
bool bond_leaves(const struct links *links, const struct bond *bond, const struct link *link,
		 const struct link *member, const struct oam_faults *faults, uint64_t now);

#endif /* UPLINK_BOND_CHOICE_H */
