// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <string.h>

#include "network/networks-seal.h"

static const struct network *network_of(const struct networks *all, const char *sw, uint16_t vlan,
					bool secret)
{
	for (size_t i = 0; i < all->count; i++)
		if (all->list[i]->vlan == vlan && strcmp(all->list[i]->sw, sw) == 0 &&
		    network_is_secret(all->list[i]) == secret)
			return all->list[i];
	return NULL;
}

void networks_keep_sealed(struct networks *all, bool (*in_use)(const struct sealed_vlan *, void *),
			  void *arg)
{
	for (size_t i = 0; i < all->count; i++)
		if (network_is_secret(all->list[i]) && all->list[i]->vlan && *all->list[i]->sw)
			sealed_vlans_add(&all->sealed, all->list[i]->sw, all->list[i]->vlan);
	for (size_t i = all->sealed.count; i-- > 0;) {
		const struct sealed_vlan one = all->sealed.list[i];

		if (!network_of(all, one.sw, one.vlan, true) &&
		    (network_of(all, one.sw, one.vlan, false) || !in_use(&one, arg)))
			sealed_vlans_del(&all->sealed, one.sw, one.vlan);
	}
}

int networks_unseal(struct networks *all, const char *sw, uint16_t vlan, struct problem *problem)
{
	const struct network *n = network_of(all, sw, vlan, true);

	if (n) {
		problem_set(problem, "it is network %s's, which is encrypted; vifctl network set %s encrypt=none ends that",
			    n->name, n->name);
		return -EBUSY;
	}
	if (sealed_vlans_del(&all->sealed, sw, vlan))
		return 0;
	problem_set(problem, "VLAN %u of switch %s is not held back: uplinks carry it as they are told", vlan, sw);
	return -ENOENT;
}

static bool clear_vlan(struct program_parts *parts, uint16_t vlan)
{
	uint8_t bit = (uint8_t)(1U << (vlan % 8));

	if (!vlan || !vlan_bit(parts->vlans.allowed, vlan))
		return false;
	parts->vlans.allowed[vlan / 8] &= (uint8_t)~bit;
	parts->vlans.untagged[vlan / 8] &= (uint8_t)~bit;
	if (parts->vlans.pvid == vlan)
		parts->vlans.pvid = VIFSWITCH_VID_NONE;
	return true;
}

struct port_policy *networks_seal(const struct networks *all, const char *sw,
				  const struct port_policy *policy)
{
	struct program_parts parts;
	bool has = false;

	if (!policy)
		return NULL;
	port_policy_parts(policy, &parts);
	for (size_t i = 0; i < all->count; i++)
		if (network_is_secret(all->list[i]) && strcmp(all->list[i]->sw, sw) == 0)
			has |= clear_vlan(&parts, all->list[i]->vlan);
	for (size_t i = 0; i < all->sealed.count; i++)
		if (strcmp(all->sealed.list[i].sw, sw) == 0)
			has |= clear_vlan(&parts, all->sealed.list[i].vlan);
	return has ? port_policy_new(&parts) : NULL;
}
