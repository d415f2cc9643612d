// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Claims of guarded ports on their own addresses. Several ports may have the same one
 * if their cookies are equal: the two halves of a VIF/tap pair. At most one of them is
 * active. The new one is made active before the old one turns dormant, so that a lookup
 * meanwhile finds either, never none.
 *
 * Another VIF of the VM that lists the address takes it over by sending from it, and the
 * port whose own it is likewise takes it back: the guard stays with that port and says
 * where the address is. A port that leaves gives back what it took before it is freed.
 */
#include <linux/rculist.h>
#include <linux/slab.h>

#include "vifswitch.h"

#define FORGET_VLANS	256	/* looked up under one lock */
#define MOVES_PER_SEC	1000	/* for each port */

/* Dormant, and nobody's yet. NULL: out of memory. */
struct vs_guards *vs_guards_new(unsigned int own, unsigned int count)
{
	struct vs_guards *guards = kzalloc(struct_size(guards, entry, count), GFP_KERNEL_ACCOUNT);

	if (!guards)
		return NULL;
	guards->own = own;
	guards->count = count;
	return guards;
}

struct vs_guards *vs_guards_of(const struct vs_program *prog)
{
	bool guarded = prog->flags & VIFSWITCH_PF_GUARD;
	u16 vid = prog->access ? prog->pvid : VS_LISTED_SEVERAL;
	struct vs_guards *guards = vs_guards_new(guarded ? prog->mac_own : 0,
						 guarded ? prog->mac_count : 0);
	unsigned int i;

	for (i = 0; guards && i < guards->count; i++)
		guards->entry[i].key = i < guards->own ? prog->macs[i] :
				       VS_LISTED_KEY(prog->macs[i], vid);
	return guards;
}

