// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Cookies are ACL_COOKIE_RESERVED + the place in the table below, so entries
 * are only ever added at its end: hits and drops are remembered by cookie.
 */
#include <errno.h>

#include "base/cleanup.h"
#include "policy/acl/builtin.h"

struct builtin {
	const char *name;
	enum vifswitch_acl_direction direction;
	int32_t ethertype;
	int16_t protocol;
	int16_t icmp_type;
	uint16_t src_port, dst_port;	/* 0: any */
	struct prefix src, dst;		/* family 0: any */
};

#define FROM	VIFSWITCH_ACL_FROM
#define TO	VIFSWITCH_ACL_TO
#define ICMPV6(name, direction, type) { name, direction, 0x86dd, 58, type, 0, 0, {}, {} }

static const struct builtin builtins[] = {
	{ "implicit-arp", FROM, 0x0806, ACL_ANY, ACL_ANY, 0, 0, {}, {} },
	{ "implicit-arp", TO, 0x0806, ACL_ANY, ACL_ANY, 0, 0, {}, {} },
	ICMPV6("implicit-nd", FROM, 133),
	ICMPV6("implicit-nd", FROM, 135),
	ICMPV6("implicit-nd", FROM, 136),
	ICMPV6("implicit-nd", TO, 133),
	ICMPV6("implicit-nd", TO, 135),
	ICMPV6("implicit-nd", TO, 136),
	ICMPV6("implicit-ra", TO, 134),
	ICMPV6("implicit-mld", FROM, 130),
	ICMPV6("implicit-mld", FROM, 131),
	ICMPV6("implicit-mld", FROM, 132),
	ICMPV6("implicit-mld", FROM, 143),
	ICMPV6("implicit-mld", TO, 130),
	ICMPV6("implicit-mld", TO, 131),
	ICMPV6("implicit-mld", TO, 132),
	ICMPV6("implicit-mld", TO, 143),
	/* to any server: a lease is renewed by unicast (RFC 2131 4.4.5), through routers, too */
	{ "implicit-dhcp", FROM, 0x0800, 17, ACL_ANY, 68, 67, {}, {} },
	{ "implicit-dhcp", TO, 0x0800, 17, ACL_ANY, 67, 68, {}, {} },
	{ "implicit-dhcpv6", FROM, 0x86dd, 17, ACL_ANY, 546, 547, {},
	  { .addr = { 0xff, 2, [13] = 1, [15] = 2 }, .len = 128, .family = PREFIX_IP6 } },
	{ "implicit-dhcpv6", TO, 0x86dd, 17, ACL_ANY, 547, 546,
	  { .addr = { 0xfe, 0x80 }, .len = 10, .family = PREFIX_IP6 }, {} },
	{ "implicit-igmp", FROM, 0x0800, 2, ACL_ANY, 0, 0, {}, {} },
	{ "implicit-igmp", TO, 0x0800, 2, ACL_ANY, 0, 0, {}, {} },
	/* QEMU's, after a migration */
	{ "implicit-rarp", FROM, 0x8035, ACL_ANY, ACL_ANY, 0, 0, {}, {} },
};

static int add_prefix(struct acl *acl, const struct prefix *prefix,
		      const struct prefix_set **ret)
{
	struct prefix_set *set;

	if (!prefix->family)
		return 0;
	set = acl_new_set(acl);
	if (!set || prefix_set_add(set, prefix) < 0)
		return -ENOMEM;
	*ret = set;
	return 0;
}

static int add(struct acl *acl, const struct builtin *builtin, uint64_t cookie)
{
	struct acl_rule *rule = acl_new_rule(acl, builtin->name);
	int r;

	if (!rule)
		return -ENOMEM;
	rule->cookie = cookie;
	rule->priority = UINT32_MAX;
	rule->direction = builtin->direction;
	rule->stateless = true;
	rule->builtin = true;
	rule->ethertype = builtin->ethertype;
	rule->protocol = builtin->protocol;
	rule->icmp_type = builtin->icmp_type;
	r = add_prefix(acl, &builtin->src, &rule->src);
	if (r >= 0)
		r = add_prefix(acl, &builtin->dst, &rule->dst);
	if (r >= 0 && builtin->src_port)
		r = acl_ranges_add(&rule->src_ports, builtin->src_port, builtin->src_port);
	if (r >= 0 && builtin->dst_port)
		r = acl_ranges_add(&rule->dst_ports, builtin->dst_port, builtin->dst_port);
	return r;
}

int acl_add_builtin(struct acl *acl)
{
	for (size_t i = 0; i < ARRAY_SIZE(builtins); i++) {
		int r;

		if (acl->default_action[builtins[i].direction] == VIFSWITCH_ACL_ALLOW)
			continue;
		r = add(acl, &builtins[i], ACL_COOKIE_RESERVED + i);
		if (r < 0)
			return r;
	}
	return 0;
}

static const char *builtin_name(uint64_t cookie)
{
	if (cookie < ACL_COOKIE_RESERVED || cookie - ACL_COOKIE_RESERVED >= ARRAY_SIZE(builtins))
		return NULL;
	return builtins[cookie - ACL_COOKIE_RESERVED].name;
}

const char *acl_reserved_name(uint64_t cookie)
{
	if (cookie == VIFSWITCH_RULE_DEFAULT_FROM)
		return "default-from-vm";
	if (cookie == VIFSWITCH_RULE_DEFAULT_TO)
		return "default-to-vm";
	return builtin_name(cookie);
}
