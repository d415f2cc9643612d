// SPDX-License-Identifier: GPL-2.0-or-later
#include "openflow/ko/of-compile.h"
#include "kmod/core/frame.h"
#include "openflow/action-rows.h"

#define K(name)		VIFSWITCH_OF_ ## name
#define INNER_MAX	(254 * 8)	/* octets of operations in one WRITE or CLONE */

/* A clone has what a bucket has, and no more of them. */
enum place { PLACE_FLOW, PLACE_SET, PLACE_BUCKET, PLACE_PACKET, PLACE_CLONE };

struct compile {
	enum place place;
	uint8_t table;
	uint8_t reason;		/* of CONTROLLER, where the action says none */
	bool last;		/* nothing comes after the action */
	unsigned int *told;	/* actions so far that have octets for the controller */
	uint16_t *learns;	/* that learn */
	struct of_out *out;
};

static enum of_error compile_list(struct compile *c, const struct of_actions *list);

static void op(struct compile *c, enum vifswitch_of_code code, uint16_t a, uint32_t b)
{
	const struct vifswitch_of_op o = { .code = (uint8_t)code, .units = 1, .a = a, .b = b };

	out_bytes(c->out, &o, sizeof(o));
}

static void op_with(struct compile *c, enum vifswitch_of_code code, uint16_t a, uint32_t b,
		    const void *data, size_t len)
{
	const struct vifswitch_of_op o = {
		.code = (uint8_t)code, .units = (uint8_t)(1 + (len + 7) / 8), .a = a, .b = b,
	};

	out_bytes(c->out, &o, sizeof(o));
	out_bytes(c->out, data, len);
	out_zero(c->out, (8 - len % 8) % 8);
}

/* ---- fields ---- */

static bool is_fixed(const struct of_field *f)
{
	return f->first == K(IN_PORT) || f->first == K(ETH_TYPE) || f->first == K(IP_PROTO) ||
	       f->first == K(IP_FRAG) || f->first == K(TCP_FLAGS) || f->first >= K(CONJ_ID);
}

static enum of_error set_words(struct compile *c, const struct of_field *f, struct of_value value,
			       struct of_value mask)
{
	uint16_t values[K(WORDS)] = {}, masks[K(WORDS)] = {}, pairs[16];

	if (is_fixed(f))
		return OFE_ACTION_SET_ARGUMENT;
	field_put(f, values, (struct of_value){ value.hi & mask.hi, value.lo & mask.lo });
	field_put(f, masks, mask);
	for (unsigned int i = 0; i < f->words; i++) {
		pairs[2 * i] = values[f->first + i];
		pairs[2 * i + 1] = masks[f->first + i];
	}
	op_with(c, K(OP_SET), f->first, f->words, pairs, f->words * 4u);
	return OFE_OK;
}

static enum of_error set_tci(struct compile *c, uint16_t value, uint16_t mask)
{
	return set_words(c, field_by_name("vlan_tci", 8), (struct of_value){ 0, value },
			 (struct of_value){ 0, mask });
}

static enum of_error move(struct compile *c, const struct of_action *a)
{
	unsigned int left = a->dst.count, done = 0;

	if (is_fixed(a->dst.field) || c->place == PLACE_SET)
		return OFE_ACTION_SET_ARGUMENT;
	for (; left; done += left < 64 ? left : 64, left -= left < 64 ? left : 64) {
		struct vifswitch_of_bits bits[2] = {
			{ a->src.field->first, a->src.field->words,
			  (uint16_t)(a->src.ofs + done + a->src.field->shift), 0 },
			{ a->dst.field->first, a->dst.field->words,
			  (uint16_t)(a->dst.ofs + done + a->dst.field->shift), 0 },
		};

		op_with(c, K(OP_MOVE), 0, left < 64 ? left : 64, bits, sizeof(bits));
	}
	return OFE_OK;
}

/* ---- where to ---- */

static void tell(struct compile *c, uint16_t octets, uint16_t controller, uint8_t reason,
		 size_t with)
{
	uint64_t data = 0;

	if (with)
		data = ++*c->told;
	op_with(c, K(OP_CONTROLLER), octets, (uint32_t)reason << 16 | controller, &data,
		sizeof(data));
}

static enum of_error output(struct compile *c, uint32_t port, uint16_t octets)
{
	if (port == OFPP_CONTROLLER) {
		tell(c, octets, 0, c->reason, 0);
	} else if (port == OFPP_TABLE) {
		if (c->place != PLACE_PACKET)
			return OFE_ACTION_OUT_PORT;
		op(c, K(OP_RESUBMIT), 0, 0);
	} else if (port >= OFPP_IN_PORT || (port && port <= K(PORT_MAX))) {
		op(c, K(OP_OUTPUT), 0, port);
	}
	/* else no port can have that number */
	return OFE_OK;
}

