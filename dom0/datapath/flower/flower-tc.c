// SPDX-License-Identifier: GPL-2.0-or-later
#include "datapath/flower/flower-tc.h"

#include <errno.h>
#include <linux/pkt_cls.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

/* ---- what is there ---- */

struct dumping {
	flower_fn fn;
	void *arg;
	size_t foreign;
};

static int on_filter(const struct nlmsghdr *h, void *arg)
{
	struct dumping *d = arg;
	struct flower_filter filter;

	if (!flower_decode(h, &filter))
		return 0;
	if (!filter.sum)
		d->foreign++;
	else
		d->fn(&filter, d->arg);
	return 0;
}

int flower_tc_dump(struct netlink *nl, uint32_t ifindex, flower_fn fn, void *arg,
		   size_t *ret_foreign)
{
	struct dumping d = { fn, arg, 0 };
	int r = netlink_request(nl, flower_message(RTM_GETTFILTER, NLM_F_DUMP, ifindex, NULL),
				on_filter, &d);

	if (r == -EINVAL || r == -ENOENT)
		r = 0;
	if (r == 0 && ret_foreign)
		*ret_foreign = d.foreign;
	return r;
}

/* ---- what is to be ---- */

struct wanted {
	const struct flower_rule *rule;
	struct flower_filter filter;
	bool there;
};

struct change {
	struct netlink *nl;
	uint32_t ifindex;
	enum flower_where where;
	struct wanted *wanted;
	size_t count;
	struct flower_filter *stale;
	size_t stale_count, stale_room;
	bool repolice;			/* rates change: nothing is forwarded meanwhile */
	flower_fn gone;
	void *arg;
};

static bool is_same(const struct flower_filter *a, const struct flower_filter *b)
{
	return a->sum == b->sum && a->handle == b->handle && a->prio == b->prio &&
	       a->type == b->type;
}

static void find(const struct flower_filter *filter, void *arg)
{
	struct change *c = arg;

	for (size_t i = 0; i < c->count; i++)
		if (!c->wanted[i].there && is_same(&c->wanted[i].filter, filter)) {
			c->wanted[i].there = true;
			c->wanted[i].filter = *filter;
			return;
		}
	c->stale = xgrow(c->stale, c->stale_count, &c->stale_room, sizeof(*c->stale));
	c->stale[c->stale_count++] = *filter;
	if (flower_filter_stage(filter) == FLOWER_POLICE)
		c->repolice = true;
}

static int take_out(struct change *c, const struct flower_filter *filter)
{
	int r = netlink_request(c->nl, flower_message(RTM_DELTFILTER, 0, c->ifindex, filter),
				NULL, NULL);

	if (r == 0)
		c->gone(filter, c->arg);
	return r == -ENOENT ? 0 : r;
}

static int take_out_stale(struct change *c, enum flower_stage stage)
{
	int r = 0;

	for (size_t i = 0; i < c->stale_count; i++)
		if (flower_filter_stage(&c->stale[i]) == stage)
			r = take_out(c, &c->stale[i]) ?: r;
	return r;
}

/* Those that may stay, too; they are put in again. */
static int take_out_wanted(struct change *c, enum flower_stage stage)
{
	int r = 0;

	for (size_t i = 0; i < c->count; i++) {
		struct wanted *w = &c->wanted[i];

		if (!w->there || w->rule->stage != stage)
			continue;
		r = take_out(c, &w->filter) ?: r;
		w->there = false;
	}
	return r;
}

static int put_in(struct change *c, enum flower_stage stage)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < c->count; i++) {
		struct wanted *w = &c->wanted[i];

		if (w->there || w->rule->stage != stage)
			continue;
		r = netlink_request(c->nl, flower_encode(w->rule, &w->filter, c->where,
							 c->ifindex), NULL, NULL);
		w->there = r == 0;
	}
	return r;
}

/* ---- lists ---- */

/*
 * A list is right only up to where it ends: what a rule of it takes, another one before it may
 * have to drop, or to let through. So rules go from the last one on, and come from the first
 * one on; what is left of a list meanwhile decides as the whole would, and the rest is the
 * switch's. The first place that changes is that of a stale rule, of whatever list it was, or
 * that of one that is missing in the same list.
 */
static uint16_t first_stale(const struct change *c)
{
	uint16_t first = UINT16_MAX;

	for (size_t i = 0; i < c->stale_count; i++)
		if (flower_filter_stage(&c->stale[i]) == FLOWER_LISTED &&
		    c->stale[i].prio < first)
			first = c->stale[i].prio;
	return first;
}

struct going {
	const struct flower_filter *filter;
	struct wanted *wanted;		/* NULL: a stale one */
};

static int last_first(const void *a, const void *b)
{
	const struct going *x = a, *y = b;

	return (x->filter->prio < y->filter->prio) - (x->filter->prio > y->filter->prio);
}

