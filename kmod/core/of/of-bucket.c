// SPDX-License-Identifier: GPL-2.0-or-later
#include "of-bucket.h"

static bool is_alive(const struct vs_of_run *run, const struct vs_of_bucket *b)
{
	return !b->watch_port || run->up(run->world, b->watch_port);
}

static u32 select_hash(const struct vs_of_run *run)
{
	u64 acc = 0;
	u32 i;

	for (i = VIFSWITCH_OF_ETH_DST; i <= VIFSWITCH_OF_IP_PROTO; i++)
		acc = (acc ^ run->key.w[i]) * run->of->factor;
	if (run->needs & VS_OF_NEEDS_REST)
		for (i = VIFSWITCH_OF_L4_SRC; i < VIFSWITCH_OF_IP6_LABEL; i++)
			if (i != VIFSWITCH_OF_TCP_FLAGS)
				acc = ((acc ^ acc >> 29) ^ run->key.w[i]) * run->of->factor;
	return (u32)(acc >> 32);
}

static struct vs_of_bucket *choose_weighted(struct vs_of_run *run, struct vs_of_group *g)
{
	u64 sum = 0, at;
	u32 i;

	if (!vs_of_charge(run, g->bucket_count))
		return NULL;
	for (i = 0; i < g->bucket_count; i++)
		if (is_alive(run, &g->bucket[i]))
			sum += g->bucket[i].weight;
	at = sum * select_hash(run) >> 32;
	for (i = 0; i < g->bucket_count; i++) {
		if (!is_alive(run, &g->bucket[i]))
			continue;
		if (at < g->bucket[i].weight)
			return &g->bucket[i];
		at -= g->bucket[i].weight;
	}
	return NULL;
}

static struct vs_of_bucket *choose(struct vs_of_run *run, struct vs_of_group *g)
{
	u32 i;

	if (g->type == VIFSWITCH_OF_GROUP_SELECT)
		return choose_weighted(run, g);
	for (i = 0; i < g->bucket_count; i++) {
		if (g->type != VIFSWITCH_OF_GROUP_FAILOVER || is_alive(run, &g->bucket[i]))
			return &g->bucket[i];
		if (!vs_of_charge(run, 1))
			return NULL;
	}
	return NULL;
}

static void enter_bucket(struct vs_of_run *run, struct vs_of_bucket *b)
{
	vs_of_add(&b->counts.packets, run->packets);
	vs_of_add(&b->counts.bytes, run->bytes);
	run->bucket = b;
	run->at = b->ops;
	run->end = b->ops + b->ops_len;
}

static void save(struct vs_of_run *run)
{
	run->saved.key = run->key;
	run->saved.tag = run->tag;
	run->saved.vlan = run->vlan;
	run->saved_valid = true;
}

static void restore(struct vs_of_run *run)
{
	run->key = run->saved.key;
	run->tag = run->saved.tag;
	run->vlan = run->saved.vlan;
	run->saved_valid = false;
}

/* Is there a bucket of the group behind the present one to be carried out? */
static bool has_next_bucket(const struct vs_of_run *run)
{
	return run->group && run->group->type == VIFSWITCH_OF_GROUP_FULL &&
	       run->bucket + 1 < run->group->bucket + run->group->bucket_count;
}

/* Does nothing come after it that may want the frame as it was? */
static bool is_last(const struct vs_of_run *run)
{
	const struct vs_of_action_set *set = &run->set;

	if (run->in_set)
		return true;
	return run->after == run->after_end && !run->depth && !set->output && !set->group &&
	       !set->push && !set->ttl;
}

/* What was entered is done with the frame itself if nobody needs it any more, else with a copy. */
static enum vs_of_what begin(struct vs_of_run *run)
{
	if (!has_next_bucket(run) && is_last(run))
		return VS_OF_DONE;
	save(run);
	return VS_OF_SAVE;
}

static enum vs_of_what begin_bucket(struct vs_of_run *run, struct vs_of_bucket *b)
{
	if (!vs_of_charge(run, 1))
		return VS_OF_DONE;
	enter_bucket(run, b);
	return begin(run);
}

/* Where it goes on afterwards. */
static void go_apart(struct vs_of_run *run, struct vs_of_group *g)
{
	run->group = g;
	run->apart = true;
	run->after = run->at;
	run->after_end = run->end;
}

enum vs_of_what vs_of_enter_group(struct vs_of_run *run, u32 id)
{
	struct vs_of_object *o = vs_of_object_find(run->of, id, false, run->version);
	struct vs_of_group *g = (struct vs_of_group *)o;
	struct vs_of_bucket *b;

	if (!o)
		return VS_OF_DONE;
	vs_of_add(&o->counts.packets, run->packets);
	vs_of_add(&o->counts.bytes, run->bytes);
	b = choose(run, g);
	if (!b)
		return VS_OF_DONE;
	go_apart(run, g);
	return begin_bucket(run, b);
}

enum vs_of_what vs_of_enter_clone(struct vs_of_run *run, const struct vifswitch_of_op *op)
{
	go_apart(run, NULL);
	run->at = (const u8 *)(op + 1);
	run->end = (const u8 *)(op + op->units);
	return begin(run);
}

enum vs_of_what vs_of_leave(struct vs_of_run *run)
{
	if (run->saved_valid) {
		restore(run);
		return VS_OF_RESTORE;
	}
	if (has_next_bucket(run))
		return begin_bucket(run, run->bucket + 1);
	run->group = NULL;
	run->apart = false;
	run->at = run->after;
	run->end = run->after_end;
	return VS_OF_DONE;
}
