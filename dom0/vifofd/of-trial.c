// SPDX-License-Identifier: GPL-2.0-or-later
#include "openflow/of-session.h"
#include "vifofd/of-trial.h"
#include "vifofd/trial-frame.h"

#define K(name)		VIFSWITCH_OF_ ## name
#define DEPTH_MAX	64
#define LOOKUPS_MAX	512

/* One frame on its way. */
struct way {
	struct trial *t;
	struct trial_frame f;
	uint32_t in_port;
	struct of_flow *flow;		/* whose actions these are; NULL: of a packet-out */
	uint8_t table, reason;
	unsigned int depth, lookups;
	bool ended;
	struct of_actions set;		/* copies */
};

static void carry_out(struct way *w, const struct of_actions *list);

static void keep_sent(struct trial *t, uint32_t port, const struct trial_frame *f)
{
	struct trial_sent *s;

	if (t->sent_count == TRIAL_SENT_MAX) {
		free(t->sent[0].data);
		t->sent_count--;
		memmove(&t->sent[0], &t->sent[1], t->sent_count * sizeof(t->sent[0]));
	}
	s = &t->sent[t->sent_count++];
	*s = (struct trial_sent){ .port = port, .len = f->len, .data = xmalloc(f->len) };
	memcpy(s->data, f->data, f->len);
}

void trial_forget_sent(struct trial *t)
{
	while (t->sent_count)
		free(t->sent[--t->sent_count].data);
}

static void send_by(struct way *w, struct of_port *port)
{
	if (port->config & (OFPPC_PORT_DOWN | OFPPC_NO_FWD))
		return;
	port->tx_packets++;
	port->tx_bytes += w->f.len;
	keep_sent(w->t, port->number, &w->f);
}

static void flood(struct way *w, bool all)
{
	for (size_t i = 0; i < w->t->sw->port_count; i++) {
		struct of_port *port = &w->t->sw->ports[i];

		if (port->number != w->in_port && (all || !(port->config & OFPPC_NO_FLOOD)))
			send_by(w, port);
	}
}

static void to_controller(struct way *w, uint16_t max_len, uint16_t id, uint8_t reason,
			  const uint8_t *data, size_t len)
{
	struct of_packet_in in = {
		.frame = w->f.data, .len = w->f.len, .max_len = max_len, .controller = id,
		.reason = reason, .table = w->table, .userdata = data, .userdata_len = len,
		.cookie = w->flow ? w->flow->cookie : UINT64_MAX,
		.implicit = reason == REASON_MISS && !w->flow,
	};

	for (unsigned int i = 0; i < K(ETH_DST); i++) {
		in.fields.value[i] = w->f.key[i];
		in.fields.mask[i] = w->f.key[i] ? 0xffff : 0;
	}
	/* A field is told whole. */
	for (unsigned int i = 0; i < of_field_count; i++) {
		const struct of_field *f = &of_fields[i];

		if (f->first < K(ETH_DST) && !value_is_zero(field_get(f, in.fields.value)) &&
		    f->bits <= 64)
			field_put(f, in.fields.mask, field_all(f));
	}
	switch_packet_in(w->t->sw, &in);
}

static void lookup(struct way *w, uint8_t table);

static void output(struct way *w, uint32_t number, uint16_t max_len)
{
	struct of_port *port;

	switch (number) {
	case OFPP_IN_PORT:
		port = switch_port(w->t->sw, w->in_port);
		if (port)
			send_by(w, port);
		return;
	case OFPP_TABLE:
		w->table = 0;
		lookup(w, 0);
		return;
	case OFPP_NORMAL:
	case OFPP_FLOOD:
		flood(w, false);
		return;
	case OFPP_ALL:
		flood(w, true);
		return;
	case OFPP_CONTROLLER:
		to_controller(w, max_len, 0, w->reason, NULL, 0);
		return;
	}
	port = number == w->in_port ? NULL : switch_port(w->t->sw, number);
	if (port)
		send_by(w, port);
}

/* With a copy of the frame, which the caller's next action does not see. */
static void on_copy(struct way *w, const struct of_actions *list)
{
	struct trial_frame *before = xmalloc(sizeof(*before));

	*before = w->f;
	carry_out(w, list);
	w->f = *before;
	w->ended = false;
	free(before);
}

static bool is_live(const struct way *w, const struct of_bucket *b)
{
	const struct of_port *port = switch_port(w->t->sw, b->watch_port);

	return b->watch_port == OFPP_ANY || (port && !(port->state & OFPPS_LINK_DOWN) &&
					     !(port->config & OFPPC_PORT_DOWN));
}

