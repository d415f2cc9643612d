// SPDX-License-Identifier: GPL-2.0-or-later
/* Multicast snooping over netlink. */

#include "../snoop/snoop.h"
#include "family.h"

int vs_snoop_request(struct vs_switch *sw, const struct nlattr *data, struct vs_error *err)
{
	struct vifswitch_snoop told;

	memcpy(&told, nla_data(data), sizeof(told));
	return vs_snoop_set(sw, &told, err);
}

/* Nothing of a switch that does not. */
int vs_snoop_put(struct sk_buff *msg, const struct vs_switch *sw)
{
	struct vifswitch_snoop snoop;

	BUILD_BUG_ON(sizeof(snoop) != VIFSWITCH_SNOOP_LEN);
	if (!vs_snoop_read(sw, &snoop))
		return 0;
	return nla_put(msg, VIFSWITCH_A_SNOOP, sizeof(snoop), &snoop);
}

static u32 flags_of(const struct vs_group *g)
{
	if (g->vid == VS_ALWAYS_VID)
		return vs_group_is_ip4(g) ? VIFSWITCH_GROUP_FIXED | VIFSWITCH_GROUP_ROUTER :
					    VIFSWITCH_GROUP_REPORTS;
	return vs_group_is_none(g) ? VIFSWITCH_GROUP_ROUTER : 0;
}

static int put_member(struct sk_buff *msg, void *what)
{
	const struct vs_member *m = what;
	const struct vs_port *port = vs_port_of_member(m);
	struct vifswitch_group group = { .flags = flags_of(&m->group) };
	u64 now = vs_snoop_now(), until = vs_look(m->until);

	if (until != U64_MAX)
		group.left_ms = until > now ? (u32)(until - now) : 0;
	put_unaligned_be64(m->group.address[0], group.address);
	put_unaligned_be64(m->group.address[1], group.address + 8);
	return nla_put_u32(msg, VIFSWITCH_A_SWITCH, port->sw->dev->ifindex) ||
	       nla_put_u32(msg, VIFSWITCH_A_PORT, port->dev->ifindex) ||
	       nla_put_u16(msg, VIFSWITCH_A_VLAN, m->group.vid) ||
	       nla_put(msg, VIFSWITCH_A_GROUP, sizeof(group), &group) ? -EMSGSIZE : 0;
}

/* From bucket @at->place, @at->skip members into it, which are left at what found no room. */
static int dump_one(struct sk_buff *msg, struct netlink_callback *cb, struct vs_switch *sw)
{
	const struct vs_snoop *s = rtnl_dereference(sw->snoop);
	struct vs_dump *at = vs_dump_of(cb);
	const struct vs_member *m;
	u64 now = vs_snoop_now();
	int rc = 0;
	long i;

	rcu_read_lock();
	for (; s && at->place < 1L << VS_GROUPS_BITS; at->place++, at->skip = 0) {
		i = 0;
		for (m = vs_groups_at(&s->table, at->place); m; m = vs_groups_behind(m)) {
			if (i++ < at->skip)
				continue;
			if (vs_member_is(m, now))
				rc = vs_dump_put(msg, cb, put_member, (void *)m);
			if (rc)
				goto out;
			at->skip++;
		}
	}
out:
	rcu_read_unlock();
	return rc;
}

void vs_group_dump(struct sk_buff *msg, struct netlink_callback *cb)
{
	vs_dump_switches(msg, cb, dump_one);
}
