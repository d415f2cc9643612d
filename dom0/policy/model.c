// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include "base/cleanup.h"
#include "base/mac.h"
#include "base/netdev-name.h"
#include "base/number.h"
#include "policy/model.h"

void program_parts_init(struct program_parts *parts, const struct vlans *vlans, uint32_t flags)
{
	*parts = (struct program_parts){
		.header = {
			.flags = flags, .dscp = VIFSWITCH_MARK_KEEP, .pcp = VIFSWITCH_MARK_KEEP,
		},
		.vlans = *vlans,
	};
}

int vif_mac_parse(const char *value, size_t len, uint8_t ret[6], struct problem *problem)
{
	uint8_t mac[6];

	if (!mac_parse(value, len, mac))
		return problem_set(problem, "mac=%s: must be six octets in hex, as 00:16:3e:01:02:03",
				   QUOTE(value, len));
	if (!mac_is_station(mac))
		return problem_set(problem, mac[0] & 1 ?
				   "mac=%s: a group address; the first octet must be even" :
				   "mac=%s: all zeros is no address", QUOTE(value, len));
	memcpy(ret, mac, 6);
	return 0;
}

int mtu_parse(const char *value, size_t len, uint32_t *ret, struct problem *problem)
{
	uint64_t mtu;

	if (!number_parse(value, len, VIF_MTU_MIN, VIF_MTU_MAX, &mtu))
		return problem_set(problem, "mtu=%s: must be a number in %d-%d",
				   QUOTE(value, len), VIF_MTU_MIN, VIF_MTU_MAX);
	*ret = mtu;
	return 0;
}

int vifname_parse(const char *value, size_t len, char ret[IFNAMSIZ], struct problem *problem)
{
	if (!netdev_name_copy(ret, value, len))
		return problem_set(problem, "vifname=%s: must be %s", QUOTE(value, len),
				   NETDEV_NAME_ACCEPTED);
	return 0;
}

int ip_lock_check(const struct prefix_set *set, const char *field, struct problem *problem)
{
	size_t ip4 = prefix_set_family(set, PREFIX_IP4, NULL);
	size_t ip6 = prefix_set_family(set, PREFIX_IP6, NULL);
	char text[PREFIX_TEXT_MAX];

	for (size_t i = 0; i < set->count; i++) {
		if (prefix_is_source(&set->items[i]))
			continue;
		prefix_format(&set->items[i], text);
		return problem_set(problem, "%s: no host has the address %s; give those the VM sends from",
				   field, text);
	}
	if (ip4 > VIFSWITCH_PROGRAM_PREFIXES_MAX || ip6 > VIFSWITCH_PROGRAM_PREFIXES_MAX)
		return problem_set(problem, "%s: %zu IPv4 and %zu IPv6 prefixes; at most %d of each",
				   field, ip4, ip6, VIFSWITCH_PROGRAM_PREFIXES_MAX);
	return 0;
}

int ip_parse(const char *value, size_t len, struct prefix_set *ret, struct problem *problem)
{
	_cleanup_(prefix_set_deinit) struct prefix_set set = {};
	const char *end = value + len;
	int r;

	while (value < end) {
		size_t word = 0;
		struct problem inner;
		struct prefix prefix;

		while (value + word < end && !strchr(", \t", value[word]))
			word++;
		if (word) {
			if (prefix_parse(value, word, &prefix, &inner) < 0)
				return problem_set(problem, "ip=%s", inner.text);
			r = prefix_set_add(&set, &prefix);
			if (r < 0)
				return r;
		}
		value += word + 1;
	}
	prefix_set_normalize(&set);
	r = ip_lock_check(&set, "ip=", problem);
	if (r < 0)
		return r;
	*ret = set;
	set = (struct prefix_set){};
	return 0;
}
