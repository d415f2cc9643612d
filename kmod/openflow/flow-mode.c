// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Flow mode goes on in this order: numbers for the ports, the tables published, then the ports'
 * programs say that their frames go that way. Off in the reverse order: frames that still see
 * the tables have left after a grace period, then they are freed.
 */
#include <linux/random.h>
#include <linux/slab.h>

#include "flow-mode.h"

#define TICK		HZ
#define TOLD_AT_ONCE	64
#define OPEN_MAX	(60 * HZ)	/* without a change, of a transaction */

/* ---- ports ---- */

/* The next number that is free: one that was used is used again as late as may be. */
static void number_port(struct vs_flows *fl, struct vs_port *port)
{
	u32 i, number = fl->last_number;

	for (i = 0; i < VIFSWITCH_OF_PORT_MAX; i++) {
		number = number % VIFSWITCH_OF_PORT_MAX + 1;
		if (rcu_access_pointer(fl->port[number]))
			continue;
		fl->last_number = number;
		port->number = number;
		rcu_assign_pointer(fl->port[number], port);
		return;
	}
	/* there are more numbers than a switch may have ports */
}

void vs_flows_port_joins(struct vs_port *port)
{
	struct vs_flows *fl = vs_flows_of(port->sw);

	if (fl)
		number_port(fl, port);
}

/* Its grace period is still to come. */
void vs_flows_port_gone(struct vs_port *port)
{
	struct vs_flows *fl = vs_flows_of(port->sw);

	if (fl && port->number && port->number <= VIFSWITCH_OF_PORT_MAX)
		RCU_INIT_POINTER(fl->port[port->number], NULL);
}

static void set_way(struct vs_port *port, bool flows)
{
	struct vs_policy *policy = rtnl_dereference(port->policy);

	if (policy)
		WRITE_ONCE(policy->prog.way, flows ? VS_WAY_FLOWS : policy->way);
}

static void set_ways(struct vs_switch *sw, bool flows)
{
	struct vs_port *port;

	set_way(&sw->local, flows);
	list_for_each_entry(port, &sw->ports, list)
		set_way(port, flows);
}

/* ---- time ---- */

struct ended {
	struct vs_flows *fl;
	u64 now;
	u32 count;
	struct vifswitch_of_flow_stats stats[TOLD_AT_ONCE];
};

static void tell_ended(void *arg, const struct vs_of_flow *f, enum vifswitch_of_removed reason)
{
	struct ended *e = arg;

	if (!(f->flags & VIFSWITCH_OF_FLOW_TELL))
		return;
	vs_flow_stats_fill(f, e->now, &e->stats[e->count]);
	e->stats[e->count].reason = reason;
	if (++e->count < TOLD_AT_ONCE)
		return;
	vs_flows_tell_ended(e->fl, e->stats, e->count);
	e->count = 0;
}

static u64 grace_begins(void)
{
	return get_state_synchronize_rcu();
}

static bool grace_passed(u64 grace)
{
	return poll_state_synchronize_rcu(grace);
}

/* An open transaction keeps flows beyond their time, but not for long. */
static void expire(struct vs_flows *fl, struct ended *e)
{
	struct vs_program_error perr;

	lockdep_assert_held(&fl->lock);
	if (vs_of_is_open(fl->of) && time_after(jiffies, fl->changed + OPEN_MAX))
		vs_of_abort(fl->of);
	if (vs_of_is_open(fl->of))
		return;
	e->fl = fl;
	e->now = vs_flows_now();
	e->count = 0;
	vs_of_expire(fl->of, e->now, tell_ended, e);
	if (e->count)
		vs_flows_tell_ended(fl, e->stats, e->count);
	if (vs_of_is_open(fl->of) && vs_of_commit(fl->of, grace_begins, &perr))
		vs_of_abort(fl->of);
}

static void tick(struct work_struct *work)
{
	struct vs_flows *fl = container_of(to_delayed_work(work), struct vs_flows, work);
	struct ended *e = kmalloc(sizeof(*e), GFP_KERNEL);

	mutex_lock(&fl->lock);
	if (e)
		expire(fl, e);
	vs_of_bury(fl->of, grace_passed);
	mutex_unlock(&fl->lock);
	vs_tracked_sweep(fl->sw);
	kfree(e);
	queue_delayed_work(system_power_efficient_wq, &fl->work, TICK);
}

/* ---- changes ---- */

static int change_all(struct vs_flows *fl, const u8 *records, u32 len, struct vs_error *err)
{
	struct vs_program_error perr = {};
	u64 now = vs_flows_now();
	u32 at = 0, number = 0;
	int rc;

	for (; at < len; number++) {
		rc = vs_of_check(records + at, len - at, &perr);
		if (rc < 0)
			goto refused;
		at += rc;
		rc = vs_of_change(fl->of, records + at - rc, now, &perr);
		if (rc)
			goto refused;
	}
	return 0;

refused:
	return vs_refuse(err, rc, "OF_RECORDS: record %u, octet %u: %s is %llu; accepted: %s", number,
			 at, perr.field, perr.value, perr.accepted);
}

