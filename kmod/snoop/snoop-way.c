// SPDX-License-Identifier: GPL-2.0-or-later
/* Frames for many, where a switch snoops: what is learned of them, and where they go. */
#include <linux/slab.h>

#include "../flood.h"
#include "snoop.h"

#define GUEST_REPORTS_PER_SEC	200
#define REPORTS_PER_SEC		5000
#define LAST_ASKS		2	/* times for answers, then nobody is left (RFC 3376 8.8) */
#define LAST_MS			(LAST_ASKS * 1000 + 500)

/* One frame on its way. */
struct way {
	struct vs_snoop *s;
	struct vs_trip *t;
	struct sk_buff *skb;
	struct vs_flooding *f;
	u64 now;
	struct vs_group group;		/* where it goes */
	struct vs_group routers;	/* of its family, in its VLAN */
};

static const struct vs_group always_routers = VS_ALWAYS_ROUTERS;
static const struct vs_group always_reports = VS_ALWAYS_REPORTS;

/* ---- what is learned ---- */

static void join(struct vs_snoop *s, struct vs_port *port, const struct vs_group *group, u64 until)
{
	struct vs_heard *spare;
	enum vs_join result;

	spin_lock(&s->lock);
	if (port->leaving) {
		spin_unlock(&s->lock);
		return;
	}
	result = vs_groups_join(&s->table, &port->groups, group, until, NULL);
	if (result == VS_JOIN_NO_SPARE) {
		spare = kmalloc(sizeof(*spare), GFP_ATOMIC | __GFP_ACCOUNT | __GFP_NOWARN);
		if (spare)
			vs_groups_insert(&s->table, &port->groups, group, until, &spare->member);
		else
			result = VS_JOIN_REFUSED;
	}
	spin_unlock(&s->lock);
	if (result == VS_JOIN_REFUSED)
		atomic64_inc(&s->refused);
}

/* Who is the last one behind the port must be asked, unless the port says otherwise. */
static void leave(const struct way *w, const struct vs_group *group)
{
	const u32 flags = w->t->policy->prog.flags;
	struct vs_port *port = w->t->from;
	struct vs_snoop *s = w->s;
	struct vs_member *m;
	bool asks = false;

	spin_lock(&s->lock);
	m = vs_groups_find(&s->table, &port->groups, group);
	if (m && flags & VIFSWITCH_PF_GROUP_FAST) {
		vs_snoop_forget(s, m);
	} else if (m && m->until > w->now + LAST_MS &&
		   (!(flags & VIFSWITCH_PF_UPLINK) ||
		    !vs_groups_first(&s->table, &w->routers, w->now))) {
		/* beyond an uplink that is the router's business, if there is one */
		WRITE_ONCE(m->until, w->now + LAST_MS);
		asks = true;
	}
	spin_unlock(&s->lock);
	if (asks)
		vs_ask_group(s, port, group);
}

static void hear_report(const struct way *w, struct vs_igmp *m)
{
	struct vs_port *port = w->t->from;
	struct vs_igmp_record r;

	if (!vs_sampled(&port->reports, port->guest ? GUEST_REPORTS_PER_SEC : REPORTS_PER_SEC)) {
		atomic64_inc(&w->s->passed_over);
		return;
	}
	while (vs_igmp_next(m, w->skb->data, &r)) {
		r.group.vid = w->t->v.vid;
		if (r.joins)
			join(w->s, port, &r.group, w->now + READ_ONCE(w->s->ageing));
		else
			leave(w, &r.group);
	}
}

static void hear_router(const struct way *w)
{
	if (!(w->t->policy->prog.flags & VIFSWITCH_PF_GROUP_HOSTS))
		join(w->s, w->t->from, &w->routers, w->now + READ_ONCE(w->s->ageing));
}

/* Who still wants the group will say so in time. */
static void hear_query(const struct way *w, const struct vs_igmp *m)
{
	struct vs_group group = m->group;
	u64 wait = (u64)LAST_ASKS * m->response_ms + 500;

	if (!m->any_source)
		hear_router(w);
	if (vs_group_is_none(&group) || m->suppress)
		return;
	group.vid = w->t->v.vid;
	spin_lock(&w->s->lock);
	vs_groups_shorten(&w->s->table, &group, w->now + wait);
	spin_unlock(&w->s->lock);
}

