// SPDX-License-Identifier: GPL-2.0-or-later
/* vifswitch.ko as the datapath of a switch that speaks OpenFlow. */
#include <errno.h>

#include "base/clock.h"
#include "base/log.h"
#include "openflow/of-peer.h"
#include "vifofd/of-kernel.h"
#include "vifofd/of-learn.h"

#define TURN_FRAMES	256		/* to sessions, then others have their turn */

static enum of_error error_of(int r, const struct of_journal *j)
{
	enum of_object object = j->count ? j->v[0].object : OBJECT_FLOW;

	if (r == -ENOSPC || r == -ENOMEM)
		return object == OBJECT_GROUP ? OFE_GROUP_FULL :
		       object == OBJECT_METER ? OFE_METER_FULL : OFE_FLOW_FULL;
	if (r == -ENOENT)
		return OFE_ACTION_OUT_GROUP;
	return OFE_EPERM;
}

/* ---- changes ---- */

static enum of_error put_flow(const struct kernel *k, const struct of_change *c, struct of_out *out)
{
	const struct of_flow *old = c->old;
	uint16_t flags = (uint16_t)((c->reset ? VIFSWITCH_OF_FLOW_RESET : 0) |
				    (c->added ? VIFSWITCH_OF_FLOW_AGED : 0));

	if (c->new)
		return compile_flow(c->new, flags, out);
	/* one that a timeout ended is gone already */
	if (map_get(&k->flows, old->id))
		compile_delete(VIFSWITCH_OF_FLOW_DEL, old->id, out);
	return OFE_OK;
}

static enum of_error put_change(const struct kernel *k, const struct of_change *c,
				struct of_out *out)
{
	if (c->object == OBJECT_FLOW)
		return put_flow(k, c, out);
	if (c->object == OBJECT_GROUP && c->new)
		return compile_group(c->new, out);
	if (c->object == OBJECT_METER && c->new)
		return compile_meter(c->new, out);
	if (c->object == OBJECT_GROUP)
		compile_delete(VIFSWITCH_OF_GROUP_DEL,
			       COMPILE_GROUP_ID(((struct of_group *)c->old)->id), out);
	else
		compile_delete(VIFSWITCH_OF_METER_DEL, ((struct of_meter *)c->old)->id, out);
	return OFE_OK;
}

static void know(struct kernel *k, const struct of_change *c)
{
	struct of_flow *old = c->old, *new = c->new;

	if (c->object != OBJECT_FLOW)
		return;
	if (!new)
		map_remove(&k->flows, old->id);
	else if (map_put(&k->flows, new->id, new) < 0)
		mem_out();
	else
		new->told = k->mark;
}

static enum of_error put_journal(struct kernel *k, const struct of_journal *journal)
{
	struct of_out out = {};
	enum of_error e = OFE_OK;
	size_t i;
	int r;

	for (i = 0; i < journal->count && !e; i++) {
		e = put_change(k, &journal->v[i], &out);
		/* one that is added and removed again in one request is known in between */
		if (!e && !journal->v[i].old)
			know(k, &journal->v[i]);
	}
	r = e ? 0 : kernel_change(k, &out);
	out_deinit(&out);
	if (r < 0 && kernel_is_open(k))
		e = error_of(r, journal);
	for (size_t n = 0; n < i && kernel_is_open(k); n++) {
		const struct of_change *c = &journal->v[n];

		if (!e)
			know(k, c);
		else if (!c->old && c->object == OBJECT_FLOW)
			map_remove(&k->flows, ((struct of_flow *)c->new)->id);
	}
	return e;
}

static enum of_error kernel_commit(void *dp, const struct of_journal *journal)
{
	struct kernel *k = dp;
	enum of_error e;

	k->changes++;
	/* Without a socket the switch is as it is said, and the kernel hears of it later. */
	e = kernel_is_open(k) ? put_journal(k, journal) : OFE_OK;
	for (size_t i = 0; i < journal->count && !e; i++)
		learn_count(k, &journal->v[i]);
	if (!e && k->changed)
		k->changed(k->changed_arg, journal);
	return e;
}

static enum of_error kernel_check(void *dp, const struct of_match *m, const struct of_actions *a)
{
	return compile_check(a);
}

static void kernel_miss(void *dp, enum of_miss miss)
{
	struct kernel *k = dp;
	uint64_t own = miss == MISS_TO_CONTROLLER ? COMPILE_MISS_ID :
		       miss == MISS_NORMAL ? COMPILE_REST_ID : 0;
	struct of_out out = {};

	if (!kernel_is_open(k) || own == k->own)
		return;
	if (k->own)
		compile_delete(VIFSWITCH_OF_FLOW_DEL, k->own, &out);
	if (own)
		compile_own(own, &out);
	if (kernel_change(k, &out) == 0)
		k->own = own;
	out_deinit(&out);
}

