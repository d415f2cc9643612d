// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Claims of guarded ports on their addresses. Several ports may hold the same
 * address if their cookies are equal: the two halves of a VIF/tap pair. At most
 * one of them is active. The new one is made active before the old one turns
 * dormant, so that a lookup meanwhile finds either, never none.
 */
#include <linux/rculist.h>

#include "vifswitch.h"

void vs_guards_insert(struct vs_switch *sw, struct vs_guards *guards)
{
	unsigned int i;

	lockdep_assert_held(&sw->lock);
	for (i = 0; guards && i < guards->count; i++) {
		struct vs_guard *g = &guards->entry[i];

		hlist_add_head_rcu(&g->node, vs_guard_bucket(sw, g->mac));
		sw->guard_count++;
	}
}

/* The caller frees them after a grace period. */
void vs_guards_remove(struct vs_switch *sw, struct vs_guards *guards)
{
	unsigned int i;

	lockdep_assert_held(&sw->lock);
	for (i = 0; guards && i < guards->count; i++) {
		hlist_del_rcu(&guards->entry[i].node);
		sw->guard_count--;
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

void vs_claim_set(struct vs_port *port, bool active)
{
	struct vs_switch *sw = port->sw;
	struct vs_policy *policy;
	unsigned int i, vid;

	lockdep_assert_held(&sw->lock);
	set_guards(port, active);
	policy = rcu_dereference_protected(port->policy, lockdep_is_held(&sw->lock));
	if (!port->claimed || !policy)
		return;
	for (i = 0; i < port->guards->count; i++) {
		u64 mac = port->guards->entry[i].mac;

		others_dormant(port, mac);
		if (policy->prog.access) {
			vs_fdb_forget(sw, VS_KEY(mac, policy->prog.pvid));
			continue;
		}
		for (vid = 0; vid <= VIFSWITCH_VID_MAX; vid++)
			if (vs_bit(policy->prog.allowed, vid))
				vs_fdb_forget(sw, VS_KEY(mac, vid));
	}
}

/* The port sent from its address: its VM is here now. */
void vs_claim_from_frame(struct vs_port *port)
{
	struct vs_switch *sw = port->sw;
	bool changed = false;

	spin_lock(&sw->lock);
	if (!port->claimed && !port->leaving && port->guards) {
		vs_claim_set(port, true);
		changed = port->claimed;
	}
	spin_unlock(&sw->lock);
	if (changed)
		vs_event_port(port, VIFSWITCH_EV_CLAIMED);
}
