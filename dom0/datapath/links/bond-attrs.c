// SPDX-License-Identifier: GPL-2.0-or-later
#include <net/if.h>
#include <linux/if_bonding.h>
#include <linux/if_link.h>
#include <netlink/attr.h>
#include <string.h>

#include "datapath/links/bond-attrs.h"

static void take_u8(struct nlattr *attr, uint8_t *ret)
{
	if (attr)
		*ret = nla_get_u8(attr);
}

static void take_u16(struct nlattr *attr, uint16_t *ret)
{
	if (attr)
		*ret = nla_get_u16(attr);
}

static void take_u32(struct nlattr *attr, uint32_t *ret)
{
	if (attr)
		*ret = nla_get_u32(attr);
}

static void take_mac(struct nlattr *attr, uint8_t ret[6])
{
	if (attr && nla_len(attr) >= 6)
		memcpy(ret, nla_data(attr), 6);
}

static void read_aggregate(struct nlattr *info, struct link_bond *ret)
{
	struct nlattr *attrs[IFLA_BOND_AD_INFO_MAX + 1];

	if (!info || nla_parse_nested(attrs, IFLA_BOND_AD_INFO_MAX, info, NULL) < 0)
		return;
	take_u16(attrs[IFLA_BOND_AD_INFO_AGGREGATOR], &ret->aggregator);
	take_u16(attrs[IFLA_BOND_AD_INFO_NUM_PORTS], &ret->aggregated);
	take_mac(attrs[IFLA_BOND_AD_INFO_PARTNER_MAC], ret->partner);
}

void bond_attrs_read(struct nlattr *data, struct link_bond *ret)
{
	struct nlattr *attrs[IFLA_BOND_MAX + 1];

	if (!data || nla_parse_nested(attrs, IFLA_BOND_MAX, data, NULL) < 0 ||
	    !attrs[IFLA_BOND_MODE])
		return;
	ret->known = true;
	take_u8(attrs[IFLA_BOND_MODE], &ret->mode);
	take_u8(attrs[IFLA_BOND_XMIT_HASH_POLICY], &ret->hash);
	take_u8(attrs[IFLA_BOND_ALL_SLAVES_ACTIVE], &ret->all_active);
	take_u8(attrs[IFLA_BOND_AD_LACP_ACTIVE], &ret->lacp_active);
	take_u8(attrs[IFLA_BOND_AD_LACP_RATE], &ret->lacp_rate);
	take_u32(attrs[IFLA_BOND_MIIMON], &ret->miimon);
	take_u32(attrs[IFLA_BOND_UPDELAY], &ret->updelay);
	take_u32(attrs[IFLA_BOND_DOWNDELAY], &ret->downdelay);
	take_u32(attrs[IFLA_BOND_ACTIVE_SLAVE], &ret->active);
	take_u32(attrs[IFLA_BOND_PRIMARY], &ret->primary);
	read_aggregate(attrs[IFLA_BOND_AD_INFO], ret);
	ret->actor_known = attrs[IFLA_BOND_AD_ACTOR_SYS_PRIO];
	take_u16(attrs[IFLA_BOND_AD_ACTOR_SYS_PRIO], &ret->system_priority);
	take_u16(attrs[IFLA_BOND_AD_USER_PORT_KEY], &ret->user_key);
	take_mac(attrs[IFLA_BOND_AD_ACTOR_SYSTEM], ret->system_id);
}

void bond_attrs_read_member(struct nlattr *data, struct link_member *ret)
{
	struct nlattr *attrs[IFLA_BOND_SLAVE_MAX + 1];
	uint8_t status = BOND_LINK_DOWN;

	if (!data || nla_parse_nested(attrs, IFLA_BOND_SLAVE_MAX, data, NULL) < 0)
		return;
	ret->known = true;
	take_u8(attrs[IFLA_BOND_SLAVE_MII_STATUS], &status);
	ret->up = status == BOND_LINK_UP;
	take_u16(attrs[IFLA_BOND_SLAVE_QUEUE_ID], &ret->queue);
	take_u32(attrs[IFLA_BOND_SLAVE_LINK_FAILURE_COUNT], &ret->failures);
	take_u16(attrs[IFLA_BOND_SLAVE_AD_AGGREGATOR_ID], &ret->aggregator);
	take_u8(attrs[IFLA_BOND_SLAVE_AD_ACTOR_OPER_PORT_STATE], &ret->actor_state);
	take_u16(attrs[IFLA_BOND_SLAVE_AD_PARTNER_OPER_PORT_STATE], &ret->partner_state);
	ret->has_priority = attrs[IFLA_BOND_SLAVE_ACTOR_PORT_PRIO];
	take_u16(attrs[IFLA_BOND_SLAVE_ACTOR_PORT_PRIO], &ret->priority);
}

void bond_attrs_keep(struct link *link, const struct link *old)
{
	if (!link->bond.known) {
		link->bond = old->bond;
	} else if (!link->bond.actor_known && old->bond.actor_known) {
		link->bond.actor_known = true;
		link->bond.system_priority = old->bond.system_priority;
		link->bond.user_key = old->bond.user_key;
		memcpy(link->bond.system_id, old->bond.system_id, sizeof(link->bond.system_id));
	}
	/* A message without it is of one that left. */
	if (!link->member.known && link->master && link->master == old->master)
		link->member = old->member;
}
