// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Learned and static addresses, keyed by (MAC, VLAN). Frames look entries up
 * under RCU. A hit on the right port costs one write a jiffy; everything else
 * (a new address, a moved one) takes the lock. Hash seed and factor are random,
 * so that guests cannot choose addresses that share a bucket; how many they can
 * fill is bounded for each port and for the switch.
 */
#include <linux/random.h>
#include <linux/rculist.h>
#include <linux/slab.h>

#include "vifswitch.h"
#include "core/forward.h"

#define FLUSH_SLICE	256	/* entries under one lock */

static void entry_attach(struct vs_fdb_entry *e, struct vs_port *port)
{
	WRITE_ONCE(e->port, port);
	list_add_tail(&e->port_node, &port->entries);
	if (!e->fixed)
		port->learned++;
}

static void entry_detach(struct vs_fdb_entry *e)
{
	list_del(&e->port_node);
	if (!e->fixed)
		e->port->learned--;
}

static void entry_remove(struct vs_switch *sw, struct vs_fdb_entry *e)
{
	lockdep_assert_held(&sw->lock);
	hlist_del_rcu(&e->node);
	entry_detach(e);
	sw->fdb_count--;
	kfree_rcu(e, rcu);
}

static struct vs_fdb_entry *entry_new(struct vs_port *port, u64 key, bool fixed, gfp_t gfp)
{
	struct vs_switch *sw = port->sw;
	struct vs_fdb_entry *e = kzalloc(sizeof(*e), gfp);

	lockdep_assert_held(&sw->lock);
	if (!e)
		return NULL;
	e->key = key;
	e->fixed = fixed;
	e->seen = jiffies;
	entry_attach(e, port);
	sw->fdb_count++;
	hlist_add_head_rcu(&e->node, vs_fdb_bucket(sw, key));
	return e;
}

static bool expired(const struct vs_switch *sw, const struct vs_fdb_entry *e)
{
	return !e->fixed && time_after(jiffies, READ_ONCE(e->seen) + READ_ONCE(sw->ageing));
}

static void fdb_age(struct work_struct *work)
{
	struct vs_switch *sw = container_of(work, struct vs_switch, ageing_work.work);
	struct vs_fdb_entry *e;
	struct hlist_node *next;
	unsigned int i;

	for (i = 0; i < 1U << VS_FDB_BITS; i++) {
		if (hlist_empty(&sw->fdb_table[i]))
			continue;
		spin_lock_bh(&sw->lock);
		hlist_for_each_entry_safe(e, next, &sw->fdb_table[i], node)
			if (expired(sw, e))
				entry_remove(sw, e);
		spin_unlock_bh(&sw->lock);
		cond_resched();
	}
	queue_delayed_work(system_power_efficient_wq, &sw->ageing_work,
			   max(READ_ONCE(sw->ageing) / 4, (unsigned long)HZ / 4));
}

int vs_fdb_init(struct vs_switch *sw)
{
	spin_lock_init(&sw->lock);
	sw->hash_seed = get_random_u64();
	sw->hash_factor = get_random_u64() | 1;
	sw->ageing = msecs_to_jiffies(VIFSWITCH_AGEING_DEFAULT_MS);
	sw->fdb_table = kvcalloc(1U << VS_FDB_BITS, sizeof(*sw->fdb_table),
				 GFP_KERNEL_ACCOUNT);
	sw->guard_table = kvcalloc(1U << VS_GUARD_BITS, sizeof(*sw->guard_table),
				   GFP_KERNEL_ACCOUNT);
	if (!sw->fdb_table || !sw->guard_table) {
		vs_fdb_free(sw);
		return -ENOMEM;
	}
	INIT_DELAYED_WORK(&sw->ageing_work, fdb_age);
	queue_delayed_work(system_power_efficient_wq, &sw->ageing_work, sw->ageing / 4);
	return 0;
}

void vs_fdb_free(struct vs_switch *sw)
{
	kvfree(sw->fdb_table);
	kvfree(sw->guard_table);
}

