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

static bool is_learned(const struct vs_fdb_entry *e)
{
	return !e->fixed && !e->told;
}

static void entry_attach(struct vs_fdb_entry *e, struct vs_port *port)
{
	WRITE_ONCE(e->remote, NULL);
	WRITE_ONCE(e->port, port);
	list_add_tail(&e->port_node, &port->entries);
	if (is_learned(e))
		port->learned++;
}

static void entry_detach(struct vs_fdb_entry *e)
{
	list_del(&e->port_node);
	if (is_learned(e))
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

static struct vs_fdb_entry *entry_new(struct vs_port *port, u64 key, bool fixed, bool told,
				      gfp_t gfp)
{
	struct vs_switch *sw = port->sw;
	struct vs_fdb_entry *e = kzalloc(sizeof(*e), gfp);

	lockdep_assert_held(&sw->lock);
	if (!e)
		return NULL;
	e->key = key;
	e->fixed = fixed;
	e->told = told;
	e->seen = jiffies;
	entry_attach(e, port);
	sw->fdb_count++;
	hlist_add_head_rcu(&e->node, vs_fdb_bucket(sw, key));
	return e;
}

static bool expired(const struct vs_switch *sw, const struct vs_fdb_entry *e)
{
	return is_learned(e) && time_after(jiffies, READ_ONCE(e->seen) + READ_ONCE(sw->ageing));
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

/* Beyond its limit an address that was elsewhere is known nowhere: not where it was. */
static int refuse_locked(struct vs_switch *sw, const struct vs_program *prog,
			 struct vs_fdb_entry *e)
{
	if (e && (prog->flags & VIFSWITCH_PF_GUARD))
		entry_remove(sw, e);
	return prog->fdb_max ? VIFSWITCH_EV_MAC_REFUSED : VIFSWITCH_EV_UNSPEC;
}

/* The event it is, if any; negative: the address is not for this port. */
static int learn_locked(struct vs_port *port, const struct vs_program *prog, u64 mac, u16 vid,
			const struct vs_port **old)
{
	struct vs_switch *sw = port->sw;
	struct vs_fdb_entry *e = vs_fdb_find(sw, VS_KEY(mac, vid));
	enum vs_source source = vs_source_look(port, prog, mac, vid, e);

	if (port->leaving)
		return VIFSWITCH_EV_UNSPEC;
	if (source != VS_SOURCE_NEW)
		return source == VS_SOURCE_CLAIMED ? -EEXIST : VIFSWITCH_EV_UNSPEC;
	if (port->learned >= prog->fdb_max)
		return refuse_locked(sw, prog, e);
	if (e) {
		*old = e->port;
		entry_detach(e);
		e->told = false;
		entry_attach(e, port);
		WRITE_ONCE(e->seen, jiffies);
		return VIFSWITCH_EV_MAC_MOVED;
	}
	if (sw->fdb_count >= VIFSWITCH_FDB_SWITCH_MAX ||
	    !entry_new(port, VS_KEY(mac, vid), false, false, GFP_ATOMIC))
		return VIFSWITCH_EV_MAC_REFUSED;
	return VIFSWITCH_EV_MAC_LEARNED;
}

/* The address was not known here. Moves of guests' ports are rare, or fewer than wanted. */
static enum vifswitch_drop_reason learn(struct vs_port *port, const struct vs_program *prog,
					u64 mac, u16 vid, const struct vs_fdb_entry *e)
{
	struct vs_switch *sw = port->sw;
	const struct vs_port *old = NULL;
	int event;

	if (!(prog->flags & (VIFSWITCH_PF_LEARN | VIFSWITCH_PF_GUARD)))
		return VIFSWITCH_DROP_NONE;
	if (e && (prog->flags & VIFSWITCH_PF_GUARD) && !vs_may_move(port))
		return VIFSWITCH_DROP_NONE;
	spin_lock(&sw->lock);
	event = learn_locked(port, prog, mac, vid, &old);
	spin_unlock(&sw->lock);
	if (event < 0)
		return VIFSWITCH_DROP_MAC_CLAIMED;
	if (event)
		vs_event_mac(port, event, mac, vid, old);
	return VIFSWITCH_DROP_NONE;
}

static void entry_seen(struct vs_fdb_entry *e)
{
	if (READ_ONCE(e->seen) != jiffies)
		WRITE_ONCE(e->seen, jiffies);
}

static bool leads_out(const struct vs_fdb_entry *e)
{
	const struct vs_policy *policy = rcu_dereference(READ_ONCE(e->port)->policy);

	return policy && policy->prog.flags & VIFSWITCH_PF_UPLINK;
}

static noinline enum vifswitch_drop_reason source_seen(struct vs_port *port,
						       const struct vs_program *prog, u64 mac,
						       u16 vid, struct vs_fdb_entry *e)
{
	enum vs_source source = vs_source_look(port, prog, mac, vid, e);

	if (vs_is_reflected(prog, source, e && !leads_out(e)))
		return VIFSWITCH_DROP_REFLECTED;
	if (source == VS_SOURCE_CLAIMED)
		return VIFSWITCH_DROP_MAC_CLAIMED;
	if (source == VS_SOURCE_OWN || source == VS_SOURCE_KIN || !READ_ONCE(port->active)) {
		if (prog->flags & VIFSWITCH_PF_GUARD)
			vs_claim_from_frame(port, mac, vid);
	}
	if (source == VS_SOURCE_NEW)
		return learn(port, prog, mac, vid, e);
	if (source == VS_SOURCE_KNOWN)
		entry_seen(e);
	return VIFSWITCH_DROP_NONE;
}

/*
 * What the source address of a frame says, from a port some of whose addresses others may
 * use, too, or which is not guarded at all. An entry leads only to ports that the address
 * is for, and a guard goes before it.
 */
enum vifswitch_drop_reason vs_fdb_learn(struct vs_port *port, const struct vs_program *prog,
					u64 mac, u16 vid)
{
	const struct vs_guard *g = vs_guard_find(port->sw, mac);
	struct vs_fdb_entry *e = vs_fdb_find(port->sw, VS_KEY(mac, vid));

	if (g && likely(READ_ONCE(g->at) == port))
		return VIFSWITCH_DROP_NONE;
	if (likely(e && READ_ONCE(e->port) == port && !g)) {
		entry_seen(e);
		return VIFSWITCH_DROP_NONE;
	}
	return source_seen(port, prog, mac, vid, e);
}

/* Whatever was known of the address, it is behind @port now. */
enum vifswitch_drop_reason vs_fdb_take(struct vs_port *port, const struct vs_program *prog,
				       u64 mac, u16 vid)
{
	return learn(port, prog, mac, vid, vs_fdb_find(port->sw, VS_KEY(mac, vid)));
}

int vs_fdb_add(struct vs_port *port, u64 mac, u16 vid, struct vs_remote *remote, u32 flags,
	       struct vs_error *err)
{
	bool told = flags & VIFSWITCH_FDB_TOLD;
	struct vs_switch *sw = port->sw;
	const struct vs_guard *g;
	struct vs_fdb_entry *e;
	int rc = 0;

	ASSERT_RTNL();
	spin_lock_bh(&sw->lock);
	g = vs_guard_conflict(sw, port, NULL, VS_HOLD_OWN, mac) ?:
	    vs_guard_lister(sw, port, mac, vid);
	e = vs_fdb_find(sw, VS_KEY(mac, vid));
	if (e && !e->fixed && !g && !(told && e->told && e->port == port)) {
		entry_remove(sw, e);
		e = NULL;
	}
	if (g)
		rc = vs_refuse(err, -EEXIST,
			       "MAC is one of guarded port %s; accepted: an address that is not",
			       g->port->dev->name);
	else if (e && (e->port != port || e->told != told))
		rc = vs_refuse(err, -EEXIST,
			       "MAC in VLAN %u is static on port %s; delete that first", vid,
			       e->port->dev->name);
	else if (!e && sw->fdb_count >= VIFSWITCH_FDB_SWITCH_MAX)
		rc = vs_refuse(err, -ENOSPC, "MAC: the switch holds its %u entries already",
			       VIFSWITCH_FDB_SWITCH_MAX);
	else if (!e)
		e = entry_new(port, VS_KEY(mac, vid), !told, told,
			      GFP_ATOMIC | __GFP_ACCOUNT);
	if (!rc && !e)
		rc = vs_out_of_memory(err, "MAC");
	if (!rc && remote)
		WRITE_ONCE(e->remote, remote);
	spin_unlock_bh(&sw->lock);
	return rc;
}

static bool is_uplink(const struct vs_port *port)
{
	const struct vs_policy *policy = rtnl_dereference(port->policy);

	return policy && policy->prog.flags & VIFSWITCH_PF_UPLINK;
}

static int carry_locked(struct vs_port *port, const struct vs_program *prog, u64 mac, u16 vid,
			const struct vs_port **old)
{
	const struct vs_fdb_entry *e = vs_fdb_find(port->sw, VS_KEY(mac, vid));

	if (vs_guard_find(port->sw, mac) || (e && e->port != port && !is_uplink(e->port)))
		return -EEXIST;
	return learn_locked(port, prog, mac, vid, old);
}

/* As if a frame had come from there; but what was seen here, at a VM's port, is newer. */
int vs_fdb_carry(struct vs_port *port, u64 mac, u16 vid, struct vs_error *err)
{
	const struct vs_policy *policy = rtnl_dereference(port->policy);
	const struct vs_program *prog = &policy->prog;
	const struct vs_port *old = NULL;
	int event;

	ASSERT_RTNL();
	if (!policy || !vs_bit(prog->allowed, vid) ||
	    !(prog->flags & (VIFSWITCH_PF_LEARN | VIFSWITCH_PF_GUARD)) ||
	    (prog->flags & VIFSWITCH_PF_GUARD && !vs_lists(prog, mac)))
		return vs_refuse(err, -EPERM, "MAC in VLAN %u is none that port %s may learn", vid,
				 port->dev->name);
	spin_lock_bh(&port->sw->lock);
	event = carry_locked(port, prog, mac, vid, &old);
	spin_unlock_bh(&port->sw->lock);
	if (event == VIFSWITCH_EV_MAC_REFUSED)
		return vs_refuse(err, -ENOSPC, "MAC: port %s or its switch has its limit",
				 port->dev->name);
	if (event < 0)
		return vs_refuse(err, event, "MAC in VLAN %u is another port's", vid);
	if (event)
		vs_event_mac(port, event, mac, vid, old);
	return 0;
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

/* Which of a port's entries are to go. */
struct flush {
	int vid;			/* -1: in all VLANs */
	bool fixed;			/* those that were added, too */
	const struct vs_program *prog;	/* not those of addresses that this lists; or NULL */
	bool repoint;			/* only those that @now has not the remote of */
	const struct vs_network_object *now;
};

/* False: there is nothing to repoint, or its remote is gone. */
static bool repointed(const struct flush *f, struct vs_fdb_entry *e)
{
	struct vs_remote *again = vs_remote_again(f->now, e->remote);

	if (again)
		WRITE_ONCE(e->remote, again);
	return again || !e->remote;
}

static bool flushes(const struct flush *f, struct vs_fdb_entry *e)
{
	return (f->fixed || is_learned(e)) && (f->vid < 0 || e->key >> 48 == (u64)f->vid) &&
	       !(f->prog && vs_lists(f->prog, VS_KEY_MAC(e->key))) &&
	       !(f->repoint && repointed(f, e));
}

/*
 * Takes the entries of @todo that match away, at most FLUSH_SLICE under one lock, and
 * gives the others back to the port. Whoever removes entries takes them from whatever
 * list they are on.
 */
static void flush_slice(struct vs_port *port, struct list_head *todo, const struct flush *f)
{
	struct vs_fdb_entry *e, *next;
	unsigned int left = FLUSH_SLICE;

	spin_lock_bh(&port->sw->lock);
	list_for_each_entry_safe(e, next, todo, port_node) {
		if (flushes(f, e))
			entry_remove(port->sw, e);
		else
			list_move_tail(&e->port_node, &port->entries);
		if (!--left)
			break;
	}
	spin_unlock_bh(&port->sw->lock);
}

static void flush_port(struct vs_port *port, const struct flush *f)
{
	LIST_HEAD(todo);

	spin_lock_bh(&port->sw->lock);
	list_splice_init(&port->entries, &todo);
	spin_unlock_bh(&port->sw->lock);
	while (!list_empty_careful(&todo)) {
		flush_slice(port, &todo, f);
		cond_resched();
	}
}

/* Forget learned entries: of one port or of all, in one VLAN or (-1) in all. */
void vs_fdb_flush(struct vs_switch *sw, struct vs_port *port, int vid)
{
	const struct flush f = { .vid = vid };
	struct vs_port *p;

	ASSERT_RTNL();
	if (port) {
		flush_port(port, &f);
		return;
	}
	flush_port(&sw->local, &f);
	list_for_each_entry(p, &sw->ports, list)
		flush_port(p, &f);
}

/* A guarded port has learned listed addresses only; its list is @prog's now. */
void vs_fdb_flush_unlisted(struct vs_port *port, const struct vs_program *prog)
{
	const struct flush f = { .vid = -1, .prog = prog };

	flush_port(port, &f);
}

void vs_fdb_repoint(struct vs_port *port, u16 vid, const struct vs_network_object *now)
{
	ASSERT_RTNL();
	flush_port(port, &(struct flush){ .vid = vid, .fixed = true, .repoint = true, .now = now });
}

void vs_fdb_seen_from(struct vs_port *port, u64 mac, u16 vid, struct vs_remote *remote)
{
	struct vs_fdb_entry *e = vs_fdb_find(port->sw, VS_KEY(mac, vid));

	if (!e || READ_ONCE(e->port) != port || likely(READ_ONCE(e->remote) == remote))
		return;
	spin_lock(&port->sw->lock);
	e = vs_fdb_find(port->sw, VS_KEY(mac, vid));
	if (e && e->port == port && !port->leaving)
		WRITE_ONCE(e->remote, remote);
	spin_unlock(&port->sw->lock);
}

/* From here on nothing leads to the port, nor will frames in flight learn on it. */
void vs_fdb_port_gone(struct vs_port *port)
{
	struct vs_switch *sw = port->sw;

	spin_lock_bh(&sw->lock);
	port->leaving = true;
	port->active = port->claimed = false;
	vs_guards_give_back(port, port->guards);
	vs_guards_remove(sw, port->guards);
	spin_unlock_bh(&sw->lock);
	flush_port(port, &(struct flush){ .vid = -1, .fixed = true });
}

/* The switch netdev's address becomes @addr. */
int vs_fdb_set_own(struct vs_switch *sw, const u8 *addr, struct vs_error *err)
{
	const struct vs_guard *conflict;
	struct vs_guards *own, *old = sw->own;
	u64 mac = vs_mac_load(addr);

	own = vs_guards_new(1, 1);
	if (!own)
		return vs_out_of_memory(err, "the address");
	own->entry[0] = (struct vs_guard){ .key = mac, .port = &sw->local, .at = &sw->local,
					   .active = true, .local = true };

	spin_lock_bh(&sw->lock);
	conflict = vs_guard_conflict(sw, &sw->local, NULL, VS_HOLD_OWN, mac);
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
