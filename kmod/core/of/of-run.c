// SPDX-License-Identifier: GPL-2.0-or-later
#include "of-run.h"
#include "of-bucket.h"
#include "of-conj.h"
#include "of-hash.h"
#include "of-index.h"
#include "of-plain.h"

static const struct vifswitch_of_op *op_at(const u8 *at)
{
	return (const struct vifswitch_of_op *)at;
}

void vs_of_open(struct vs_of_run *run, const struct vs_of *of, bool all)
{
	/* what lives in a version was noted in needs before it was published */
	run->of = of;
	run->version = vs_of_look(of->version);
	run->needs = all ? VS_OF_NEEDS_ALL : vs_of_needs(of);
	run->reason = VIFSWITCH_DROP_FLOW_DROP;
	run->vlan = VS_OF_VLAN_CAME;
	run->at = NULL;
	run->end = NULL;
	run->flow = NULL;
	run->matched = NULL;
	run->group = NULL;
	run->bucket = NULL;
	run->apart = false;
	run->table = 0;
	run->saved_valid = false;
	run->in_set = false;
	run->stopped = false;
	run->outputs = 0;
	run->missed = false;
	run->depth = 0;
	run->lookups = 0;
	run->steps = 0;
	memset(&run->set, 0, sizeof(run->set));
}

/* The flow of @table that matches is the next to be carried out; none: a miss. */
static void enter(struct vs_of_run *run, u16 table)
{
	struct vs_of_table *t = vs_of_look(run->of->table[table]);
	const struct vs_of_index *index = t ? vs_of_look(t->index) : NULL;
	struct vs_of_flow *f;

	run->table = table;
	run->at = NULL;
	run->end = NULL;
	if (unlikely(++run->lookups > VIFSWITCH_OF_LOOKUPS_MAX)) {
		vs_of_too_much(run);
		return;
	}
	if (unlikely(index && vs_of_look(t->conjuncts)))
		f = vs_of_conj_find(run, index);
	else
		f = index ? vs_of_index_find(run->of, index, &run->key, run->version) : NULL;
	run->flow = f;
	if (unlikely(run->stopped))
		return;
	if (!f) {
		run->missed = true;
		if (t)
			vs_of_add(&t->missed, 1);
		return;
	}
	vs_of_count(t, f, run->packets, run->bytes, run->now_ms);
	if (!run->matched)
		run->matched = f;
	run->at = f->ops;
	run->end = f->ops + f->ops_len;
}

void vs_of_begin(struct vs_of_run *run)
{
	enter(run, 0);
}

void vs_of_begin_with(struct vs_of_run *run, const u8 *ops, u32 len)
{
	run->at = ops;
	run->end = ops + len;
}

/* ---- fields ---- */

static void set_key(struct vs_of_run *run, const struct vs_of_edit *e)
{
	u32 i;

	for (i = 0; i < e->count; i++)
		run->key.w[e->first + i] = (u16)((run->key.w[e->first + i] & ~e->mask[i]) |
						 e->value[i]);
}

/* The tag becomes what VLAN_TCI says: of one without the present bit, none. */
static void set_tag(struct vs_of_run *run, u16 tci)
{
	run->key.w[VIFSWITCH_OF_VLAN_TCI] = tci & VIFSWITCH_OF_VLAN_PRESENT ? tci : 0;
	if (!(tci & VIFSWITCH_OF_VLAN_PRESENT)) {
		run->tag = VS_NO_TAG;
		run->vlan = VS_OF_VLAN_NATIVE;
		return;
	}
	run->tag = VS_TAG(VS_TYPE_CTAG, tci & ~VIFSWITCH_OF_VLAN_PRESENT);
	run->vlan = tci & VS_TCI_VID ? VS_OF_VLAN_TAG : VS_OF_VLAN_NATIVE;
}

