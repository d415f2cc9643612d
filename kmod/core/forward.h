/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where an accepted frame goes: who has the address it is for, who wants a copy of what
 * is for many, and what fits; who may send from its address is in source.h. The order of
 * these questions is here once, for the module and for whoever predicts it; the tables
 * are the caller's. It names ports by pointers of its own and answers through functions
 * which are constants at each call, so nothing here is an indirect call.
 *
 * A guard says that an address is a port's own in all of its VLANs; an entry says where
 * an address was seen (or put, if fixed) in one VLAN. A guard goes before entries, but
 * in VLANs that its port is not in the address may be another's. A listed address that
 * has no entry may be at each port that lists it, as well as outside.
 */
#ifndef VS_FORWARD_H
#define VS_FORWARD_H

#include "pipeline.h"
#include "source.h"

/* The port where the active guard for @mac says it is; NULL: none. */
typedef const void *(*vs_guard_of_fn)(const void *world, u64 mac);
/* The port of the entry for @mac in @vid, and whether that is fixed; NULL: none. */
typedef const void *(*vs_entry_of_fn)(const void *world, u64 mac, u16 vid, bool *ret_fixed);
/* The program of @port; NULL: closed. Asked once for each port that is considered. */
typedef const struct vs_program *(*vs_program_of_fn)(const void *world, const void *port);
/* Are they two halves of one VIF? */
typedef bool (*vs_twins_fn)(const void *a, const void *b);

/* Of a frame that is for one address. */
struct vs_destination {
	const void *port;		/* NULL: nobody is known to have the address; flood */
	const struct vs_program *program;
	enum vifswitch_drop_reason reason;	/* why it does not go there after all */
	u32 tag;			/* if it does: with which */
	bool guard;			/* the port guards the address */
};

static __always_inline void vs_forward_unicast(struct vs_destination *to,
					       const struct vs_verdict *v, const void *from,
					       const void *world, vs_guard_of_fn guard_of,
					       vs_entry_of_fn entry_of,
					       vs_program_of_fn program_of)
{
	bool fixed;

	to->port = guard_of(world, v->frame.dst);
	to->guard = true;
	if (to->port) {
		to->program = program_of(world, to->port);
		to->reason = vs_egress(v, to->program, &to->tag);
		if (likely(to->reason != VIFSWITCH_DROP_TO_VLAN))
			goto found;
	}
	to->guard = false;
	to->port = entry_of(world, v->frame.dst, v->vid, &fixed);
	if (!to->port)
		return;
	to->program = program_of(world, to->port);
	to->reason = vs_egress(v, to->program, &to->tag);
found:
	if (unlikely(to->port == from))
		to->reason = VIFSWITCH_DROP_HAIRPIN;
}

/* Is a frame that cannot go there its sender's drop, and not the receiver's? */
static inline bool vs_forward_is_senders(enum vifswitch_drop_reason reason)
{
	return reason == VIFSWITCH_DROP_HAIRPIN || reason == VIFSWITCH_DROP_ISOLATED;
}

/*
 * Is what is for many for this port, too? With which tag? @up: netdev and carrier. Not
 * for the sender's other half: a VM that hears its own duplicate address detection, or
 * whatever else it tells everybody, takes itself for somebody else.
 */
static __always_inline bool vs_forward_wants(const struct vs_verdict *v, const void *from,
					     const void *port, const struct vs_program *program,
					     bool up, vs_twins_fn twins, u32 *ret_tag)
{
	return port != from && program &&
	       (vs_wants_flood(program, v->target) ||
		(v->target == VS_TO_UNICAST && vs_lists(program, v->frame.dst))) &&
	       !vs_egress(v, program, ret_tag) && up && !twins(from, port);
}

/*
 * An MTU is for what follows the Ethernet header; a tag beside the frame is free, and so
 * is one inside it, which @type then is. @largest: octets of the largest packet in the
 * frame, without the tag beside it.
 */
static inline bool vs_forward_fits(u32 mtu, u32 largest, u16 type)
{
	return likely(largest <= mtu + VS_ETH_LEN) ||
	       (vs_type_is_tag(type) && largest <= mtu + VS_ETH_LEN + VS_TAG_LEN);
}

#endif /* VS_FORWARD_H */
