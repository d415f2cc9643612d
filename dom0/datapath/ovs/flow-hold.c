// SPDX-License-Identifier: GPL-2.0-or-later
#include "datapath/ovs/flow-hold.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "datapath/ovs/flow-frame.h"
#include "datapath/ovs/ovs-dump.h"

void flow_ufid(uint64_t id, uint64_t boot, uint8_t ret[OVS_UFID_LEN])
{
	memcpy(ret, &id, 8);
	memcpy(ret + 8, &boot, 8);
}

static uint32_t meter_of(const struct dp_world_port *port, enum vs_limit limit)
{
	/* a port is the world's port: stations.c */
	return ((const struct station_port *)port)->meters[limit];
}

void flow_encode_actions(struct flow_switch *s, const struct decision *d,
			 const struct dp_world_port *from, struct attrs *ret)
{
	*ret = (struct attrs){ .p = s->actions, .room = sizeof(s->actions) };
	flow_actions_encode(d, from, meter_of, ret);
}

void flow_count_drops(struct flow_switch *s, uint32_t number, enum vifswitch_drop_reason reason,
		      uint64_t count)
{
	struct flow_port *port = count ? flow_port_of(s, number) : NULL;

	if (port && reason < VIFSWITCH_DROP_COUNT)
		port->drops[reason] += count;
}

/* What it took since it was last heard of. */
static uint64_t took(struct flow_switch *s, struct flow *flow, uint64_t packets)
{
	uint64_t more = packets > flow->packets ? packets - flow->packets : 0;

	flow->packets += more;
	if (flow->reason)
		flow_count_drops(s, flow->dropped_at, flow->reason, more);
	return more;
}

void flow_drop(struct flow_switch *s, struct flow *flow)
{
	uint8_t ufid[OVS_UFID_LEN];
	uint64_t packets = 0;

	flow_ufid(flow->id, flow->boot, ufid);
	ovs_flow_del(s->client, s->dp, ufid, &packets);
	took(s, flow, packets);
	flow_masks_remove(&s->masks, &flow->mask);
	s->counts.flows--;
	free(flow);
}

void flow_drop_all(struct flow_switch *s, struct flow_port *port)
{
	struct flow *flow;

	while ((flow = flow_list_take(&port->flows)))
		flow_drop(s, flow);
}

/* What is decided of the frames that @flow takes. */
static void decide_again(struct flow_switch *s, const struct flow_port *port,
			 const struct flow *flow, struct decision *d)
{
	uint8_t frame[FLOW_FRAME_MAX];
	size_t len = flow_frame_of(&flow->key, frame);

	*d = (struct decision){ .outputs = s->outputs };
	decide(&s->stations.world, &port->station->dp, frame, len, len, d);
}

/* Is what a flow does still what would be decided, of all that it takes? */
static bool holds(struct flow_switch *s, const struct flow_port *port, struct flow *flow)
{
	struct attrs actions;
	struct decision d;

	decide_again(s, port, flow, &d);
	if (d.seen.hand != SEEN_FLOW || !flow_mask_covers(&flow->mask, &d.seen.mask) ||
	    (d.accepted && stations_would(&s->stations, port->station, d.v.frame.src, d.v.vid,
					  d.source)))
		return false;
	flow_encode_actions(s, &d, &port->station->dp, &actions);
	if (actions.full || actions.len != flow->actions_len ||
	    memcmp(actions.p, flow->actions, actions.len))
		return false;
	flow->reason = d.reason;
	flow->dropped_at = d.dropped_at ? d.dropped_at->number : port->station->dp.number;
	flow->vid = d.v.vid;
	return true;
}

/* Is it a flow from or to @mac? What is known of an address matters to no other. */
static bool concerns(const struct flow *flow, uint64_t mac)
{
	return vs_mac_load(flow->key.eth.eth_src) == mac ||
	       vs_mac_load(flow->key.eth.eth_dst) == mac;
}

void flow_revalidate(struct flow_switch *s, const uint64_t *mac)
{
	for (size_t i = 0; i < s->count; i++) {
		struct flow_port *port = s->ports[i];
		struct flow **at = &port->flows.first;

		while (*at) {
			if ((mac && !concerns(*at, *mac)) || holds(s, port, *at)) {
				at = &(*at)->next;
				continue;
			}
			flow_drop(s, flow_list_cut(&port->flows, at));
			s->counts.revoked++;
		}
	}
}

/* ---- what the kernel has ---- */

