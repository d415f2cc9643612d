// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A port's flows: how they begin and make room, and how they are told.
 *
 * A record is in one place only: in the table, in the ring of those that made room, in a
 * message, or, without its key, in the rest. What a message could not deliver goes to the
 * rest. So nothing is counted twice, and nothing is lost while somebody listens at times.
 */
#include <linux/jiffies.h>
#include <linux/mm.h>
#include <linux/random.h>
#include <linux/slab.h>

#include "meter.h"

#define TELL_EVERY	HZ
#define WALK_PARTS	4	/* of a table that are looked at each time */
#define RING_MAX	4096
#define BATCH		128	/* records in a message */

/* Records on their way into a message. */
struct batch {
	struct vs_meter *m;
	u32 count;
	struct vs_flow flow[BATCH];
	enum vifswitch_flow_end end[BATCH];
	struct vifswitch_flow told[BATCH];
};

static u32 set_count(const struct vs_meter *m)
{
	return m->wish.entries / VS_FLOW_WAYS;
}

/* That of the @n-th in the ring. */
static u32 ring_place(const struct vs_meter *m, u32 n)
{
	u32 place = m->ring_first + n;

	return place < m->ring_size ? place : place - m->ring_size;
}

/* @f makes room for another: kept whole as far as the port may, else its sums. */
static void evict(struct vs_meter *m, const struct vs_flow *f)
{
	vs_bh_lock(&m->lock);
	if (likely(!m->tokens || m->ring_count == m->ring_size)) {
		vs_flow_fold(&m->rest, f);
	} else {
		m->ring[ring_place(m, m->ring_count++)] = *f;
		WRITE_ONCE(m->tokens, m->tokens - 1);
	}
	vs_bh_unlock(&m->lock);
}

/*
 * A place in @set for a new flow, under the set's lock. Most that make room were delivered, and
 * in a flood the port's records are used up: their sums go no further than the set.
 */
struct vs_flow *vs_meter_place(struct vs_meter *m, struct vs_meter_set *set, u32 now)
{
	struct vs_flow *f;

	/* as good as never: a set fills up, and what is told leaves it for a while only */
	if (unlikely(set->used < VS_FLOW_WAYS)) {
		set->used++;
		return vs_flow_place(set->way, now);
	}
	f = vs_flow_oldest(set->way, now);
	if (likely(vs_flow_is_delivered(f) && !READ_ONCE(m->tokens)))
		vs_flow_sum_one(&set->delivered, f);
	else
		evict(m, f);
	return f;
}

/* What @set has without keys goes to the meter's rest, under the set's lock or without frames. */
static void gather(struct vs_meter *m, struct vs_meter_set *set)
{
	struct vs_flow_sum *to = &m->rest.sum[1][VIFSWITCH_DROP_NONE];

	if (!set->delivered.packets)
		return;
	spin_lock(&m->lock);
	vs_flow_sum_add(to, &set->delivered);
	spin_unlock(&m->lock);
	set->delivered = (struct vs_flow_sum){};
}

/* @then may be later: a frame on another CPU was not waited for. */
static u64 ms_ago(u32 now, u32 then)
{
	return (s32)(now - then) > 0 ? jiffies_to_msecs(now - then) : 0;
}

/* What could not be told stays, as sums. */
static void fold_back(struct batch *b)
{
	u32 i;

	spin_lock_bh(&b->m->lock);
	for (i = 0; i < b->count; i++)
		vs_flow_fold(&b->m->rest, &b->flow[i]);
	spin_unlock_bh(&b->m->lock);
}