int vs_flows_change(struct vs_flows *fl, const u8 *records, u32 len, bool keep, u32 owner,
		    struct vs_error *err)
{
	struct vs_program_error perr;
	int rc;

	err->attr = VIFSWITCH_A_OF_RECORDS;
	mutex_lock(&fl->lock);
	if (vs_of_is_open(fl->of) && fl->owner != owner) {
		rc = vs_refuse(err, -EBUSY, "OF_RECORDS: the socket %u has a transaction open; accepted: one at a time",
			       fl->owner);
		goto unlock;
	}
	vs_of_bury(fl->of, grace_passed);
	fl->owner = owner;
	fl->changed = jiffies;
	rc = change_all(fl, records, len, err);
	if (!rc && !keep) {
		rc = vs_of_commit(fl->of, grace_begins, &perr);
		if (rc)
			vs_refuse(err, rc, "OF_RECORDS: %s is more than %llu; accepted: %s",
				  perr.field, perr.value, perr.accepted);
	}
	if (rc)
		vs_of_abort(fl->of);
unlock:
	mutex_unlock(&fl->lock);
	return rc;
}

void vs_flows_abort(struct vs_flows *fl)
{
	mutex_lock(&fl->lock);
	vs_of_abort(fl->of);
	mutex_unlock(&fl->lock);
}

/* ---- on and off ---- */

static void flows_destroy(struct vs_flows *fl)
{
	vs_of_destroy(fl->of);
	free_percpu(fl->runs);
	kvfree(fl);
}

void vs_flows_put(struct vs_flows *fl)
{
	if (refcount_dec_and_test(&fl->users))
		flows_destroy(fl);
}

static int flows_new(struct vs_switch *sw, struct vs_flows **ret)
{
	struct vs_flows *fl = kvzalloc(sizeof(*fl), GFP_KERNEL_ACCOUNT);

	if (!fl)
		return -ENOMEM;
	fl->of = vs_of_new(get_random_u64());
	fl->runs = alloc_percpu(struct vs_flows_runs);
	if (!fl->of || !fl->runs) {
		flows_destroy(fl);
		return -ENOMEM;
	}
	fl->sw = sw;
	refcount_set(&fl->users, 1);
	INIT_LIST_HEAD(&fl->grant.list);
	/* Without a cell (policer.h), so that the whole burst is there. */
	vs_rate_init(&fl->told, NSEC_PER_SEC, VIFSWITCH_OF_TOLD_PER_SEC, VIFSWITCH_OF_TOLD_BURST,
		     VIFSWITCH_OF_TOLD_BURST / 64);
	mutex_init(&fl->lock);
	INIT_DELAYED_WORK(&fl->work, tick);
	*ret = fl;
	return 0;
}

static int switch_on(struct vs_switch *sw, struct vs_error *err)
{
	struct vs_flows *fl;
	struct vs_port *port;

	if (flows_new(sw, &fl))
		return vs_out_of_memory(err, "OF_MODE");
	sw->local.number = VIFSWITCH_OF_PORT_LOCAL;
	list_for_each_entry(port, &sw->ports, list)
		number_port(fl, port);
	rcu_assign_pointer(sw->flows, fl);
	set_ways(sw, true);
	queue_delayed_work(system_power_efficient_wq, &fl->work, TICK);
	return 0;
}

static void free_tracked(struct vs_switch *sw)
{
	struct vs_port *port;

	vs_tracked_free(&sw->local);
	list_for_each_entry(port, &sw->ports, list)
		vs_tracked_free(port);
}

static void switch_off(struct vs_switch *sw)
{
	struct vs_flows *fl = vs_flows_of(sw);

	set_ways(sw, false);
	RCU_INIT_POINTER(sw->flows, NULL);
	cancel_delayed_work_sync(&fl->work);
	vs_flows_revoke(fl);
	synchronize_net();
	free_tracked(sw);
	vs_flows_put(fl);
}

int vs_flows_mode(struct vs_switch *sw, u32 mode, struct vs_error *err)
{
	struct vs_flows *fl = vs_flows_of(sw);
	int rc = 0;

	ASSERT_RTNL();
	err->attr = VIFSWITCH_A_OF_MODE;
	if (mode & ~VIFSWITCH_OF_MODE_ALL || (mode && !(mode & VIFSWITCH_OF_ON)))
		return vs_refuse(err, -EINVAL, "OF_MODE is %#x; accepted: 0, 1 (on), and with it 2 (standalone), 4 (trusted)",
				 mode);
	if (!mode) {
		if (fl)
			switch_off(sw);
		return 0;
	}
	if (!fl)
		rc = switch_on(sw, err);
	if (rc)
		return rc;
	vs_flows_set_mode(vs_flows_of(sw), mode);
	return 0;
}

u32 vs_flows_mode_of(const struct vs_switch *sw)
{
	const struct vs_flows *fl = vs_flows_of(sw);

	return fl ? fl->mode : 0;
}

void vs_flows_free(struct vs_switch *sw)
{
	if (vs_flows_of(sw))
		switch_off(sw);
}
