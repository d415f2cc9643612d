// SPDX-License-Identifier: GPL-2.0-or-later
/* A switch's snoop: begun, changed, worked for and ended. */
#include <linux/mm.h>
#include <linux/random.h>
#include <linux/rculist.h>

#include "snoop.h"

#define TICK		HZ
#define PLACES		256	/* of the table that are swept in a tick */
#define PORTS		64	/* that are asked at once, after which others have their turn */
#define NEXT_PORTS	max(HZ / 100, 1)

DEFINE_STATIC_KEY_FALSE(vs_snooping);

static struct vs_snoop *snoop_of(const struct vs_switch *sw)
{
	return rcu_dereference_rtnl(sw->snoop);
}

u64 vs_snoop_interval(const struct vs_snoop *s)
{
	return READ_ONCE(s->ageing) * VIFSWITCH_QUERY_INTERVAL_S / VIFSWITCH_GROUP_AGEING_DEFAULT_S;
}

/* A port's own is not given back: it goes with the port. */
static void give_back(struct vs_member *m)
{
	struct vs_port *port = vs_port_of_member(m);
	struct vs_heard *heard;

	if (m == &port->always) {
		port->is_always = false;
		return;
	}
	heard = container_of(m, struct vs_heard, member);
	kfree_rcu(heard, rcu);
}

void vs_snoop_forget(struct vs_snoop *s, struct vs_member *m)
{
	lockdep_assert_held(&s->lock);
	vs_groups_remove(&s->table, m);
	give_back(m);
}

/* ---- work ---- */

static void sweep(struct vs_snoop *s)
{
	u32 places = PLACES;
	struct vs_member *m;

	spin_lock_bh(&s->lock);
	while ((m = vs_groups_sweep(&s->table, vs_snoop_now(), &places)))
		give_back(m);
	spin_unlock_bh(&s->lock);
}

/* A port that joined since is asked with the others: its seq is the highest. */
static void ask_some(struct vs_snoop *s)
{
	bool first = s->asking_version;
	struct vs_port *port;
	unsigned int n = 0;

	local_bh_disable();
	rcu_read_lock();
	if (!s->asking)
		vs_ask_port(s, &s->sw->local, first ? s->asking_version : 3, first);
	list_for_each_entry_rcu(port, &s->sw->ports, list) {
		if (port->seq < s->asking)
			continue;
		if (n++ >= PORTS) {
			s->asking = port->seq;
			goto out;
		}
		vs_ask_port(s, port, first ? s->asking_version : 3, first);
	}
	s->asking = U64_MAX;
out:
	rcu_read_unlock();
	local_bh_enable();
}

static void work(struct work_struct *w)
{
	struct vs_snoop *s = container_of(w, struct vs_snoop, work.work);
	u64 now = vs_snoop_now();
	u8 querier = READ_ONCE(s->querier);

	if (s->asking == U64_MAX) {
		sweep(s);
		if (querier && now >= s->next_round) {
			s->next_round = now + vs_snoop_interval(s);
			s->asking_version = querier;
			s->asking = 0;
		}
	}
	if (s->asking != U64_MAX)
		ask_some(s);
	queue_delayed_work(system_power_efficient_wq, &s->work,
			   s->asking == U64_MAX ? TICK : NEXT_PORTS);
}

/* ---- ports ---- */

static bool leads_out(const struct vs_program *prog)
{
	return prog->flags & (VIFSWITCH_PF_UPLINK | VIFSWITCH_PF_TUNNEL);
}

static void see_vlans(struct vs_snoop *s, const struct vs_program *prog)
{
	unsigned int vid;

	if (prog->pvid <= VIFSWITCH_VID_MAX)
		vs_bit_set(s->vlans, prog->pvid);
	if (leads_out(prog) || prog->access)
		return;
	for (vid = 0; vid <= VIFSWITCH_VID_MAX; vid++)
		if (vs_bit(prog->allowed, vid))
			vs_bit_set(s->vlans, vid);
}

static void set_always(struct vs_snoop *s, struct vs_port *port, const struct vs_group *place)
{
	if (port->is_always && place && vs_group_same(&port->always.group, place))
		return;
	if (port->is_always)
		vs_snoop_forget(s, &port->always);
	if (!place)
		return;
	vs_groups_insert(&s->table, &port->groups, place, U64_MAX, &port->always);
	port->is_always = true;
}

/* @s is the switch's, or is about to be. */
static void settle_port(struct vs_snoop *s, struct vs_port *port)
{
	const struct vs_policy *policy = rtnl_dereference(port->policy);
	const struct vs_program *prog = policy ? &policy->prog : NULL;
	const struct vs_group routers = VS_ALWAYS_ROUTERS, reports = VS_ALWAYS_REPORTS;

	spin_lock_bh(&s->lock);
	port->groups.max = prog && leads_out(prog) ? VIFSWITCH_GROUPS_SWITCH_MAX / 4 : s->port_max;
	if (prog)
		see_vlans(s, prog);
	set_always(s, port, !prog ? NULL : prog->flags & VIFSWITCH_PF_GROUP_ROUTER ? &routers :
		   leads_out(prog) && !(prog->flags & VIFSWITCH_PF_GROUP_HOSTS) ? &reports : NULL);
	spin_unlock_bh(&s->lock);
}

/* Its program did. */
void vs_snoop_port_changed(struct vs_port *port)
{
	struct vs_snoop *s = snoop_of(port->sw);

	ASSERT_RTNL();
	if (s && !port->leaving)
		settle_port(s, port);
}

static void forget_all(struct vs_snoop *s, struct vs_port *port)
{
	struct vs_member *m;

	while ((m = vs_groups_take(&s->table, &port->groups)))
		give_back(m);
}

