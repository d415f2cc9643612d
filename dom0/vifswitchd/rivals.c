// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include "kmod/core/source.h"
#include "vifswitchd/rivals.h"

/* Is the address its port's own already? */
static bool has_mac(const struct vif *vif, const uint8_t mac[6], const struct ports *ports,
		    const struct links *links)
{
	for (int half = 0; half < HALF_COUNT; half++) {
		const struct port *port = vif_port(vif, half, ports, links);

		if (port && port_policy_owns(port->policy, mac))
			return true;
	}
	return false;
}

static bool comes_first(const struct vif *a, bool a_has_it, const struct vif *b, bool b_has_it)
{
	if (a_has_it != b_has_it)
		return a_has_it;
	if (a->seen.domid != b->seen.domid)
		return a->seen.domid < b->seen.domid;
	return a->seen.devid < b->seen.devid;
}

/* One MAC on one switch; different switches rarely share a key and are checked. */
static uint64_t mac_key(const struct vif *vif, const uint8_t mac[6])
{
	uint64_t key = 0;

	memcpy(&key, mac, 6);
	return key ^ map_name_key(vif->wanted.sw) << 16;
}

static bool same_vm(const struct vif *a, const struct vif *b)
{
	const struct cookie *of_a = &a->wanted.cookie, *of_b = &b->wanted.cookie;

	return vs_kin_of((const uint8_t *)of_a->text, of_a->len, (const uint8_t *)of_b->text,
			 of_b->len) != VS_KIN_NONE;
}

/* Is @mac, of @vif, the own one of @other, on one switch, and not for @vif? */
static bool competes(const struct vif *vif, const uint8_t mac[6], const struct vif *other)
{
	return other != vif && strcmp(other->wanted.sw, vif->wanted.sw) == 0 &&
	       !cookie_equal(&other->wanted.cookie, vif->wanted.cookie.text,
			     vif->wanted.cookie.len) &&
	       port_policy_owns(other->wanted.policy, mac) &&
	       (port_policy_owns(vif->wanted.policy, mac) || !same_vm(vif, other));
}

static int enter_own(struct map *by_mac, struct vif *vif, const struct ports *ports,
		     const struct links *links)
{
	const uint8_t (*macs)[6];
	unsigned int count = port_policy_own_macs(vif->wanted.policy, &macs);
	int r = 0;

	for (unsigned int i = 0; r == 0 && i < count; i++) {
		struct vif *first = map_get(by_mac, mac_key(vif, macs[i]));

		if (first && (!competes(vif, macs[i], first) ||
			      !comes_first(vif, has_mac(vif, macs[i], ports, links),
					   first, has_mac(first, macs[i], ports, links))))
			continue;
		r = map_put(by_mac, mac_key(vif, macs[i]), vif);
	}
	return r;
}

static void set_rival(const struct map *by_mac, struct vif *vif)
{
	const uint8_t (*macs)[6];
	unsigned int count = port_policy_macs(vif->wanted.policy, &macs);

	for (unsigned int i = 0; i < count; i++) {
		const struct vif *first = map_get(by_mac, mac_key(vif, macs[i]));

		if (first && competes(vif, macs[i], first)) {
			vif->wanted.rival = first;
			memcpy(vif->wanted.rival_mac, macs[i], 6);
			return;
		}
	}
}

int rivals_find(const struct xen_vifs *vifs, const struct ports *ports,
		const struct links *links)
{
	struct map by_mac = {};
	struct vif *vif;
	int r = 0;

	map_for_each(&vifs->by_key, i, vif) {
		vif->wanted.rival = NULL;
		if (vif->wanted.verdict == VIF_WANTED && r == 0)
			r = enter_own(&by_mac, vif, ports, links);
	}
	map_for_each(&vifs->by_key, i, vif) {
		if (vif->wanted.verdict == VIF_WANTED)
			set_rival(&by_mac, vif);
	}
	map_deinit(&by_mac);
	return r;
}
