// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "policy-random.h"

#define MUST(x) do { if (!(x)) abort(); } while (0)

static const uint8_t protocols[] = { 6, 17, 6, 17, 1, 58, 33, 132, 136, 0, 255, 47 };
static const uint16_t ethertypes[] = { 0x0800, 0x86dd, 0x0806, 0x8100, 0x0600, 0xffff, 0x88cc };

static void cut(struct prefix *prefix, unsigned int len)
{
	prefix->len = (uint8_t)len;
	for (unsigned int bit = len; bit < 128; bit++)
		prefix->addr[bit / 8] &= (uint8_t)~(0x80 >> bit % 8);
}

/* Of the first prefixes of the family some are longer, inside or beside earlier ones. */
static void make_prefix(struct prefix *prefix, const struct prefix *earlier, unsigned int count,
			enum prefix_family family, struct dice *dice)
{
	static const uint8_t ends[] = { 0, 0xff, 1, 0x7f, 0x80, 0xfe, 10 };
	unsigned int bits = family == PREFIX_IP4 ? 32 : 128;

	*prefix = (struct prefix){ .family = (uint8_t)family };
	if (count && !one_in(dice, 3)) {
		*prefix = earlier[dice_below(dice, count)];
		if (prefix->len && one_in(dice, 2))	/* its other half */
			prefix->addr[(prefix->len - 1) / 8] ^= 0x80 >> (prefix->len - 1) % 8;
		for (unsigned int bit = prefix->len; bit < bits && one_in(dice, 3); bit += 5)
			prefix->addr[bit / 8] |= 0x80 >> bit % 8;
		cut(prefix, prefix->len + dice_below(dice, bits - prefix->len + 1));
		return;
	}
	for (unsigned int i = 0; i < bits / 8; i++)
		prefix->addr[i] = ends[dice_below(dice, ARRAY_SIZE(ends))];
	cut(prefix, one_in(dice, 2) ? bits - dice_below(dice, 9) : dice_below(dice, bits + 1));
}

void pool_make(struct pool *pool, struct dice *dice)
{
	static const uint16_t ends[] = { 0, 1, 255, 256, 257, 65534, 65535, 80, 134, 3 };

	memset(pool, 0, sizeof(*pool));
	for (unsigned int i = 0; i < POOL_PREFIXES; i++) {
		unsigned int first = i < POOL_PREFIXES / 2 ? 0 : POOL_PREFIXES / 2;

		make_prefix(&pool->prefixes[i], &pool->prefixes[first], i - first,
			    first ? PREFIX_IP6 : PREFIX_IP4, dice);
	}
	for (unsigned int i = 0; i < POOL_PORTS; i++)
		pool->ports[i] = i < ARRAY_SIZE(ends) ? ends[i] :
				 (uint16_t)dice_below(dice, 65536);
	for (unsigned int i = 0; i + 1 < POOL_GROUPS; i++) {
		for (unsigned int j = 1 + dice_below(dice, 6); j; j--)
			MUST(prefix_set_add(&pool->groups[i],
					    &pool->prefixes[dice_below(dice, POOL_PREFIXES)]) == 0);
		prefix_set_normalize(&pool->groups[i]);
	}
}

void pool_deinit(struct pool *pool)
{
	for (unsigned int i = 0; i < POOL_GROUPS; i++)
		prefix_set_deinit(&pool->groups[i]);
}

static const struct prefix_set *random_set(struct acl *acl, const struct pool *pool,
					   struct dice *dice)
{
	struct prefix_set *set;

	switch (dice_below(dice, 5)) {
	case 0:
	case 1:
		return NULL;
	case 2:
		return &pool->groups[one_in(dice, 8) ? POOL_GROUPS - 1 :
				     dice_below(dice, POOL_GROUPS - 1)];
	default:
		set = acl_new_set(acl);
		MUST(set);
		for (unsigned int i = 1 + dice_below(dice, 3); i; i--)
			MUST(prefix_set_add(set, &pool->prefixes[dice_below(dice, POOL_PREFIXES)])
			     == 0);
		prefix_set_normalize(set);
		return set;
	}
}

