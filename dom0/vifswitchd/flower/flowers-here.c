// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Rules are made of what the datapath says of its ports and addresses, not of what is wanted:
 * what a NIC forwards was the switch's to forward at that moment. They outlive this process, as
 * ports do; the next one finds them, and leaves those that are still right. A netdev whose
 * rules are not all taken has none, until something else is wanted of it or some time went by.
 *
 * An address that was learned ages in the datapath, because a NIC does not tell the switch what
 * it forwards. So addresses are looked at again every now and then; a rule for one that is
 * forgotten goes, and the next frames are the switch's, which learns it again.
 */
#include "vifswitchd/flowers-here.h"

#include <errno.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/mem.h"
#include "datapath/flower/flower-switch.h"
#include "datapath/flower/flower-tc.h"
#include "vifswitchd/daemon.h"
#include "vifswitchd/flower/flower-acls.h"
#include "vifswitchd/flower/flowered.h"

#define LOOK_AGAIN_US	10000000ULL

static struct flowered *flowered_of(struct flowers *all, uint32_t ifindex)
{
	struct flowered *f = map_get(&all->by_index, ifindex);

	if (f)
		return f;
	f = xzalloc(sizeof(*f));
	*f = (struct flowered){ .ifindex = ifindex, .all = &all->by_index };
	if (map_put(&all->by_index, ifindex, f) < 0)
		mem_out();
	return f;
}

void flowers_deinit(struct flowers *flowers)
{
	struct flowered *f;

	map_for_each(&flowers->by_index, i, f)
		flowered_free(f);
	map_deinit(&flowers->by_index);
	flower_acls_deinit(&flowers->acls);
}

/* ---- counting ---- */

static void on_gone(const struct flower_filter *filter, void *arg)
{
	flowered_count(arg, filter, true);
}

static void on_filter(const struct flower_filter *filter, void *arg)
{
	flowered_count(arg, filter, false);
}

void flowers_count(struct daemon *d)
{
	struct flowered *f;

	map_for_each(&d->flowers.by_index, i, f)
		flowered_begin(f);
	map_for_each(&d->flowers.by_index, i, f)
		if (f->rules)
			flower_tc_dump(&d->rtnl.req, f->ifindex, on_filter, f, NULL);
}

void flowers_hits(const struct daemon *d, uint32_t ifindex, struct rule_hits *ret)
{
	const struct flowered *f = map_get(&d->flowers.by_index, ifindex);

	if (f)
		flowered_tell_hits(f, ret);
}

const struct offload *flowers_add(const struct daemon *d, struct dp_port *port,
				  struct offload *ret)
{
	const struct flowered *f = map_get(&d->flowers.by_index, port->ifindex);

	if (!f)
		return NULL;
	*ret = (struct offload){
		.software = f->where == FLOWER_IN_SOFTWARE, .rules = f->rules,
		.why = f->rules ? NULL : f->retry.error ?: f->why, .why_to = f->why_to,
		.counts = &f->now,
		.refused = f->retry.error,
	};
	offload_add(port, ret);
	return f->asked ? ret : NULL;
}

/* ---- putting in force ---- */

static void say(struct flowered *f, const char *why)
{
	free(f->why);
	f->why = why ? xstrdup(why) : NULL;
}

static uint64_t digest_of(const struct flower_rules *rules, enum flower_where where)
{
	uint64_t digest = rules->count;

	for (size_t i = 0; i < rules->count; i++) {
		struct flower_filter filter;

		flower_filter_of(&rules->rules[i], where, &filter);
		digest = (digest << 7 | digest >> 57) ^ filter.sum ^ rules->rules[i].dropped_at ^
			 rules->rules[i].cookie[0] ^ rules->rules[i].cookie[1] << 1;
	}
	return digest;
}

static const char *name_of(const struct daemon *d, uint32_t ifindex)
{
	const struct link *link = links_get(&d->facts.links, ifindex);

	return link ? link->name : "a netdev that went";
}

static void refused(struct daemon *d, struct flowered *f, uint64_t now, int r)
{
	bool told = f->retry.error;

	if (r == -EEXIST)
		retry_failed(&f->retry, now, r, "tc filters: it has some of somebody else's");
	else
		retry_failed(&f->retry, now, r, "its driver refuses a rule: %s",
			     rtnl_error(&d->rtnl));
	if (!told)
		log_notice("%s stays in software: %s", name_of(d, f->ifindex), f->retry.error);
}

static void bring(struct daemon *d, struct flowered *f, const struct flower_rules *rules,
		  enum flower_where where, uint64_t now)
{
	bool whole = f->rules == rules->count && f->there == (rules->count > 0);
	uint64_t digest = digest_of(rules, where);
	int r;

	if (digest != f->digest || where != f->where)
		retry_reset(&f->retry);
	else if (whole || f->retry.at > now)
		return;
	r = flower_tc_set(&d->rtnl.req, f->ifindex, rules, where, on_gone, f);
	flowered_note(f, rules, where);
	f->digest = digest;
	f->where = where;
	f->rules = r == 0 ? rules->count : 0;
	f->there = r == -EBUSY || f->rules;
	if (r < 0)
		refused(d, f, now, r);
	else
		retry_reset(&f->retry);
}

static void withdraw(struct daemon *d, struct flowered *f, uint64_t now)
{
	const struct flower_rules none = {};

	if (f->there)
		bring(d, f, &none, f->where, now);
	else
		retry_reset(&f->retry);
}

/* ---- a switch ---- */

struct reading {
	struct daemon *d;
	enum offload_word offload;
	struct flower_switch sw;
};