/* The event it is, if any; negative: the address is another port's. */
static int learn_locked(struct vs_port *port, const struct vs_program *prog, u64 key,
			const struct vs_port **old)
{
	struct vs_switch *sw = port->sw;
	struct vs_fdb_entry *e = vs_fdb_find(sw, key);

	if (port->leaving || (e && e->port == port))
		return VIFSWITCH_EV_UNSPEC;
	if (e && e->fixed)
		return -EEXIST;
	if (port->learned >= prog->fdb_max)
		return prog->fdb_max ? VIFSWITCH_EV_MAC_REFUSED : VIFSWITCH_EV_UNSPEC;
	if (e) {
		*old = e->port;
		entry_detach(e);
		entry_attach(e, port);
		WRITE_ONCE(e->seen, jiffies);
		return VIFSWITCH_EV_MAC_MOVED;
	}
	if (sw->fdb_count >= VIFSWITCH_FDB_SWITCH_MAX || !entry_new(port, key, false, GFP_ATOMIC))
		return VIFSWITCH_EV_MAC_REFUSED;
	return VIFSWITCH_EV_MAC_LEARNED;
}

/*
 * What the source address of a frame from an unguarded port says. An address
 * that another port guards or holds statically cannot be taken from it.
 */
enum vifswitch_drop_reason vs_fdb_learn(struct vs_port *port, const struct vs_program *prog,
					u64 mac, u16 vid)
{
	struct vs_switch *sw = port->sw;
	const struct vs_guard *g = vs_guard_find(sw, mac);
	struct vs_fdb_entry *e = vs_fdb_find(sw, VS_KEY(mac, vid));
	const struct vs_port *old = NULL;
	enum vs_source source;
	int event;

	source = vs_source_of(port, g ? g->port : NULL, e ? READ_ONCE(e->port) : NULL,
			      e && e->fixed);
	if (likely(source == VS_SOURCE_KNOWN)) {
		if (READ_ONCE(e->seen) != jiffies)
			WRITE_ONCE(e->seen, jiffies);
		return VIFSWITCH_DROP_NONE;
	}
	if (unlikely(source == VS_SOURCE_CLAIMED))
		return VIFSWITCH_DROP_MAC_CLAIMED;
	if (source == VS_SOURCE_OWN || !(prog->flags & VIFSWITCH_PF_LEARN))
		return VIFSWITCH_DROP_NONE;

	spin_lock(&sw->lock);
	event = learn_locked(port, prog, VS_KEY(mac, vid), &old);
	spin_unlock(&sw->lock);
	if (event < 0)
		return VIFSWITCH_DROP_MAC_CLAIMED;
	if (event)
		vs_event_mac(port, event, mac, vid, old);
	return VIFSWITCH_DROP_NONE;
}

int vs_fdb_add(struct vs_port *port, u64 mac, u16 vid, struct vs_error *err)
{
	struct vs_switch *sw = port->sw;
	const struct vs_guard *g;
	struct vs_fdb_entry *e;
	int rc = 0;

	ASSERT_RTNL();
	spin_lock_bh(&sw->lock);
	g = vs_guard_conflict(sw, port, NULL, mac);
	e = vs_fdb_find(sw, VS_KEY(mac, vid));
	if (e && !e->fixed && !g) {
		entry_remove(sw, e);
		e = NULL;
	}
	if (g)
		rc = vs_refuse(err, -EEXIST,
			       "MAC is guarded by port %s; accepted: an address that is not",
			       g->port->dev->name);
	else if (e && e->port != port)
		rc = vs_refuse(err, -EEXIST,
			       "MAC in VLAN %u is static on port %s; delete that first", vid,
			       e->port->dev->name);
	else if (!e && sw->fdb_count >= VIFSWITCH_FDB_SWITCH_MAX)
		rc = vs_refuse(err, -ENOSPC, "MAC: the switch holds its %u entries already",
			       VIFSWITCH_FDB_SWITCH_MAX);
	else if (!e && !entry_new(port, VS_KEY(mac, vid), true,
						   GFP_ATOMIC | __GFP_ACCOUNT))
		rc = vs_out_of_memory(err, "MAC");
	spin_unlock_bh(&sw->lock);
	return rc;
}

