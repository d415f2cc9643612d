// SPDX-License-Identifier: GPL-2.0-or-later
#include <linux/if_link.h>

#include "uplink/bond-link.h"

#include "base/mem.h"

static void set_up_again(struct rtnl *rtnl, uint32_t ifindex, char **ret_why)
{
	const struct link_change up = { .up = true };

	*ret_why = xprintf("%s", rtnl_error(rtnl));
	rtnl_set(rtnl, ifindex, &up);
	rtnl_events(rtnl);
}

/*
 * The kernel tells nobody of a bond's options while it is down: they are read back, after what
 * it told of the time before.
 */
int bond_link_set(struct rtnl *rtnl, uint32_t bond, const struct link_spec *options, bool up,
		  char **ret_why)
{
	int r = rtnl_link_change(rtnl, bond, options);

	if (r < 0 && up)
		set_up_again(rtnl, bond, ret_why);
	if (r == 0)
		r = rtnl_events(rtnl);
	return r < 0 ? r : rtnl_read(rtnl, bond);
}

static int set_one(struct rtnl *rtnl, uint32_t bond, uint16_t type, const void *value, uint16_t len)
{
	const struct link_attr attr = { type, len, value };
	const struct link_spec spec = { .kind = BOND_KIND, .data = &attr, .count = 1 };

	return bond_link_set(rtnl, bond, &spec, false, NULL);
}

int bond_link_set_primary(struct rtnl *rtnl, uint32_t bond, uint32_t member)
{
	return set_one(rtnl, bond, IFLA_BOND_PRIMARY, &member, sizeof(member));
}

int bond_link_set_all_active(struct rtnl *rtnl, uint32_t bond, bool heard)
{
	const uint8_t value = heard;

	return set_one(rtnl, bond, IFLA_BOND_ALL_SLAVES_ACTIVE, &value, sizeof(value));
}

int bond_link_add(struct rtnl *rtnl, uint32_t bond, uint32_t member, char **ret_why)
{
	const struct link *link = links_get(rtnl->links, member);
	const struct link_change down = { .down = true };
	bool was_up = link && link->flags & IFF_UP;
	int r = rtnl_set(rtnl, member, &down);

	if (r < 0)
		return r;
	r = rtnl_set_master(rtnl, member, bond);
	if (r < 0 && was_up)
		set_up_again(rtnl, member, ret_why);
	return r < 0 ? r : rtnl_events(rtnl);
}

int bond_link_set_member(struct rtnl *rtnl, uint32_t member,
			 const struct bond_member_change *change)
{
	struct link_attr attrs[2];
	size_t count = 0;
	int r;

	if (change->set_priority)
		attrs[count++] = (struct link_attr){
			IFLA_BOND_SLAVE_ACTOR_PORT_PRIO, sizeof(change->priority),
			&change->priority };
	if (change->set_queue)
		attrs[count++] = (struct link_attr){
			IFLA_BOND_SLAVE_QUEUE_ID, sizeof(change->queue), &change->queue };
	r = rtnl_member_change(rtnl, member, BOND_KIND, attrs, count);
	if (r == 0)
		r = rtnl_events(rtnl);
	return r < 0 ? r : rtnl_read(rtnl, member);
}

int bond_link_look(struct rtnl *rtnl, uint32_t bond)
{
	uint32_t members[UPLINK_MEMBERS_MAX];
	const struct link *link;
	size_t count = 0;
	int r = rtnl_read(rtnl, bond);

	/* Reading changes the map. */
	map_for_each(&rtnl->links->by_index, i, link)
		if (link->master == bond && count < UPLINK_MEMBERS_MAX)
			members[count++] = link->ifindex;
	for (size_t i = 0; i < count && r == 0; i++)
		r = rtnl_read(rtnl, members[i]);
	return r;
}

char *bond_link_rival(const struct link *other, const struct link_spec *create)
{
	if (other && strcmp(other->kind, "bridge") == 0)
		return xprintf("a Linux bridge has that name; with its ports, and back again: "
			       "vifctl uplink adopt %s --confirm 60s", other->name);
	if (!create->alias || !other)
		return NULL;
	return xprintf("a %s of that name exists that this service did not make, and does not change; to "
		       "use it as it is: vifctl uplink set %s members=",
		       *other->kind ? other->kind : "device", other->name);
}

int bond_link_upper(struct rtnl *rtnl, uint32_t member, char **ret_words)
{
	struct rtnl_bridge has;
	int r = rtnl_bridge_get(rtnl, member, &has);

	if (r == 0 && has.upper[0])
		*ret_words = xprintf("%s is made of it", has.upper);
	return r;
}
