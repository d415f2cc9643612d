// SPDX-License-Identifier: GPL-2.0-or-later
#include "slb-buckets.h"

/* Of a member: its octets and its buckets. */
struct burden {
	u64 load;
	u32 buckets;
};

static bool is_usable(u32 usable, u32 member)
{
	return member && usable >> member & 1;
}

static void weigh(const struct vs_slb_table *t, struct burden *of)
{
	u32 i;

	memset(of, 0, (VS_SLB_MEMBERS_MAX + 1) * sizeof(*of));
	for (i = 0; i < VS_SLB_BUCKETS; i++) {
		of[t->member[i]].load += t->load[i];
		of[t->member[i]].buckets++;
	}
}

static bool is_less(const struct burden *a, const struct burden *b, bool idle)
{
	if (!idle && a->load != b->load)
		return a->load < b->load;
	return a->buckets < b->buckets;
}

/* With the least octets, or @idle: the least buckets; 0 if none is usable. */
static u32 least_of(const struct burden *of, u32 usable, bool idle)
{
	u32 member, best = 0;

	for (member = 1; member <= VS_SLB_MEMBERS_MAX; member++)
		if (is_usable(usable, member) &&
		    (!best || is_less(&of[member], &of[best], idle)))
			best = member;
	return best;
}

static u32 most_of(const struct burden *of, u32 usable)
{
	u32 member, best = 0;

	for (member = 1; member <= VS_SLB_MEMBERS_MAX; member++)
		if (is_usable(usable, member) && (!best || of[member].load > of[best].load))
			best = member;
	return best;
}

static void move(struct vs_slb_table *t, struct burden *of, u32 bucket, u32 to)
{
	u32 from = t->member[bucket];

	of[from].load -= t->load[bucket];
	of[from].buckets--;
	of[to].load += t->load[bucket];
	of[to].buckets++;
	t->member[bucket] = (u8)to;
}

static u32 count(u32 usable)
{
	u32 member, n = 0;

	for (member = 1; member <= VS_SLB_MEMBERS_MAX; member++)
		n += is_usable(usable, member);
	return n;
}

bool vs_slb_assign(struct vs_slb_table *t, u32 usable)
{
	struct burden of[VS_SLB_MEMBERS_MAX + 1];
	u32 i, members = count(usable);
	bool moved = false;

	weigh(t, of);
	for (i = 0; i < VS_SLB_BUCKETS; i++) {
		u32 at = t->member[i];
		bool idle = !t->load[i];

		/* Nobody's, or of somebody idle who has more than a fair share of them. */
		if (is_usable(usable, at) &&
		    !(idle && (of[at].buckets - 1) * members >= VS_SLB_BUCKETS))
			continue;
		moved |= !idle;
		move(t, of, i, least_of(of, usable, idle));
	}
	return moved;
}

/* The one of @from whose move leaves the two most alike; -1: each would only make it worse. */
static int best_of(const struct vs_slb_table *t, u32 from, u64 over)
{
	u64 least = over;
	int best = -1;
	u32 i;

	for (i = 0; i < VS_SLB_BUCKETS; i++) {
		u64 load = t->load[i], left;

		if (t->member[i] != from || !load || load >= over)
			continue;
		left = load * 2 > over ? load * 2 - over : over - load * 2;
		if (left < least) {
			least = left;
			best = (int)i;
		}
	}
	return best;
}

int vs_slb_rebalance(struct vs_slb_table *t, u32 usable, u64 least)
{
	struct burden of[VS_SLB_MEMBERS_MAX + 1];
	u32 i, from, to;
	int best = -1;
	u64 over;

	weigh(t, of);
	from = most_of(of, usable);
	to = least_of(of, usable, false);
	over = of[from].load - of[to].load;
	if (from != to && over >= least && over > of[to].load / 32)
		best = best_of(t, from, over);
	if (best >= 0)
		move(t, of, (u32)best, to);
	for (i = 0; i < VS_SLB_BUCKETS; i++)
		t->load[i] /= 2;
	return best;
}
