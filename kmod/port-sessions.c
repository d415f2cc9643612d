// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The sessions of ports (core/sessions.h). A port whose program names an ACL has a
 * table as long as it lives; it has no pages before the first session. Frames have
 * the table for themselves under its lock, with bottom halves off. The pages that
 * it will need next are handed in beforehand, by whoever is first: out of memory is
 * then only who begins a session, and it ends nobody's.
 *
 * What is over is forgotten by the way when others begin, and by a sweeper for each
 * switch, which looks at a 64th of each table every second.
 */
#include <linux/jiffies.h>
#include <linux/mm.h>
#include <linux/random.h>
#include <linux/rculist.h>
#include <linux/slab.h>

#include <vifswitch/openflow-abi.h>

#include "acl-object.h"
#include "bh-lock.h"

#define SWEEP_EVERY	HZ
#define SWEEP_PARTS	64

struct vs_port_sessions {
	spinlock_t lock;
	struct vs_sessions table;
};

/* Ticks of sessions; they are compared and go round. */
u32 vs_sessions_now(void)
{
	return div_u64(get_jiffies_64() * VS_SESSION_HZ, HZ);
}

static noinline void feed(struct vs_port_sessions *s, gfp_t gfp)
{
	void *page;

	BUILD_BUG_ON(VS_SESSION_PAGE > PAGE_SIZE);
	for (;;) {
		page = (void *)get_zeroed_page(gfp | __GFP_NOWARN);
		if (!page)
			return;
		spin_lock_bh(&s->lock);
		if (!vs_sessions_hungry(&s->table))
			break;
		vs_sessions_give(&s->table, page);
		spin_unlock_bh(&s->lock);
	}
	spin_unlock_bh(&s->lock);
	free_page((unsigned long)page);
}

static void init(struct vs_sessions *table, u32 max)
{
	u64 key[2];

	get_random_bytes(key, sizeof(key));
	vs_sessions_init(table, key, max, vs_sessions_now());
}

static void free_pages_of(struct vs_sessions *table)
{
	void *page;

	while ((page = vs_sessions_take(table))) {
		free_page((unsigned long)page);
		cond_resched();
	}
}

/* NULL: out of memory. */
static struct vs_port_sessions *table_new(u32 max, gfp_t gfp)
{
	struct vs_port_sessions *s = kmalloc(sizeof(*s), gfp);

	if (!s)
		return NULL;
	spin_lock_init(&s->lock);
	init(&s->table, max);
	return s;
}

static void table_free(struct vs_port_sessions *s)
{
	if (!s)
		return;
	free_pages_of(&s->table);
	kfree(s);
}

static u32 slots_of(const struct vs_sessions *table)
{
	return table->space[0].pages * table->space[0].slots +
	       table->space[1].pages * table->space[1].slots;
}

/* True: there is a table that may have something another time. */
static bool sweep_table(struct vs_port_sessions *s)
{
	if (!s)
		return false;
	if (READ_ONCE(s->table.count)) {
		spin_lock_bh(&s->lock);
		vs_sessions_sweep(&s->table, vs_sessions_now(),
				  slots_of(&s->table) / SWEEP_PARTS + 1);
		spin_unlock_bh(&s->lock);
	}
	return true;
}

static void sweep(struct work_struct *work)
{
	struct vs_switch *sw = container_of(to_delayed_work(work), struct vs_switch, sweeper);
	struct vs_port *port;
	bool again;

	rcu_read_lock();
	again = sweep_table(READ_ONCE(sw->local.sessions));
	list_for_each_entry_rcu(port, &sw->ports, list)
		again |= sweep_table(READ_ONCE(port->sessions));
	rcu_read_unlock();
	if (again)
		schedule_delayed_work(&sw->sweeper, SWEEP_EVERY);
}

void vs_sweeper_init(struct vs_switch *sw)
{
	INIT_DELAYED_WORK(&sw->sweeper, sweep);
}

/* For a port that is to have an ACL. */
int vs_sessions_new(struct vs_port *port, const struct vs_policy *policy, struct vs_error *err)
{
	struct vs_port_sessions *s = port->sessions;

	ASSERT_RTNL();
	if (!s) {
		s = table_new(policy->prog.connections_max, GFP_KERNEL_ACCOUNT);
		if (!s)
			return vs_out_of_memory(err, "sessions");
		/* pairs with READ_ONCE(): who sees the table sees what is in it */
		smp_store_release(&port->sessions, s);
	}
	if (rtnl_dereference(policy->acl->version)->acl.stateful)
		feed(s, GFP_KERNEL_ACCOUNT);
	schedule_delayed_work(&port->sw->sweeper, SWEEP_EVERY);
	return 0;
}