/* A port in 32 bits of a register, or in_port. */
static enum of_error output_field(struct compile *c, const struct of_action *a)
{
	const struct of_field *f = a->src.field;
	unsigned int word = f->first + f->words - 2u - a->src.ofs / 16u;

	if (a->src.count != 32 || a->src.ofs % 32 ||
	    (f->first != K(IN_PORT) && (f->first < K(REG) || f->first >= K(ETH_DST))))
		return OFE_ACTION_ARGUMENT;
	op(c, K(OP_OUTPUT_FIELD), (uint16_t)word, 0);
	return OFE_OK;
}

static enum of_error resubmit(struct compile *c, const struct of_action *a)
{
	uint32_t port = (uint32_t)a->a[0];
	uint8_t table = a->a[1] == OF_TABLE_ALL ? c->table : (uint8_t)a->a[1];

	if (c->place == PLACE_BUCKET)
		return OFE_GROUP_BUCKET;
	if (c->place == PLACE_CLONE)
		return OFE_ACTION_VENDOR_TYPE;
	if (table >= OF_TABLES || (port != OFPP_IN_PORT && port != OFPP_LOCAL &&
				   (!port || port > K(PORT_MAX))))
		return OFE_ACTION_ARGUMENT;
	op(c, K(OP_RESUBMIT), table, port == OFPP_IN_PORT ? 0 : port);
	return OFE_OK;
}

/* A zone is a number, or 16 bits of a register that are a word of the key. */
static enum of_error ct(struct compile *c, const struct of_action *a)
{
	const struct of_field *f = a->src.field;
	uint16_t table = a->a[2] == OF_TABLE_ALL ? K(CT_HERE) : (uint16_t)a->a[2];
	uint32_t b = (uint32_t)a->a[1] | (a->a[0] & CT_COMMIT ? K(CT_COMMIT) : 0);

	if (f && (a->src.ofs % 16 || f->first < K(REG) || f->first >= K(ETH_DST)))
		return OFE_ACTION_ARGUMENT;
	if (f)
		b |= K(CT_WORD) | (f->first + f->words - 1u - a->src.ofs / 16u);
	if (table != K(CT_HERE) && (table >= OF_TABLES || !c->last))
		return OFE_ACTION_ARGUMENT;
	op(c, K(OP_CT), table, b);
	return OFE_OK;
}

/* The words of which a flow is made. */
static enum of_error learn(struct compile *c, const struct of_action *a)
{
	uint16_t words[K(LEARN_WORDS)];
	struct of_in in = { .p = a->data, .left = a->len };
	struct of_learn_part part;
	unsigned int n = 0;
	enum of_error e;

	while (learn_next(&in, &part, &e)) {
		if (part.given)
			continue;
		if (n + part.src.field->words > K(LEARN_WORDS))
			return OFE_ACTION_TOO_MANY;
		for (unsigned int i = 0; i < part.src.field->words; i++)
			words[n++] = (uint16_t)(part.src.field->first + i);
	}
	op_with(c, K(OP_LEARN), ++*c->learns, n, words, n * sizeof(words[0]));
	return e;
}

/* ---- the action set ---- */

static enum of_error write_set(struct compile *c, const struct of_actions *list)
{
	struct of_out inner = {};
	struct compile set = *c;
	enum of_error e = OFE_OK;

	set.place = PLACE_SET;
	set.reason = REASON_ACTION_SET;
	set.out = &inner;
	for (size_t i = 0; i < list->count && !e; i++) {
		struct of_actions one = { .v = &list->v[i], .count = 1 };
		size_t before = inner.len;

		e = compile_list(&set, &one);
		if (e || inner.len <= INNER_MAX)
			continue;
		op_with(c, K(OP_WRITE), 0, 0, inner.data, before);
		memmove(inner.data, inner.data + before, inner.len - before);
		inner.len -= before;
	}
	if (!e && inner.len)
		op_with(c, K(OP_WRITE), 0, 0, inner.data, inner.len);
	out_deinit(&inner);
	return e;
}

static enum of_error clone(struct compile *c, const struct of_actions *list)
{
	struct of_out inner = {};
	struct compile copy = *c;
	enum of_error e;