/* ---- the same in the kernel as here ---- */

static void note_flow(struct kernel *k, const struct vifswitch_of_record *r)
{
	const struct vifswitch_of_flow_stats *s = (const void *)r;

	if (r->len < sizeof(*s))
		return;
	if (map_put(&k->flows, s->id, k) < 0)
		mem_out();
	if (s->id < COMPILE_REST_ID && s->id > k->sw->next_id)
		k->sw->next_id = s->id;
}

static void note_group(struct kernel *k, const struct vifswitch_of_record *r)
{
	const struct vifswitch_of_group_stats *s = (const void *)r;

	if (r->len >= sizeof(*s) && !switch_group(k->sw, s->id - 1))
		compile_delete(VIFSWITCH_OF_GROUP_DEL, s->id, k->doomed);
}

static void note_meter(struct kernel *k, const struct vifswitch_of_record *r)
{
	const struct vifswitch_of_meter_stats *s = (const void *)r;

	if (r->len >= sizeof(*s) && !switch_meter(k->sw, s->id))
		compile_delete(VIFSWITCH_OF_METER_DEL, s->id, k->doomed);
}

static void put_objects(struct kernel *k, struct of_out *out)
{
	struct of_group *g;
	struct of_meter *m;

	map_for_each(&k->sw->groups, i, g)
		compile_group(g, out);
	map_for_each(&k->sw->meters, i, m)
		compile_meter(m, out);
}

/* Flows that the kernel has and the switch has not go, the others come. */
static void put_flows(struct kernel *k, struct of_out *out)
{
	struct map there = k->flows;
	struct of_flow *flow;

	k->flows = (struct map){};
	for (unsigned int t = 0; t < OF_TABLES; t++)
		TAILQ_FOREACH(flow, &k->sw->tables[t].flows, link) {
			if (!map_remove(&there, flow->id) && k->restored &&
			    (flow->idle || flow->hard))
				continue;
			if (compile_flow(flow, 0, out))
				continue;
			if (map_put(&k->flows, flow->id, flow) < 0)
				mem_out();
			flow->told = k->mark;
		}
	for (size_t i = 0; i < there.size; i++)
		if (there.slots[i].value)
			compile_delete(VIFSWITCH_OF_FLOW_DEL, there.slots[i].key, out);
	map_deinit(&there);
	/* those that are not in the kernel any more go when there is a turn for it */
	k->missing = k->restored;
	k->restored = false;
}

static int settle(struct kernel *k)
{
	struct of_out out = {}, gone = {};
	int r = kernel_get(k, VIFSWITCH_OF_FLOW_STATS, note_flow);

	k->doomed = &gone;
	if (r == 0)
		r = kernel_get(k, VIFSWITCH_OF_GROUP_STATS, note_group);
	if (r == 0)
		r = kernel_get(k, VIFSWITCH_OF_METER_STATS, note_meter);
	put_objects(k, &out);
	put_flows(k, &out);
	out_bytes(&out, gone.data, gone.len);
	if (r == 0 && out.len)
		r = kernel_change(k, &out);
	out_deinit(&out);
	out_deinit(&gone);
	return r;
}

int kernel_open(struct kernel *k, const struct kernel_grant *grant)
{
	int r;

	kernel_close(k);
	r = netlink_take(&k->nl, grant->fd);
	if (r < 0)
		return r;
	k->family = grant->family;
	k->ifindex = grant->ifindex;
	r = settle(k);
	if (r == 0) {
		kernel_miss(k, k->sw->miss);
		r = kernel_read_ports(k);
	}
	if (r < 0)
		kernel_close(k);
	return r;
}

/* ---- counters ---- */

static void take_flow(struct kernel *k, const struct vifswitch_of_record *r)
{
	const struct vifswitch_of_flow_stats *s = (const void *)r;
	struct of_flow *flow;

	if (r->len < sizeof(*s))
		return;
	if (s->id == COMPILE_MISS_ID)
		k->own_packets = s->packets;
	flow = map_get(&k->flows, s->id);
	if (!flow)
		return;
	flow->packets = s->packets;
	flow->bytes = s->bytes;
	flow->used = k->sw->now - s->idle_ms;
	flow->told = k->mark;
	k->seen++;
}

static const struct vifswitch_of_count *counts_behind(const struct vifswitch_of_record *r,
						      size_t head, size_t n)
{
	return r->len == head + n * sizeof(struct vifswitch_of_count) ?
	       (const void *)((const uint8_t *)r + head) : NULL;
}

