// SPDX-License-Identifier: GPL-2.0-or-later
#include "uplink/bond-choice.h"

/* Its link is up, and nobody says that it does not carry. */
static bool is_sound(const struct link *bond, const struct link *member,
		     const struct oam_faults *faults, uint64_t now)
{
	return member && member->master == bond->ifindex && member->flags & IFF_RUNNING &&
	       !oam_faults_has(faults, member->name, now);
}

bool bond_leaves(const struct links *links, const struct bond *bond, const struct link *link,
		 const struct link *member, const struct oam_faults *faults, uint64_t now)
{
	if (!bond->slb || !oam_faults_has(faults, member->name, now))
		return false;
	for (size_t i = 0; i < bond->count; i++)
		if (is_sound(link, links_by_name(links, bond->members[i]), faults, now))
			return true;
	return false;
}

uint32_t bond_choose_primary(const struct links *links, const struct bond *bond,
			     const struct link *link, const struct oam_faults *faults,
			     uint64_t now)
{
	const struct link *wanted = links_by_name(links, bond->primary);
	const struct link *active = links_get(links, link->bond.active);
	const struct link *asked = wanted && wanted->master == link->ifindex ? wanted : NULL;
	const struct link *carries = asked ?: active;

	if (!carries || !oam_faults_has(faults, carries->name, now))
		return asked ? asked->ifindex : 0;
	if (is_sound(link, active, faults, now))
		return active->ifindex;
	for (size_t i = 0; i < bond->count; i++) {
		const struct link *other = links_by_name(links, bond->members[i]);

		if (is_sound(link, other, faults, now))
			return other->ifindex;
	}
	return asked ? asked->ifindex : 0;
}
