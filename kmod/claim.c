// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Claims of guarded ports on their addresses. Several ports may hold the same
 * address if their cookies are equal: the two halves of a VIF/tap pair. At most
 * one of them is active. The new one is made active before the old one turns
 * dormant, so that a lookup meanwhile finds either, never none.
 */
#include <linux/rculist.h>
#include <linux/slab.h>

#include "vifswitch.h"

#define FORGET_VLANS	256	/* looked up under one lock */

/* Dormant, and nobody's yet. NULL: out of memory. */
struct vs_guards *vs_guards_new(const u64 *macs, unsigned int count)
{
	struct vs_guards *guards = kzalloc(struct_size(guards, entry, count), GFP_KERNEL_ACCOUNT);
	unsigned int i;

	if (!guards)
		return NULL;
	guards->count = count;
	for (i = 0; i < count; i++)
		guards->entry[i].mac = macs[i];
	return guards;
}

void vs_guards_insert(struct vs_switch *sw, struct vs_guards *guards)
{
	unsigned int i;

	lockdep_assert_held(&sw->lock);
	for (i = 0; guards && i < guards->count; i++) {
		struct vs_guard *g = &guards->entry[i];

		hlist_add_head_rcu(&g->node, vs_guard_bucket(sw, g->mac));
		sw->fdb_count++;
	}
}

/* The caller frees them after a grace period. */
void vs_guards_remove(struct vs_switch *sw, struct vs_guards *guards)
{
	unsigned int i;

	lockdep_assert_held(&sw->lock);
	for (i = 0; guards && i < guards->count; i++) {
		hlist_del_rcu(&guards->entry[i].node);
		sw->fdb_count--;
	}
}

/*
 * The entry that keeps @port (with @cookie) from holding @mac: the switch's own
 * address, or a guard of a port with another cookie.
 */
const struct vs_guard *vs_guard_conflict(struct vs_switch *sw, const struct vs_port *port,
					 const struct vs_cookie *cookie, u64 mac)
{
	struct vs_guard *g;

	lockdep_assert_held(&sw->lock);
	hlist_for_each_entry(g, vs_guard_bucket(sw, mac), node) {
		const struct vs_cookie *other;

		if (g->mac != mac || g->port == port)
			continue;
		other = rcu_dereference_protected(g->port->cookie, lockdep_is_held(&sw->lock));
		if (g->own || !vs_cookies_equal(cookie, other))
			return g;
	}
	return NULL;
}

static void set_guards(struct vs_port *port, bool active)
{
	unsigned int i;

	for (i = 0; port->guards && i < port->guards->count; i++)
		WRITE_ONCE(port->guards->entry[i].active, active);
	WRITE_ONCE(port->claimed, active && port->guards && port->guards->count);
}

static void others_dormant(struct vs_port *port, u64 mac)
{
	struct vs_guard *g;

	hlist_for_each_entry(g, vs_guard_bucket(port->sw, mac), node)
		if (g->mac == mac && g->port != port && !g->own && g->active)
			set_guards(g->port, false);
}

static void forget_learned(struct vs_switch *sw, const struct vs_program *prog, u64 mac,
			   unsigned int first)
{
	unsigned int vid;

	spin_lock_bh(&sw->lock);
	for (vid = first; vid < first + FORGET_VLANS && vid <= VIFSWITCH_VID_MAX; vid++)
		if (vs_bit(prog->allowed, vid))
			vs_fdb_forget(sw, VS_KEY(mac, vid));
	spin_unlock_bh(&sw->lock);
}

/*
 * Forget where the addresses of a port with an active claim were learned meanwhile.
 * Nobody reads that while the claim is active, so it need not be one step with it.
 */
void vs_guards_forget(struct vs_port *port)
{
	const struct vs_policy *policy = rtnl_dereference(port->policy);
	unsigned int i, vid;

	if (!policy || !READ_ONCE(port->claimed))
		return;
	for (i = 0; i < port->guards->count; i++)
		for (vid = 0; vid <= VIFSWITCH_VID_MAX; vid += FORGET_VLANS)
			forget_learned(port->sw, &policy->prog, port->guards->entry[i].mac, vid);
}

void vs_claim_set(struct vs_port *port, bool active)
{
	unsigned int i;

	lockdep_assert_held(&port->sw->lock);
	set_guards(port, active);
	for (i = 0; port->claimed && i < port->guards->count; i++)
		others_dormant(port, port->guards->entry[i].mac);
}

/*
 * The port sent from its address in a VLAN (@key): its VM is here now. What was
 * learned about its other VLANs is left to age: while the claim is active nobody
 * reads it, and a guest that makes two ports take turns must not cost much.
 */
void vs_claim_from_frame(struct vs_port *port, u64 key)
{
	struct vs_switch *sw = port->sw;
	bool changed = false;

	spin_lock(&sw->lock);
	if (!port->claimed && !port->leaving && port->guards) {
		vs_claim_set(port, true);
		changed = port->claimed;
		vs_fdb_forget(sw, key);
	}
	spin_unlock(&sw->lock);
	if (changed)
		vs_event_port(port, VIFSWITCH_EV_CLAIMED);
}
