/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the kernel says about netdevs and ports: two caches keyed by ifindex,
 * without I/O. rtnl.c and apply.c keep them true.
 */
#ifndef DATAPATH_LINKS_LINK_H
#define DATAPATH_LINKS_LINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/map.h"
#include "datapath/messages.h"
#include "policy/port-policy.h"

/* The two netdevs a VIF can have. */
enum half {
	HALF_VIF,
	HALF_TAP,
	HALF_COUNT
};

#define LINK_KIND_MAX	16

/* What the kernel says of one of kind "bond". */
struct link_bond {
	bool known;			/* it was said */
	uint8_t mode;			/* BOND_MODE_* of linux/if_bonding.h */
	uint8_t hash;			/* BOND_XMIT_POLICY_* */
	uint8_t all_active;		/* members that carry nothing are heard, too */
	uint8_t lacp_active, lacp_rate;
	uint32_t miimon, updelay, downdelay;	/* milliseconds */
	uint32_t active, primary;	/* ifindexes; 0: none */
	uint8_t partner[6];		/* of the aggregate in use; zero: nobody answers */
	uint16_t aggregated, aggregator;	/* its ports, and its number */
	bool actor_known;		/* who may not change it is not told: */
	uint16_t system_priority, user_key;
	uint8_t system_id[6];		/* zero: the bond's own address */
};

/* And of a member of one. */
struct link_member {
	bool known;			/* it was said */
	bool up;			/* the bond found its link up for long enough */
	uint16_t queue;
	uint32_t failures;		/* of its link, since it is in */
	uint16_t aggregator;		/* with LACP: the number of its own; 0: none */
	uint8_t actor_state;		/* LACP_STATE_* of IEEE 802.1AX, 6.4.2.3 */
	uint16_t partner_state;
	bool has_priority;		/* this kernel has them */
	uint16_t priority;
};

struct link {
	uint32_t ifindex;
	char name[IFNAMSIZ];
	uint32_t flags;			/* IFF_* */
	uint32_t mtu;
	uint64_t speed_bps;		/* 0: not known, or a VIF's */
	uint32_t master;
	uint32_t lower;			/* what it is made of, or its other end, if that is here */
	uint32_t nic;			/* it is a port of: a sum of the switch id; 0: none */
	uint8_t mac[6];
	char kind[LINK_KIND_MAX];	/* "vifswitch", "vxlan"; "": a device, or not said */
	bool is_switch;
	bool ours;			/* its alias says that this service made it */
	struct link_bond bond;
	struct link_member member;
	uint32_t moves;			/* counts: another member of the bond carries all */
	uint32_t ageing_ms;		/* of a switch; 0: not known, and then neither is */
	uint32_t flow_mode;		/* VIFSWITCH_OF_ON, ... */
	struct dp_snoop snoop;		/* of a switch, likewise */
	bool loop;			/* likewise */
	bool shaped;			/* its root qdisc is ours (shaping.h) */
	bool hooked;			/* as all was read, it could have filters (flower-tc.h) */
	bool is_half;			/* one of a VIF's netdevs: */
	bool looked;			/* XenStore was asked about it */
	bool by_device;			/* known from its xenbus device, not its name */
	enum half half;
	uint32_t domid;
	uint32_t devid;
};

/* A netdev to be made: its kind, and what the kind wants to know (IFLA_INFO_DATA). */
struct link_attr {
	uint16_t type;
	uint16_t len;
	const void *value;
};

struct link_spec {
	const char *name;
	const char *kind;
	const char *or_kind;		/* where @kind is not to be had; NULL: no other */
	const struct link_attr *data;
	size_t count;
	/* The IPv6 address that packets to @source_for leave with, as that attribute; NULL: no. */
	const uint8_t *source_for;
	uint16_t source_type;
	const char *alias;		/* by which we know it as ours; NULL: by its name */
};

/* Changes to a netdev in one request; members that are 0, NULL or false stay. */
struct link_change {
	bool up, down;
	bool quiet;		/* no IPv6 address of dom0's own on it */
	bool vm_mac;		/* fe:ff:ff:ff:ff:ff, as netback's netdevs have */
	uint32_t mtu;
	uint8_t mac[6];		/* zero: as it is */
	char name[IFNAMSIZ];
};

struct links {
	struct map by_index;
	struct map by_name;
	struct map by_half;
	bool complete;			/* a full dump was read */
	uint64_t moves;			/* of all bonds, counted */
	uint64_t switch_changes;	/* counts: switches came, went or were renamed */
};

struct link *links_get(const struct links *links, uint32_t ifindex);
struct link *links_by_name(const struct links *links, const char *name);
struct link *links_by_half(const struct links *links, uint32_t domid, uint32_t devid,
			   enum half half);
/* The switch of that name, or NULL. */
struct link *links_switch(const struct links *links, const char *name);
/*
 * Enter or update a link. What it is to a VIF is kept from the entry it
 * replaces unless @link says it: a rename does not change whose it is.
 */
int links_update(struct links *links, const struct link *link);
void links_remove(struct links *links, uint32_t ifindex);
void links_clear(struct links *links);
void links_deinit(struct links *links);

/* "vif3.0" -> half VIF; "vif3.0-emu", "tap3.0" -> half TAP; false for others. */
bool link_parse_name(const char *name, uint32_t *ret_domid, uint32_t *ret_devid,
		     enum half *ret_half);
/* "vif-3-0", the end of a netback netdev's sysfs device link. */
bool link_parse_device(const char *name, uint32_t *ret_domid, uint32_t *ret_devid);
/* How the name begins that a netdev has while it is made, before its alias says whose it is. */
#define LINK_UNFINISHED	"vsnew-"
#define LINK_ALIAS	"made by vifswitchd"
/* That name of the one that is to be @name. */
void link_unfinished_name(const char *name, char ret[IFNAMSIZ]);

struct port {
	uint32_t ifindex;
	uint32_t sw;
	uint32_t flags;			/* VIFSWITCH_PORT_* */
	uint8_t claim;
	uint8_t cookie[VIFSWITCH_COOKIE_MAX];
	uint32_t cookie_len;
	struct port_policy *policy;	/* NULL: closed */
	struct vifswitch_loop_port loop;
	bool seen;			/* by the dump that is running */
};

struct ports {
	struct map by_index;
	bool complete;
};

struct port *ports_get(const struct ports *ports, uint32_t ifindex);
/* Enter or update; NULL when out of memory. Copies policy and cookie. */
struct port *ports_update(struct ports *ports, uint32_t sw, uint32_t ifindex,
			  const struct port_policy *policy, const void *cookie,
			  uint32_t cookie_len);
void ports_remove(struct ports *ports, uint32_t ifindex);
/* Around a dump: what was not entered in between is gone. */
void ports_mark(struct ports *ports);
void ports_sweep(struct ports *ports);
void ports_deinit(struct ports *ports);

#endif /* DATAPATH_LINKS_LINK_H */