static void set_vlan(struct vs_of_run *run, const struct vs_of_edit *e)
{
	u16 old = run->key.w[VIFSWITCH_OF_VLAN_TCI];

	if (!(old & VIFSWITCH_OF_VLAN_PRESENT) && !(e->mask[0] & VIFSWITCH_OF_VLAN_PRESENT))
		return;
	set_tag(run, (u16)((old & ~e->mask[0]) | e->value[0]));
}

/* What run->edit says, where it is not the frame's own. */
static enum vs_of_what apply(struct vs_of_run *run)
{
	if (run->edit.first < VIFSWITCH_OF_ETH_DST)
		set_key(run, &run->edit);
	else if (run->edit.first == VIFSWITCH_OF_VLAN_TCI)
		set_vlan(run, &run->edit);
	else
		return VS_OF_EDIT;
	return VS_OF_DONE;
}

void vs_of_run_edit(struct vs_of_run *run, u8 *p, size_t len, size_t whole,
		    const struct vs_frame *f, size_t partial)
{
	if (vs_of_edit_frame(&run->edit, p, len, whole, f, partial))
		set_key(run, &run->edit);
}

static enum vs_of_what set_field(struct vs_of_run *run, const struct vifswitch_of_op *op)
{
	const u16 *pair = (const u16 *)(op + 1);
	u32 i;

	run->edit.first = op->a;
	run->edit.count = (u16)op->b;
	for (i = 0; i < op->b; i++) {
		run->edit.value[i] = pair[2 * i];
		run->edit.mask[i] = pair[2 * i + 1];
	}
	return apply(run);
}

/* Bit @n of the words first.., 0 being the lowest of the last. */
static inline u16 *word_of(u16 *words, const struct vifswitch_of_bits *bits, u32 n)
{
	return &words[bits->words - 1 - n / 16];
}

static enum vs_of_what move(struct vs_of_run *run, const struct vifswitch_of_op *op)
{
	const struct vifswitch_of_bits *bits = (const void *)(op + 1), *to = bits + 1;
	u16 *from = &run->key.w[bits->first];
	u32 i;

	run->edit.first = to->first;
	run->edit.count = to->words;
	memset(run->edit.value, 0, sizeof(run->edit.value));
	memset(run->edit.mask, 0, sizeof(run->edit.mask));
	for (i = 0; i < op->b; i++) {
		u32 n = bits->ofs + i, m = to->ofs + i;

		*word_of(run->edit.mask, to, m) |= (u16)(1U << m % 16);
		if (*word_of(from, bits, n) >> n % 16 & 1)
			*word_of(run->edit.value, to, m) |= (u16)(1U << m % 16);
	}
	return apply(run);
}

static void push_vlan(struct vs_of_run *run)
{
	if (run->tag == VS_NO_TAG) {
		set_tag(run, VIFSWITCH_OF_VLAN_PRESENT);
		return;
	}
	run->stopped = true;
	run->reason = VIFSWITCH_DROP_VLAN_STACKED;
}

static void pop_vlan(struct vs_of_run *run)
{
	if (run->tag != VS_NO_TAG)
		set_tag(run, 0);
}

/* ---- the action set ---- */

static void write_field(struct vs_of_run *run, const struct vifswitch_of_op *op)
{
	struct vs_of_action_set *set = &run->set;
	u32 i;

	for (i = 0; i < set->fields; i++)
		if (vs_of_sets_same(set->field[i], op)) {
			set->field[i] = op;
			return;
		}
	if (unlikely(set->fields == VS_OF_SET_MAX))
		vs_of_too_much(run);
	else
		set->field[set->fields++] = op;
}

static void write_set(struct vs_of_run *run, const struct vifswitch_of_op *write)
{
	struct vs_of_action_set *set = &run->set;
	const struct vifswitch_of_op *op;

	vs_of_each_op(op, (const u8 *)(write + 1), (write->units - 1U) * 8) {
		if (!vs_of_charge(run, 1))
			return;
		switch (op->code) {
		case VIFSWITCH_OF_OP_POP_VLAN:
			set->pop = op;
			break;
		case VIFSWITCH_OF_OP_PUSH_VLAN:
			set->push = op;
			break;
		case VIFSWITCH_OF_OP_DEC_TTL:
			set->ttl = op;
			break;
		case VIFSWITCH_OF_OP_GROUP:
			set->group = op;
			break;
		case VIFSWITCH_OF_OP_SET:
			write_field(run, op);
			break;
		default:
			set->output = op;
		}
	}
}

