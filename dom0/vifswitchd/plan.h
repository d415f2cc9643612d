/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The plan: what must be done to get from what is to what is wanted. A pure
 * function of the facts and the time; nothing is done when nothing differs.
 *
 * Deletes come first, because a netdev may have to leave one switch before it
 * can join another. Then the ports in the order they are wanted: switches,
 * uplinks, VIFs. For a netdev of a VIF the order is: down, with its MTU, name
 * and address; joined with program and cookie in one step, claim dormant; up.
 * netback carries a guest's packets as soon as the netdev is up, so up comes
 * last.
 *
 * What mirrors' copies go to comes before other VIFs, and between the two the mirrors:
 * then a VM's first frame is copied, where sensor and VM come together.
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

#include "vifswitchd/wanted.h"

enum op_code {
	OP_PORT_DEL,		/* ifindex */
	OP_LINK_NEW,		/* port->create */
	OP_UPLINK_FREE,		/* ifindex: fails while the host's own network hangs on it */
	OP_SWITCH_AGEING,	/* ifindex; port->ageing_ms */
	OP_LINK_SET,		/* ifindex, link */
	OP_SHAPE,		/* ifindex; port->shaping, without a port: none */
	OP_PORT_NEW,		/* sw, ifindex; port->policy and cookie; dormant */
	OP_PORT_SET,		/* ifindex; port->policy and cookie */
	OP_CLAIM,		/* ifindex; port->claim */
	OP_ANNOUNCE,		/* ifindex */
	OP_ACL_LOAD,		/* acl */
	OP_ACL_DEL,		/* acl_id */
	OP_MIRROR_SET,		/* sw, mirror */
	OP_MIRROR_DEL,		/* sw, mirror_number */
	OP_LINK_DEL,		/* ifindex: one that was made for a mirror, or a bond */
	OP_SETTLED,		/* nothing is left to do of what failed before */
	OP_BOND_SET,		/* ifindex; port->bond, as far as it can be set now: settable */
	OP_BOND_PRIMARY,	/* ifindex; other: the member, or 0 */
	OP_MEMBER_ADD,		/* ifindex, of a bond's member; other: the bond */
	OP_MEMBER_DEL,		/* ifindex */
};

struct op {
	enum op_code code;
	const struct wanted_port *port;	/* whose it is, or NULL */
	struct retry *retry;		/* the owner's, or NULL */
	uint32_t ifindex;
	uint32_t sw;
	struct acl_object *acl;
	uint32_t acl_id;
	const struct mirror_use *mirror;
	uint32_t mirror_number;
	uint32_t other;
	size_t settable;		/* attributes of a bond */
	struct link_change link;
};

struct plan {
	struct op *ops;
	size_t count, size;
	uint64_t retry_at;		/* the earliest time something held back may go; 0: none */
	bool out_of_memory;
	struct map kept;		/* ports that have an owner */
};

/*
 * Fill @plan, which is empty or was used before. Pointers in it point to @wanted
 * and @facts, neither of which it changes.
 */
int plan_make(const struct facts *facts, const struct wanted *wanted, uint64_t now,
	      struct plan *plan);
void plan_deinit(struct plan *plan);

#endif /* VIFSWITCH_PLAN_H */
