// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/hash.h"
#include "openflow/of-flow.h"

uint64_t flow_key(const struct of_words *match, uint16_t priority)
{
	size_t len = match->count * sizeof(match->word[0]);

	return (uint64_t)bytes_hash(match->word, len, priority) << 32 |
	       bytes_hash(match->word, len, priority ^ 0x5bd1e995u);
}

void flow_free(struct of_flow *flow)
{
	if (!flow)
		return;
	actions_deinit(&flow->actions);
	free(flow->match);
	free(flow);
}

void group_free(struct of_group *group)
{
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
	copy->buckets = xmalloc((group->count + 1) * sizeof(*copy->buckets));
	for (size_t i = 0; i < group->count; i++) {
		copy->buckets[i] = group->buckets[i];
		copy->buckets[i].actions = (struct of_actions){};
		actions_copy(&group->buckets[i].actions, &copy->buckets[i].actions);
	}
	return copy;
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