/* In OpenFlow's order: pop, push, TTL, fields, then the group, else the output. */
static const struct vifswitch_of_op *next_of_set(struct vs_of_run *run)
{
	const struct vs_of_action_set *set = &run->set;
	const struct vifswitch_of_op *op = NULL;

	while (!op && run->set_at < 4U + set->fields) {
		u32 at = run->set_at++;

		op = at == 0 ? set->pop : at == 1 ? set->push : at == 2 ? set->ttl :
		     at < 3U + set->fields ? set->field[at - 3] :
		     set->group ? set->group : set->output;
	}
	return op;
}

/* ---- operations ---- */

static bool may_put_out(struct vs_of_run *run)
{
	if (unlikely(run->outputs == VIFSWITCH_OF_OUTPUTS_MAX)) {
		vs_of_too_much(run);
		return false;
	}
	run->outputs++;
	return true;
}

static enum vs_of_what put_out(struct vs_of_run *run, u32 port)
{
	if (port == vs_of_get32(&run->key, VIFSWITCH_OF_IN_PORT) ||
	    port == VIFSWITCH_OF_PORT_TABLE || !port || !may_put_out(run))
		return VS_OF_DONE;
	run->port = port;
	return VS_OF_OUTPUT;
}

static enum vs_of_what tell(struct vs_of_run *run, const struct vifswitch_of_op *op)
{
	if (!may_put_out(run))
		return VS_OF_DONE;
	run->told = (struct vs_of_told){
		.controller = (u16)op->b, .max_len = op->a, .reason = (u8)(op->b >> 16),
	};
	memcpy(&run->told.data, op + 1, sizeof(run->told.data));
	return VS_OF_CONTROLLER;
}

static void set_tracked(struct vs_of_run *run, u16 state, u16 zone)
{
	run->key.w[VIFSWITCH_OF_CT_STATE] = state;
	run->key.w[VIFSWITCH_OF_CT_ZONE] = zone;
}

/* Goes on here when that of another table is done. */
static bool leave_here(struct vs_of_run *run)
{
	if (unlikely(run->depth == VIFSWITCH_OF_DEPTH_MAX)) {
		vs_of_too_much(run);
		return false;
	}
	run->stack[run->depth++] = (struct vs_of_frame){
		run->at, run->end, run->flow, vs_of_get32(&run->key, VIFSWITCH_OF_IN_PORT),
		run->table, run->key.w[VIFSWITCH_OF_CT_STATE], run->key.w[VIFSWITCH_OF_CT_ZONE],
	};
	return true;
}

static enum vs_of_what learn(struct vs_of_run *run, const struct vifswitch_of_op *op)
{
	const u16 *word = (const u16 *)(op + 1);
	u64 acc = (run->flow ? run->flow->id : 0) ^ (u64)op->a << 48;
	u32 i;

	if (!vs_of_charge(run, op->units))
		return VS_OF_DONE;
	for (i = 0; i < op->b; i++)
		acc = vs_of_mix(run->of, acc, run->key.w[word[i]]);
	run->learned = acc * run->of->factor;
	run->told = (struct vs_of_told){
		.max_len = VIFSWITCH_OF_LEARN_OCTETS, .reason = VIFSWITCH_OF_BY_LEARN,
		.data = op->a,
	};
	return VS_OF_LEARN;
}

static void resubmit(struct vs_of_run *run, const struct vifswitch_of_op *op)
{
	if (!leave_here(run))
		return;
	if (op->b)
		vs_of_put32(&run->key, VIFSWITCH_OF_IN_PORT, op->b);
	enter(run, op->a);
	run->missed = false;	/* of the table it began in, only */
}

