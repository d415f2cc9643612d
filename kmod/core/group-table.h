/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who wants which multicast group: the table of a switch that listens in (igmp.h). A member
 * is a port, a group and a VLAN, and lapses if nothing is heard of it. A router is a member
 * of no group, of its family: whoever asks is one, and gets what all groups get.
 *
 * Each member is the port's that caused it, so a port that joins without end takes its own
 * share and nobody else's: struct vs_group_port has a limit, and all ports together have one.
 *
 * Memory is the caller's: it hands a member in, and gets one back that is out of the table.
 * Whoever changes the table has it for himself; others read it meanwhile, if what comes out
 * is given back only when they are done. Time is a number that grows, of any unit.
 */
#ifndef VS_GROUP_TABLE_H
#define VS_GROUP_TABLE_H

#include <vifswitch/abi.h>

#include "igmp.h"

#define VS_GROUPS_BITS	12

struct vs_link {
	struct vs_link *next;
	struct vs_link **at;
};

/* What a port has to do with groups. */
struct vs_group_port {
	struct vs_link *members;
	u32 count;
	u32 max;
	u64 refused;		/* joins beyond a limit */
};

struct vs_member {
	struct vs_link in_group;	/* first: with all others of the group */
	struct vs_link by_port;		/* alone in the table of groups and ports */
	struct vs_link of_port;
	struct vs_group group;
	struct vs_group_port *port;
	u64 until;
};

struct vs_groups {
	u64 seed;			/* of the hash; no guest knows it */
	u32 count;
	u32 max;
	u32 hand;			/* where sweeping goes on */
	struct vs_link *group[1 << VS_GROUPS_BITS];
	struct vs_link *port[1 << VS_GROUPS_BITS];
};

/* What a switch does with a frame for many. */
enum vs_group_way {
	VS_GROUP_ALL,		/* to every port, as without snooping */
	VS_GROUP_MEMBERS,	/* to those that want the group, and to routers */
	VS_GROUP_ROUTERS,
	VS_GROUP_REPORTS,	/* to routers and uplinks */
	VS_GROUP_REFUSED,	/* who sent it may not ask */
};

/* May there be a router at a port with these flags of a program (vifswitch/abi.h)? */
static inline bool vs_group_may_route(u32 flags)
{
	return !(flags & VIFSWITCH_PF_GUEST) ||
	       flags & (VIFSWITCH_PF_ROUTER | VIFSWITCH_PF_GROUP_ROUTER);
}

/*
 * Of a packet to @g that is of @kind, from a port with @flags. @registered: somebody wants the
 * group. @flood: what nobody wants goes to all. What no host believes has no business with
 * hosts: it goes where reports do.
 */
static inline enum vs_group_way vs_group_way(const struct vs_group *g, enum vs_igmp_kind kind,
					     u32 flags, bool registered, bool flood)
{
	if (kind == VS_IGMP_REPORT || kind == VS_IGMP_BAD)
		return VS_GROUP_REPORTS;
	if (kind == VS_IGMP_QUERY && !vs_group_may_route(flags))
		return VS_GROUP_REFUSED;
	if (vs_group_is_for_all(g))
		return VS_GROUP_ALL;
	if (registered)
		return VS_GROUP_MEMBERS;
	return flood || vs_group_is_link(g) ? VS_GROUP_ALL : VS_GROUP_ROUTERS;
}

enum vs_join {
	VS_JOIN_KNOWN,		/* was a member, and lapses later now */
	VS_JOIN_NEW,		/* @spare is in the table */
	VS_JOIN_NO_SPARE,	/* would be one, had there been a spare */
	VS_JOIN_REFUSED,	/* has its limit, or the table has */
};

void vs_groups_init(struct vs_groups *t, u64 seed, u32 max);

enum vs_join vs_groups_join(struct vs_groups *t, struct vs_group_port *port,
			    const struct vs_group *group, u64 until, struct vs_member *spare);

/* Whatever the limits are; it is none yet. */
void vs_groups_insert(struct vs_groups *t, struct vs_group_port *port,
		      const struct vs_group *group, u64 until, struct vs_member *m);

/* For readers, too; it may have lapsed. */
struct vs_member *vs_groups_find(const struct vs_groups *t, const struct vs_group_port *port,
				 const struct vs_group *group);

/* Readers may still see it. */
void vs_groups_remove(struct vs_groups *t, struct vs_member *m);

/* The members of @group lapse at @until, those that would not before. */
void vs_groups_shorten(struct vs_groups *t, const struct vs_group *group, u64 until);

/* A member that has lapsed, taken out, among the next *@places; NULL: none, and none are left. */
struct vs_member *vs_groups_sweep(struct vs_groups *t, u64 now, u32 *places);

/* One of the port's, taken out; NULL: it has none. */
struct vs_member *vs_groups_take(struct vs_groups *t, struct vs_group_port *port);

static inline bool vs_member_is(const struct vs_member *m, u64 now)
{
	return vs_look(m->until) > now;
}

/* For readers: the members of @group that are not lapsed, one after the other. */
const struct vs_member *vs_groups_first(const struct vs_groups *t, const struct vs_group *group,
					u64 now);
const struct vs_member *vs_groups_next(const struct vs_member *m, u64 now);

/* For readers: every member of the @place'th bucket; lapsed ones, too. */
static inline const struct vs_member *vs_groups_at(const struct vs_groups *t, u32 place)
{
	return (const struct vs_member *)vs_look(t->group[place]);
}

static inline const struct vs_member *vs_groups_behind(const struct vs_member *m)
{
	return (const struct vs_member *)vs_look(m->in_group.next);
}

#endif /* VS_GROUP_TABLE_H */
