// SPDX-License-Identifier: GPL-2.0-or-later
#include "datapath/ovs/flow-set.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

void flow_list_init(struct flow_list *list)
{
	*list = (struct flow_list){ .last = &list->first };
}

void flow_list_add(struct flow_list *list, struct flow *flow)
{
	flow->next = NULL;
	*list->last = flow;
	list->last = &flow->next;
	list->count++;
}

struct flow *flow_list_cut(struct flow_list *list, struct flow **at)
{
	struct flow *flow = *at;

	if (!flow)
		return NULL;
	*at = flow->next;
	if (list->last == &flow->next)
		list->last = at;
	list->count--;
	return flow;
}

struct flow *flow_list_take(struct flow_list *list)
{
	return flow_list_cut(list, &list->first);
}

struct flow *flow_new(uint64_t id, uint64_t boot, const struct flow_key *key,
		      const struct flow_key *mask, const uint8_t *actions, size_t actions_len)
{
	struct flow *flow = xzalloc(sizeof(*flow) + actions_len);

	flow->id = id;
	flow->boot = boot;
	flow->key = *key;
	flow->mask = *mask;
	flow->actions_len = actions_len;
	if (actions_len)
		memcpy(flow->actions, actions, actions_len);
	return flow;
}

static struct flow_mask_use *use_of(const struct flow_masks *m, const struct flow_key *mask)
{
	for (size_t i = 0; i < m->count; i++)
		if (!memcmp(&m->uses[i].mask, mask, sizeof(*mask)))
			return &m->uses[i];
	return NULL;
}

bool flow_masks_add(struct flow_masks *m, const struct flow_key *mask, size_t max)
{
	struct flow_mask_use *use = use_of(m, mask);

	if (!use) {
		if (m->count >= max)
			return false;
		m->uses = xrealloc(m->uses, (m->count + 1) * sizeof(*m->uses));
		use = &m->uses[m->count++];
		*use = (struct flow_mask_use){ .mask = *mask };
	}
	use->flows++;
	return true;
}

void flow_masks_remove(struct flow_masks *m, const struct flow_key *mask)
{
	struct flow_mask_use *use = use_of(m, mask);

	if (use && !--use->flows)
		*use = m->uses[--m->count];
}

void flow_masks_deinit(struct flow_masks *m)
{
	free(m->uses);
	*m = (struct flow_masks){};
}

void flow_mask_whole(const struct flow_key *key, struct flow_key *ret)
{
	/* of a tag that there is not that there is none, as of all masks */
	const uint32_t always = 1U << FLOW_TAG | 1U << FLOW_INNER_TAG;
	const struct ovs_key_ipv4 ip4 = {
		.ipv4_src = 0xffffffff, .ipv4_dst = 0xffffffff, .ipv4_proto = 0xff,
		.ipv4_frag = 0xff,
	};
	uint32_t len;

	*ret = (struct flow_key){ .parts = key->parts | always };
	for (unsigned int part = 0; part < FLOW_PARTS; part++)
		if (flow_has(ret, (enum flow_part)part)) {
			uint8_t *p = flow_part(ret, (enum flow_part)part, &len);

			memset(p, 0xff, len);
		}
	if (flow_has(key, FLOW_IP4))
		ret->ip4 = ip4;
	if (flow_has(key, FLOW_IP6)) {
		ret->ip6.ipv6_label = 0;
		ret->ip6.ipv6_tclass = 0;
		ret->ip6.ipv6_hlimit = 0;
	}
	if (flow_has(key, FLOW_TCP_FLAGS))
		ret->tcp_flags = htons(0x00ff);
}