/* As its program says; a lower limit ends no session that there is. */
void vs_sessions_limit(struct vs_port *port, u32 max)
{
	struct vs_port_sessions *s = port->sessions;

	if (!s)
		return;
	spin_lock_bh(&s->lock);
	s->table.max = max;
	spin_unlock_bh(&s->lock);
}

u32 vs_sessions_count(const struct vs_port *port)
{
	const struct vs_port_sessions *s = READ_ONCE(port->sessions);

	return s ? READ_ONCE(s->table.count) : 0;
}

/* ---- of flow tables ---- */

void vs_tracked_sweep(struct vs_switch *sw)
{
	struct vs_port *port;

	rcu_read_lock();
	sweep_table(READ_ONCE(sw->local.tracked));
	list_for_each_entry_rcu(port, &sw->ports, list)
		sweep_table(READ_ONCE(port->tracked));
	rcu_read_unlock();
}

void vs_tracked_free(struct vs_port *port)
{
	table_free(port->tracked);
	port->tracked = NULL;
}

/* The port's, or a new one; several frames may be about to begin it. */
static struct vs_port_sessions *tracked_of(struct vs_port *port, u32 max)
{
	struct vs_port_sessions *s = READ_ONCE(port->tracked), *other;

	if (likely(s))
		return s;
	s = table_new(max, GFP_ATOMIC | __GFP_NOWARN);
	if (!s)
		return NULL;
	/* who sees the table sees what is in it */
	other = cmpxchg(&port->tracked, NULL, s);
	if (!other)
		return s;
	table_free(s);
	return other;
}

u16 vs_tracked_look(struct vs_port *port, const struct vs_session_packet *in)
{
	struct vs_port_sessions *s = READ_ONCE(port->tracked);
	u16 state;

	if (!s)
		return 0;
	vs_bh_lock(&s->lock);
	state = vs_session_track(&s->table, in);
	vs_bh_unlock(&s->lock);
	return state;
}

enum vifswitch_drop_reason vs_tracked_commit(struct vs_port *port, u32 max,
					     const struct vs_session_packet *in)
{
	struct vs_port_sessions *s = tracked_of(port, max);
	bool begun;

	if (unlikely(!s))
		return VIFSWITCH_DROP_NO_MEMORY;
	if (unlikely(vs_sessions_hungry(&s->table)))
		feed(s, GFP_ATOMIC);
	vs_bh_lock(&s->lock);
	s->table.max = max;
	begun = vs_session_commit(&s->table, in);
	vs_bh_unlock(&s->lock);
	return begun ? VIFSWITCH_DROP_NONE : VIFSWITCH_DROP_CONNECTION_LIMIT;
}

/* Of a port through which no frame goes any more. */
void vs_sessions_free(struct vs_port *port)
{
	vs_tracked_free(port);
	table_free(port->sessions);
}

/* Of flow tables, or of its ACL; under rtnl either stays. NULL: it has none. */
static struct vs_port_sessions *table_of(const struct vs_port *port, bool tracked)
{
	ASSERT_RTNL();
	return tracked ? READ_ONCE(port->tracked) : port->sessions;
}

/* Forgets all of them. */
int vs_sessions_flush(struct vs_port *port, bool tracked)
{
	struct vs_port_sessions *s = table_of(port, tracked);
	struct vs_sessions *old;

	ASSERT_RTNL();
	if (!s)
		return 0;
	old = kmalloc(sizeof(*old), GFP_KERNEL);
	if (!old)
		return -ENOMEM;
	spin_lock_bh(&s->lock);
	*old = s->table;
	init(&s->table, old->max);
	spin_unlock_bh(&s->lock);
	free_pages_of(old);
	kfree(old);
	return 0;
}

/* Forgets those that @blob names: a record that was checked, of @count sessions. */
void vs_sessions_forget(struct vs_port *port, bool tracked, const void *blob, u32 count)
{
	struct vs_port_sessions *s = table_of(port, tracked);
	u32 i;

	ASSERT_RTNL();
	for (i = 0; s && i < count; i++) {
		spin_lock_bh(&s->lock);
		vs_session_forget(&s->table, blob, i);
		spin_unlock_bh(&s->lock);
	}
}

u32 vs_sessions_read(const struct vs_port *port, bool tracked, u64 *place,
		     struct vifswitch_session *ret, u32 max)
{
	struct vs_port_sessions *s = table_of(port, tracked);
	u32 count;

	ASSERT_RTNL();
	if (!s) {
		*place = VS_SESSIONS_END;
		return 0;
	}
	spin_lock_bh(&s->lock);
	count = vs_sessions_export(&s->table, place, vs_sessions_now(), ret, max);
	spin_unlock_bh(&s->lock);
	return count;
}

