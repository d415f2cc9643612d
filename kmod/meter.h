/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What watches a port whose program says so: its flows, and the choice of samples.
 *
 * The meter belongs to the port and outlives programs that ask for the same. It comes to
 * be before the program that asks for it, and goes a grace period after the last one that
 * did, so frames read it under RCU. Each set of its table has a lock, for a port's queues
 * run on several CPUs; whoever has that may take the meter's, never the other way round.
 * Its work tells records once a second: it takes no lock but these, so that it can be
 * waited for under rtnl.
 */
#ifndef VS_METER_H
#define VS_METER_H

#include "bh-lock.h"
#include "core/flow.h"
#include "vifswitch.h"

/* A power of two of octets, where locks are not debugged: it is a shift away. */
struct vs_meter_set {
	spinlock_t lock;
	u32 used;			/* places that are not free */
	struct vs_flow way[VS_FLOW_WAYS] __aligned(8);
	struct vs_flow_sum delivered;	/* of such flows that made room, without their keys */
} ____cacheline_aligned;

/* What a program asks for. */
struct vs_meter_wish {
	u32 entries;
	u32 active;
	u32 idle;
	u32 rate;
	u32 every;
	u32 sample_rate;
	u32 drops;
	u32 octets;
};

struct vs_meter {
	/* for every frame, and never changed */
	u64 secret[VS_FLOW_SECRETS];
	struct vs_meter_set *sets;	/* NULL: no flows are asked for */
	struct vs_skip __percpu *skips;
	u32 shift;			/* hash to set; less than 64 */
	struct vs_meter_wish wish;
	struct vs_port *port;

	/* for flows that make room for others; under lock */
	spinlock_t lock ____cacheline_aligned_in_smp;
	u32 tokens;			/* so many more of them this second */
	u32 ring_size;
	u32 ring_first;
	u32 ring_count;
	struct vs_flow *ring;
	struct vs_flow_rest rest;

	/* for samples */
	u64 pool_before;		/* of the port's meters before this one */
	atomic_t sample_tokens;
	atomic_t drop_tokens;
	atomic64_t sampled;
	atomic64_t excess;
	atomic64_t drops_told;
	atomic64_t drops_excess;

	struct delayed_work work;
	u32 hand;			/* of the work: which set is next */
};

/* A frame on the long way, beside its trip. */
struct vs_watch {
	struct vs_meter *m;
	u32 chosen;			/* so many of its packets are samples */
	struct vs_flow_part part;
	u32 tag;			/* that it came with */
	bool ip4;
	u64 words[VS_FLOW_WORDS];	/* of the key, but for how it ends */
	u32 head_len;
	u8 head[VIFSWITCH_SAMPLE_OCTETS_MAX];
};

struct vs_trip;

/* meter.c */
int vs_meter_prepare(struct vs_port *port, struct vs_config *cfg, struct vs_error *err);
/* The one that is not in use any more, if any: to be given up when frames read the program. */
struct vs_meter *vs_meter_commit(struct vs_port *port, struct vs_config *cfg);
/*
 * Tells what is left, and frees it. The port is there still. What could not be told goes to
 * the port's next meter, if it has one.
 */
void vs_meter_retire(struct vs_meter *m);
/* Packets so far of which some were chosen. */
u64 vs_meter_pool(const struct vs_meter *m);
void vs_meter_leave(struct vs_port *port);
void vs_meter_free(struct vs_meter *m);
struct vs_flow *vs_meter_place(struct vs_meter *m, struct vs_meter_set *set, u32 now);

/* watch.c */
void vs_watch_begin(struct vs_watch *w, struct vs_trip *t, struct sk_buff *skb, u32 tag);
/* Of a frame that is gone, for it was cut short in its tag. */
void vs_watch_lost(struct vs_watch *w, struct vs_trip *t, u32 octets);
void vs_watch_end(struct vs_watch *w, struct vs_trip *t, enum vifswitch_drop_reason reason,
		  bool accepted, u32 to);
/* Of a frame that the short way refused; it is there still. */
void vs_watch_refused(struct vs_meter *m, struct sk_buff *skb, enum vifswitch_drop_reason reason,
		      u16 vid);

/* How many of so many packets are samples. Bottom halves are off. */
static __always_inline u32 vs_meter_due(struct vs_meter *m, u32 packets)
{
	return m->skips ? vs_skip_due(this_cpu_ptr(m->skips), packets, m->wish.every) : 0;
}

/* Is the next packet no sample? Then vs_meter_pass_over() it, if it goes this way. */
static __always_inline bool vs_meter_passes_over(const struct vs_meter *m)
{
	return !m->skips || vs_skip_passes_over(this_cpu_ptr(m->skips));
}

static __always_inline void vs_meter_pass_over(struct vs_meter *m)
{
	if (m->skips)
		vs_skip_one(this_cpu_ptr(m->skips));
}

static __always_inline struct vs_meter_set *vs_meter_set(struct vs_meter *m, const u64 *words,
							 const bool ip4)
{
	return m->sets + (vs_flow_hash(m->secret, words, ip4) >> m->shift);
}

/*
 * Counts a frame in its flow. @words has the whole key; where the reason was not yet in it
 * when @set was found, a flow may be in two sets. Nothing hands out the addresses of what the
 * caller has in registers.
 */
static __always_inline void vs_meter_count(struct vs_meter *m, struct vs_meter_set *set,
					   const u64 *words, const bool ip4,
					   const struct vs_flow_part *part, u64 dst, u64 src)
{
	struct vs_flow *f = set->way;

	vs_bh_lock(&set->lock);
	if (unlikely(!vs_flow_is(f, words, ip4))) {
		f = vs_flow_find_other(f, words, ip4);
		if (!f) {
			f = vs_meter_place(m, set, (u32)jiffies);
			vs_flow_begin(f, words, part, (u32)jiffies, dst, src, ip4);
			goto unlock;
		}
	}
	vs_flow_add(f, part, (u32)jiffies);
unlock:
	vs_bh_unlock(&set->lock);
}

#endif /* VS_METER_H */
