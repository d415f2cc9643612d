// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include "policy/prefix-program.h"

void prefix_set_abi4(const struct prefix_set *set, struct vifswitch_prefix4 *ret)
{
	const struct prefix *first;
	size_t count = prefix_set_family(set, PREFIX_IP4, &first);

	for (size_t i = 0; i < count; i++) {
		ret[i] = (struct vifswitch_prefix4){ .len = first[i].len };
		memcpy(ret[i].addr, first[i].addr, sizeof(ret[i].addr));
	}
}

void prefix_set_abi6(const struct prefix_set *set, struct vifswitch_prefix6 *ret)
{
	const struct prefix *first;
	size_t count = prefix_set_family(set, PREFIX_IP6, &first);

	for (size_t i = 0; i < count; i++) {
		ret[i] = (struct vifswitch_prefix6){ .len = first[i].len };
		memcpy(ret[i].addr, first[i].addr, sizeof(ret[i].addr));
	}
}
