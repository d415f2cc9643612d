/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The plan: what must be done to get from what is to what is wanted. A pure
 * function of the facts and the time; nothing is done when nothing differs.
 *
 * Deletes come first, because a netdev may have to leave one switch before it
 * can join another. Then the ports in the order they are wanted: switches,
 * uplinks, VIFs. For a netdev of a VIF the order is: down, with its MTU, name
 * and address; joined with program and cookie in one step, claim dormant; up.
 * netback carries a guest's packets as soon as the netdev is up, so up comes
 * last.
 *
 * What mirrors' copies go to comes before other VIFs, and between the two the mirrors:
 * then a VM's first frame is copied, where sensor and VM come together.
 *
 * ACLs are loaded first, and a port gets a program that names one only when the
 * kernel has it as it should be, which is the next plan's business. One that no
 * program names any more is deleted last.
 *
 * Operations of one owner depend on each other: if one fails, the rest of that
 * owner's are left out. Owners never wait for each other.
 */
#ifndef VIFSWITCH_PLAN_H
#define VIFSWITCH_PLAN_H

#include "vifswitchd/plan-list.h"

/*
 * Fill @plan, which is empty or was used before. Pointers in it point to @wanted
 * and @facts, neither of which it changes.
 */
int plan_make(const struct facts *facts, const struct wanted *wanted, uint64_t now,
	      struct plan *plan);
void plan_deinit(struct plan *plan);

#endif /* VIFSWITCH_PLAN_H */
