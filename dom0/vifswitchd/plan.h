/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The plan: what must be done to get from what is to what is wanted. A pure
 * function of the facts and the time; nothing is done when nothing differs.
 *
 * Deletes come first, because a netdev may have to leave one switch before it
 * can join another. Then switches, their local ports, uplinks and VIFs. For a
 * netdev of a VIF the order is: down, with its MTU, name and address; joined
 * with program and cookie in one step, claim dormant; up. netback carries a
 * guest's packets as soon as the netdev is up, so up comes last.
 *
 * ACLs are loaded first, and a port gets a program that names one only when the
 * kernel has it as it should be, which is the next plan's business. One that no
 * program names any more is deleted last.
 *
 * Operations of one owner depend on each other: if one fails, the rest of that
 * owner's are left out. Owners never wait for each other.
 */
#ifndef VIFSWITCH_PLAN_H
#define VIFSWITCH_PLAN_H

#include "vifswitchd/observed.h"

enum op_kind {
	OP_PORT_DEL,		/* ifindex */
	OP_SWITCH_NEW,		/* name */
	OP_SWITCH_AGEING,	/* ifindex, ageing_ms */
	OP_LINK_SET,		/* ifindex, link */
	OP_SHAPE,		/* ifindex, shaping */
	OP_PORT_NEW,		/* sw, ifindex, program, cookie; dormant */
	OP_PORT_SET,		/* ifindex, program, cookie */
	OP_CLAIM,		/* ifindex, claim */
	OP_ANNOUNCE,		/* ifindex */
	OP_ACL_LOAD,		/* acl */
	OP_ACL_DEL,		/* acl_id */
};

/* Changes to a netdev in one request; members that are 0, "" or false stay. */
struct link_change {
	bool up, down;
	bool quiet;		/* no IPv6 address of dom0's own on it */
	bool vm_mac;		/* fe:ff:ff:ff:ff:ff, as netback's netdevs have */
	uint32_t mtu;
	char name[IFNAMSIZ];
};

enum owner_kind {
	OWNER_NONE,
	OWNER_SWITCH,
	OWNER_UPLINK,
	OWNER_VIF,
	OWNER_ACL,
};

struct op {
	enum op_kind kind;
	enum owner_kind owner;
	struct effort *effort;		/* the owner's, or NULL */
	struct vif *vif;		/* of OWNER_VIF */
	enum half half;
	uint32_t ifindex;
	uint32_t sw;
	uint32_t ageing_ms;
	struct shaping shaping;		/* its classes are the uplink's */
	struct uplink_shape *shape;	/* of OWNER_UPLINK */
	int claim;
	const char *name;
	const struct program *program;
	struct acl_object *acl;
	uint32_t acl_id;
	struct cookie cookie;
	struct link_change link;
};

struct plan {
	struct op *ops;
	size_t count, size;
	uint64_t retry_at;		/* the earliest time something held back may go; 0: none */
	bool out_of_memory;
	struct map kept;		/* ports that have an owner */
};

/* Fill @plan, which is empty or was used before. Pointers in it point to facts. */
int plan_make(struct facts *facts, uint64_t now, struct plan *plan);
void plan_deinit(struct plan *plan);

#endif /* VIFSWITCH_PLAN_H */