static struct of_bucket *select_bucket(struct way *w, struct of_group *g)
{
	uint32_t total = 0, at;

	for (size_t i = 0; i < g->count; i++)
		total += g->buckets[i].weight;
	if (!total)
		return NULL;
	at = w->f.key[K(ETH_SRC) + 2] * 31u + w->f.key[K(ETH_DST) + 2] + w->f.key[K(L4_SRC)];
	at %= total;
	for (size_t i = 0; i < g->count; i++) {
		if (at < g->buckets[i].weight)
			return &g->buckets[i];
		at -= g->buckets[i].weight;
	}
	return NULL;
}

static void use_bucket(struct way *w, struct of_bucket *b)
{
	b->packets++;
	b->bytes += w->f.len;
	on_copy(w, &b->actions);
}

static void use_group(struct way *w, uint32_t id)
{
	struct of_group *g = switch_group(w->t->sw, id);
	struct of_bucket *b;
	uint8_t reason = w->reason;

	if (!g || w->depth == DEPTH_MAX)
		return;
	w->depth++;
	g->packets++;
	g->bytes += w->f.len;
	w->reason = REASON_GROUP;
	if (g->type == GROUP_SELECT) {
		b = select_bucket(w, g);
		if (b)
			use_bucket(w, b);
	} else {
		for (size_t i = 0; i < g->count; i++) {
			if (g->type == GROUP_FAILOVER && !is_live(w, &g->buckets[i]))
				continue;
			use_bucket(w, &g->buckets[i]);
			if (g->type == GROUP_FAILOVER)
				break;
		}
	}
	w->reason = reason;
	w->depth--;
}

static void set_tci(struct way *w, uint16_t value, uint16_t mask)
{
	uint16_t tci = (w->f.key[K(VLAN_TCI)] & ~mask) | value;

	if (!(w->f.key[K(VLAN_TCI)] & K(VLAN_PRESENT))) {
		if (mask & K(VLAN_PRESENT) && value & K(VLAN_PRESENT))
			trial_frame_push_vlan(&w->f, 0x8100, tci);
		return;
	}
	if (!(tci & K(VLAN_PRESENT))) {
		trial_frame_pop_vlan(&w->f);
		return;
	}
	w->f.key[K(VLAN_TCI)] = tci;
	trial_frame_write(&w->f);
}

static bool frame_has(const struct way *w, const struct of_field *f)
{
	struct of_match m = {};

	memcpy(m.value, w->f.key, sizeof(m.value));
	memset(m.mask, 0xff, sizeof(m.mask));
	m.mask[K(IP_PROTO)] = m.mask[K(L4_SRC)] = m.mask[K(L4_DST)] = 0xff;
	return field_allowed(f, &m);
}

static void set_field(struct way *w, const struct of_field *f, struct of_value value,
		      struct of_value mask)
{
	struct of_value old = field_get(f, w->f.key);

	if (f->first == K(VLAN_TCI)) {
		set_tci(w, (uint16_t)(value.lo << f->shift), (uint16_t)(mask.lo << f->shift));
		return;
	}
	if (!frame_has(w, f))
		return;
	field_put(f, w->f.key, (struct of_value){ (old.hi & ~mask.hi) | (value.hi & mask.hi),
						  (old.lo & ~mask.lo) | (value.lo & mask.lo) });
	if (f->first >= K(ETH_DST))
		trial_frame_write(&w->f);
	if (f->first == K(IN_PORT))
		w->in_port = (uint32_t)w->f.key[0] << 16 | w->f.key[1];
}

static bool bit_at(struct of_value v, unsigned int at)
{
	return (at < 64 ? v.lo >> at : v.hi >> (at - 64)) & 1;
}

static void move(struct way *w, const struct of_action *a)
{
	struct of_value from = field_get(a->src.field, w->f.key), value = {}, mask = {};

	for (unsigned int i = 0; i < a->src.count; i++) {
		unsigned int to = a->dst.ofs + i;
		uint64_t bit = 1ULL << (to % 64);

		if (to < 64)
			mask.lo |= bit;
		else
			mask.hi |= bit;
		if (bit_at(from, a->src.ofs + i) && to < 64)
			value.lo |= bit;
		else if (bit_at(from, a->src.ofs + i))
			value.hi |= bit;
	}
	if (frame_has(w, a->src.field))
		set_field(w, a->dst.field, value, mask);
}

