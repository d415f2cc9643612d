// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "policy/acl/rule.h"

#define TYPE_IP4	0x0800
#define TYPE_IP6	0x86dd

void acl_init(struct acl *acl, const char *name)
{
	*acl = (struct acl){};
	snprintf(acl->name, sizeof(acl->name), "%s", name);
	acl->default_action[VIFSWITCH_ACL_FROM] = VIFSWITCH_ACL_DENY;
	acl->default_action[VIFSWITCH_ACL_TO] = VIFSWITCH_ACL_DENY;
}

struct acl_rule *acl_new_rule(struct acl *acl, const char *name)
{
	struct acl_rule *rule;

	if (acl->rule_count == acl->rule_room) {
		size_t room = acl->rule_room ? 2 * acl->rule_room : 8;
		struct acl_rule *rules = realloc(acl->rules, room * sizeof(*rules));

		if (!rules)
			return NULL;
		acl->rules = rules;
		acl->rule_room = room;
	}
	rule = &acl->rules[acl->rule_count++];
	*rule = (struct acl_rule){
		.direction = VIFSWITCH_ACL_FROM, .action = VIFSWITCH_ACL_ALLOW,
		.ethertype = ACL_ANY, .protocol = ACL_ANY, .icmp_type = ACL_ANY,
		.icmp_code = ACL_ANY,
	};
	snprintf(rule->name, sizeof(rule->name), "%s", name);
	return rule;
}

struct prefix_set *acl_new_set(struct acl *acl)
{
	_cleanup_free_ struct prefix_set *set = calloc(1, sizeof(*set));
	struct prefix_set **sets;

	if (!set)
		return NULL;
	sets = realloc(acl->sets, (acl->set_count + 1) * sizeof(struct prefix_set *));
	if (!sets)
		return NULL;
	acl->sets = sets;
	sets[acl->set_count] = TAKE_PTR(set);
	return sets[acl->set_count++];
}

int acl_ranges_add(struct acl_ranges *ranges, uint16_t first, uint16_t last)
{
	struct acl_range *items = realloc(ranges->items, (ranges->count + 1) * sizeof(*items));

	if (!items)
		return -ENOMEM;
	items[ranges->count++] = (struct acl_range){ first, last };
	ranges->items = items;
	return 0;
}

int acl_rule_add_vlan(struct acl_rule *rule, uint16_t vlan)
{
	if (!rule->vlans)
		rule->vlans = calloc(1, ACL_VLANS_LEN);
	if (!rule->vlans)
		return -ENOMEM;
	rule->vlans[(vlan & 0xfff) / 8] |= (uint8_t)(1 << vlan % 8);
	return 0;
}

void acl_deinit(struct acl *acl)
{
	for (size_t i = 0; i < acl->rule_count; i++) {
		free(acl->rules[i].src_ports.items);
		free(acl->rules[i].dst_ports.items);
		free(acl->rules[i].vlans);
	}
	free(acl->rules);
	for (size_t i = 0; i < acl->set_count; i++) {
		prefix_set_deinit(acl->sets[i]);
		free(acl->sets[i]);
	}
	free(acl->sets);
	*acl = (struct acl){};
}

/* Version 4 UUIDs are random in all but six bits; the halves have them in other places. */
uint64_t acl_cookie(const uint8_t uuid[16])
{
	uint64_t cookie = 0;

	for (int i = 0; i < 8; i++)
		cookie = cookie << 8 | (uuid[i] ^ uuid[i + 8]);
	return cookie >= ACL_COOKIE_RESERVED ? cookie & ~(1ULL << 63) : cookie;
}

bool acl_protocol_has_ports(int protocol)
{
	return protocol == 6 || protocol == 17 || protocol == 33 || protocol == 132 ||
	       protocol == 136;
}

/* What only IP packets have. */
static bool wants_ip(const struct acl_rule *rule)
{
	return rule->protocol != ACL_ANY || rule->src || rule->dst;
}

static bool set_in_family(const struct prefix_set *set, enum prefix_family family)
{
	return !set || prefix_set_family(set, family, NULL);
}

/* By the fields alone, as if the address lists held everything. */
static bool fields_in_family(const struct acl_rule *rule, enum vifswitch_acl_family family)
{
	switch (family) {
	case VIFSWITCH_ACL_IP4:
		return (rule->ethertype == ACL_ANY || rule->ethertype == TYPE_IP4) &&
		       !(rule->icmp_type != ACL_ANY && rule->protocol == 58);
	case VIFSWITCH_ACL_IP6:
		return (rule->ethertype == ACL_ANY || rule->ethertype == TYPE_IP6) &&
		       !(rule->icmp_type != ACL_ANY && rule->protocol == 1);
	default:
		return rule->ethertype != TYPE_IP4 && rule->ethertype != TYPE_IP6 &&
		       !wants_ip(rule);
	}
}

bool acl_rule_in_family(const struct acl_rule *rule, enum vifswitch_acl_family family)
{
	enum prefix_family of = family == VIFSWITCH_ACL_IP4 ? PREFIX_IP4 : PREFIX_IP6;

	if (!fields_in_family(rule, family))
		return false;
	return family == VIFSWITCH_ACL_OTHER ||
	       (set_in_family(rule->src, of) && set_in_family(rule->dst, of));
}
