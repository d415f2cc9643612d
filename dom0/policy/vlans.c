// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include "policy/vlans.h"

void vlans_init(struct vlans *v)
{
	memset(v, 0, sizeof(*v));
	v->pvid = VIFSWITCH_VID_NONE;
}

void vlans_set_native(struct vlans *v, uint16_t vid)
{
	v->pvid = vid;
	vlan_bit_set(v->allowed, vid);
	vlan_bit_set(v->untagged, vid);
}

bool vlans_same_sets(const struct vlans *a, const struct vlans *b)
{
	return a->pvid == b->pvid && memcmp(a->allowed, b->allowed, sizeof(a->allowed)) == 0 &&
	       memcmp(a->untagged, b->untagged, sizeof(a->untagged)) == 0;
}

bool vlans_is_access(const struct vlans *v)
{
	struct vlans access;

	if (v->pvid == VIFSWITCH_VID_NONE)
		return false;
	vlans_init(&access);
	vlans_set_native(&access, v->pvid);
	return !v->own_tag && vlans_same_sets(v, &access);
}

/* Frames of VLAN 0 have no tag that a port might take. */
void vlans_set_access(struct vlans *v, bool access)
{
	v->own_tag = false;
	v->own_tag = !access && v->pvid && vlans_is_access(v);
}

const char *vlans_mode(const struct vlans *v)
{
	if (vlans_is_access(v))
		return "access";
	if (v->pvid != VIFSWITCH_VID_NONE)
		return vlan_bit(v->untagged, v->pvid) ? "native-untagged" : "native-tagged";
	for (size_t i = 0; i < sizeof(v->allowed); i++) {
		if (v->allowed[i])
			return "trunk";
	}
	return "none";
}