	copy.place = PLACE_CLONE;
	copy.out = &inner;
	e = compile_list(&copy, list);
	if (!e && inner.len > INNER_MAX)
		e = OFE_ACTION_TOO_MANY;
	if (!e && inner.len)
		op_with(c, K(OP_CLONE), 0, 0, inner.data, inner.len);
	out_deinit(&inner);
	return e;
}

/* Only of a flow, or of a packet-out that goes through tables. */
static enum of_error of_flow_only(struct compile *c, const struct of_action *a)
{
	if (c->place == PLACE_BUCKET)
		return OFE_GROUP_BUCKET;
	if (c->place == PLACE_CLONE)
		return OFE_ACTION_VENDOR_TYPE;
	if (c->place == PLACE_SET)
		return OFE_ACTION_TYPE;
	switch ((enum of_action_kind)a->kind) {
	case ACT_METER:
		op(c, K(OP_METER), 0, (uint32_t)a->a[0]);
		return OFE_OK;
	case ACT_EXIT:
		op(c, K(OP_DROP), 0, 0);
		return OFE_OK;
	case ACT_CLEAR:
		op(c, K(OP_CLEAR), 0, 0);
		return OFE_OK;
	case ACT_WRITE:
		return write_set(c, a->inner);
	case ACT_CLONE:
		return clone(c, a->inner);
	case ACT_CT:
		return ct(c, a);
	case ACT_LEARN:
		return learn(c, a);
	case ACT_CT_CLEAR:
		op(c, K(OP_CT), K(CT_HERE), K(CT_CLEAR));
		return OFE_OK;
	case ACT_CONJUNCTION:
		op(c, K(OP_CONJUNCTION), (uint16_t)(a->a[0] << 8 | a->a[1]), (uint32_t)a->a[2]);
		return OFE_OK;
	case ACT_METADATA:
		return set_words(c, field_by_name("metadata", 8), (struct of_value){ 0, a->a[0] },
				 (struct of_value){ 0, a->a[1] });
	default:
		op(c, K(OP_GOTO), (uint16_t)a->a[0], 0);
		return OFE_OK;
	}
}

static enum of_error push_vlan(struct compile *c, const struct of_action *a)
{
	if (a->a[0] != 0x8100)
		return OFE_ACTION_ARGUMENT;
	op(c, K(OP_PUSH_VLAN), 0x8100, 0);
	return OFE_OK;
}

/* Not of the action set. */
static enum of_error label(struct compile *c, const struct of_action *a)
{
	if (c->place == PLACE_SET)
		return OFE_ACTION_TYPE;
	if (a->kind == ACT_DEC_MPLS_TTL)
		op(c, K(OP_DEC_MPLS_TTL), 0, 0);
	else if (a->kind == ACT_PUSH_MPLS)
		op(c, K(OP_PUSH_MPLS), (uint16_t)a->a[0], 0);
	else if (a->a[0] < VS_TYPE_MIN || vs_type_is_tag((u16)a->a[0]))
		return OFE_ACTION_ARGUMENT;
	else
		op(c, K(OP_POP_MPLS), (uint16_t)a->a[0], 0);
	return OFE_OK;
}

static enum of_error one(struct compile *c, const struct of_action *a)
{
	switch ((enum of_action_kind)a->kind) {
	case ACT_OUTPUT:
		return output(c, (uint32_t)a->a[0], (uint16_t)a->a[1]);
	case ACT_ENQUEUE:
		return output(c, (uint32_t)a->a[0], 0xffff);
	case ACT_TRUNCATE:
		return a->a[0] != OFPP_CONTROLLER ? OFE_ACTION_VENDOR_TYPE :
		       output(c, OFPP_CONTROLLER, (uint16_t)(a->a[1] < 0xffff ? a->a[1] : 0xffff));
	case ACT_CONTROLLER:
		tell(c, (uint16_t)a->a[0], (uint16_t)a->a[1],
		     a->a[2] == REASON_ACTION ? c->reason : (uint8_t)a->a[2], a->len);
		return OFE_OK;
	case ACT_OUTPUT_REG:
		return output_field(c, a);
	case ACT_GROUP:
		if (c->place == PLACE_CLONE)
			return OFE_ACTION_VENDOR_TYPE;
		op(c, K(OP_GROUP), 0, COMPILE_GROUP_ID((uint32_t)a->a[0]));
		return OFE_OK;
	case ACT_VLAN_VID:
		return set_tci(c, (uint16_t)(a->a[0] | K(VLAN_PRESENT)), 0x0fff | K(VLAN_PRESENT));
	case ACT_VLAN_PCP:
		return set_tci(c, (uint16_t)(a->a[0] << 13 | K(VLAN_PRESENT)),
			       0xe000 | K(VLAN_PRESENT));
	case ACT_PUSH_VLAN:
		return push_vlan(c, a);
	case ACT_POP_VLAN:
		op(c, K(OP_POP_VLAN), 0, 0);
		return OFE_OK;
	case ACT_PUSH_MPLS:
	case ACT_POP_MPLS:
	case ACT_DEC_MPLS_TTL:
		return label(c, a);
	case ACT_SET_FIELD:
		return set_words(c, a->dst.field, a->value, a->mask);
	case ACT_MOVE:
		return move(c, a);
	case ACT_DEC_TTL:
		op(c, K(OP_DEC_TTL), 0, a->len >= 2 ? (uint32_t)wire_get(a->data, 2) : 0);
		return OFE_OK;
	case ACT_RESUBMIT:
		return resubmit(c, a);
	/* there are no queues, and a note is for who reads it */
	case ACT_SET_QUEUE:
	case ACT_POP_QUEUE:
	case ACT_NOTE:
		return OFE_OK;
	case ACT_METER:
	case ACT_EXIT:
	case ACT_CLEAR:
	case ACT_WRITE:
	case ACT_METADATA:
	case ACT_GOTO:
	case ACT_CLONE:
	case ACT_CONJUNCTION:
	case ACT_CT:
	case ACT_CT_CLEAR:
	case ACT_LEARN:
		return of_flow_only(c, a);
	default:
		return OFE_ACTION_VENDOR_TYPE;
	}
}

