// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "datapath/tc/uplink-classes.h"
#include "vifswitchd/observed.h"

#define RESERVE_DIVISOR	20	/* of an uplink's rate that no guarantee may take */

static int add_class(struct uplink_shape *shape, const struct shaped_class *class)
{
	if (shape->count == shape->size) {
		size_t size = shape->size ? shape->size * 2 : 16;
		struct shaped_class *classes = realloc(shape->classes, size * sizeof(*classes));

		if (!classes)
			return -ENOMEM;
		shape->classes = classes;
		shape->size = size;
	}
	shape->classes[shape->count++] = *class;
	return 0;
}

static int compare_minors(const void *a, const void *b)
{
	const struct shaped_class *x = a, *y = b;

	return x->minor != y->minor ? (x->minor > y->minor ? 1 : -1) : x->keep - y->keep;
}

static int add_vifs(const struct facts *facts, const struct cfg_switch *sw,
		    struct uplink_shape *shape)
{
	const struct vif *vif;
	int r = 0;

	map_for_each(&facts->vifs.by_key, i, vif) {
		const struct shaped_class class = {
			.minor = vif->queue, .weight = vif->uplink.weight,
			.min_bps = vif->uplink.min_bps, .max_bps = vif->uplink.max_bps,
		};

		if (r == 0 && vif->uplink.given && !vif->closed && vif->resolved &&
		    (vif_wants_port(vif, HALF_VIF) || vif_wants_port(vif, HALF_TAP)) &&
		    strcmp(vif->sw, sw->name) == 0)
			r = add_class(shape, &class);
	}
	return r;
}

/* Classes of VIFs that are not judged, or held: they stay as they are. */
static int add_kept(const struct facts *facts, const struct cfg_switch *sw,
		    struct uplink_shape *shape)
{
	const struct link *link = links_switch(&facts->links, sw->name);
	const struct port *port;
	size_t count = 0;
	int r = 0;

	map_for_each(&facts->ports.by_index, i, port) {
		struct shaped_class class = {
			.minor = program_queue(port->program, port->program_len), .keep = true,
		};

		if (r == 0 && link && port->sw == link->ifindex && class.minor >= SHAPING_FIRST &&
		    class.minor <= SHAPING_LAST)
			r = add_class(shape, &class);
	}
	/* Of those with one minor the wanted one, which is first, is left. */
	if (shape->count)
		qsort(shape->classes, shape->count, sizeof(*shape->classes), compare_minors);
	for (size_t i = 0; i < shape->count; i++) {
		if (!count || shape->classes[count - 1].minor != shape->classes[i].minor)
			shape->classes[count++] = shape->classes[i];
	}
	shape->count = count;
	return r;
}

static void fit(struct uplink_shape *shape, const char *sw, const struct link *link)
{
	uint64_t limit = shape->rate_bps - shape->rate_bps / RESERVE_DIVISOR;
	unsigned __int128 sum = 0;

	for (size_t i = 0; i < shape->count; i++)
		sum += shape->classes[i].min_bps;
	if (sum <= limit)
		return;
	for (size_t i = 0; i < shape->count; i++)
		shape->classes[i].min_bps = shape->classes[i].min_bps * (unsigned __int128)limit /
					    sum;
	problem_set(&shape->problem, "switch %s: uplink %s: uplink_min of its VMs come to %llu bits per second, and it carries %llu; at most %llu can be promised, so each gets its part of that",
		    sw, link->name, (unsigned long long)sum, (unsigned long long)shape->rate_bps,
		    (unsigned long long)limit);
}

static void do_without_rate(struct uplink_shape *shape, const char *sw, const struct link *link)
{
	bool promised = false;

	for (size_t i = 0; i < shape->count; i++) {
		promised |= shape->classes[i].min_bps || shape->classes[i].weight;
		shape->classes[i].min_bps = 0;
	}
	shape->rate_bps = VIFSWITCH_RATE_MAX_BPS;
	/* Without a carrier no device knows its speed, and nothing is to be shared. */
	if (promised && link->flags & IFF_RUNNING)
		problem_set(&shape->problem, "switch %s: uplink %s: its rate is not known, so uplink_min and uplink_weight of its VMs do nothing; set uplink_rate of the switch",
			    sw, link->name);
}

int uplink_shape_make(const struct facts *facts, const struct cfg_switch *sw,
		      const struct link *link, struct uplink_shape *ret)
{
	int r;

	ret->rate_bps = 0;
	ret->count = 0;
	ret->problem.text[0] = '\0';
	r = add_vifs(facts, sw, ret);
	if (r == 0)
		r = add_kept(facts, sw, ret);
	if (r < 0 || !ret->count)
		return r;
	ret->rate_bps = sw->uplink_rate ? sw->uplink_rate : link->speed_bps;
	if (ret->rate_bps)
		fit(ret, sw->name, link);
	else
		do_without_rate(ret, sw->name, link);
	return 0;
}

static bool same_class(const struct shaped_class *a, const struct shaped_class *b)
{
	return a->minor == b->minor && a->weight == b->weight && a->min_bps == b->min_bps &&
	       a->max_bps == b->max_bps && a->keep == b->keep;
}

bool uplink_shape_is_applied(const struct uplink_shape *shape, uint32_t ifindex)
{
	if (shape->applied_ifindex != ifindex || shape->applied_bps != shape->rate_bps ||
	    shape->applied_count != shape->count)
		return false;
	for (size_t i = 0; i < shape->count; i++) {
		if (!same_class(&shape->classes[i], &shape->applied[i]))
			return false;
	}
	return true;
}

struct shaped_class *uplink_shape_changes(const struct uplink_shape *shape, uint32_t ifindex)
{
	struct shaped_class *ret = malloc((shape->count + 1) * sizeof(*ret));
	/* With another rate of the whole, whoever has no maximum has another one too. */
	bool known = shape->applied_ifindex == ifindex && shape->applied_bps == shape->rate_bps;
	size_t had = 0;

	for (size_t i = 0; ret && i < shape->count; i++) {
		ret[i] = shape->classes[i];
		while (known && had < shape->applied_count &&
		       shape->applied[had].minor < ret[i].minor)
			had++;
		if (known && had < shape->applied_count &&
		    same_class(&ret[i], &shape->applied[had]))
			ret[i].keep = true;
	}
	return ret;
}

void uplink_shape_set_applied(struct uplink_shape *shape, uint32_t ifindex)
{
	free(shape->applied);
	shape->applied = ifindex ? malloc((shape->count + 1) * sizeof(*shape->applied)) : NULL;
	shape->applied_ifindex = shape->applied ? ifindex : 0;
	shape->applied_count = shape->applied ? shape->count : 0;
	shape->applied_bps = shape->rate_bps;
	if (shape->applied_count)
		memcpy(shape->applied, shape->classes, shape->count * sizeof(*shape->applied));
}

void uplink_shape_deinit(struct uplink_shape *shape)
{
	free(shape->classes);
	free(shape->applied);
	*shape = (struct uplink_shape){};
}