/* Wanted rules that are there, but behind one that is not, or that is not to stay. */
static size_t collect_displaced(struct change *c, uint16_t from, struct going *ret)
{
	bool missing = false;
	uint16_t before = 0;
	size_t n = 0;

	for (size_t i = 0; i < c->count; i++) {
		struct wanted *w = &c->wanted[i];

		if (w->rule->stage != FLOWER_LISTED)
			continue;
		if (w->rule->order < before)	/* another list begins */
			missing = false;
		before = w->rule->order;
		missing |= !w->there;
		if (w->there && (missing || w->filter.prio >= from))
			ret[n++] = (struct going){ &w->filter, w };
	}
	return n;
}

/* All places from @from on, and what has to go for what is missing. */
static int shorten(struct change *c, uint16_t from)
{
	struct going *going = xzalloc((c->count + c->stale_count + 1) * sizeof(*going));
	size_t n = collect_displaced(c, from, going);
	int r = 0;

	for (size_t i = 0; i < c->stale_count; i++)
		if (flower_filter_stage(&c->stale[i]) == FLOWER_LISTED)
			going[n++] = (struct going){ &c->stale[i], NULL };
	if (n)
		qsort(going, n, sizeof(*going), last_first);
	for (size_t i = 0; r == 0 && i < n; i++) {
		r = take_out(c, going[i].filter);
		if (r == 0 && going[i].wanted)
			going[i].wanted->there = false;
	}
	free(going);
	return r;
}

static int hook(struct change *c)
{
	struct tcmsg tc = {
		.tcm_family = AF_UNSPEC, .tcm_ifindex = (int)c->ifindex,
		.tcm_parent = TC_H_CLSACT, .tcm_handle = TC_H_MAKE(TC_H_CLSACT, 0),
	};
	struct nl_msg *msg = netlink_message(RTM_NEWQDISC, NLM_F_CREATE | NLM_F_EXCL, &tc,
					     sizeof(tc));
	int r;

	if (msg)
		nla_put_string(msg, TCA_KIND, "clsact");
	r = netlink_request(c->nl, msg, NULL, NULL);
	return r == -EEXIST ? 0 : r;
}

/* Forwarding first: what is dropped by rules is dropped by the switch, too. */
static int take_out_all(struct change *c)
{
	int r = shorten(c, 0);

	for (int stage = FLOWER_FORWARD; r == 0 && stage >= 0; stage--) {
		r = take_out_stale(c, (enum flower_stage)stage) ?: r;
		r = take_out_wanted(c, (enum flower_stage)stage) ?: r;
	}
	return r < 0 ? -EBUSY : 0;
}

static int carry_out(struct change *c)
{
	int r = take_out_stale(c, FLOWER_FORWARD);

	for (size_t i = 0; i < c->count; i++)
		if (c->wanted[i].rule->stage == FLOWER_POLICE && !c->wanted[i].there)
			c->repolice = true;
	if (r == 0 && c->repolice)
		r = take_out_wanted(c, FLOWER_FORWARD);
	if (r == 0)
		r = shorten(c, c->repolice ? 0 : first_stale(c));
	if (r == 0)
		r = take_out_stale(c, FLOWER_POLICE);
	for (int stage = 0; r == 0 && stage < FLOWER_STAGES; stage++)
		r = put_in(c, (enum flower_stage)stage);
	return r ?: take_out_stale(c, FLOWER_REFUSE);
}

/* nl->error keeps the words of what failed before. */
static int give_up(struct change *c)
{
	char words[sizeof(c->nl->error)];
	int r;

	memcpy(words, c->nl->error, sizeof(words));
	r = take_out_all(c);
	memcpy(c->nl->error, words, sizeof(words));
	return r;
}

static int change(struct change *c)
{
	size_t foreign = 0;
	int r = flower_tc_dump(c->nl, c->ifindex, find, c, &foreign);

	/* then some may be left */
	if (r < 0)
		return -EBUSY;
	if (!c->count)
		return take_out_all(c);
	r = foreign ? -EEXIST : hook(c) ?: carry_out(c);
	return r < 0 ? give_up(c) ?: r : 0;
}

int flower_tc_set(struct netlink *nl, uint32_t ifindex, const struct flower_rules *rules,
		  enum flower_where where, flower_fn gone, void *arg)
{
	struct change c = {
		.nl = nl, .ifindex = ifindex, .where = where, .count = rules->count,
		.wanted = xzalloc((rules->count + 1) * sizeof(*c.wanted)), .gone = gone, .arg = arg,
	};
	int r;

	for (size_t i = 0; i < rules->count; i++) {
		c.wanted[i].rule = &rules->rules[i];
		flower_filter_of(&rules->rules[i], where, &c.wanted[i].filter);
	}
	r = change(&c);
	free(c.wanted);
	free(c.stale);
	return r;
}