static void take_group(struct kernel *k, const struct vifswitch_of_record *r)
{
	const struct vifswitch_of_group_stats *s = (const void *)r;
	struct of_group *g = r->len < sizeof(*s) ? NULL : switch_group(k->sw, s->id - 1);
	const struct vifswitch_of_count *counts = g ? counts_behind(r, sizeof(*s), g->count) : NULL;

	if (!counts)
		return;
	g->packets = s->packets;
	g->bytes = s->bytes;
	for (size_t i = 0; i < g->count; i++) {
		g->buckets[i].packets = counts[i].packets;
		g->buckets[i].bytes = counts[i].bytes;
	}
}

static void take_meter(struct kernel *k, const struct vifswitch_of_record *r)
{
	const struct vifswitch_of_meter_stats *s = (const void *)r;
	struct of_meter *m = r->len < sizeof(*s) ? NULL : switch_meter(k->sw, s->id);
	const struct vifswitch_of_count *counts = m ? counts_behind(r, sizeof(*s), m->count) : NULL;

	if (!counts)
		return;
	m->packets = s->packets;
	m->bytes = s->bytes;
	for (size_t i = 0; i < m->count; i++) {
		m->bands[i].packets = counts[i].packets;
		m->bands[i].bytes = counts[i].bytes;
	}
}

static void take_table(struct kernel *k, const struct vifswitch_of_record *r)
{
	const struct vifswitch_of_table *t = (const void *)r;

	if (r->len < sizeof(*t) || t->table >= OF_TABLES)
		return;
	k->sw->tables[t->table].lookups = t->lookups;
	k->sw->tables[t->table].matched = t->matched - (t->table ? 0 : k->own_packets);
}

/* A flow with a timeout that the kernel has no more, without our having been told. */
static void end_missing(struct kernel *k)
{
	struct of_flow *flow, *next;

	for (unsigned int t = 0; t < OF_TABLES; t++)
		for (flow = TAILQ_FIRST(&k->sw->tables[t].flows); flow; flow = next) {
			bool hard = flow->hard &&
				    k->sw->now >= flow->modified + flow->hard * 1000ULL;

			next = TAILQ_NEXT(flow, link);
			if (!(flow->idle || flow->hard) || (flow->told == k->mark &&
							    map_get(&k->flows, flow->id)))
				continue;
			map_remove(&k->flows, flow->id);
			switch_expired(k->sw, flow, hard ? REMOVED_HARD : REMOVED_IDLE);
		}
}

static void take_counters(struct of_port *port, const struct vifswitch_of_port *p)
{
	port->rx_packets = p->rx_packets;
	port->rx_bytes = p->rx_bytes;
	port->rx_dropped = p->rx_dropped;
	port->tx_packets = p->tx_packets;
	port->tx_bytes = p->tx_bytes;
}

static void take_port(struct kernel *k, const struct vifswitch_of_record *r)
{
	const struct vifswitch_of_port *p = (const void *)r;
	const struct of_port *old;
	struct of_port port = { .created = k->sw->now, .tx_dropped = UINT64_MAX };

	if (r->len < sizeof(*p))
		return;
	port.number = p->number;
	old = switch_port(k->sw, p->number);
	if (old)
		port.created = old->created;
	memcpy(port.name, p->name, sizeof(port.name));
	port.name[sizeof(port.name) - 1] = '\0';
	memcpy(port.mac, p->mac, sizeof(port.mac));
	port.config = p->flags & VIFSWITCH_OF_PORT_UP ? 0 : OFPPC_PORT_DOWN;
	port.state = p->flags & VIFSWITCH_OF_PORT_CARRIER ? OFPPS_LIVE : OFPPS_LINK_DOWN;
	take_counters(&port, p);
	port.told = k->port_mark;
	switch_set_port(k->sw, &port);
}

/* Counters alone, of those that are known. */
static void count_port(struct kernel *k, const struct vifswitch_of_record *r)
{
	const struct vifswitch_of_port *p = (const void *)r;
	struct of_port *port = r->len < sizeof(*p) ? NULL : switch_port(k->sw, p->number);

	if (port)
		take_counters(port, p);
}

int kernel_read_ports(struct kernel *k)
{
	int r;

	k->port_mark++;
	r = kernel_get(k, VIFSWITCH_OF_PORT, take_port);
	for (size_t i = k->sw->port_count; r == 0 && i-- > 0;)
		if (k->sw->ports[i].told != k->port_mark)
			switch_remove_port(k->sw, k->sw->ports[i].number);
	return r;
}

