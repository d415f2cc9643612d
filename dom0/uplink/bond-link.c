// SPDX-License-Identifier: GPL-2.0-or-later
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

int bond_link_upper(struct rtnl *rtnl, uint32_t member, char **ret_words)
{
	struct rtnl_bridge has;
	int r = rtnl_bridge_get(rtnl, member, &has);

	if (r == 0 && has.upper[0])
		*ret_words = xprintf("%s is made of it", has.upper);
	return r;
}
