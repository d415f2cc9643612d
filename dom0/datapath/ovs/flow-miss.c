// SPDX-License-Identifier: GPL-2.0-or-later
#include "datapath/ovs/flow-miss.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>

#include "base/clock.h"
#include "datapath/ovs/flow-hold.h"

/* The mask to put in force: what was looked at, or all if there are masks enough. */
static bool choose_mask(struct flow_switch *s, const struct flow_key *kernel,
			const struct decision *d, struct flow_key *ret)
{
	struct flow_key whole;

	*ret = d->seen.mask;
	if (flow_masks_add(&s->masks, ret, FLOW_MASKS_MAX))
		return true;
	flow_mask_whole(kernel, &whole);
	*ret = whole;
	return flow_mask_covers(ret, &d->seen.mask) && flow_masks_add(&s->masks, ret, SIZE_MAX);
}

static void install(struct flow_switch *s, struct flow_port *port, const struct ovs_upcall *upcall,
		    const struct flow_key *kernel, const struct decision *d,
		    const struct attrs *actions)
{
	uint8_t octets[1024], ufid[OVS_UFID_LEN];
	struct attrs mask_attrs = { .p = octets, .room = sizeof(octets) };
	struct flow_key mask;
	struct flow *added;
	struct ovs_flow flow = {
		.ufid = ufid, .key = upcall->key, .key_len = upcall->key_len,
		.actions = actions->p, .actions_len = actions->len, .mask = octets,
	};

	if (!choose_mask(s, kernel, d, &mask))
		return;
	if (port->flows.count >= FLOW_PORT_MAX) {
		flow_drop(s, flow_list_take(&port->flows));
		s->counts.evicted++;
	}
	flow_mask_encode(kernel, &mask, &mask_attrs);
	flow.mask_len = mask_attrs.len;
	flow_ufid(s->next_id, s->boot, ufid);
	if (mask_attrs.full || ovs_flow_new(s->client, s->dp, &flow) < 0) {
		flow_masks_remove(&s->masks, &mask);
		return;
	}
	added = flow_new(s->next_id++, s->boot, kernel, &mask, actions->p, actions->len);
	added->reason = d->reason;
	added->dropped_at = d->dropped_at ? d->dropped_at->number : 0;
	added->vid = d->v.vid;
	flow_list_add(&port->flows, added);
	s->counts.installed++;
	s->counts.flows++;
}

/* Decides, and once more if the frame itself taught where its source is. */
static void decide_and_learn(struct flow_switch *s, struct flow_port *port,
			     const struct ovs_upcall *upcall, uint64_t now_ms, struct decision *d)
{
	const uint8_t *p = upcall->packet;
	size_t len = upcall->packet_len;

	/* it wakes all addresses of its port */
	bool wakes = port->station->dormant;

	d->outputs = s->outputs;
	decide(&s->stations.world, &port->station->dp, p, len, len, d);
	if (!d->accepted || !stations_saw(&s->stations, port->station, d->v.frame.src, d->v.vid,
					  d->source, now_ms))
		return;
	flow_revalidate(s, wakes ? NULL : &d->v.frame.src);
	decide(&s->stations.world, &port->station->dp, p, len, len, d);
}

static void miss(struct flow_switch *s, struct flow_port *port, const struct ovs_upcall *upcall,
		 uint64_t now_ms)
{
	struct flow_key kernel;
	struct attrs actions;
	struct decision d = {};

	s->counts.misses++;
	decide_and_learn(s, port, upcall, now_ms, &d);
	s->counts.last = d.reason;
	if (d.reason && d.dropped_at)
		flow_count_drops(s, d.dropped_at->number, d.reason, 1);
	flow_encode_actions(s, &d, &port->station->dp, &actions);
	if (actions.full)
		return;
	if (flow_key_decode(upcall->key, upcall->key_len, &kernel) < 0)
		d.seen.hand = SEEN_KEY;
	else
		decision_bears_flow(&d, &kernel);
	s->counts.hands[d.seen.hand]++;
	if (d.seen.hand == SEEN_FLOW)
		install(s, port, upcall, &kernel, &d, &actions);
	else
		s->counts.by_hand++;
	if (actions.len)
		ovs_packet_execute(s->client, s->dp, upcall, actions.p, actions.len);
}

/* Out of it altogether: that misses were lost would be told again and again. */
static void poll_for(struct flow_port *port, bool on)
{
	struct epoll_event event = { .events = EPOLLIN, .data.ptr = port };

	epoll_ctl(port->sw->epoll, on ? EPOLL_CTL_ADD : EPOLL_CTL_DEL, port->socket, &event);
	port->held = !on;
	port->sw->held |= port->held;
}

static unsigned int turn_of(struct flow_port *port, uint64_t now_us)
{
	const struct vs_program *prog = port->station->dp.program;
	bool vm = prog && !(prog->flags & VIFSWITCH_PF_UPLINK);

	return port->sw->epoll < 0 ? FLOW_TURN :
	       flow_budget_turn(&port->budget, now_us, vm ? FLOW_SHARE_VM : FLOW_SHARE);
}

int flow_port_run(struct flow_port *port, uint64_t now_ms)
{
	struct flow_switch *s = port->sw;
	uint64_t begun = clock_of(CLOCK_THREAD_CPUTIME_ID);
	int turn = (int)turn_of(port, clock_us()), count = 0;

	if (!turn)
		poll_for(port, false);
	while (count < turn) {
		struct ovs_upcall upcall;
		int r = ovs_upcall_receive(s->client, port->socket, s->buf, &upcall);

		if (r == -ENOBUFS)
			s->counts.lost++;
		if (r <= 0)
			break;
		miss(s, port, &upcall, now_ms);
		count++;
	}
	if (count)
		flow_budget_spend(&port->budget, begun, clock_of(CLOCK_THREAD_CPUTIME_ID));
	return count;
}

bool flow_switch_holds(const struct flow_switch *s)
{
	return s->held;
}

void flow_switch_release(struct flow_switch *s)
{
	s->held = false;
	for (size_t i = 0; i < s->count; i++)
		if (s->ports[i]->held)
			poll_for(s->ports[i], true);
}

int flow_switch_run(struct flow_switch *s, uint64_t now_ms)
{
	int count = 0;

	for (size_t i = 0; i < s->count; i++)
		count += flow_port_run(s->ports[i], now_ms);
	return count;
}