/* A part of which nothing is looked at is not in a mask. */
static void tidy(struct flow_key *mask)
{
	const uint32_t always = 1U << FLOW_PORT | 1U << FLOW_ETHERNET | 1U << FLOW_TAG |
				1U << FLOW_INNER_TAG | 1U << FLOW_TYPE;

	mask->parts |= always;
	for (unsigned int part = 0; part < FLOW_PARTS; part++) {
		uint32_t len, i = 0;
		const uint8_t *p;

		if (!flow_has(mask, (enum flow_part)part) || always >> part & 1)
			continue;
		p = flow_part(mask, (enum flow_part)part, &len);
		while (i < len && !p[i])
			i++;
		if (i == len)
			mask->parts &= ~(1U << part);
	}
	/* looked at whatever a mask says */
	memset(&mask->tag, 0xff, sizeof(mask->tag));
	memset(&mask->inner_tag, 0xff, sizeof(mask->inner_tag));
}

/* Flows of ports that there are none of are to go. */
struct adopting {
	struct flow_switch *s;
	struct flow_list strays;
};

static int adopt_one(const struct ovs_flow *flow, uint64_t packets, uint64_t used_ms, void *arg)
{
	struct adopting *a = arg;
	struct flow_port *port = NULL;
	struct flow_key key = {}, mask = {};
	struct flow *adopted;
	uint64_t id, boot;

	memcpy(&id, flow->ufid, 8);
	memcpy(&boot, flow->ufid + 8, 8);
	if (flow_key_decode(flow->key, flow->key_len, &key) == 0 &&
	    flow_mask_decode(flow->mask, flow->mask_len, &mask) == 0)
		port = flow_port_of(a->s, key.in_port);
	tidy(&mask);
	adopted = flow_new(id, boot, &key, &mask, flow->actions, flow->actions_len);
	adopted->packets = packets;
	flow_masks_add(&a->s->masks, &mask, SIZE_MAX);
	a->s->counts.flows++;
	flow_list_add(port ? &port->flows : &a->strays, adopted);
	return 0;
}

/* Addresses are behind the ports whose flows say so. */
static void learn_from_flows(struct flow_switch *s, uint64_t now_ms)
{
	for (size_t i = 0; i < s->count; i++) {
		struct flow_port *port = s->ports[i];

		for (struct flow *flow = port->flows.first; flow; flow = flow->next) {
			struct decision d;

			decide_again(s, port, flow, &d);
			if (d.accepted)
				stations_saw(&s->stations, port->station, d.v.frame.src, d.v.vid,
					     d.source, now_ms);
		}
	}
}

int flow_switch_adopt_flows(struct flow_switch *s, uint64_t now_ms)
{
	struct adopting a = { .s = s };
	struct flow *flow;
	int r;

	flow_list_init(&a.strays);
	r = ovs_flow_dump(s->client, s->dp, true, adopt_one, &a);
	while ((flow = flow_list_take(&a.strays)))
		flow_drop(s, flow);
	learn_from_flows(s, now_ms);
	s->counts.adopted = s->counts.flows;
	flow_revalidate(s, NULL);
	return r;
}

struct counting {
	struct flow_switch *s;
	struct map flows;
};

static uint64_t flow_map_key(uint64_t id, uint64_t boot)
{
	return id + boot;
}

static int count_one(const struct ovs_flow *flow, uint64_t packets, uint64_t used_ms, void *arg)
{
	struct counting *c = arg;
	struct flow *ours;
	uint64_t id, boot;

	memcpy(&id, flow->ufid, 8);
	memcpy(&boot, flow->ufid + 8, 8);
	ours = map_get(&c->flows, flow_map_key(id, boot));
	if (ours && took(c->s, ours, packets) && !ours->reason)
		stations_touch(&c->s->stations, vs_mac_load(ours->key.eth.eth_src), ours->vid,
			       used_ms);
	return 0;
}

int flow_switch_count(struct flow_switch *s)
{
	struct counting c = { .s = s };
	int r = 0;

	for (size_t i = 0; i < s->count; i++)
		for (struct flow *flow = s->ports[i]->flows.first; flow; flow = flow->next)
			if (map_put(&c.flows, flow_map_key(flow->id, flow->boot), flow) < 0)
				r = -ENOMEM;
	if (r == 0)
		r = ovs_flow_dump(s->client, s->dp, false, count_one, &c);
	map_deinit(&c.flows);
	return r;
}