/* ---- where it goes ---- */

static bool is_member(const struct way *w, const struct vs_member *m, const struct vs_group *group)
{
	const struct vs_member *other = vs_groups_find(&w->s->table, m->port, group);

	return other && vs_member_is(other, w->now);
}

/* To the members of @group, but for those that are of @not or @nor (NULL: none), too. */
static void to_members(const struct way *w, const struct vs_group *group,
		       const struct vs_group *not, const struct vs_group *nor)
{
	const struct vs_member *m;

	for (m = vs_groups_first(&w->s->table, group, w->now); m; m = vs_groups_next(m, w->now)) {
		if ((not && is_member(w, m, not)) || (nor && is_member(w, m, nor)))
			continue;
		vs_flood_to(w->t, vs_port_of_member(m), w->skb, w->f);
	}
}

/* Somebody in dom0 looks at all that passes. */
static void show_local(const struct way *w)
{
	const struct vs_member m = { .port = &w->s->sw->local.groups };

	if (unlikely(READ_ONCE(w->s->sw->promiscuous)) && !is_member(w, &m, &w->group))
		vs_show_local(w->t, w->skb);
}

static enum vs_snooped go(const struct way *w, enum vs_igmp_kind kind)
{
	bool registered = vs_groups_first(&w->s->table, &w->group, w->now);
	enum vs_group_way way = vs_group_way(&w->group, kind, w->t->policy->prog.flags, registered,
					     READ_ONCE(w->s->flood));
	const struct vs_group *done = way == VS_GROUP_MEMBERS ? &w->group : NULL;

	if (way == VS_GROUP_ALL)
		return VS_SNOOPED_NOTHING;
	if (way == VS_GROUP_REFUSED)
		return VS_SNOOPED_QUERY;
	if (done)
		to_members(w, done, NULL, NULL);
	to_members(w, &w->routers, done, NULL);
	to_members(w, &always_routers, &w->routers, done);
	if (way == VS_GROUP_REPORTS)
		to_members(w, &always_reports, &w->routers, NULL);
	show_local(w);
	return VS_SNOOPED;
}

/* All of it can be read now, or as much as there may be of a message. */
static bool make_whole(struct sk_buff *skb)
{
	return skb->len <= VS_IGMP_MOST && pskb_may_pull(skb, skb->len);
}

static enum vs_snooped message(const struct way *w, u16 type)
{
	bool may_route = vs_group_may_route(w->t->policy->prog.flags);
	struct vs_igmp m = { .kind = VS_IGMP_BAD };

	if (make_whole(w->skb))
		vs_igmp_parse(&m, w->skb->data, w->skb->len, type);
	if (m.kind == VS_IGMP_REPORT)
		hear_report(w, &m);
	else if (m.kind == VS_IGMP_QUERY && may_route)
		hear_query(w, &m);
	else if (m.kind == VS_IGMP_HELLO && may_route)
		hear_router(w);
	return go(w, m.kind);
}

enum vs_snooped vs_snoop(struct vs_trip *t, struct sk_buff *skb, struct vs_flooding *f)
{
	const struct vs_frame *frame = &t->v.frame;
	struct way w = { .t = t, .skb = skb, .f = f };
	size_t len;

	w.s = rcu_dereference(t->from->sw->snoop);
	if (!w.s || frame->inner || frame->l3 != ETH_HLEN ||
	    (frame->type != VS_TYPE_IP4 && frame->type != VS_TYPE_IP6) ||
	    !pskb_may_pull(skb, min_t(u32, skb->len, VS_IGMP_HEAD)))
		return VS_SNOOPED_NOTHING;
	len = min_t(u32, skb->len, VS_IGMP_HEAD);
	if (!vs_group_of_packet(skb->data, len, frame->type, &w.group))
		return VS_SNOOPED_NOTHING;
	w.now = vs_snoop_now();
	w.group.vid = t->v.vid;
	w.routers = (struct vs_group){
		{ 0, frame->type == VS_TYPE_IP4 ? VS_GROUP_IP4 : 0 }, t->v.vid,
	};
	if (unlikely(vs_igmp_may_be(skb->data, len, frame->type)))
		return message(&w, frame->type);
	return go(&w, VS_IGMP_DATA);
}
