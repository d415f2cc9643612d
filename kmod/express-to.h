/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who has an address, and where a frame that goes the short way (core/express.h) leaves. */
#ifndef VS_EXPRESS_TO_H
#define VS_EXPRESS_TO_H

#include "core/forward.h"
#include "trip.h"

static __always_inline const void *vs_guard_at(const void *world, u64 mac)
{
	const struct vs_guard *g = vs_guard_find(world, mac);

	return g ? READ_ONCE(g->at) : NULL;
}

static __always_inline const void *vs_entry_at(const void *world, u64 mac, u16 vid, bool *ret_fixed)
{
	const struct vs_fdb_entry *e = vs_fdb_find(world, VS_KEY(mac, vid));

	if (!e)
		return NULL;
	*ret_fixed = e->fixed;
	return READ_ONCE(e->port);
}

/* May what goes the short way leave by @to, whose program @prog is? Its VLAN is asked apart. */
static __always_inline bool vs_express_out(const struct vs_port *to, const struct vs_program *prog,
					   const struct sk_buff *skb)
{
	return likely(!to->local && !prog->admits && vs_is_up(to->dev) &&
		      skb->len <= READ_ONCE(to->dev->mtu));
}

/* Where a frame that may go the short way goes to; NULL: it takes the long one. */
static __always_inline struct vs_port *vs_express_to(const struct vs_port *from,
						     const struct sk_buff *skb,
						     const struct vs_verdict *v, u32 *ret_tag)
{
	struct vs_destination d;

	/* claimed: its own addresses are all here, whatever it lists beside them */
	if (unlikely(!READ_ONCE(from->claimed) || READ_ONCE(from->sw->promiscuous)))
		return NULL;
	vs_forward_unicast(&d, v, from, from->sw, vs_guard_at, vs_entry_at, vs_program_of);
	if (unlikely(!d.port || d.reason || !vs_express_out(d.port, d.program, skb)))
		return NULL;
	*ret_tag = d.tag;
	return (struct vs_port *)d.port;
}

#endif /* VS_EXPRESS_TO_H */
