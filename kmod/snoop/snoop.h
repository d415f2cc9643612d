/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Multicast snooping (vifswitch/snoop-abi.h): core/igmp.h reads, core/group-table.h keeps.
 *
 * Locking. Frames find the snoop and its members under RCU; the table changes under
 * snoop->lock alone, which frames take, too, so others take it with bottom halves off. A
 * member that is taken out is given back a grace period later. A port is taken out of the
 * table while it leaves, and adds nothing to it any more: port->leaving is set before and is
 * looked at under the lock.
 *
 * Work. A switch that snoops has one work, which begins with the snoop and is stopped before
 * it is freed: it forgets what has lapsed, and asks on the switch's behalf. It does a bounded
 * part each time. Frames start nothing: what they cause to be asked they ask themselves.
 */
#ifndef VS_SNOOP_H
#define VS_SNOOP_H

#include <vifswitch/snoop-abi.h>

#include "../vifswitch.h"

/* In whose VLAN are the members that are always there: */
#define VS_ALWAYS_VID		VIFSWITCH_VID_NONE
#define VS_ALWAYS_ROUTERS	((struct vs_group){ { 0, VS_GROUP_IP4 }, VS_ALWAYS_VID })
#define VS_ALWAYS_REPORTS	((struct vs_group){ { 0, 0 }, VS_ALWAYS_VID })

struct vs_snoop {
	struct rcu_head rcu;
	spinlock_t lock;	/* the table, and the ports' parts of it */
	struct vs_switch *sw;
	struct delayed_work work;
	/* as it was told */
	bool flood;
	u8 querier;
	u32 port_max;
	u64 ageing;		/* ms, as all times here */
	/* the work's */
	u64 next_round;
	u64 asking;		/* ports from this seq on are still to be asked; U64_MAX: none */
	u8 asking_version;
	atomic64_t passed_over;
	atomic64_t refused;
	u8 vlans[VIFSWITCH_VLAN_BITMAP_LEN];	/* that ports are in; a bit stays */
	struct vs_groups table;
};

/* A member that the table has of its own; those of ports are in them. */
struct vs_heard {
	struct vs_member member;
	struct rcu_head rcu;
};

static inline u64 vs_snoop_now(void)
{
	return jiffies64_to_msecs(get_jiffies_64());
}

static inline struct vs_port *vs_port_of_member(const struct vs_member *m)
{
	return container_of(m->port, struct vs_port, groups);
}

/* snoop-table.c: under rtnl */
int vs_snoop_set(struct vs_switch *sw, const struct vifswitch_snoop *told, struct vs_error *err);
/* False: it does not snoop. */
bool vs_snoop_read(const struct vs_switch *sw, struct vifswitch_snoop *ret);

/* Under snoop->lock. A member is no more. */
void vs_snoop_forget(struct vs_snoop *s, struct vs_member *m);
u64 vs_snoop_interval(const struct vs_snoop *s);

/* snoop-ask.c */
/* By IGMP and MLD, in its VLANs; @unless_heard: not where a router is. For frames' context. */
void vs_ask_port(struct vs_snoop *s, struct vs_port *port, u8 version, bool unless_heard);
/* For @group alone. */
void vs_ask_group(struct vs_snoop *s, struct vs_port *port, const struct vs_group *group);

#endif /* VS_SNOOP_H */
