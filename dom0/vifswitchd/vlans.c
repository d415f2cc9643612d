// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include "vifswitchd/vlans.h"

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

bool take_number(const char **p, size_t *left, uint64_t max, uint64_t *ret)
{
	const char *at = *p;
	size_t n = *left;
	uint64_t value = 0;

	for (; n && *at >= '0' && *at <= '9'; at++, n--) {
		uint64_t digit = *at - '0';

		if (digit > max || value > (max - digit) / 10)
			return false;
		value = value * 10 + digit;
	}
	if (at == *p)
		return false;
	*p = at;
	*left = n;
	*ret = value;
	return true;
}
