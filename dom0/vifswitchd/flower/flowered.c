// SPDX-License-Identifier: GPL-2.0-or-later
#include "vifswitchd/flower/flowered.h"

#include <stdlib.h>

#include "base/mem.h"
#include "kmod/core/platform.h"

#define ETH_OCTETS	14		/* that tc does not count of a frame that comes in */

struct flowered *flowered_free(struct flowered *f)
{
	free(f->why);
	free(f->listed);
	free(f->hits_gone.items);
	free(f->hits_now.items);
	retry_reset(&f->retry);
	free(f);
	return NULL;
}

static int by_place(const void *a, const void *b)
{
	const struct flowered_listed *x = a, *y = b;

	if (x->prio != y->prio)
		return x->prio < y->prio ? -1 : 1;
	return x->handle < y->handle ? -1 : x->handle > y->handle;
}

void flowered_note(struct flowered *f, const struct flower_rules *rules, enum flower_where where)
{
	free(f->listed);
	f->listed = xzalloc((rules->count + 1) * sizeof(*f->listed));
	f->listed_count = 0;
	for (size_t i = 0; i < rules->count; i++) {
		const struct flower_rule *rule = &rules->rules[i];
		struct flower_filter filter;

		if (rule->stage != FLOWER_LISTED)
			continue;
		flower_filter_of(rule, where, &filter);
		f->listed[f->listed_count++] = (struct flowered_listed){
			.prio = filter.prio, .handle = filter.handle, .reason = rule->reason,
			.at = rule->to ? rule->to : rule->dropped_at,
			.asked = { rule->asked[0], rule->asked[1] },
			.cookie = { rule->cookie[0], rule->cookie[1] },
		};
	}
	qsort(f->listed, f->listed_count, sizeof(*f->listed), by_place);
}

static void add_hits(struct flowered_hits *hits, uint64_t cookie, uint64_t packets)
{
	if (!packets)
		return;
	for (size_t i = 0; i < hits->count; i++)
		if (hits->items[i].cookie == cookie) {
			hits->items[i].packets += packets;
			return;
		}
	hits->items = xgrow(hits->items, hits->count, &hits->room, sizeof(*hits->items));
	hits->items[hits->count++] = (struct vifswitch_acl_hits){ cookie, packets };
}

static uint64_t octets(const struct flowered *f, const struct flower_filter *filter)
{
	return filter->bytes +
	       (f->where == FLOWER_IN_SOFTWARE ? filter->packets * ETH_OCTETS : 0);
}

static void count_sent(struct flowered *f, const struct flower_filter *filter, bool gone)
{
	struct offload_counts *c = gone ? &f->gone : &f->now;

	c->from_packets += filter->packets;
	c->from_bytes += octets(f, filter);
}

static void count_forwarded(struct flowered *f, const struct flower_filter *filter, bool gone)
{
	struct flowered *to = map_get(f->all, filter->to);
	struct offload_counts *c;

	count_sent(f, filter, gone);
	if (!to)
		return;
	c = gone ? &to->gone : &to->now;
	c->to_packets += filter->packets;
	c->to_bytes += octets(f, filter);
}

/* One that an earlier process left, and that is none of the rules now, was the sender's. */
static void count_listed(struct flowered *f, const struct flower_filter *filter, bool gone)
{
	const struct flowered_listed key = { .prio = filter->prio, .handle = filter->handle };
	const struct flowered_listed *l = !f->listed_count ? NULL :
		bsearch(&key, f->listed, f->listed_count, sizeof(key), by_place);
	struct flowered *to = l && l->at ? map_get(f->all, l->at) : NULL;
	struct flowered *at[VIFSWITCH_ACL_DIRECTIONS] = { f, to };

	for (unsigned int dir = 0; l && dir < VIFSWITCH_ACL_DIRECTIONS; dir++)
		if (l->asked[dir] && at[dir])
			add_hits(gone ? &at[dir]->hits_gone : &at[dir]->hits_now, l->cookie[dir],
				 filter->packets);
	if (filter->to) {
		count_forwarded(f, filter, gone);
		return;
	}
	if (l && l->at)
		count_sent(f, filter, gone);
	else
		to = f;
	if (to)
		(gone ? &to->gone : &to->now)->drops[l ? l->reason : VIFSWITCH_DROP_ACL] +=
			filter->packets;
}

void flowered_count(struct flowered *f, const struct flower_filter *filter, bool gone)
{
	uint64_t *drops = (gone ? &f->gone : &f->now)->drops;

	switch (flower_filter_stage(filter)) {
	case FLOWER_LISTED:
		count_listed(f, filter, gone);
		break;
	case FLOWER_FORWARD:
		count_forwarded(f, filter, gone);
		break;
	case FLOWER_POLICE:
		drops[flower_filter_reason(filter)] += filter->drops;
		break;
	default:
		drops[flower_filter_reason(filter)] += filter->packets;
	}
}

void flowered_begin(struct flowered *f)
{
	f->now = f->gone;
	f->hits_now.count = 0;
}

static void tell(const struct flowered_hits *hits, struct rule_hits *ret)
{
	for (size_t i = 0; i < hits->count; i++)
		if (rule_hits_add(&hits->items[i], ret) < 0)
			mem_out();
}

void flowered_tell_hits(const struct flowered *f, struct rule_hits *ret)
{
	tell(&f->hits_gone, ret);
	tell(&f->hits_now, ret);
}
