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
	if (o->mode == BOND_MODE_8023AD) {
		add(b, IFLA_BOND_AD_ACTOR_SYS_PRIO, &o->system_priority,
		    sizeof(o->system_priority));
		add(b, IFLA_BOND_AD_ACTOR_SYSTEM, o->system_id, sizeof(o->system_id));
	}
	b->settable[BOND_LIVE] = b->spec.count;
	if (o->mode == BOND_MODE_8023AD) {
		add(b, IFLA_BOND_AD_LACP_ACTIVE, &o->lacp_active, sizeof(o->lacp_active));
		add(b, IFLA_BOND_AD_LACP_RATE, &o->lacp_rate, sizeof(o->lacp_rate));
	}
	b->settable[BOND_DOWN] = b->spec.count;
	/* Members get it when they go in. */
	if (o->mode == BOND_MODE_8023AD)
		add(b, IFLA_BOND_AD_USER_PORT_KEY, &o->user_key, sizeof(o->user_key));
	add(b, IFLA_BOND_MODE, &o->mode, sizeof(o->mode));
	b->settable[BOND_EMPTY] = b->spec.count;
}

enum bond_change bond_compare(const struct bond *b, const struct link_bond *now)
{
	const struct link_bond *o = &b->options;

	if (!now->known)
		return BOND_SAME;
	if (o->mode != now->mode || (o->mode == BOND_MODE_8023AD && now->actor_known &&
				     o->user_key != now->user_key))
		return BOND_EMPTY;
	if (o->mode == BOND_MODE_8023AD &&
	    (o->lacp_active != now->lacp_active || o->lacp_rate != now->lacp_rate))
		return BOND_DOWN;
	if (o->mode == BOND_MODE_8023AD && now->actor_known &&
	    (o->system_priority != now->system_priority ||
	     memcmp(o->system_id, now->system_id, sizeof(o->system_id)) != 0))
		return BOND_LIVE;
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

void bond_queues_read(const struct links *links, const struct link *bond, struct bond_queues *ret)
{
	const struct link *member;

	*ret = (struct bond_queues){};
	map_for_each(&links->by_index, i, member) {
		uint32_t bit = member->member.queue <= SLB_MEMBERS_MAX ?
			       1U << member->member.queue : 0;

		if (member->master == bond->ifindex) {
			ret->twice |= ret->taken & bit;
			ret->taken |= bit;
		}
	}
}

/* What it has, if that is its own; else the first that is free. None without balance-slb. */
static uint16_t queue_of(const struct bond *b, const struct link *member,
			 const struct bond_queues *queues)
{
	uint16_t queue = member->member.queue;

	if (!b->slb)
		return 0;
	if (queue && queue <= SLB_MEMBERS_MAX && !(queues->twice >> queue & 1))
		return queue;
	for (queue = 1; queue < SLB_MEMBERS_MAX && queues->taken >> queue & 1;)
		queue++;
	return queue;
}

static uint16_t priority_of(const struct bond *b, const struct link *member)
{
	for (size_t i = 0; i < b->count; i++)
		if (strcmp(b->members[i], member->name) == 0)
			return b->priority[i];
	return member->member.priority;
}

bool bond_member_differs(const struct bond *b, const struct link *member, bool left,
			 const struct bond_queues *queues, struct bond_member_change *ret)
{
	const struct link_member *now = &member->member;

	*ret = (struct bond_member_change){
		.priority = priority_of(b, member),
		.queue = left ? 0 : queue_of(b, member, queues),
	};
	ret->set_priority = b->options.mode == BOND_MODE_8023AD && now->has_priority &&
			    now->priority != ret->priority;
	ret->set_queue = b->options.mode == BOND_MODE_ACTIVEBACKUP && now->known &&
			 now->queue != ret->queue;
	return ret->set_priority || ret->set_queue;
}

bool bond_speaks_lacp(const struct link *link)
{
	return link && link->bond.known && link->bond.mode == BOND_MODE_8023AD;
}

bool bond_is_alone(const struct link_bond *now)
{
	static const uint8_t nobody[6];

	return now->known && now->mode == BOND_MODE_8023AD &&
	       memcmp(now->partner, nobody, sizeof(nobody)) == 0;
}

const char *bond_closed_for(const struct bond *b, const struct link *link)
{
	if (b->fallback || b->options.mode != BOND_MODE_8023AD ||
	    (link && !bond_is_alone(&link->bond)))
		return NULL;
	return "closed: no LACP partner answers, and fallback=false lets nothing pass then";
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
