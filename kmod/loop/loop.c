// SPDX-License-Identifier: GPL-2.0-or-later
/* Loop protection of a switch: begun, worked for and ended; ports closed and opened. */
#include <linux/random.h>

#include "../trip.h"
#include "loop.h"

#define TICK		max(HZ / 4, 1)
#define TICKS_A_ROUND	4

static bool is_uplink(const struct vs_policy *policy)
{
	return policy && (policy->prog.flags & (VIFSWITCH_PF_UPLINK | VIFSWITCH_PF_TUNNEL)) ==
			 VIFSWITCH_PF_UPLINK;
}

/* ---- a port's policy, kept from frames ---- */

static void hide(struct vs_port *port)
{
	port->loop.held = rtnl_dereference(port->policy);
	rcu_assign_pointer(port->policy, NULL);
}

/* With what changed for all ports meanwhile. */
static void put_back(struct vs_port *port)
{
	struct vs_policy *policy = port->loop.held;

	port->loop.held = NULL;
	if (!policy)
		return;
	vs_policy_settle(port, policy);
	rcu_assign_pointer(port->policy, policy);
}

const struct vs_policy *vs_loop_policy(const struct vs_port *port)
{
	return port->loop.held ?: rtnl_dereference(port->policy);
}

void vs_loop_pause(struct vs_port *port)
{
	ASSERT_RTNL();
	if (port->loop.closed)
		put_back(port);
}

static void open(struct vs_port *port)
{
	port->loop.closed = false;
	port->loop.changed = jiffies;
	put_back(port);
	vs_snoop_port_changed(port);
	vs_locked_changed(port);
	netdev_info(port->dev, "no loop any more: open again\n");
	vs_event_port(port, VIFSWITCH_EV_PORT_OPENED);
}

/* What is no uplink any more is nobody's loop. */
void vs_loop_resume(struct vs_port *port)
{
	ASSERT_RTNL();
	if (!port->loop.closed)
		return;
	if (is_uplink(rtnl_dereference(port->policy)))
		hide(port);
	else
		open(port);
}

/* No frame reaches it any more. */
void vs_loop_port_gone(struct vs_port *port)
{
	ASSERT_RTNL();
	put_back(port);
	port->loop.closed = false;
}

/* ---- what was heard ---- */

static void close(struct vs_loop *l, struct vs_port *port, const struct vs_port *other)
{
	struct vs_port_loop *its = &port->loop;

	if (time_after(jiffies, its->changed + VIFSWITCH_LOOP_FORGET_S * HZ))
		its->count = 0;
	if (its->count < U32_MAX)
		its->count++;
	its->closed = true;
	its->changed = jiffies;
	its->heard = jiffies;
	its->other = other->dev->ifindex;
	its->more = get_random_u32() % 128;
	hide(port);
	vs_fdb_flush(port->sw, port, -1);
	vs_snoop_port_changed(port);
	vs_locked_changed(port);
	l->found++;
	netdev_warn(port->dev, "closed: what goes out by %s comes back here\n", other->dev->name);
	vs_event_port(port, VIFSWITCH_EV_PORT_CLOSED);
}

static struct vs_port *by_seq(const struct vs_switch *sw, u32 seq)
{
	struct vs_port *port;

	list_for_each_entry(port, &sw->ports, list)
		if ((u32)port->seq == seq)
			return port;
	return NULL;
}

/* One of the two is closed; if one is, that it is still right to be. */
static void judge(struct vs_loop *l, const struct vs_loop_heard *heard)
{
	struct vs_port *from = by_seq(l->sw, heard->from), *at = by_seq(l->sw, heard->at);

	if (!from || !at)
		return;
	if (from == at) {
		/* members of one bond may well hear each other */
		from->loop.echoes = !netif_is_bond_master(from->dev);
		from->loop.echoed = jiffies;
	} else if (from->loop.closed || at->loop.closed) {
		from->loop.heard = jiffies;
		at->loop.heard = jiffies;
	} else if (is_uplink(rtnl_dereference(from->policy)) &&
		   is_uplink(rtnl_dereference(at->policy))) {
		close(l, from->seq > at->seq ? from : at, from->seq > at->seq ? at : from);
	}
}

static void judge_all(struct vs_loop *l)
{
	struct vs_loop_heard heard[VS_LOOP_HEARD];
	u32 count, i;

	spin_lock_bh(&l->lock);
	count = l->heard_count;
	memcpy(heard, l->heard, sizeof(heard));
	l->heard_count = 0;
	spin_unlock_bh(&l->lock);
	for (i = 0; i < count; i++)
		judge(l, &heard[i]);
}

static void open_due(struct vs_switch *sw)
{
	struct vs_port *port;

	list_for_each_entry(port, &sw->ports, list) {
		unsigned long hold = vs_loop_hold(port->loop.count) * HZ;

		hold += hold / 256 * port->loop.more;
		if (port->loop.closed && time_after(jiffies, port->loop.heard + hold))
			open(port);
		if (port->loop.echoes &&
		    time_after(jiffies, port->loop.echoed + VIFSWITCH_LOOP_HOLD_S * HZ))
			port->loop.echoes = false;
	}
}

/* ---- a round ---- */