/* It leaves: frames may still see it, and nothing comes after this. */
void vs_snoop_port_gone(struct vs_port *port)
{
	struct vs_snoop *s = snoop_of(port->sw);

	ASSERT_RTNL();
	if (!s)
		return;
	spin_lock_bh(&s->lock);
	forget_all(s, port);
	spin_unlock_bh(&s->lock);
}

/* ---- the switch ---- */

static void settle_all(struct vs_snoop *s)
{
	struct vs_port *port;

	settle_port(s, &s->sw->local);
	list_for_each_entry(port, &s->sw->ports, list)
		settle_port(s, port);
}

static void tell(struct vs_snoop *s, const struct vifswitch_snoop *told)
{
	WRITE_ONCE(s->flood, told->flags & VIFSWITCH_SNOOP_FLOOD);
	WRITE_ONCE(s->querier, told->querier);
	WRITE_ONCE(s->port_max, told->port_max);
	WRITE_ONCE(s->ageing, (u64)told->ageing_s * MSEC_PER_SEC);
}

static int begin(struct vs_switch *sw, const struct vifswitch_snoop *told, struct vs_error *err)
{
	struct vs_snoop *s = kvzalloc(sizeof(*s), GFP_KERNEL_ACCOUNT);

	if (!s)
		return vs_out_of_memory(err, "SNOOP");
	spin_lock_init(&s->lock);
	s->sw = sw;
	vs_groups_init(&s->table, get_random_u64(), VIFSWITCH_GROUPS_SWITCH_MAX);
	tell(s, told);
	settle_all(s);
	/* whatever its querier is: who has joined says so only when asked */
	s->next_round = vs_snoop_now() + vs_snoop_interval(s) / 4;
	INIT_DELAYED_WORK(&s->work, work);
	rcu_assign_pointer(sw->snoop, s);
	static_branch_inc(&vs_snooping);
	queue_delayed_work(system_power_efficient_wq, &s->work, 0);
	return 0;
}

static void end(struct vs_switch *sw)
{
	struct vs_snoop *s = rtnl_dereference(sw->snoop);
	struct vs_port *port;

	RCU_INIT_POINTER(sw->snoop, NULL);
	static_branch_dec(&vs_snooping);
	cancel_delayed_work_sync(&s->work);
	synchronize_net();	/* no frame is on its way through it, and none adds to it */
	forget_all(s, &sw->local);
	list_for_each_entry(port, &sw->ports, list)
		forget_all(s, port);
	kvfree(s);
}

/* Of a switch that goes: its ports have left. */
void vs_snoop_free(struct vs_switch *sw)
{
	if (rtnl_dereference(sw->snoop))
		end(sw);
}

static int check(const struct vifswitch_snoop *told, struct vs_error *err)
{
	u32 unknown = told->flags & ~(VIFSWITCH_SNOOP_ON | VIFSWITCH_SNOOP_FLOOD);
	static const struct vifswitch_snoop off;

	err->attr = VIFSWITCH_A_SNOOP;
	if (unknown)
		return vs_refuse(err, -EINVAL, "SNOOP flags: %#x is unknown; accepted: 0 to 3",
				 unknown);
	if (told->members || told->reserved || told->refused || told->passed_over)
		return vs_refuse(err, -EINVAL, "SNOOP: counters are given; accepted: 0");
	if (!(told->flags & VIFSWITCH_SNOOP_ON)) {
		if (memcmp(told, &off, sizeof(off)))
			return vs_refuse(err, -EINVAL, "SNOOP is off; accepted: all else 0");
		return 0;
	}
	if (told->querier && told->querier != 2 && told->querier != 3)
		return vs_refuse(err, -ERANGE, "SNOOP querier is %u; accepted: 0, 2, 3",
				 told->querier);
	if (!told->port_max || told->port_max > VIFSWITCH_GROUPS_PORT_MAX)
		return vs_refuse(err, -ERANGE, "SNOOP port_max is %u; accepted: 1 to %u",
				 told->port_max, VIFSWITCH_GROUPS_PORT_MAX);
	if (told->ageing_s < VIFSWITCH_GROUP_AGEING_MIN_S ||
	    told->ageing_s > VIFSWITCH_GROUP_AGEING_MAX_S)
		return vs_refuse(err, -ERANGE, "SNOOP ageing_s is %u; accepted: %u to %u",
				 told->ageing_s, VIFSWITCH_GROUP_AGEING_MIN_S,
				 VIFSWITCH_GROUP_AGEING_MAX_S);
	return 0;
}

int vs_snoop_set(struct vs_switch *sw, const struct vifswitch_snoop *told, struct vs_error *err)
{
	struct vs_snoop *s = rtnl_dereference(sw->snoop);
	int rc = check(told, err);

	ASSERT_RTNL();
	if (rc)
		return rc;
	if (!(told->flags & VIFSWITCH_SNOOP_ON)) {
		vs_snoop_free(sw);
		return 0;
	}
	if (!s)
		return begin(sw, told, err);
	tell(s, told);
	settle_all(s);
	return 0;
}

bool vs_snoop_read(const struct vs_switch *sw, struct vifswitch_snoop *ret)
{
	const struct vs_snoop *s = rtnl_dereference(sw->snoop);

	memset(ret, 0, sizeof(*ret));
	if (!s)
		return false;
	ret->flags = VIFSWITCH_SNOOP_ON | (s->flood ? VIFSWITCH_SNOOP_FLOOD : 0);
	ret->querier = s->querier;
	ret->port_max = s->port_max;
	ret->ageing_s = (u32)(s->ageing / MSEC_PER_SEC);
	ret->members = READ_ONCE(s->table.count);
	ret->refused = atomic64_read(&s->refused);
	ret->passed_over = atomic64_read(&s->passed_over);
	return true;
}