static void come_back(struct vs_of_run *run)
{
	const struct vs_of_frame *frame = &run->stack[--run->depth];

	run->at = frame->at;
	run->end = frame->end;
	run->flow = frame->flow;
	run->table = frame->table;
	run->missed = false;
	vs_of_put32(&run->key, VIFSWITCH_OF_IN_PORT, frame->in_port);
	set_tracked(run, frame->ct_state, frame->ct_zone);
}

static enum vs_of_what track(struct vs_of_run *run, const struct vifswitch_of_op *op)
{
	u16 zone = (u16)op->b;

	if (op->b & VIFSWITCH_OF_CT_CLEAR) {
		set_tracked(run, 0, 0);
		return VS_OF_DONE;
	}
	run->track.zone = op->b & VIFSWITCH_OF_CT_WORD ? run->key.w[zone] : zone;
	run->track.table = op->a;
	run->track.commit = op->b & VIFSWITCH_OF_CT_COMMIT;
	return VS_OF_TRACK;
}

void vs_of_tracked(struct vs_of_run *run, u16 state, enum vifswitch_drop_reason reason)
{
	if (unlikely(reason)) {
		run->stopped = true;
		run->reason = reason;
		return;
	}
	if (run->track.table == VIFSWITCH_OF_CT_HERE || !leave_here(run))
		return;
	set_tracked(run, state, run->track.zone);
	enter(run, run->track.table);
	run->missed = false;
}

static enum vs_of_what ask_meter(struct vs_of_run *run, u32 id)
{
	struct vs_of_object *o = vs_of_object_find(run->of, id, true, run->version);

	if (!o)
		return VS_OF_DONE;
	run->meter = (struct vs_of_meter *)o;
	vs_of_add(&o->counts.packets, run->packets);
	vs_of_add(&o->counts.bytes, run->bytes);
	return VS_OF_METER;
}

void vs_of_metered(struct vs_of_run *run, bool passes)
{
	if (passes)
		return;
	run->stopped = true;
	run->reason = VIFSWITCH_DROP_FLOW_METER;
}

bool vs_of_run_ttl(struct vs_of_run *run, u8 *p, size_t len, size_t whole,
		   const struct vs_frame *f, bool *ret_over)
{
	bool done = run->of_label ? vs_of_edit_label_ttl(p, len, f, ret_over) :
		    vs_of_edit_ttl(p, len, whole, f, ret_over);

	if (done)
		run->key.w[run->of_label ? VIFSWITCH_OF_MPLS + 1 : VIFSWITCH_OF_IP_TTL]--;
	if (*ret_over) {
		run->stopped = true;
		run->reason = VIFSWITCH_DROP_FLOW_DROP;
	}
	return done;
}

void vs_of_shaped(struct vs_of_run *run, const u8 *p, size_t len, size_t whole,
		  const struct vs_frame *f)
{
	vs_of_key_reread(&run->key, run->needs, p, len, whole, f, run->tag);
}

static enum vs_of_what shape(struct vs_of_run *run, const struct vifswitch_of_op *op)
{
	run->shape.push = op->code == VIFSWITCH_OF_OP_PUSH_MPLS;
	run->shape.type = op->a;
	return VS_OF_SHAPE;
}

static enum vs_of_what decrement_ttl(struct vs_of_run *run, const struct vifswitch_of_op *op)
{
	run->of_label = op->code == VIFSWITCH_OF_OP_DEC_MPLS_TTL;
	run->told = (struct vs_of_told){
		.controller = (u16)op->b, .max_len = op->a ? 0 : 0xffff,
		.reason = VIFSWITCH_OF_BY_TTL,
	};
	return VS_OF_TTL;
}