/* The next VLAN, in turn, that another port sends untagged frames in; VID_NONE: there is none. */
static u16 next_vlan(const struct vs_loop *l)
{
	u16 next = VIFSWITCH_VID_NONE, first = VIFSWITCH_VID_NONE, vid;
	const struct vs_policy *policy;
	struct vs_port *port;

	list_for_each_entry(port, &l->sw->ports, list) {
		policy = vs_loop_policy(port);
		if (!policy || policy->prog.flags & VIFSWITCH_PF_UPLINK)
			continue;
		vid = policy->prog.pvid;
		first = min(first, vid);
		if (vid > l->vid)
			next = min(next, vid);
	}
	return next == VIFSWITCH_VID_NONE ? first : next;
}

static void probe_all(struct vs_loop *l)
{
	const struct vs_policy *policy;
	struct vs_port *port;

	if (rcu_access_pointer(l->sw->flows))
		return;
	WRITE_ONCE(l->round, l->round + 1);
	l->vid = next_vlan(l);
	list_for_each_entry(port, &l->sw->ports, list) {
		policy = vs_loop_policy(port);
		if (!is_uplink(policy) || !vs_is_up(port->dev))
			continue;
		if (policy->prog.pvid != VIFSWITCH_VID_NONE)
			vs_loop_probe(l, port, policy->prog.pvid);
		if (l->vid != VIFSWITCH_VID_NONE && l->vid != policy->prog.pvid)
			vs_loop_probe(l, port, l->vid);
	}
}

static void work(struct work_struct *w)
{
	struct vs_loop *l = container_of(w, struct vs_loop, work.work);

	if (rtnl_trylock()) {
		judge_all(l);
		open_due(l->sw);
		if (l->step++ % TICKS_A_ROUND == 0)
			probe_all(l);
		rtnl_unlock();
	}
	queue_delayed_work(system_power_efficient_wq, &l->work, TICK);
}

/* ---- the switch ---- */

static int begin(struct vs_switch *sw, struct vs_error *err)
{
	struct vs_loop *l = kzalloc(sizeof(*l), GFP_KERNEL_ACCOUNT);

	if (!l)
		return vs_out_of_memory(err, "LOOP");
	spin_lock_init(&l->lock);
	l->sw = sw;
	l->nonce = get_random_u64();
	get_random_bytes(&l->key, sizeof(l->key));
	INIT_DELAYED_WORK(&l->work, work);
	rcu_assign_pointer(sw->loop, l);
	queue_delayed_work(system_power_efficient_wq, &l->work, 0);
	return 0;
}

static void end(struct vs_switch *sw)
{
	struct vs_loop *l = rtnl_dereference(sw->loop);
	struct vs_port *port;

	RCU_INIT_POINTER(sw->loop, NULL);
	cancel_delayed_work_sync(&l->work);
	list_for_each_entry(port, &sw->ports, list) {
		if (port->loop.closed)
			open(port);
		port->loop = (struct vs_port_loop){};
	}
	kfree_rcu(l, rcu);
}

/* Of a switch that goes: its ports have left. */
void vs_loop_free(struct vs_switch *sw)
{
	if (rtnl_dereference(sw->loop))
		end(sw);
}

int vs_loop_set(struct vs_switch *sw, const struct vifswitch_loop *told, struct vs_error *err)
{
	const struct vifswitch_loop plain = { .flags = told->flags };
	u32 unknown = told->flags & ~VIFSWITCH_LOOP_ON;

	ASSERT_RTNL();
	err->attr = VIFSWITCH_A_LOOP;
	if (unknown)
		return vs_refuse(err, -EINVAL, "LOOP flags: %#x is unknown; accepted: 0, 1",
				 unknown);
	if (memcmp(told, &plain, sizeof(plain)))
		return vs_refuse(err, -EINVAL, "LOOP: counters are given; accepted: 0");
	if (!told->flags)
		vs_loop_free(sw);
	else if (!rtnl_dereference(sw->loop))
		return begin(sw, err);
	return 0;
}

bool vs_loop_read(const struct vs_switch *sw, struct vifswitch_loop *ret)
{
	struct vs_loop *l = rtnl_dereference(sw->loop);
	const struct vs_port *port;

	memset(ret, 0, sizeof(*ret));
	if (!l)
		return false;
	ret->flags = VIFSWITCH_LOOP_ON;
	ret->sent = l->sent;
	ret->found = l->found;
	spin_lock_bh(&l->lock);
	ret->heard = l->came_back;
	spin_unlock_bh(&l->lock);
	list_for_each_entry(port, &sw->ports, list)
		ret->closed += port->loop.closed;
	return true;
}

bool vs_loop_port_read(const struct vs_port *port, struct vifswitch_loop_port *ret)
{
	const struct vs_port_loop *its = &port->loop;

	*ret = (struct vifswitch_loop_port){
		.flags = (its->closed ? VIFSWITCH_LOOP_CLOSED : 0) |
			 (its->echoes ? VIFSWITCH_LOOP_ECHO : 0),
		.other = its->closed ? its->other : 0, .count = its->count,
		.hold_s = its->closed ? vs_loop_hold(its->count) : 0,
	};
	return ret->flags;
}
