// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What a port has that goes where its VM goes (struct vifswitch_state). Adding it is
 * right at any time, once: before the first frame, and after some.
 */
#include "vifswitch.h"

static_assert(sizeof(struct vifswitch_state) == VIFSWITCH_STATE_LEN);
static_assert(VIFSWITCH_CTR_MAX == ARRAY_SIZE(((struct vifswitch_state *)0)->counters));
static_assert(VS_LIMITS <= ARRAY_SIZE(((struct vifswitch_state *)0)->debts));
static_assert(VIFSWITCH_DROP_COUNT <= ARRAY_SIZE(((struct vifswitch_state *)0)->drops));

void vs_state_read(const struct vs_port *port, struct vifswitch_state *ret)
{
	const struct vs_policy *policy = rtnl_dereference(port->policy);
	u64 now = ktime_get_ns();
	struct vs_totals totals;
	unsigned int i;

	memset(ret, 0, sizeof(*ret));
	vs_stats_sum(port->stats, &totals);
	memcpy(ret->counters, totals.ctr + 1, sizeof(ret->counters));
	memcpy(ret->drops, totals.drops, sizeof(totals.drops));
	for (i = 0; policy && i < VS_LIMITS; i++)
		if (policy->prog.limit[i].mult)
			ret->debts[i] = vs_rate_debt(&policy->prog.limit[i],
						     READ_ONCE(policy->bucket[i]), now);
}

static int refuse(struct vs_error *err, int code, const char *what, unsigned int place, u64 value,
		  u64 accepted)
{
	return vs_refuse(err, code, "STATE: %s[%u] is %llu; accepted: at most %llu", what, place,
			 value, accepted);
}

/* Places that nothing has are 0, and what is added to @has stays a number. */
static int check(const char *what, const u64 *add, unsigned int count, const u64 *has,
		 unsigned int known, struct vs_error *err)
{
	unsigned int i;

	for (i = 0; i < count; i++) {
		u64 room = i < known ? VIFSWITCH_STATE_COUNT_MAX : 0;

		if (has && i < known)
			room -= min(room, has[i]);
		if (add[i] > room)
			return refuse(err, -ERANGE, what, i, add[i], room);
	}
	return 0;
}

static void owe(struct vs_policy *policy, unsigned int limit, u64 debt, u64 now)
{
	const struct vs_rate *rate = &policy->prog.limit[limit];
	u64 old = READ_ONCE(policy->bucket[limit]);

	if (!rate->mult || !debt)
		return;
	while (!try_cmpxchg64(&policy->bucket[limit], &old, vs_rate_owe(rate, old, now, debt)))
		;
}

int vs_state_add(struct vs_port *port, const struct vifswitch_state *state, struct vs_error *err)
{
	struct vs_policy *policy = rtnl_dereference(port->policy);
	u64 now = ktime_get_ns();
	struct vs_totals totals;
	unsigned int i;
	int rc;

	ASSERT_RTNL();
	vs_stats_sum(port->stats, &totals);
	totals.drops[VIFSWITCH_DROP_NONE] = VIFSWITCH_STATE_COUNT_MAX;	/* is no reason */
	rc = check("counters", state->counters, ARRAY_SIZE(state->counters), totals.ctr + 1,
		   VIFSWITCH_CTR_MAX, err);
	if (!rc)
		rc = check("debts", state->debts, ARRAY_SIZE(state->debts), NULL, VS_LIMITS, err);
	if (!rc)
		rc = check("drops", state->drops, ARRAY_SIZE(state->drops), totals.drops,
			   VIFSWITCH_DROP_COUNT, err);
	if (rc)
		return rc;
	vs_stats_add(port->stats, state->counters, state->drops);
	for (i = 0; policy && i < VS_LIMITS; i++)
		owe(policy, i, state->debts[i], now);
	return 0;
}
