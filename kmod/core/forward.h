/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where an accepted frame goes: who may send from its address, who has the address it
 * is for, who wants a copy of what is for many, and what fits. The order of these
 * questions is here once, for the module and for whoever predicts it; the tables are
 * the caller's. It names ports by pointers of its own and answers through three
 * functions, which are constants at each call, so nothing here is an indirect call.
 *
 * A guard says that a port may use an address in all of its VLANs; an entry says where
 * an address was seen (or put, if fixed) in one VLAN. A guard goes before entries, but
 * in VLANs that its port is not in the address may be another's.
 */
#ifndef VS_FORWARD_H
#define VS_FORWARD_H

#include "pipeline.h"

/* The port with an active guard for @mac; NULL: none. */
typedef const void *(*vs_guard_of_fn)(const void *world, u64 mac);
/* The port of the entry for @mac in @vid, and whether that is fixed; NULL: none. */
typedef const void *(*vs_entry_of_fn)(const void *world, u64 mac, u16 vid, bool *ret_fixed);
/* The program of @port; NULL: closed. Asked once for each port that is considered. */
typedef const struct vs_program *(*vs_program_of_fn)(const void *world, const void *port);

/* What the source address of an accepted frame from @from is. */
enum vs_source {
	VS_SOURCE_NEW,		/* known of nobody, or seen at another port */
	VS_SOURCE_KNOWN,	/* its entry leads there */
	VS_SOURCE_OWN,		/* guarded by the port itself */
	VS_SOURCE_CLAIMED,	/* another's: VIFSWITCH_DROP_MAC_CLAIMED */
};

/* @guard and @entry: the ports that have it, or NULL; @fixed is of the entry. */
static __always_inline enum vs_source vs_source_of(const void *from, const void *guard,
						   const void *entry, bool fixed)
{
	if (unlikely(guard && guard != from))
		return VS_SOURCE_CLAIMED;
	if (likely(entry == from))
		return VS_SOURCE_KNOWN;
	if (entry && fixed)
		return VS_SOURCE_CLAIMED;
	return guard ? VS_SOURCE_OWN : VS_SOURCE_NEW;
}

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

/* Is what is for many for this port, too? With which tag? @up: netdev and carrier. */
static __always_inline bool vs_forward_wants(const struct vs_verdict *v, const void *from,
					     const void *port, const struct vs_program *program,
					     bool up, u32 *ret_tag)
{
	return port != from && program && vs_wants_flood(program, v->target) &&
	       !vs_egress(v, program, ret_tag) && up;
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