static void dec_ttl(struct way *w)
{
	if (!frame_has(w, field_by_name("nw_ttl", 6)))
		return;
	if (w->f.key[K(IP_TTL)] <= 1) {
		to_controller(w, 0xffff, 0, REASON_INVALID_TTL, NULL, 0);
		w->ended = true;
		return;
	}
	w->f.key[K(IP_TTL)]--;
	trial_frame_write(&w->f);
}

static void resubmit(struct way *w, const struct of_action *a)
{
	uint32_t port = (uint32_t)a->a[0], in_port = w->in_port;
	uint8_t table = w->table, to = a->a[1] == OF_TABLE_ALL ? table : (uint8_t)a->a[1];
	struct of_flow *flow = w->flow;

	if (port != OFPP_IN_PORT)
		w->in_port = port;
	w->table = to;
	lookup(w, to);
	w->in_port = in_port;
	w->table = table;
	w->flow = flow;
}

/* ---- the action set ---- */

static void write_set(struct way *w, const struct of_actions *list)
{
	for (size_t i = 0; i < list->count; i++) {
		struct of_actions one = { .v = &list->v[i], .count = 1 };

		for (size_t k = 0; k < w->set.count; k++) {
			const struct of_action *old = &w->set.v[k];
			bool same = old->kind == list->v[i].kind &&
				old->dst.field == list->v[i].dst.field;

			if (!same)
				continue;
			action_deinit(&w->set.v[k]);
			memmove(&w->set.v[k], &w->set.v[k + 1],
				(w->set.count - k - 1) * sizeof(w->set.v[0]));
			w->set.count--;
			break;
		}
		actions_copy(&one, &w->set);
	}
}

static void run_set(struct way *w)
{
	/* The order of the specification. */
	static const uint8_t order[] = {
		ACT_POP_VLAN, ACT_PUSH_VLAN, ACT_DEC_TTL, ACT_VLAN_VID, ACT_VLAN_PCP, ACT_MOVE,
		ACT_SET_FIELD, ACT_SET_QUEUE, ACT_GROUP, ACT_OUTPUT, ACT_CONTROLLER,
	};
	struct of_actions set = w->set;
	bool grouped = false;

	w->set = (struct of_actions){};
	w->reason = REASON_ACTION_SET;
	for (size_t o = 0; o < sizeof(order); o++) {
		for (size_t i = 0; i < set.count; i++) {
			struct of_actions one = { .v = &set.v[i], .count = 1 };

			if (set.v[i].kind != order[o] || (grouped && order[o] == ACT_OUTPUT))
				continue;
			grouped |= order[o] == ACT_GROUP;
			carry_out(w, &one);
		}
	}
	actions_deinit(&set);
}

static void carry_out_one(struct way *w, const struct of_action *a)
{
	struct of_meter *m;

	switch ((enum of_action_kind)a->kind) {
	case ACT_OUTPUT:
		output(w, (uint32_t)a->a[0], (uint16_t)a->a[1]);
		break;
	case ACT_ENQUEUE:
	case ACT_TRUNCATE:
		output(w, (uint32_t)a->a[0], 0xffff);
		break;
	case ACT_CONTROLLER:
		to_controller(w, (uint16_t)a->a[0], (uint16_t)a->a[1],
			      a->a[2] == REASON_ACTION ? w->reason : (uint8_t)a->a[2], a->data,
				a->len);
		break;
	case ACT_OUTPUT_REG:
		output(w, (uint32_t)(field_get(a->src.field, w->f.key).lo >> a->src.ofs &
				     (a->src.count < 64 ? (1ULL << a->src.count) - 1 :
				      UINT64_MAX)), (uint16_t)a->a[0]);
		break;
	case ACT_GROUP:
		use_group(w, (uint32_t)a->a[0]);
		break;
	case ACT_VLAN_VID:
		set_tci(w, (uint16_t)(a->a[0] | K(VLAN_PRESENT)), 0x1fff);
		break;
	case ACT_VLAN_PCP:
		set_tci(w, (uint16_t)(a->a[0] << 13 | K(VLAN_PRESENT)), 0xf000);
		break;
	case ACT_PUSH_VLAN:
		trial_frame_push_vlan(&w->f, (uint16_t)a->a[0], w->f.key[K(VLAN_TCI)]);
		break;
	case ACT_POP_VLAN:
		trial_frame_pop_vlan(&w->f);
		break;
	case ACT_SET_FIELD:
		set_field(w, a->dst.field, a->value, a->mask);
		break;
	case ACT_MOVE:
		move(w, a);
		break;
	case ACT_DEC_TTL:
		dec_ttl(w);
		break;
	case ACT_RESUBMIT:
		resubmit(w, a);
		break;
	case ACT_EXIT:
		w->ended = true;
		break;
	case ACT_CLONE:
		on_copy(w, a->inner);
		break;
	case ACT_METER:
		m = switch_meter(w->t->sw, (uint32_t)a->a[0]);
		if (m) {
			m->packets++;
			m->bytes += w->f.len;
		}
		break;
	case ACT_CLEAR:
		actions_deinit(&w->set);
		break;
	case ACT_WRITE:
		write_set(w, a->inner);
		break;
	case ACT_METADATA:
		set_field(w, field_by_name("metadata", 8), (struct of_value){ 0, a->a[0] },
			  (struct of_value){ 0, a->a[1] });
		break;
	case ACT_GOTO:
		w->table = (uint8_t)a->a[0];
		lookup(w, w->table);
		break;
	default:
		break;
	}
}