static void send_batch(struct batch *b)
{
	u64 ms = ktime_get_real_ns() / NSEC_PER_MSEC;
	u32 now = (u32)jiffies, i;

	if (!b->count)
		return;
	for (i = 0; i < b->count; i++) {
		vs_flow_tell(&b->flow[i], b->end[i], &b->told[i]);
		b->told[i].first_ms = ms - ms_ago(now, b->flow[i].first);
		/* CPUs see jiffies a little apart */
		b->told[i].last_ms = max(b->told[i].first_ms, ms - ms_ago(now, b->flow[i].last));
	}
	if (vs_event_flows(b->m->port, b->told, b->count))
		fold_back(b);
	b->count = 0;
}

static void add(struct batch *b, const struct vs_flow *f, enum vifswitch_flow_end end)
{
	b->flow[b->count] = *f;
	b->end[b->count++] = end;
}

static void tell_ring(struct batch *b)
{
	struct vs_meter *m = b->m;
	u32 left = m->ring_size;

	while (READ_ONCE(m->ring_count) && left) {
		spin_lock_bh(&m->lock);
		for (; m->ring_count && b->count < BATCH && left; left--) {
			add(b, &m->ring[m->ring_first], VIFSWITCH_FLOW_END_RESOURCES);
			m->ring_first = ring_place(m, 1);
			m->ring_count--;
		}
		spin_unlock_bh(&m->lock);
		send_batch(b);
	}
}

/* @end: of all of them, or UNSPEC: of those that have one. */
static void tell_set(struct batch *b, struct vs_meter_set *set, enum vifswitch_flow_end end)
{
	const struct vs_meter_wish *wish = &b->m->wish;
	u32 now, i;

	spin_lock_bh(&set->lock);
	now = (u32)jiffies;
	for (i = 0; i < VS_FLOW_WAYS; i++) {
		struct vs_flow *f = &set->way[i];
		enum vifswitch_flow_end its = end;

		if (!f->frames)
			continue;
		if (!its)
			its = vs_flow_ended(f, now, wish->idle * HZ, wish->active * HZ);
		if (!its)
			continue;
		add(b, f, its);
		vs_flow_clear(f);
		set->used--;
	}
	gather(b->m, set);
	spin_unlock_bh(&set->lock);
	if (b->count > BATCH - VS_FLOW_WAYS)
		send_batch(b);
}

static void tell_sets(struct batch *b, u32 count, enum vifswitch_flow_end end)
{
	struct vs_meter *m = b->m;

	for (; count; count--) {
		tell_set(b, &m->sets[m->hand], end);
		m->hand = (m->hand + 1) % set_count(m);
		cond_resched();
	}
	send_batch(b);
}

/* One record for each reason that has any. They are taken, and added again if that fails. */
static void tell_rest(struct batch *b)
{
	struct vs_meter *m = b->m;
	struct vs_flow_sum *sums = &m->rest.sum[0][0];
	u32 i;

	for (i = 0; i < 2 * VIFSWITCH_DROP_COUNT; i++) {
		struct vs_flow_sum sum;
		u32 now;
		u64 ms;

		if (!READ_ONCE(sums[i].packets))
			continue;
		spin_lock_bh(&m->lock);
		now = (u32)jiffies;
		ms = ktime_get_real_ns() / NSEC_PER_MSEC;
		sum = sums[i];
		sums[i] = (struct vs_flow_sum){};
		spin_unlock_bh(&m->lock);
		vs_flow_tell_rest(&sum, i / VIFSWITCH_DROP_COUNT, i % VIFSWITCH_DROP_COUNT,
				  &b->told[0]);
		b->told[0].first_ms = ms - ms_ago(now, sum.first);
		b->told[0].last_ms = max(b->told[0].first_ms, ms - ms_ago(now, sum.last));
		if (!vs_event_flows(m->port, b->told, 1))
			continue;
		spin_lock_bh(&m->lock);
		vs_flow_sum_add(&sums[i], &sum);
		spin_unlock_bh(&m->lock);
	}
}