static enum of_error compile_list(struct compile *c, const struct of_actions *list)
{
	enum of_error e = OFE_OK;

	for (size_t i = 0; i < list->count && !e; i++) {
		c->last = i + 1 == list->count;
		e = one(c, &list->v[i]);
	}
	return e;
}

/* Of a flow, a bucket or a packet-out. */
static enum of_error operations(enum place place, uint8_t table, uint8_t reason,
				const struct of_actions *list, struct of_out *out)
{
	unsigned int told = 0;
	uint16_t learns = 0;
	struct compile c = {
		.place = place, .table = table, .reason = reason, .told = &told, .learns = &learns,
		.out = out,
	};
	size_t start = out->len;
	enum of_error e = compile_list(&c, list);

	if (!e && out->len - start > K(OPS_MAX))
		e = OFE_ACTION_TOO_MANY;
	if (e)
		out->len = start;
	return e;
}

enum of_error compile_check(const struct of_actions *actions)
{
	struct of_out ops = {};
	enum of_error e = operations(PLACE_FLOW, 0, REASON_ACTION, actions, &ops);

	out_deinit(&ops);
	return e;
}

enum of_error compile_packet_out(const struct of_packet_out *out, struct of_out *ops)
{
	return operations(PLACE_PACKET, 0, REASON_PACKET_OUT, &out->actions, ops);
}

static const struct of_action *told_in(const struct of_actions *list, uint64_t *left)
{
	const struct of_action *found = NULL;

	for (size_t i = 0; i < list->count && !found; i++) {
		const struct of_action *a = &list->v[i];

		if (a->kind == ACT_CONTROLLER && a->len && !--*left)
			found = a;
		else if (a->inner)
			found = told_in(a->inner, left);
	}
	return found;
}

const struct of_action *compile_told(const struct of_actions *actions, uint64_t data)
{
	return data ? told_in(actions, &data) : NULL;
}

const struct of_action *compile_learns(const struct of_actions *actions, uint64_t data)
{
	for (size_t i = 0; i < actions->count; i++)
		if (actions->v[i].kind == ACT_LEARN && !--data)
			return &actions->v[i];
	return NULL;
}

/* ---- records ---- */

enum of_error compile_flow(const struct of_flow *flow, uint16_t flags, struct of_out *out)
{
	bool miss = !flow->priority && !flow->match->count;
	size_t start = out->len, words = flow->match->count * sizeof(flow->match->word[0]), ops;
	struct vifswitch_of_flow f = {
		.record = { .kind = K(FLOW) }, .id = flow->id, .cookie = flow->cookie,
		.priority = flow->priority + 1u, .table = flow->table, .flags = flags,
		.idle = flow->idle, .hard = flow->hard, .match_count = flow->match->count,
	};
	enum of_error e;

