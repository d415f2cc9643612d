// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdlib.h>

#include "datapath/tc/uplink-classes.h"

#define RESERVE_DIVISOR	20	/* of an uplink's rate that no guarantee may take */

void uplink_classes_reset(struct uplink_classes *c)
{
	c->rate_bps = 0;
	c->count = 0;
	c->problem.text[0] = '\0';
}

int uplink_classes_add(struct uplink_classes *c, const struct shaped_class *class)
{
	if (c->count == c->size) {
		size_t size = c->size ? c->size * 2 : 16;
		struct shaped_class *classes = realloc(c->classes, size * sizeof(*classes));

		if (!classes)
			return -ENOMEM;
		c->classes = classes;
		c->size = size;
	}
	c->classes[c->count++] = *class;
	return 0;
}

static int compare_minors(const void *a, const void *b)
{
	const struct shaped_class *x = a, *y = b;

	return x->minor != y->minor ? (x->minor > y->minor ? 1 : -1) : x->keep - y->keep;
}

static void one_for_each_minor(struct uplink_classes *c)
{
	size_t count = 0;

	qsort(c->classes, c->count, sizeof(*c->classes), compare_minors);
	for (size_t i = 0; i < c->count; i++) {
		if (!count || c->classes[count - 1].minor != c->classes[i].minor)
			c->classes[count++] = c->classes[i];
	}
	c->count = count;
}

static void make_smaller(struct uplink_classes *c, const struct uplink_facts *uplink)
{
	uint64_t limit = c->rate_bps - c->rate_bps / RESERVE_DIVISOR;
	unsigned __int128 sum = 0;

	for (size_t i = 0; i < c->count; i++)
		sum += c->classes[i].min_bps;
	if (sum <= limit)
		return;
	for (size_t i = 0; i < c->count; i++)
		c->classes[i].min_bps = c->classes[i].min_bps * (unsigned __int128)limit / sum;
	problem_set(&c->problem, "switch %s: uplink %s: uplink_min of its VMs come to %llu bits per second, and it carries %llu; at most %llu can be promised, so each gets its part of that",
		    uplink->sw, uplink->name, (unsigned long long)sum,
		    (unsigned long long)c->rate_bps, (unsigned long long)limit);
}

static void do_without_rate(struct uplink_classes *c, const struct uplink_facts *uplink)
{
	bool promised = false;

	for (size_t i = 0; i < c->count; i++) {
		promised |= c->classes[i].min_bps || c->classes[i].weight;
		c->classes[i].min_bps = 0;
	}
	c->rate_bps = VIFSWITCH_RATE_MAX_BPS;
	/* Without a carrier no device knows its speed, and nothing is to be shared. */
	if (promised && uplink->running)
		problem_set(&c->problem, "switch %s: uplink %s: its rate is not known, so uplink_min and uplink_weight of its VMs do nothing; set uplink_rate of the switch",
			    uplink->sw, uplink->name);
}

void uplink_classes_fit(struct uplink_classes *c, const struct uplink_facts *uplink)
{
	if (!c->count)
		return;
	one_for_each_minor(c);
	c->rate_bps = uplink->rate_bps;
	if (c->rate_bps)
		make_smaller(c, uplink);
	else
		do_without_rate(c, uplink);
}

void uplink_classes_deinit(struct uplink_classes *c)
{
	free(c->classes);
	*c = (struct uplink_classes){};
}