static void random_ranges(struct acl_ranges *ranges, const struct pool *pool, struct dice *dice)
{
	if (one_in(dice, 2))
		return;
	for (unsigned int i = 1 + dice_below(dice, 3); i; i--) {
		uint16_t a = pool->ports[dice_below(dice, POOL_PORTS)];
		uint16_t b = one_in(dice, 2) ? a : pool->ports[dice_below(dice, POOL_PORTS)];

		MUST(acl_ranges_add(ranges, a < b ? a : b, a < b ? b : a) == 0);
	}
}

static void random_layer4(struct acl_rule *rule, const struct pool *pool, struct dice *dice)
{
	rule->protocol = protocols[dice_below(dice, ARRAY_SIZE(protocols))];
	if (acl_protocol_has_ports(rule->protocol)) {
		random_ranges(&rule->src_ports, pool, dice);
		random_ranges(&rule->dst_ports, pool, dice);
	}
	if (rule->protocol == 6 && one_in(dice, 2)) {
		rule->tcp_set = (uint8_t)(dice_below(dice, 256) & dice_below(dice, 256));
		rule->tcp_clear = (uint8_t)(dice_below(dice, 256) & dice_below(dice, 256) &
					    ~rule->tcp_set);
	}
	if ((rule->protocol == 1 && rule->ethertype != 0x86dd) ||
	    (rule->protocol == 58 && rule->ethertype != 0x0800)) {
		if (one_in(dice, 4))
			return;
		rule->icmp_type = (int16_t)(pool->ports[dice_below(dice, POOL_PORTS)] & 0xff);
		if (one_in(dice, 2))
			rule->icmp_code =
				(int16_t)(pool->ports[dice_below(dice, POOL_PORTS)] & 0xff);
	}
}

static void random_rule(struct acl *acl, const struct pool *pool, struct dice *dice,
			unsigned int number, unsigned int priority)
{
	struct acl_rule *rule;
	char name[16];

	snprintf(name, sizeof(name), "r%u", number);
	rule = acl_new_rule(acl, name);
	MUST(rule);
	rule->cookie = number;
	rule->priority = priority;
	rule->direction = one_in(dice, 4) ? VIFSWITCH_ACL_TO : VIFSWITCH_ACL_FROM;
	rule->action = (enum vifswitch_acl_action)dice_below(dice, VIFSWITCH_ACL_ACTIONS);
	rule->stateless = rule->action == VIFSWITCH_ACL_ALLOW && one_in(dice, 2);
	rule->log = one_in(dice, 4);
	if (one_in(dice, 4))
		rule->ethertype = ethertypes[dice_below(dice, ARRAY_SIZE(ethertypes))];
	if (rule->ethertype == ACL_ANY || rule->ethertype == 0x0800 || rule->ethertype == 0x86dd) {
		rule->src = random_set(acl, pool, dice);
		rule->dst = random_set(acl, pool, dice);
		if (!one_in(dice, 3))
			random_layer4(rule, pool, dice);
	}
	/* the catch-alls at the end of many rule sets belong there */
	if (rule->ethertype == ACL_ANY && rule->protocol == ACL_ANY && !rule->src && !rule->dst &&
	    !one_in(dice, 16))
		rule->protocol = 6;
	if (one_in(dice, 4)) {
		for (unsigned int i = 1 + dice_below(dice, 4); i; i--)
			MUST(acl_rule_add_vlan(rule, (uint16_t)dice_below(dice, 3)) == 0);
		if (one_in(dice, 2))
			MUST(acl_rule_add_vlan(rule, 4094 - (uint16_t)dice_below(dice, 2)) == 0);
	}
}