	if (f.idle || f.hard)
		f.flags |= K(FLOW_TELL);
	out_zero(out, sizeof(f));
	out_bytes(out, flow->match->word, words);
	out_zero(out, (8 - words % 8) % 8);
	ops = out->len;
	e = operations(PLACE_FLOW, flow->table, miss ? REASON_MISS : REASON_ACTION, &flow->actions,
		       out);
	if (e) {
		out->len = start;
		return e;
	}
	f.ops_len = (uint16_t)(out->len - ops);
	f.record.len = (uint32_t)(out->len - start);
	memcpy(out->data + start, &f, sizeof(f));
	return OFE_OK;
}

void compile_own(uint64_t id, struct of_out *out)
{
	struct vifswitch_of_flow f = {
		.record = { .kind = K(FLOW) }, .id = id, .cookie = UINT64_MAX,
		.priority = id == COMPILE_REST_ID ? K(PRIORITY_MAX) : 0,
	};
	struct compile c = { .place = PLACE_FLOW, .out = out };
	size_t start = out->len;

	out_zero(out, sizeof(f));
	if (id == COMPILE_REST_ID)
		op(&c, K(OP_OUTPUT), 0, OFPP_NORMAL);
	else
		tell(&c, 0xffff, 0, REASON_MISS, 0);
	f.record.len = (uint32_t)(out->len - start);
	f.ops_len = (uint16_t)(f.record.len - sizeof(f));
	memcpy(out->data + start, &f, sizeof(f));
}

static enum of_error bucket(const struct of_group *g, const struct of_bucket *b, struct of_out *out)
{
	size_t start = out->len;
	struct vifswitch_of_bucket to = {
		.id = b->id, .weight = g->type == GROUP_SELECT ? b->weight : 0,
		.watch_port = b->watch_port == OFPP_ANY ? 0 : b->watch_port,
	};
	enum of_error e;

	if (b->watch_group != OFPG_ANY || (to.watch_port > K(PORT_MAX) &&
					   to.watch_port != OFPP_LOCAL))
		return OFE_GROUP_WATCH;
	out_zero(out, sizeof(to));
	e = operations(PLACE_BUCKET, 0, REASON_GROUP, &b->actions, out);
	to.ops_len = (uint16_t)(out->len - start - sizeof(to));
	memcpy(out->data + start, &to, sizeof(to));
	return e;
}

enum of_error compile_group(const struct of_group *group, struct of_out *out)
{
	struct vifswitch_of_group g = {
		.record = { .kind = K(GROUP) }, .id = COMPILE_GROUP_ID(group->id),
		.type = group->type, .bucket_count = (uint16_t)group->count,
	};
	size_t start = out->len;
	enum of_error e = OFE_OK;

	out_zero(out, sizeof(g));
	for (size_t i = 0; i < group->count && !e; i++)
		e = bucket(group, &group->buckets[i], out);
	g.record.len = (uint32_t)(out->len - start);
	if (!e && g.record.len > K(CHANGES_MAX))
		e = OFE_GROUP_BUCKETS;
	if (e)
		out->len = start;
	else
		memcpy(out->data + start, &g, sizeof(g));
	return e;
}

enum of_error compile_meter(const struct of_meter *meter, struct of_out *out)
{
	struct vifswitch_of_meter m = {
		.record = { .kind = K(METER) }, .id = meter->id,
		.band_count = (uint16_t)meter->count,
		.flags = (uint16_t)((meter->flags & METER_PKTPS ? K(METER_PACKETS) : 0) |
				    (meter->flags & METER_BURST ? K(METER_BURST) : 0) |
				    (meter->flags & METER_STATS ? K(METER_STATS_ON) : 0)),
	};
	struct vifswitch_of_band bands[K(BANDS_MAX)] = {};

	for (size_t i = 0; i < meter->count; i++) {
		const struct of_band *b = &meter->bands[i];
		bool remark = b->type == BAND_REMARK;

		if (remark && (!b->level || b->level > 3))
			return OFE_METER_BAND;
		bands[i].rate = b->rate < K(BAND_RATE_MAX) ? b->rate : K(BAND_RATE_MAX);
		bands[i].burst = meter->flags & METER_BURST ? b->burst : 0;
		bands[i].type = remark ? K(BAND_REMARK) : K(BAND_DROP);
		bands[i].levels = remark ? b->level : 0;
	}
	m.record.len = (uint32_t)(sizeof(m) + meter->count * sizeof(bands[0]));
	out_bytes(out, &m, sizeof(m));
	out_bytes(out, bands, meter->count * sizeof(bands[0]));
	return OFE_OK;
}

void compile_delete(uint16_t kind, uint64_t id, struct of_out *out)
{
	const struct vifswitch_of_name name = {
		.record = { sizeof(name), kind, 0 }, .id = id,
	};

	out_bytes(out, &name, sizeof(name));
}