/* An answer is being written: nobody may be told anything else meanwhile. */
static void kernel_refresh(void *dp, struct of_switch *sw)
{
	struct kernel *k = dp;
	uint64_t began = (uint64_t)clock_ms();

	/* Of many flows it takes long: who asks all the time is told what was true lately. */
	if (!kernel_is_open(k) || began < k->refreshed + 2 * k->took)
		return;
	k->mark++;
	k->seen = 0;
	if (kernel_get(k, VIFSWITCH_OF_FLOW_STATS, take_flow) == 0)
		k->missing = k->seen < sw->flow_count;
	kernel_get(k, VIFSWITCH_OF_GROUP_STATS, take_group);
	kernel_get(k, VIFSWITCH_OF_METER_STATS, take_meter);
	kernel_get(k, VIFSWITCH_OF_TABLE, take_table);
	kernel_get(k, VIFSWITCH_OF_PORT, count_port);
	k->refreshed = (uint64_t)clock_ms();
	k->took = k->refreshed - began;
}

/* ---- frames ---- */

static enum of_error kernel_packet_out(void *dp, const struct of_packet_out *out)
{
	struct kernel *k = dp;
	struct of_out ops = {};
	struct vifswitch_of_packet_out head = {
		.in_port = out->in_port <= VIFSWITCH_OF_PORT_MAX || out->in_port == OFPP_LOCAL ?
			   out->in_port : 0,
	};
	enum of_error e = compile_packet_out(out, &ops);

	/* without any it would go through the tables */
	if (!e && ops.len && kernel_is_open(k)) {
		head.ops_len = (uint32_t)ops.len;
		e = kernel_send(k, &head, &ops, out->frame, out->len) == -EINVAL ? OFE_BAD_PACKET :
		    OFE_OK;
	}
	out_deinit(&ops);
	return e;
}

static void set_number(struct of_match *m, const char *name, uint64_t value)
{
	const struct of_field *f = field_by_name(name, strlen(name));

	if (value)
		match_set(m, f, (struct of_value){ 0, value }, field_all(f));
}

static void tell_packet_in(struct kernel *k, const struct fair_item *item)
{
	const struct vifswitch_of_packet_in *in = (const void *)item->data;
	const struct of_flow *flow = map_get(&k->flows, in->flow);
	const struct of_action *said = flow ? compile_told(&flow->actions, in->data) : NULL;
	struct of_packet_in p = {
		.frame = item->data + sizeof(*in), .len = item->len - sizeof(*in),
		.cookie = in->cookie, .max_len = in->max_len, .controller = in->controller,
		.table = (uint8_t)in->table, .reason = in->reason,
		.implicit = in->flow == COMPILE_MISS_ID,
		.userdata = said ? said->data : NULL, .userdata_len = said ? said->len : 0,
	};
	char name[8];

	set_number(&p.fields, "in_port", in->in_port);
	set_number(&p.fields, "metadata", in->metadata);
	set_number(&p.fields, "tun_id", in->tunnel_id);
	for (unsigned int i = 0; i < VIFSWITCH_OF_REGS; i++) {
		snprintf(name, sizeof(name), "reg%u", i);
		set_number(&p.fields, name, in->reg[i]);
	}
	switch_packet_in(k->sw, &p);
}

static void take_frame(struct kernel *k, const struct fair_item *item)
{
	const struct vifswitch_of_packet_in *in = (const void *)item->data;

	if (in->reason == VIFSWITCH_OF_BY_LEARN)
		learn_from(k, in, item->data + sizeof(*in), item->len - sizeof(*in));
	else
		tell_packet_in(k, item);
}

static void tell_ended(struct kernel *k)
{
	struct kernel_ended *e;

	while ((e = TAILQ_FIRST(&k->ended))) {
		struct of_flow *flow = map_remove(&k->flows, e->stats.id);

		TAILQ_REMOVE(&k->ended, e, link);
		if (flow) {
			flow->packets = e->stats.packets;
			flow->bytes = e->stats.bytes;
			switch_expired(k->sw, flow, e->stats.reason == VIFSWITCH_OF_REMOVED_HARD ?
				       REMOVED_HARD : REMOVED_IDLE);
		}
		free(e);
	}
}

/* Is there one that takes frames? Then the others do not hold it up. */
static bool somebody_has_room(const struct of_switch *sw)
{
	const struct of_session *s;

	TAILQ_FOREACH(s, &sw->sessions, link)
		if (session_waiting(s) < OF_OUT_PACKET_INS / 2)
			return true;
	return TAILQ_EMPTY(&sw->sessions);
}

void kernel_tell(struct kernel *k)
{
	struct fair_item *item;

	tell_ended(k);
	if (k->missing)
		end_missing(k);
	k->missing = false;
	for (int i = 0; i < TURN_FRAMES && somebody_has_room(k->sw); i++) {
		item = fair_take(&k->fair);
		if (!item)
			break;
		take_frame(k, item);
		free(item);
	}
}

const struct of_datapath_ops kernel_ops = {
	.check = kernel_check,
	.commit = kernel_commit,
	.refresh = kernel_refresh,
	.packet_out = kernel_packet_out,
	.miss = kernel_miss,
};