/* One operation that run->at is behind already. DONE: nothing for the caller. */
static enum vs_of_what carry_out(struct vs_of_run *run, const struct vifswitch_of_op *op)
{
	switch (op->code) {
	case VIFSWITCH_OF_OP_OUTPUT:
		return put_out(run, op->b);
	case VIFSWITCH_OF_OP_OUTPUT_FIELD:
		return put_out(run, vs_of_get32(&run->key, op->a));
	case VIFSWITCH_OF_OP_CONTROLLER:
		return tell(run, op);
	case VIFSWITCH_OF_OP_GROUP:
		return vs_of_enter_group(run, op->b);
	case VIFSWITCH_OF_OP_CLONE:
		return vs_of_enter_clone(run, op);
	case VIFSWITCH_OF_OP_METER:
		return ask_meter(run, op->b);
	case VIFSWITCH_OF_OP_PUSH_VLAN:
		push_vlan(run);
		break;
	case VIFSWITCH_OF_OP_POP_VLAN:
		pop_vlan(run);
		break;
	case VIFSWITCH_OF_OP_SET:
		return set_field(run, op);
	case VIFSWITCH_OF_OP_MOVE:
		return move(run, op);
	case VIFSWITCH_OF_OP_DEC_TTL:
	case VIFSWITCH_OF_OP_DEC_MPLS_TTL:
		return decrement_ttl(run, op);
	case VIFSWITCH_OF_OP_PUSH_MPLS:
	case VIFSWITCH_OF_OP_POP_MPLS:
		return shape(run, op);
	case VIFSWITCH_OF_OP_GOTO:
		enter(run, op->a);
		break;
	case VIFSWITCH_OF_OP_WRITE:
		write_set(run, op);
		break;
	case VIFSWITCH_OF_OP_CLEAR:
		memset(&run->set, 0, sizeof(run->set));
		break;
	case VIFSWITCH_OF_OP_RESUBMIT:
		resubmit(run, op);
		break;
	case VIFSWITCH_OF_OP_CT:
		return track(run, op);
	case VIFSWITCH_OF_OP_LEARN:
		return learn(run, op);
	default:
		run->stopped = true;
		break;
	}
	return VS_OF_DONE;
}

/* Nothing is left of what was begun: what comes next? False: nothing at all. */
static bool find_more(struct vs_of_run *run)
{
	const struct vifswitch_of_op *op;

	if (run->depth) {
		come_back(run);
		return true;
	}
	if (run->missed && !run->in_set)
		return false;
	if (!run->in_set) {
		run->in_set = true;
		run->set_at = 0;
	}
	op = next_of_set(run);
	if (!op)
		return false;
	run->at = (const u8 *)op;
	run->end = (const u8 *)(op + op->units);
	return true;
}

/* The end. A frame that nothing matched goes, in standalone mode, as if there were no tables. */
static enum vs_of_what end(struct vs_of_run *run)
{
	if (run->missed && !run->matched && !run->stopped) {
		run->reason = VIFSWITCH_DROP_FLOW_MISS;
		if (run->of->standalone && !run->outputs) {
			run->missed = false;
			return put_out(run, VIFSWITCH_OF_PORT_NORMAL);
		}
	} else if (run->missed && !run->stopped) {
		run->reason = VIFSWITCH_DROP_FLOW_MISS;
	}
	if (run->outputs)
		run->reason = VIFSWITCH_DROP_NONE;
	return VS_OF_DONE;
}

enum vs_of_what vs_of_step(struct vs_of_run *run)
{
	enum vs_of_what what;

	for (;;) {
		if (unlikely(run->stopped))
			return end(run);
		if (run->at != run->end) {
			const struct vifswitch_of_op *op = op_at(run->at);

			run->at = (const u8 *)(op + op->units);
			what = vs_of_charge(run, 1) ? carry_out(run, op) : VS_OF_DONE;
		} else if (run->apart) {
			what = vs_of_leave(run);
		} else {
			if (!find_more(run))
				return end(run);
			continue;
		}
		if (what != VS_OF_DONE)
			return what;
	}
}
