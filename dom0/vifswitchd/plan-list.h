/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The list that plan.h speaks of: operations, and how one is added. */
#ifndef VIFSWITCHD_PLAN_LIST_H
#define VIFSWITCHD_PLAN_LIST_H

#include <stdlib.h>

#include "uplink/bond.h"
#include "vifswitchd/networks-here.h"
#include "vifswitchd/wanted.h"

enum op_code {
	OP_PORT_DEL,		/* ifindex */
	OP_LINK_NEW,		/* port->create */
	OP_UPLINK_FREE,		/* ifindex: fails while the host's own network hangs on it */
	OP_SWITCH_SET,		/* ifindex; port->ageing_ms, flow_mode, snoop, loop */
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
	OP_MEMBER_SET,		/* ifindex, member */
	OP_BOND_ALL_ACTIVE,	/* ifindex; other: 1, or 0 */
	OP_NETWORK,		/* network */
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
	struct bond_member_change member;
	struct network_step network;
	struct link_change link;
};

struct plan {
	struct op *ops;
	size_t count, size;
	uint64_t now;
	uint64_t retry_at;		/* the earliest time something held back may go; 0: none */
	bool out_of_memory;
	struct map kept;		/* ports that have an owner */
};

/* One more, as @like but for its code. */
static inline struct op *plan_op(struct plan *plan, const struct op *like, enum op_code code)
{
	static struct op scratch;	/* written when out of memory, never read */

	if (plan->count == plan->size) {
		size_t size = plan->size ? plan->size * 2 : 64;
		struct op *ops = realloc(plan->ops, size * sizeof(*ops));

		if (!ops) {
			plan->out_of_memory = true;
			return &scratch;
		}
		plan->ops = ops;
		plan->size = size;
	}
	plan->ops[plan->count] = *like;
	plan->ops[plan->count].code = code;
	return &plan->ops[plan->count++];
}

/* True if an owner that failed lately must wait. */
static inline bool plan_held_back(struct plan *plan, const struct retry *retry)
{
	if (retry->at <= plan->now)
		return false;
	if (!plan->retry_at || retry->at < plan->retry_at)
		plan->retry_at = retry->at;
	return true;
}

/* What failed before is so by now, by whatever way: it is told of no more. */
static inline void plan_settled(struct plan *plan, const struct op *like)
{
	if (like->retry->error)
		plan_op(plan, like, OP_SETTLED);
}

#endif /* VIFSWITCHD_PLAN_LIST_H */
