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

bool vlans_is_access(const struct vlans *v)
{
	struct vlans access;

	if (v->pvid == VIFSWITCH_VID_NONE)
		return false;
	vlans_init(&access);
	vlans_set_native(&access, v->pvid);
	return memcmp(v, &access, sizeof(access)) == 0;
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
