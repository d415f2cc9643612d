// SPDX-License-Identifier: GPL-2.0-or-later
#include <net/if.h>
#include <linux/if_bonding.h>
#include <linux/if_link.h>
#include <string.h>

#include "uplink/bond.h"

static void add(struct bond *b, uint16_t type, const void *value, uint16_t len)
{
	b->attrs[b->spec.count++] = (struct link_attr){ type, len, value };
}

/* In mode 1 one member carries all, whatever is in a frame. */
static bool hashes(const struct link_bond *o)
{
	return o->mode == BOND_MODE_XOR || o->mode == BOND_MODE_8023AD;
}

void bond_finish(struct bond *b)
{
	struct link_bond *o = &b->options;

	b->spec = (struct link_spec){
		.name = b->name, .kind = BOND_KIND, .data = b->attrs, .alias = LINK_ALIAS,
	};
	add(b, IFLA_BOND_MIIMON, &o->miimon, sizeof(o->miimon));
	add(b, IFLA_BOND_UPDELAY, &o->updelay, sizeof(o->updelay));
	add(b, IFLA_BOND_DOWNDELAY, &o->downdelay, sizeof(o->downdelay));
	if (hashes(o))
		add(b, IFLA_BOND_XMIT_HASH_POLICY, &o->hash, sizeof(o->hash));
	b->settable[BOND_LIVE] = b->spec.count;
	if (o->mode == BOND_MODE_8023AD) {
		add(b, IFLA_BOND_AD_LACP_ACTIVE, &o->lacp_active, sizeof(o->lacp_active));
		add(b, IFLA_BOND_AD_LACP_RATE, &o->lacp_rate, sizeof(o->lacp_rate));
	}
	b->settable[BOND_DOWN] = b->spec.count;
	add(b, IFLA_BOND_MODE, &o->mode, sizeof(o->mode));
	b->settable[BOND_EMPTY] = b->spec.count;
}

enum bond_change bond_compare(const struct bond *b, const struct link_bond *now)
{
	const struct link_bond *o = &b->options;

	if (!now->known)
		return BOND_SAME;
	if (o->mode != now->mode)
		return BOND_EMPTY;
	if (o->mode == BOND_MODE_8023AD &&
	    (o->lacp_active != now->lacp_active || o->lacp_rate != now->lacp_rate))
		return BOND_DOWN;
	if (o->miimon != now->miimon || o->updelay != now->updelay ||
	    o->downdelay != now->downdelay || (hashes(o) && o->hash != now->hash))
		return BOND_LIVE;
	return BOND_SAME;
}

bool bond_has_primary(const struct bond *b)
{
	return b->options.mode == BOND_MODE_ACTIVEBACKUP;
}

bool bond_has(const struct bond *b, const char *member)
{
	for (size_t i = 0; i < b->count; i++)
		if (strcmp(b->members[i], member) == 0)
			return true;
	return false;
}

bool bond_is_empty(const struct links *links, const struct link *bond)
{
	const struct link *member;

	map_for_each(&links->by_index, i, member)
		if (member->master == bond->ifindex)
			return false;
	return true;
}

bool bond_has_any(const struct links *links, const struct bond *bond)
{
	for (size_t i = 0; i < bond->count; i++)
		if (links_by_name(links, bond->members[i]))
			return true;
	return false;
}

const char *bond_problem(const struct links *links, const struct bond *bond)
{
	if (!links_by_name(links, bond->name) || bond_has_any(links, bond))
		return NULL;
	return "none of its members is a network device of this host, so those that it has stay in";
}

bool bond_is_ours(const struct link *link)
{
	return link->ours && strcmp(link->kind, BOND_KIND) == 0;
}
