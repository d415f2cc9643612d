// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/hash.h"
#include "openflow/of-flow.h"
#include "openflow/property.h"

static uint64_t flow_key(const struct of_words *match, uint16_t priority)
{
	size_t len = match->count * sizeof(match->word[0]);

	return (uint64_t)bytes_hash(match->word, len, priority) << 32 |
	       bytes_hash(match->word, len, priority ^ 0x5bd1e995u);
}

void flow_free(struct of_flow *flow)
{
	if (!flow)
		return;
	discharge(&flow->charge);
	shared_put(flow->shared);
	free(flow->match);
	free(flow);
}

size_t group_octets(const struct of_group *group)
{
	size_t octets = sizeof(*group) + group->count * sizeof(*group->buckets);

	for (size_t i = 0; i < group->count; i++)
		octets += actions_octets(&group->buckets[i].actions);
	return octets;
}

void group_free(struct of_group *group)
{
	if (group)
		discharge(&group->charge);
	for (size_t i = 0; group && i < group->count; i++)
		actions_deinit(&group->buckets[i].actions);
	if (group)
		free(group->buckets);
	free(group);
}

struct of_group *group_copy(const struct of_group *group)
{
	struct of_group *copy = xmalloc(sizeof(*copy));

	*copy = *group;
	copy->charge = (struct of_charge){};
	copy->buckets = xmalloc((group->count + 1) * sizeof(*copy->buckets));
	for (size_t i = 0; i < group->count; i++) {
		copy->buckets[i] = group->buckets[i];
		copy->buckets[i].actions = (struct of_actions){};
		actions_copy(&group->buckets[i].actions, &copy->buckets[i].actions);
	}
	return copy;
}

static void bucket_encode13(const struct of_bucket *b, uint8_t version, struct of_out *out)
{
	size_t start = out->len;

	out_u16(out, 0);
	out_u16(out, b->weight);
	out_u32(out, b->watch_port);
	out_u32(out, b->watch_group);
	out_u32(out, 0);
	actions_encode(&b->actions, version, out);
	out_length(out, start, start);
}

static void bucket_encode15(const struct of_group *g, const struct of_bucket *b, uint8_t version,
			    struct of_out *out)
{
	size_t start = out->len, actions, property;

	out_u32(out, 0);
	out_u32(out, b->id);
	actions = out->len;
	actions_encode(&b->actions, version, out);
	out_length(out, actions, start + 2);
	if (g->type == GROUP_SELECT) {
		property = property_begin(out, BUCKET_WEIGHT);
		out_u32(out, (uint32_t)b->weight << 16);
		property_end(out, property);
	}
	if (b->watch_port != OFPP_ANY) {
		property = property_begin(out, BUCKET_WATCH_PORT);
		out_u32(out, b->watch_port);
		property_end(out, property);
	}
	if (b->watch_group != OFPG_ANY) {
		property = property_begin(out, BUCKET_WATCH_GROUP);
		out_u32(out, b->watch_group);
		property_end(out, property);
	}
	out_length(out, start, start);
}

void group_buckets_encode(const struct of_group *g, uint8_t version, struct of_out *out)
{
	for (size_t i = 0; i < g->count; i++) {
		if (version == OF10 || version >= OF15)
			bucket_encode15(g, &g->buckets[i], version, out);
		else
			bucket_encode13(&g->buckets[i], version, out);
	}
}

bool group_fits(const struct of_group *g)
{
	struct of_out out = {};
	bool fit = true;

	for_each_version(version) {
		out.len = 0;
		group_buckets_encode(g, version, &out);
		fit &= out.len <= OF_MESSAGE_MAX - OF_HEADS_MAX;
	}
	out_deinit(&out);
	return fit;
}

void meter_free(struct of_meter *meter)
{
	if (meter)
		free(meter->bands);
	free(meter);
}

void table_init(struct of_table *t)
{
	TAILQ_INIT(&t->flows);
}

void table_deinit(struct of_table *t)
{
	struct of_flow *flow;

	while ((flow = TAILQ_FIRST(&t->flows))) {
		TAILQ_REMOVE(&t->flows, flow, link);
		flow_free(flow);
	}
	map_deinit(&t->by_key);
	t->count = 0;
}

struct of_flow *table_find(const struct of_table *t, const struct of_words *match,
			   uint16_t priority)
{
	struct of_flow *flow = map_get(&t->by_key, flow_key(match, priority));

	while (flow && (flow->priority != priority || !words_equal(flow->match, match)))
		flow = flow->next;
	return flow;
}

void table_add(struct of_table *t, struct of_flow *flow)
{
	flow->next = NULL;
	if (map_chain_add(&t->by_key, flow_key(flow->match, flow->priority), flow) < 0)
		mem_out();
	TAILQ_INSERT_TAIL(&t->flows, flow, link);
	t->count++;
}

void table_remove(struct of_table *t, struct of_flow *flow)
{
	map_chain_remove(&t->by_key, flow_key(flow->match, flow->priority), flow);
	TAILQ_REMOVE(&t->flows, flow, link);
	t->count--;
}

void table_replace(struct of_table *t, struct of_flow *old, struct of_flow *flow)
{
	uint64_t key = flow_key(old->match, old->priority);

	map_chain_remove(&t->by_key, key, old);
	flow->next = NULL;
	if (map_chain_add(&t->by_key, key, flow) < 0)
		mem_out();
	TAILQ_INSERT_AFTER(&t->flows, old, flow, link);
	TAILQ_REMOVE(&t->flows, old, link);
}

struct of_flow *table_overlapping(const struct of_table *t, const struct of_words *match,
				  uint16_t priority)
{
	struct of_flow *flow;

	TAILQ_FOREACH(flow, &t->flows, link)
		if (flow->priority == priority && words_overlap(flow->match, match) &&
		    !words_equal(flow->match, match))
			return flow;
	return NULL;
}