int vs_fdb_del(struct vs_port *port, u64 mac, u16 vid)
{
	struct vs_switch *sw = port->sw;
	struct vs_fdb_entry *e;
	int rc = -ENOENT;

	spin_lock_bh(&sw->lock);
	e = vs_fdb_find(sw, VS_KEY(mac, vid));
	if (e && e->port == port) {
		entry_remove(sw, e);
		rc = 0;
	}
	spin_unlock_bh(&sw->lock);
	return rc;
}

/* Forget what was learned about @key. */
void vs_fdb_forget(struct vs_switch *sw, u64 key)
{
	struct vs_fdb_entry *e = vs_fdb_find(sw, key);

	lockdep_assert_held(&sw->lock);
	if (e && !e->fixed)
		entry_remove(sw, e);
}

/*
 * Takes the entries of @todo that match away, at most FLUSH_SLICE under one lock, and
 * gives the others back to the port. Whoever removes entries takes them from whatever
 * list they are on.
 */
static void flush_slice(struct vs_port *port, struct list_head *todo, int vid, bool fixed)
{
	struct vs_fdb_entry *e, *next;
	unsigned int left = FLUSH_SLICE;

	spin_lock_bh(&port->sw->lock);
	list_for_each_entry_safe(e, next, todo, port_node) {
		if ((fixed || !e->fixed) && (vid < 0 || e->key >> 48 == (u64)vid))
			entry_remove(port->sw, e);
		else
			list_move_tail(&e->port_node, &port->entries);
		if (!--left)
			break;
	}
	spin_unlock_bh(&port->sw->lock);
}

static void flush_port(struct vs_port *port, int vid, bool fixed)
{
	LIST_HEAD(todo);

	spin_lock_bh(&port->sw->lock);
	list_splice_init(&port->entries, &todo);
	spin_unlock_bh(&port->sw->lock);
	while (!list_empty_careful(&todo)) {
		flush_slice(port, &todo, vid, fixed);
		cond_resched();
	}
}

/* Forget learned entries: of one port or of all, in one VLAN or (-1) in all. */
void vs_fdb_flush(struct vs_switch *sw, struct vs_port *port, int vid)
{
	struct vs_port *p;

	ASSERT_RTNL();
	if (port) {
		flush_port(port, vid, false);
		return;
	}
	flush_port(&sw->local, vid, false);
	list_for_each_entry(p, &sw->ports, list)
		flush_port(p, vid, false);
}

/* From here on nothing leads to the port, nor will frames in flight learn on it. */
void vs_fdb_port_gone(struct vs_port *port)
{
	struct vs_switch *sw = port->sw;

	spin_lock_bh(&sw->lock);
	port->leaving = true;
	port->claimed = false;
	vs_guards_remove(sw, port->guards);
	spin_unlock_bh(&sw->lock);
	flush_port(port, -1, true);
}

/* The switch netdev's address becomes @addr. */
int vs_fdb_set_own(struct vs_switch *sw, const u8 *addr, struct vs_error *err)
{
	const struct vs_guard *conflict;
	struct vs_guards *own, *old = sw->own;
	u64 mac = vs_mac_load(addr);

	own = vs_guards_new(&mac, 1);
	if (!own)
		return vs_out_of_memory(err, "the address");
	own->entry[0].port = &sw->local;
	own->entry[0].own = true;
	own->entry[0].active = true;

	spin_lock_bh(&sw->lock);
	conflict = vs_guard_conflict(sw, &sw->local, NULL, mac);
	if (!conflict) {
		vs_guards_insert(sw, own);
		vs_guards_remove(sw, old);
		sw->own = own;
	}
	spin_unlock_bh(&sw->lock);
	if (conflict) {
		kfree(own);
		return vs_refuse(err, -EEXIST, "address %pM is guarded by port %s", addr,
				 conflict->port->dev->name);
	}
	if (old)
		kfree_rcu(old, rcu);
	return 0;
}