static void write_all(struct vs_port_sessions *s, const struct vs_program *prog,
		      const struct vs_acl *acl, const void *blob, u32 count,
		      struct vs_session_import *result)
{
	u32 i;

	for (i = 0; i < count; i++) {
		if (vs_sessions_hungry(&s->table))
			feed(s, GFP_KERNEL_ACCOUNT);
		spin_lock_bh(&s->lock);
		vs_session_import(&s->table, prog, acl, blob, i, vs_sessions_now(), result);
		spin_unlock_bh(&s->lock);
	}
}

/* @blob: a record that was checked, of @count sessions, for a port with a program. */
void vs_sessions_write(struct vs_port *port, const void *blob, u32 count,
		       struct vs_session_import *result)
{
	const struct vs_policy *policy = rtnl_dereference(port->policy);
	const struct vs_acl_version *version;

	ASSERT_RTNL();
	version = policy->acl ? rtnl_dereference(policy->acl->version) : NULL;
	if (version)
		write_all(port->sessions, &policy->prog, &version->acl, blob, count, result);
	else
		result->refused += count;
}

/* The same for flow tables, of a port whose switch has some. */
void vs_tracked_write(struct vs_port *port, const void *blob, u32 count,
		      struct vs_session_import *result)
{
	const struct vs_policy *policy = rtnl_dereference(port->policy);
	u32 max = policy->prog.connections_max ?: VIFSWITCH_OF_CT_MAX;
	struct vs_port_sessions *s = NULL;

	ASSERT_RTNL();
	if (rtnl_dereference(port->sw->flows))
		s = tracked_of(port, max);
	if (s)
		write_all(s, &policy->prog, NULL, blob, count, result);
	else
		result->refused += count;
}

/* The octets that sessions look at; false: out of memory. */
static bool sees(struct sk_buff *skb, const struct vs_packet *pkt)
{
	return likely(vs_session_sees(pkt, ETH_HLEN + skb_headlen(skb))) ||
	       pskb_may_pull(skb, min_t(u32, skb->len, VS_PACKET_HEADERS - ETH_HLEN));
}

enum vifswitch_drop_reason vs_sessions_settle(struct vs_port *port,
					      const struct vs_acl_version *version,
					      enum vifswitch_acl_direction dir,
					      struct sk_buff *skb, const struct vs_packet *pkt,
					      u16 vid, const struct vs_access *access)
{
	struct vs_port_sessions *s = READ_ONCE(port->sessions);
	struct vs_session_packet in = {
		.pkt = pkt, .now = vs_sessions_now(), .vid = vid, .dir = dir,
		.allowed = access->track == VS_TRACK_ALLOWED,
	};
	enum vifswitch_drop_reason reason;
	struct vs_wire wire;

	if (unlikely(!s || !sees(skb, pkt)))
		return VIFSWITCH_DROP_NO_MEMORY;
	if (unlikely(vs_sessions_hungry(&s->table)))
		feed(s, GFP_ATOMIC);
	vs_wire_of(&wire, skb);
	in.packets = wire.packets;
	in.octets = wire.bytes;
	in.p = skb_mac_header(skb);
	in.len = ETH_HLEN + skb_headlen(skb);
	vs_bh_lock(&s->lock);
	reason = vs_session_settle(&s->table, &version->acl, access, &in);
	vs_bh_unlock(&s->lock);
	return reason;
}

enum vifswitch_drop_reason vs_sessions_begin(struct vs_port *port,
					     const struct vs_acl_version *version,
					     struct sk_buff *skb, const struct vs_packet *pkt,
					     u16 vid)
{
	const struct vs_access access = { .track = VS_TRACK_ALLOWED };

	return vs_sessions_settle(port, version, VIFSWITCH_ACL_FROM, skb, pkt, vid, &access);
}

bool vs_sessions_go_on(struct vs_port *port, const struct sk_buff *skb,
		       const struct vs_packet *pkt, u16 vid, bool allowed)
{
	struct vs_port_sessions *s = READ_ONCE(port->sessions);
	struct vs_session_packet in = {
		.pkt = pkt, .p = skb_mac_header(skb), .len = ETH_HLEN + skb_headlen(skb),
		.octets = skb->len + ETH_HLEN, .packets = 1, .now = vs_sessions_now(), .vid = vid,
		.dir = VIFSWITCH_ACL_FROM, .allowed = allowed,
	};
	bool passes;

	if (unlikely(!s))
		return false;
	vs_bh_lock(&s->lock);
	passes = vs_session_goes_on(&s->table, &in);
	vs_bh_unlock(&s->lock);
	return passes;
}