/* What is due; with an @end, all that there is. */
static void tell(struct vs_meter *m, enum vifswitch_flow_end end)
{
	struct batch *b;

	if (!m->sets || !vs_event_flows_heard(m->port))
		return;
	b = kvmalloc(sizeof(*b), GFP_KERNEL);
	if (!b)
		return;
	b->m = m;
	b->count = 0;
	tell_ring(b);
	tell_sets(b, end ? set_count(m) : DIV_ROUND_UP(set_count(m), WALK_PARTS), end);
	tell_rest(b);
	kvfree(b);
}

static void refill(struct vs_meter *m)
{
	/* none that the ring has no room for, so that a ring nobody empties costs frames no lock */
	spin_lock_bh(&m->lock);
	WRITE_ONCE(m->tokens, min(m->wish.rate, m->ring_size - m->ring_count));
	spin_unlock_bh(&m->lock);
	atomic_set(&m->sample_tokens, m->wish.sample_rate);
	atomic_set(&m->drop_tokens, m->wish.drops);
}

static void meter_work(struct work_struct *work)
{
	struct vs_meter *m = container_of(to_delayed_work(work), struct vs_meter, work);

	tell(m, VIFSWITCH_FLOW_END_UNSPEC);
	refill(m);
	queue_delayed_work(system_power_efficient_wq, &m->work, TELL_EVERY);
}

static int alloc_flows(struct vs_meter *m)
{
	u32 i, count = set_count(m);

	if (!count)
		return 0;
	m->ring_size = clamp_t(u32, m->wish.rate, 1, RING_MAX);
	m->ring = kvcalloc(m->ring_size, sizeof(*m->ring), GFP_KERNEL_ACCOUNT);
	m->sets = kvcalloc(count, sizeof(*m->sets), GFP_KERNEL_ACCOUNT);
	if (!m->ring || !m->sets)
		return -ENOMEM;
	for (i = 0; i < count; i++)
		spin_lock_init(&m->sets[i].lock);
	m->shift = 64 - ilog2(count);
	return 0;
}

static int alloc_skips(struct vs_meter *m)
{
	int cpu;

	if (!m->wish.every)
		return 0;
	m->skips = alloc_percpu_gfp(struct vs_skip, GFP_KERNEL_ACCOUNT);
	if (!m->skips)
		return -ENOMEM;
	for_each_possible_cpu(cpu)
		vs_skip_init(per_cpu_ptr(m->skips, cpu), get_random_u64(), m->wish.every);
	return 0;
}

void vs_meter_free(struct vs_meter *m)
{
	if (!m)
		return;
	free_percpu(m->skips);
	kvfree(m->sets);
	kvfree(m->ring);
	kfree(m);
}

static struct vs_meter *meter_new(struct vs_port *port, const struct vs_meter_wish *wish)
{
	struct vs_meter *m = kzalloc(sizeof(*m), GFP_KERNEL_ACCOUNT);

	if (!m)
		return NULL;
	m->port = port;
	m->wish = *wish;
	spin_lock_init(&m->lock);
	INIT_DELAYED_WORK(&m->work, meter_work);
	get_random_bytes(m->secret, sizeof(m->secret));
	if (alloc_flows(m) || alloc_skips(m)) {
		vs_meter_free(m);
		return NULL;
	}
	refill(m);
	return m;
}

static struct vs_meter_wish wish_of(const struct vs_policy *policy)
{
	const struct vs_program *prog = policy ? &policy->prog : NULL;

	if (!prog)
		return (struct vs_meter_wish){};
	return (struct vs_meter_wish){
		.entries = prog->flow_entries, .active = prog->flow_active,
		.idle = prog->flow_idle, .rate = prog->flow_rate, .every = prog->sample_every,
		.sample_rate = prog->sample_rate, .drops = prog->sample_drops,
		.octets = prog->sample_octets,
	};
}