void random_acl(struct acl *acl, const struct pool *pool, struct dice *dice, unsigned int count)
{
	/* steps through all residues: 7919 is prime, and greater than any count */
	unsigned int step = 1 + dice_below(dice, 7918), at = dice_below(dice, 7919);

	acl_init(acl, "random");
	for (int d = 0; d < VIFSWITCH_ACL_DIRECTIONS; d++)
		acl->default_action[d] = (uint8_t)dice_below(dice, VIFSWITCH_ACL_ACTIONS);
	for (unsigned int i = 0; i < count; i++) {
		at = (at + step) % 7919;
		random_rule(acl, pool, dice, i, at);
	}
}

/* On a bound of one of the pool's prefixes, one beside it, or somewhere inside. */
static void random_address(uint8_t addr[16], const struct pool *pool, enum prefix_family family,
			   struct dice *dice)
{
	unsigned int first = family == PREFIX_IP4 ? 0 : POOL_PREFIXES / 2;
	const struct prefix *prefix = &pool->prefixes[first + dice_below(dice, POOL_PREFIXES / 2)];
	unsigned int where = dice_below(dice, 5), octets = prefix_bits(prefix) / 8;
	int carry = where == 3 ? -1 : where == 4 ? 1 : 0;

	memcpy(addr, prefix->addr, 16);
	for (unsigned int bit = prefix->len; bit < octets * 8; bit++)
		if (where == 0 || where == 4 || (where == 1 && one_in(dice, 2)))
			addr[bit / 8] |= 0x80 >> bit % 8;
	for (unsigned int i = octets; i-- && carry;) {
		int sum = addr[i] + carry;

		addr[i] = (uint8_t)sum;
		carry = sum < 0 ? -1 : sum > 255 ? 1 : 0;
	}
}

static uint32_t random_port(const struct pool *pool, struct dice *dice)
{
	uint16_t port = pool->ports[dice_below(dice, POOL_PORTS)];

	return (uint16_t)(port + dice_below(dice, 3) - 1);
}

void random_packet(struct acl_packet *packet, const struct pool *pool, struct dice *dice)
{
	static const uint16_t vlans[] = { 0, 1, 2, 3, 4092, 4093, 4094 };

	*packet = (struct acl_packet){
		.ethertype = ethertypes[dice_below(dice, 8) < 7 ? dice_below(dice, 2) :
					dice_below(dice, ARRAY_SIZE(ethertypes))],
		.vlan = vlans[dice_below(dice, ARRAY_SIZE(vlans))],
		.l4_src = VIFSWITCH_ACL_ABSENT,
		.l4_dst = VIFSWITCH_ACL_ABSENT,
		.tcp_flags = VIFSWITCH_ACL_ABSENT,
	};
	packet->family = packet->ethertype == 0x0800 ? VIFSWITCH_ACL_IP4 :
			 packet->ethertype == 0x86dd ? VIFSWITCH_ACL_IP6 : VIFSWITCH_ACL_OTHER;
	if (packet->family == VIFSWITCH_ACL_OTHER)
		return;
	packet->protocol = protocols[dice_below(dice, ARRAY_SIZE(protocols))];
	random_address(packet->src, pool, packet->family == VIFSWITCH_ACL_IP4 ? PREFIX_IP4 :
		       PREFIX_IP6, dice);
	random_address(packet->dst, pool, packet->family == VIFSWITCH_ACL_IP4 ? PREFIX_IP4 :
		       PREFIX_IP6, dice);
	if (one_in(dice, 10))
		return;		/* a later fragment */
	if (acl_protocol_has_ports(packet->protocol)) {
		packet->l4_src = random_port(pool, dice);
		packet->l4_dst = random_port(pool, dice);
		if (packet->protocol == 6)
			packet->tcp_flags = dice_below(dice, 256);
	} else if (packet->protocol == 1 || packet->protocol == 58) {
		packet->l4_src = random_port(pool, dice) & 0xff;
		packet->l4_dst = random_port(pool, dice) & 0xff;
	}
}