void vs_guards_insert(struct vs_switch *sw, struct vs_guards *guards)
{
	unsigned int i;

	lockdep_assert_held(&sw->lock);
	for (i = 0; guards && i < guards->count; i++) {
		struct vs_guard *g = &guards->entry[i];

		hlist_add_head_rcu(&g->node, vs_guard_bucket(sw, g->key));
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

/* The one of @mac among those that are own, or listed. */
static struct vs_guard *find_in(struct vs_guards *guards, u64 mac, bool own)
{
	unsigned int i, first, end;

	if (!guards)
		return NULL;
	first = own ? 0 : guards->own;
	end = own ? guards->own : guards->count;
	for (i = first; i < end; i++)
		if (VS_KEY_MAC(guards->entry[i].key) == mac)
			return &guards->entry[i];
	return NULL;
}

static void note_claimed(struct vs_port *port)
{
	bool all = port->active;
	unsigned int i;

	for (i = 0; port->guards && i < port->guards->own; i++)
		all &= port->guards->entry[i].at == port;
	WRITE_ONCE(port->claimed, all);
}

/* What @port took of its VM's other ports goes back, but for what it lists still. */
void vs_guards_give_back(struct vs_port *port, const struct vs_guards *was)
{
	struct vs_guard *g;
	unsigned int i;

	lockdep_assert_held(&port->sw->lock);
	for (i = was ? was->own : 0; was && i < was->count; i++) {
		u64 mac = VS_KEY_MAC(was->entry[i].key);

		if (!port->leaving && was != port->guards && find_in(port->guards, mac, false))
			continue;
		hlist_for_each_entry(g, vs_guard_bucket(port->sw, mac), node) {
			if (g->key != mac || g->at != port || g->port == port)
				continue;
			WRITE_ONCE(g->at, g->port);
			note_claimed(g->port);
		}
	}
}

/* What a port has already stays where it is. */
void vs_guards_replace(struct vs_port *port, struct vs_guards *guards)
{
	struct vs_guards *was = port->guards;
	unsigned int i;

	for (i = 0; guards && i < guards->count; i++) {
		struct vs_guard *g = &guards->entry[i];
		const struct vs_guard *old = i < guards->own ? find_in(was, g->key, true) : NULL;

		g->port = port;
		g->at = old ? old->at : port;
		g->active = i < guards->own && port->active;
	}
	vs_guards_insert(port->sw, guards);
	port->guards = guards;
	vs_guards_give_back(port, was);
	vs_guards_remove(port->sw, was);
}

/*
 * The guard that keeps @port (with @cookie) from holding @mac: the switch's own address,
 * or the own one of a port with another cookie; of a VIF of another VM, if @mac is to be
 * listed only.
 */
const struct vs_guard *vs_guard_conflict(struct vs_switch *sw, const struct vs_port *port,
					 const struct vs_cookie *cookie, enum vs_hold hold,
					 u64 mac)
{
	struct vs_guard *g;

	lockdep_assert_held(&sw->lock);
	hlist_for_each_entry(g, vs_guard_bucket(sw, mac), node) {
		enum vs_kin kin;

		if (g->key != mac || g->port == port)
			continue;
		kin = vs_cookies_kin(cookie, rcu_dereference_protected(g->port->cookie,
								      lockdep_is_held(&sw->lock)));
		if (g->local || kin < (hold == VS_HOLD_OWN ? VS_KIN_TWIN : VS_KIN_VM))
			return g;
	}
	return NULL;
}

static void set_guards(struct vs_port *port, bool active)
{
	unsigned int i;

	for (i = 0; port->guards && i < port->guards->own; i++) {
		WRITE_ONCE(port->guards->entry[i].at, port);
		WRITE_ONCE(port->guards->entry[i].active, active);
	}
	WRITE_ONCE(port->active, active && port->guards && port->guards->count);
	note_claimed(port);
}

static void others_dormant(struct vs_port *port, u64 mac)
{
	struct vs_guard *g;

	hlist_for_each_entry(g, vs_guard_bucket(port->sw, mac), node)
		if (g->key == mac && g->port != port && !g->local && g->active)
			set_guards(g->port, false);
}

/* Of @guard's address, where it may not have been learned; the claim may be active. */
static bool is_stray(const struct vs_port *port, u64 mac, bool own, const struct vs_fdb_entry *e)
{
	const struct vs_policy *policy = rtnl_dereference(e->port->policy);

	if (e->fixed)
		return false;
	if (own)
		return port->active || (e->port->guards && e->port->guards->count);
	return !(policy && (policy->prog.flags & VIFSWITCH_PF_UPLINK)) &&
	       !find_in(e->port->guards, mac, false);
}

static void forget_stray(struct vs_port *port, const struct vs_program *prog, u64 mac, bool own,
			 unsigned int first)
{
	struct vs_switch *sw = port->sw;
	const struct vs_fdb_entry *e;
	unsigned int vid;

	spin_lock_bh(&sw->lock);
	for (vid = first; vid < first + FORGET_VLANS && vid <= VIFSWITCH_VID_MAX; vid++) {
		if (!prog->allowed[vid >> 3]) {
			vid |= 7;	/* most ports have one VLAN */
			continue;
		}
		e = vs_bit(prog->allowed, vid) ? vs_fdb_find(sw, VS_KEY(mac, vid)) : NULL;
		if (e && is_stray(port, mac, own, e))
			vs_fdb_forget(sw, VS_KEY(mac, vid));
	}
	spin_unlock_bh(&sw->lock);
}

/*
 * Forget where the addresses of a port were learned meanwhile by whom they are not for
 * any more. Of its own ones nobody reads that while the claim is active, and of the
 * others nobody learns it again, so it need not be one step with the change.
 */
void vs_guards_forget(struct vs_port *port)
{
	const struct vs_policy *policy = rtnl_dereference(port->policy);
	const struct vs_guards *guards = port->guards;
	unsigned int i, vid;

	for (i = 0; policy && guards && i < guards->count; i++)
		for (vid = 0; vid <= VIFSWITCH_VID_MAX; vid += FORGET_VLANS)
			forget_stray(port, &policy->prog, VS_KEY_MAC(guards->entry[i].key),
				     i < guards->own, vid);
}

/* A port that is active already takes nothing back from its VM's other ports. */
void vs_claim_set(struct vs_port *port, bool active)
{
	unsigned int i;

	lockdep_assert_held(&port->sw->lock);
	if (active && port->active && port->guards && port->guards->count)
		note_claimed(port);
	else
		set_guards(port, active);
	if (!port->active)
		vs_guards_give_back(port, port->guards);
	for (i = 0; port->active && i < port->guards->own; i++)
		others_dormant(port, port->guards->entry[i].key);
}

/* It becomes another VM's: what it has elsewhere comes home, and what it took goes back. */
void vs_claim_reset(struct vs_port *port)
{
	set_guards(port, port->active);
	vs_guards_give_back(port, port->guards);
}

/* A guest that makes two ports take turns must not cost others much. */
bool vs_may_move(struct vs_port *port)
{
	return vs_sampled(&port->moves, MOVES_PER_SEC);
}

static bool is_elsewhere(const struct vs_port *port, u64 mac)
{
	const struct vs_guard *g = vs_guard_find(port->sw, mac);

	return g && READ_ONCE(g->at) != port;
}

/* The own address of @port or of a VIF of its VM is here now; where it was, or NULL. */
static struct vs_port *take_over(struct vs_port *port, u64 mac)
{
	struct vs_port *old;
	struct vs_guard *g;

	hlist_for_each_entry(g, vs_guard_bucket(port->sw, mac), node) {
		if (g->key != mac || !g->active || g->at == port || g->local ||
		    (g->port != port && vs_ports_kin(port, g->port) == VS_KIN_NONE))
			continue;
		old = g->at;
		WRITE_ONCE(g->at, port);
		note_claimed(g->port);
		return old;
	}
	return NULL;
}

/*
 * The port sent from an address in a VLAN: its VM is here now. What was learned about
 * its other VLANs is left to age: while the claim is active nobody reads it.
 */
void vs_claim_from_frame(struct vs_port *port, u64 mac, u16 vid)
{
	struct vs_switch *sw = port->sw;
	const struct vs_port *old = NULL;
	bool changed = false;

	if (READ_ONCE(port->active) && (!is_elsewhere(port, mac) || !vs_may_move(port)))
		return;
	spin_lock(&sw->lock);
	if (!port->active && !port->leaving && port->guards) {
		vs_claim_set(port, true);
		changed = port->active;
		vs_fdb_forget(sw, VS_KEY(mac, vid));
	}
	if (!port->leaving)
		old = take_over(port, mac);
	spin_unlock(&sw->lock);
	if (changed) {
		vs_event_port(port, VIFSWITCH_EV_CLAIMED);
		vs_snoop_arrived(port);
	}
	if (old)
		vs_event_mac(port, VIFSWITCH_EV_MAC_MOVED, mac, vid, old);
}