static void carry_out(struct way *w, const struct of_actions *list)
{
	for (size_t i = 0; i < list->count && !w->ended; i++)
		carry_out_one(w, &list->v[i]);
}

static void missed(struct way *w)
{
	if (w->t->miss == MISS_TO_CONTROLLER && !w->table) {
		w->flow = NULL;
		to_controller(w, 0xffff, 0, REASON_MISS, NULL, 0);
	}
}

static void lookup(struct way *w, uint8_t number)
{
	struct of_table *table = &w->t->sw->tables[number];
	struct of_flow *flow, *best = NULL;

	if (w->depth == DEPTH_MAX || w->lookups == LOOKUPS_MAX || number >= OF_TABLES)
		return;
	w->lookups++;
	table->lookups++;
	w->f.key[K(IN_PORT)] = w->in_port >> 16;
	w->f.key[K(IN_PORT) + 1] = (uint16_t)w->in_port;
	TAILQ_FOREACH(flow, &table->flows, link)
		if ((!best || flow->priority > best->priority) && words_match(flow->match,
		    w->f.key))
			best = flow;
	if (!best) {
		missed(w);
		return;
	}
	table->matched++;
	best->packets++;
	best->bytes += w->f.len;
	best->used = w->t->sw->now;
	w->flow = best;
	w->reason = !best->priority && !best->match->count ? REASON_MISS : REASON_ACTION;
	w->depth++;
	carry_out(w, &best->actions);
	w->depth--;
}

void trial_receive(struct trial *t, uint32_t number, const uint8_t *frame, size_t len)
{
	struct of_port *port = switch_port(t->sw, number);
	struct way *w;

	if (!port || port->config & (OFPPC_PORT_DOWN | OFPPC_NO_RECV))
		return;
	w = xzalloc(sizeof(*w));
	w->t = t;
	w->in_port = number;
	w->reason = REASON_ACTION;
	if (trial_frame_parse(&w->f, frame, len)) {
		port->rx_packets++;
		port->rx_bytes += len;
		if (t->miss == MISS_NORMAL) {
			flood(w, false);
		} else {
			lookup(w, 0);
			run_set(w);
		}
	}
	actions_deinit(&w->set);
	free(w);
}

static enum of_error trial_packet_out(void *dp, const struct of_packet_out *out)
{
	struct way *w = xzalloc(sizeof(*w));

	w->t = dp;
	w->in_port = out->in_port;
	w->reason = REASON_PACKET_OUT;
	memcpy(w->f.key, out->fields.value, K(ETH_DST) * sizeof(w->f.key[0]));
	if (trial_frame_parse(&w->f, out->frame, out->len)) {
		carry_out(w, &out->actions);
		run_set(w);
	}
	actions_deinit(&w->set);
	free(w);
	return OFE_OK;
}

/* Flows are looked up where the switch keeps them, so there is nothing to do. */
static enum of_error trial_commit(void *dp, const struct of_journal *journal)
{
	return OFE_OK;
}

static void trial_port_config(void *dp, struct of_port *port)
{
	port->state = port->config & OFPPC_PORT_DOWN ? OFPPS_LINK_DOWN : OFPPS_LIVE;
}

static void trial_miss(void *dp, enum of_miss miss)
{
	struct trial *t = dp;

	t->miss = miss;
}

const struct of_datapath_ops trial_ops = {
	.commit = trial_commit,
	.packet_out = trial_packet_out,
	.port_config = trial_port_config,
	.miss = trial_miss,
};
