/* SPDX-License-Identifier: GPL-2.0-or-later WITH Linux-syscall-note */
/*
 * Multicast snooping: a switch that listens to IGMP and MLD (kmod/core/igmp.h) sends packets
 * to a group only to the ports that want it, and to those with a router. SWITCH_SET (abi.h)
 * takes SNOOP; GROUP_GET shows who wants what. A switch does nothing of it until it is told.
 *
 *  - What hosts report goes to routers alone: to ports with FIXED in GROUP_GET, to those
 *    from which a router was heard, and to uplinks.
 *  - A router is heard by its queries, except those from 0.0.0.0, or its PIM hellos. Of a
 *    guest's port neither is believed, and its queries are dropped (GROUP_QUERY), unless its
 *    program has PF_ROUTER or PF_GROUP_ROUTER.
 *  - Groups of the link (224.0.0.0/24, ff02::1), and what is no IP, go to every port; so do
 *    other groups of ff02::/16 that nobody wants, for neighbour discovery works by them.
 *  - A port that becomes active, or whose netdev comes up, is asked at once.
 */
#ifndef VIFSWITCH_SNOOP_ABI_H
#define VIFSWITCH_SNOOP_ABI_H

#include <linux/types.h>

#define VIFSWITCH_SNOOP_LEN		40	/* octets of SNOOP */
#define VIFSWITCH_GROUPS_PORT_DEFAULT	256	/* groups of a port */
#define VIFSWITCH_GROUPS_PORT_MAX	4096
#define VIFSWITCH_GROUPS_SWITCH_MAX	65536	/* of all ports */
#define VIFSWITCH_GROUP_AGEING_DEFAULT_S 300
#define VIFSWITCH_GROUP_AGEING_MIN_S	3
#define VIFSWITCH_GROUP_AGEING_MAX_S	3600
#define VIFSWITCH_QUERY_INTERVAL_S	125	/* with the default ageing, else in proportion */

#define VIFSWITCH_SNOOP_ON	(1U << 0)
#define VIFSWITCH_SNOOP_FLOOD	(1U << 1)	/* to a group that nobody wants: to every port */

struct vifswitch_snoop {
	__u32 flags;			/* VIFSWITCH_SNOOP_*; 0 with all else 0: off */
	/*
	 * the switch asks by itself, wherever no router is heard: 2: by IGMPv2 and MLDv1,
	 * 3: by IGMPv3 and MLDv2; 0: no
	 */
	__u32 querier;
	/* groups of a port, 1..GROUPS_PORT_MAX; of an uplink or a tunnel a quarter of SWITCH_MAX */
	__u32 port_max;
	__u32 ageing_s;			/* a member that is not heard lapses after so long */
	/* reply only */
	__u32 members;
	__u32 reserved;
	__u64 refused;			/* joins beyond a limit */
	__u64 passed_over;		/* reports beyond what a port may send in a second */
};

#define VIFSWITCH_GROUP_ROUTER	(1U << 0)	/* a router; address has its family alone */
#define VIFSWITCH_GROUP_FIXED	(1U << 1)	/* by the port's program; of both families */
#define VIFSWITCH_GROUP_REPORTS	(1U << 2)	/* an uplink: gets reports only */

/* A port and a group that it wants. */
struct vifswitch_group {
	__u8 address[16];		/* IPv4 as ::ffff:a.b.c.d */
	__u32 flags;
	__u32 left_ms;			/* until it lapses; 0 of FIXED and REPORTS */
};

#endif /* VIFSWITCH_SNOOP_ABI_H */