static struct flower_netdev netdev_of(const struct dp_port *port, void *arg)
{
	const struct reading *r = arg;
	uint32_t acl = port_policy_acl(port->policy);
	const struct link *link = links_get(&r->d->facts.links, port->ifindex);
	bool trial = r->offload == OFFLOAD_SOFTWARE && !(port->flags & VIFSWITCH_PORT_LOCAL);

	return (struct flower_netdev){
		.nic = !link ? 0 : trial ? 1 : link->nic, .mtu = link ? link->mtu : 0,
		.queued = link && link->shaped,
		.acl = acl ? flower_acls_get(&r->d->flowers.acls, &r->d->facts.acls,
					     &r->d->policy.policies.acl, acl) : NULL,
	};
}

static void plan_port(struct reading *r, size_t i, uint64_t now)
{
	enum flower_where where = r->offload == OFFLOAD_SOFTWARE ? FLOWER_IN_SOFTWARE :
								   FLOWER_IN_HARDWARE;
	struct flowered *f = flowered_of(&r->d->flowers, r->sw.ports[i].dp->number);
	struct flower_rules rules = {};
	struct problem problem;

	f->asked = true;
	f->why_to = r->sw.unreadable ? NULL : flower_kept_to(&r->sw.world, i);
	if (r->sw.unreadable)
		say(f, r->sw.unreadable);
	else if (flower_plan(&r->sw.world, i, &rules, &problem) < 0)
		say(f, problem.text);
	else
		say(f, NULL);
	if (rules.count || f->there)
		bring(r->d, f, &rules, where, now);
	else
		retry_reset(&f->retry);
	flower_rules_deinit(&rules);
}

/* False: nobody knows what its ports are held to, so nothing more than before is forwarded. */
static bool plan_switch(struct daemon *d, const struct cfg_switch *cfg, uint64_t now)
{
	const struct link *link = links_switch(&d->facts.links, cfg->name);
	struct reading reading = { .d = d, .offload = cfg->offload };
	int r;

	if (!link || cfg->offload == OFFLOAD_OFF)
		return true;
	r = flower_switch_read(&reading.sw, d->ops, d->dp, link->ifindex, netdev_of, &reading);
	for (size_t i = 0; r == 0 && i < reading.sw.count; i++)
		plan_port(&reading, i, now);
	flower_switch_deinit(&reading.sw);
	if (r < 0)
		log_warning("switch %s: reading what its NICs may do: %s", cfg->name,
			    d->ops->error(d->dp));
	return r == 0;
}

/* What an earlier process left may be of ports that are asked for nothing now. */
static void look_for_left(struct daemon *d)
{
	const struct link *link;

	map_for_each(&d->facts.links.by_index, i, link)
		if (link->hooked)
			flowered_of(&d->flowers, link->ifindex)->there = true;
	d->flowers.looked = true;
}

static void forget_links(struct daemon *d)
{
	struct flowered *f;

	for (bool again = true; again;) {
		again = false;
		map_for_each(&d->flowers.by_index, i, f)
			if (!links_get(&d->facts.links, f->ifindex)) {
				map_remove(&d->flowers.by_index, f->ifindex);
				flowered_free(f);
				again = true;
				break;
			}
	}
}

static uint64_t next_look(const struct daemon *d)
{
	const struct flowered *f;
	uint64_t next = d->flowers.again;

	map_for_each(&d->flowers.by_index, i, f)
		if (f->retry.at && (!next || f->retry.at < next))
			next = f->retry.at;
	return next;
}

static bool is_due(const struct daemon *d, uint64_t now)
{
	const struct flowers *f = &d->flowers;
	uint64_t next = next_look(d);

	return f->stale || !f->looked || f->operations != d->apply.operations ||
	       f->generation != d->facts.config.generation || (next && next <= now);
}

static bool is_on(const struct daemon *d)
{
	for (size_t i = 0; i < d->facts.config.count; i++)
		if (d->facts.config.switches[i].offload != OFFLOAD_OFF)
			return true;
	return false;
}

uint64_t flowers_reconcile(struct daemon *d, bool links_changed, uint64_t now)
{
	struct flowers *all = &d->flowers;
	struct flowered *f;
	bool whole = true;
	uint64_t next;

	if (!d->facts.ports.complete || !d->facts.links.complete || d->facts.uplinks_unknown)
		return 0;
	if (!links_changed && !is_due(d, now))
		return next_look(d);
	if (!all->looked)
		look_for_left(d);
	forget_links(d);
	map_for_each(&all->by_index, i, f)
		f->asked = false;
	for (size_t i = 0; i < d->facts.config.count; i++)
		whole &= plan_switch(d, &d->facts.config.switches[i], now);
	map_for_each(&all->by_index, i, f)
		if (!f->asked && whole)
			withdraw(d, f, now);
	flower_acls_sweep(&all->acls, &d->facts.acls);
	all->stale = !whole;
	all->operations = d->apply.operations;
	all->generation = d->facts.config.generation;
	all->again = is_on(d) ? now + LOOK_AGAIN_US : 0;
	next = next_look(d);
	/* what is still due is of a switch that cannot be read now */
	return next > now ? next : all->again;
}

void flowers_note(struct daemon *d, const struct dp_event *event)
{
	switch (event->event) {
	case VIFSWITCH_EV_PORT_JOINED:
	case VIFSWITCH_EV_PORT_LEFT:
	case VIFSWITCH_EV_PORT_OPENED:
	case VIFSWITCH_EV_PORT_CLOSED:
	case VIFSWITCH_EV_CLAIMED:
	case VIFSWITCH_EV_MAC_LEARNED:
	case VIFSWITCH_EV_MAC_MOVED:
		if (!is_on(d))
			break;
		d->flowers.stale = true;
		daemon_want_pass(d);
		break;
	default:
		break;
	}
}