/* What @cfg's program asks for, unless the port has that already. */
int vs_meter_prepare(struct vs_port *port, struct vs_config *cfg, struct vs_error *err)
{
	const struct vs_meter *old = rtnl_dereference(port->meter);
	struct vs_meter_wish wish = wish_of(cfg->policy);

	if (!cfg->set_policy || !(wish.entries || wish.every || wish.drops) ||
	    (old && !memcmp(&old->wish, &wish, sizeof(wish))))
		return 0;
	err->attr = VIFSWITCH_A_PROGRAM;
	cfg->meter = meter_new(port, &wish);
	return cfg->meter ? 0 : vs_out_of_memory(err, "flow records and samples");
}

u64 vs_meter_pool(const struct vs_meter *m)
{
	u64 sum = m->pool_before;
	int cpu;

	if (m->skips)
		for_each_possible_cpu(cpu)
			sum += READ_ONCE(per_cpu_ptr(m->skips, cpu)->pool);
	return sum;
}

/* Collectors take differences of these. Frames of this moment are in neither. */
static void samples_go_on(struct vs_meter *m, const struct vs_meter *old)
{
	m->pool_before = vs_meter_pool(old);
	atomic64_set(&m->sampled, atomic64_read(&old->sampled));
	atomic64_set(&m->excess, atomic64_read(&old->excess));
	atomic64_set(&m->drops_told, atomic64_read(&old->drops_told));
	atomic64_set(&m->drops_excess, atomic64_read(&old->drops_excess));
}

struct vs_meter *vs_meter_commit(struct vs_port *port, struct vs_config *cfg)
{
	struct vs_meter *old = rtnl_dereference(port->meter);
	struct vs_meter_wish wish = wish_of(cfg->policy);
	bool same = old && !memcmp(&old->wish, &wish, sizeof(wish));

	if (cfg->policy)
		cfg->policy->meter = same ? old : cfg->meter;
	if (!cfg->set_policy || same)
		return NULL;
	if (old && cfg->meter)
		samples_go_on(cfg->meter, old);
	rcu_assign_pointer(port->meter, cfg->meter);
	if (cfg->meter)
		queue_delayed_work(system_power_efficient_wq, &cfg->meter->work, TELL_EVERY);
	cfg->meter = NULL;
	return old;
}

/* What nobody heard of goes to the port's next meter, without keys. No frame reads @m. */
static void hand_on(struct vs_meter *m, struct vs_meter *to)
{
	struct vs_flow_sum *from = &m->rest.sum[0][0], *sums = &to->rest.sum[0][0];
	u32 i;

	for (i = 0; i < m->wish.entries; i++) {
		const struct vs_flow *f = &m->sets[i / VS_FLOW_WAYS].way[i % VS_FLOW_WAYS];

		if (f->frames)
			vs_flow_fold(&m->rest, f);
	}
	local_bh_disable();
	for (i = 0; i < set_count(m); i++)
		gather(m, &m->sets[i]);
	local_bh_enable();
	for (; m->ring_count; m->ring_count--)
		vs_flow_fold(&m->rest, &m->ring[m->ring_first++ % m->ring_size]);
	spin_lock_bh(&to->lock);
	for (i = 0; i < 2 * VIFSWITCH_DROP_COUNT; i++)
		if (from[i].packets)
			vs_flow_sum_add(&sums[i], &from[i]);
	spin_unlock_bh(&to->lock);
}

void vs_meter_retire(struct vs_meter *m)
{
	struct vs_meter *to;

	if (!m)
		return;
	cancel_delayed_work_sync(&m->work);
	tell(m, VIFSWITCH_FLOW_END_FORCED);
	to = rtnl_dereference(m->port->meter);
	if (to && to->sets && m->sets)
		hand_on(m, to);
	vs_meter_free(m);
}

/* Of a port through which no frame goes any more. */
void vs_meter_leave(struct vs_port *port)
{
	struct vs_meter *m = rtnl_dereference(port->meter);

	RCU_INIT_POINTER(port->meter, NULL);
	vs_meter_retire(m);
}
