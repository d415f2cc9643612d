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

int prefix_set_add_abi4(struct prefix_set *set, const struct vifswitch_prefix4 *from, size_t count)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < count; i++) {
		struct prefix prefix = { .len = from[i].len, .family = PREFIX_IP4 };

		memcpy(prefix.addr, from[i].addr, sizeof(from[i].addr));
		r = prefix_set_add(set, &prefix);
	}
	return r;
}

int prefix_set_add_abi6(struct prefix_set *set, const struct vifswitch_prefix6 *from, size_t count)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < count; i++) {
		struct prefix prefix = { .len = from[i].len, .family = PREFIX_IP6 };

		memcpy(prefix.addr, from[i].addr, sizeof(from[i].addr));
		r = prefix_set_add(set, &prefix);
	}
	return r;
}
