// SPDX-License-Identifier: GPL-2.0-or-later
/* core/source.h asked with the switch's tables: who holds the source address of a frame. */
#include <linux/rculist.h>

#include "vifswitch.h"

enum vs_kin vs_cookies_kin(const struct vs_cookie *a, const struct vs_cookie *b)
{
	return a && b ? vs_kin_of(a->data, a->len, b->data, b->len) : VS_KIN_NONE;
}

/* For frames, and under sw->lock. */
enum vs_kin vs_ports_kin(const struct vs_port *a, const struct vs_port *b)
{
	return vs_cookies_kin(rcu_dereference_check(a->cookie, lockdep_is_held(&a->sw->lock)),
			      rcu_dereference_check(b->cookie, lockdep_is_held(&b->sw->lock)));
}

static bool is_in_vlan(const struct vs_port *port, u16 vid)
{
	const struct vs_policy *policy =
		rcu_dereference_check(port->policy, lockdep_is_held(&port->sw->lock));

	return policy && vs_bit(policy->prog.allowed, vid);
}

/* The guard of another port that lists @mac and is in the VLAN. */
const struct vs_guard *vs_guard_lister(const struct vs_switch *sw, const struct vs_port *port,
				       u64 mac, u16 vid)
{
	const u64 in_vlan = VS_LISTED_KEY(mac, vid);
	const u64 in_several = VS_LISTED_KEY(mac, VS_LISTED_SEVERAL);
	const struct vs_guard *g;

	hlist_for_each_entry_rcu(g, vs_guard_bucket(sw, in_vlan), node,
				 lockdep_is_held(&sw->lock))
		if (g->key == in_vlan && g->port != port)
			return g;
	hlist_for_each_entry_rcu(g, vs_guard_bucket(sw, in_several), node,
				 lockdep_is_held(&sw->lock))
		if (g->key == in_several && g->port != port && is_in_vlan(g->port, vid))
			return g;
	return NULL;
}

/* @e: the entry of @mac in @vid, or NULL. For frames; also under sw->lock, to be sure. */
enum vs_source vs_source_look(const struct vs_port *port, const struct vs_program *prog, u64 mac,
			      u16 vid, const struct vs_fdb_entry *e)
{
	const struct vs_switch *sw = port->sw;
	enum vs_hold hold = vs_lists(prog, mac) ? VS_HOLD_LISTED : VS_HOLD_NONE;
	bool uplink = prog->flags & VIFSWITCH_PF_UPLINK;
	struct vs_others others = {};
	const struct vs_guard *g;

	hlist_for_each_entry_rcu(g, vs_guard_bucket(sw, mac), node, lockdep_is_held(&sw->lock)) {
		if (g->key != mac)
			continue;
		if (g->port == port)
			hold = VS_HOLD_OWN;
		else
			vs_others_own(&others, vs_ports_kin(port, g->port), READ_ONCE(g->active),
				      is_in_vlan(g->port, vid));
	}
	if (hold == VS_HOLD_NONE && !uplink)
		others.listed = vs_guard_lister(sw, port, mac, vid);
	return vs_source_of(hold, uplink, &others, e && READ_ONCE(e->port) == port,
			    e && e->fixed);
}
