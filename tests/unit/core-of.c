// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The executor of flow tables against the plain model: random tables, changed by random
 * transactions, and random packets. What leaves, where, in which octets and VLAN, and why
 * nothing does, must be the same.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

#include "of-model.h"
#include "of/of-set.h"

#define WORLDS	400		/* times ROUNDS * PACKETS lookups of whole tables */
#define ROUNDS	10
#define PACKETS	50

struct world {
	struct dice *d;
	struct vs_of *of;
	struct model_tables t;
	uint8_t buffer[8192] __attribute__((aligned(8)));
	uint64_t next_id;
	unsigned int flavour;	/* 0: few masks, 1: many masks */
	bool conjunctions;
	bool tracks;		/* some flows match what connection tracking says */
	bool plain;		/* flows go on in a table, or put out, and nothing else */
};

static unsigned int shorts;	/* packets that took the short way */

static bool passed(u64 state)
{
	return true;
}

static u64 grace(void)
{
	return 0;
}

static bool up(const void *world, u32 port)
{
	return !(port & 1);
}

/* ---- random records ---- */

static struct vifswitch_of_op *op_put(uint8_t **at, u8 code, u8 units, u16 a, u32 b)
{
	struct vifswitch_of_op *op = (void *)*at;

	memset(op, 0, units * 8U);
	*op = (struct vifswitch_of_op){ code, units, a, b };
	*at += units * 8;
	return op;
}

static const u8 settable[][2] = {
	{ VIFSWITCH_OF_METADATA, 4 }, { VIFSWITCH_OF_REG, 2 }, { VIFSWITCH_OF_REG + 2, 2 },
	{ VIFSWITCH_OF_ETH_DST, 3 }, { VIFSWITCH_OF_ETH_SRC, 3 }, { VIFSWITCH_OF_VLAN_TCI, 1 },
	{ VIFSWITCH_OF_IP_TOS, 1 }, { VIFSWITCH_OF_IP_TTL, 1 }, { VIFSWITCH_OF_L4_SRC, 1 },
	{ VIFSWITCH_OF_L4_DST, 1 }, { VIFSWITCH_OF_IP4_SRC, 2 }, { VIFSWITCH_OF_IP4_DST, 2 },
	{ VIFSWITCH_OF_IP6_SRC, 8 }, { VIFSWITCH_OF_IP6_DST, 8 }, { VIFSWITCH_OF_IP6_LABEL, 2 },
	{ VIFSWITCH_OF_ARP_OP, 1 }, { VIFSWITCH_OF_ARP_SPA, 2 }, { VIFSWITCH_OF_ARP_TPA, 2 },
	{ VIFSWITCH_OF_ARP_SHA, 3 }, { VIFSWITCH_OF_ARP_THA, 3 }, { VIFSWITCH_OF_ND_TARGET, 8 },
	{ VIFSWITCH_OF_ND_SLL, 3 }, { VIFSWITCH_OF_ND_TLL, 3 },
};

static void put_set(struct world *w, uint8_t **at)
{
	const u8 *field = settable[dice_below(w->d, sizeof(settable) / 2)];
	u32 skip = dice_below(w->d, field[1]), count = 1 + dice_below(w->d, field[1] - skip);
	struct vifswitch_of_op *op = op_put(at, VIFSWITCH_OF_OP_SET, (u8)(1 + (count + 1) / 2),
					    (u16)(field[0] + skip), count);
	u16 *pair = (u16 *)(op + 1);

	for (u32 i = 0; i < count; i++) {
		pair[2 * i + 1] = one_in(w->d, 3) ? (u16)dice_below(w->d, 65536) : 0xffff;
		pair[2 * i] = (u16)dice_below(w->d, 4);
		if (field[0] == VIFSWITCH_OF_VLAN_TCI)
			pair[2 * i] |= (u16)(0x1000 * dice_below(w->d, 2));
		pair[2 * i] &= pair[2 * i + 1];
	}
}

static void put_move(struct world *w, uint8_t **at)
{
	const u8 *to = settable[dice_below(w->d, sizeof(settable) / 2)];
	const u8 *from = settable[dice_below(w->d, sizeof(settable) / 2)];
	struct vifswitch_of_op *op = op_put(at, VIFSWITCH_OF_OP_MOVE, 3, 0, 0);
	struct vifswitch_of_bits *bits = (void *)(op + 1);
	u32 most;

	bits[0].first = from[0];
	bits[0].words = from[1];
	bits[1].first = to[0];
	bits[1].words = to[1];
	bits[0].ofs = (u16)dice_below(w->d, from[1] * 16);
	bits[1].ofs = (u16)dice_below(w->d, to[1] * 16);
	most = from[1] * 16U - bits[0].ofs;
	if (to[1] * 16U - bits[1].ofs < most)
		most = to[1] * 16U - bits[1].ofs;
	op->b = 1 + dice_below(w->d, most > 64 ? 64 : most);
}

static u32 random_port(struct world *w)
{
	static const u32 ports[] = { VIFSWITCH_OF_PORT_IN, VIFSWITCH_OF_PORT_NORMAL,
				     VIFSWITCH_OF_PORT_FLOOD, VIFSWITCH_OF_PORT_LOCAL };

	return dice_below(w->d, 3) ? 1 + dice_below(w->d, 5) : ports[dice_below(w->d, 4)];
}

static void put_simple(struct world *w, uint8_t **at, bool in_set)
{
	struct vifswitch_of_op *op;
	u64 data = 1 + dice_below(w->d, 1000);

	switch (dice_below(w->d, 10)) {
	case 0:
	case 1:
	case 2:
		op_put(at, VIFSWITCH_OF_OP_OUTPUT, 1, 0, random_port(w));
		break;
	case 3:
		op_put(at, VIFSWITCH_OF_OP_PUSH_VLAN, 1, 0x8100, 0);
		break;
	case 4:
		op_put(at, VIFSWITCH_OF_OP_POP_VLAN, 1, 0, 0);
		break;
	case 5:
		op_put(at, VIFSWITCH_OF_OP_DEC_TTL, 1, 1, 0);
		break;
	case 6:
		op = op_put(at, VIFSWITCH_OF_OP_CONTROLLER, 2, 0xffff, 1);
		memcpy(op + 1, &data, 8);
		break;
	case 7:
		if (!in_set)
			put_move(w, at);
		break;
	case 8:
		op_put(at, VIFSWITCH_OF_OP_OUTPUT_FIELD, 1, VIFSWITCH_OF_REG, 0);
		break;
	default:
		put_set(w, at);
	}
}

/* @last: it may go on in a table. */
static void put_ct(struct world *w, uint8_t **at, bool last)
{
	u32 b = (one_in(w->d, 3) ? VIFSWITCH_OF_CT_COMMIT : 0) |
		(one_in(w->d, 3) ? VIFSWITCH_OF_CT_WORD | (VIFSWITCH_OF_REG + dice_below(w->d, 4)) :
				   dice_below(w->d, 40));

	if (!last && one_in(w->d, 3))
		b = VIFSWITCH_OF_CT_CLEAR;
	op_put(at, VIFSWITCH_OF_OP_CT, 1, (u16)(last ? dice_below(w->d, 4) : 255), b);
}

static u32 random_group(struct world *w)
{
	u32 id = 1 + dice_below(w->d, 7);

	return w->t.group[id] ? id : 0;
}

static void put_flow_op(struct world *w, uint8_t **at)
{
	struct vifswitch_of_op *op;
	uint8_t *inner;
	u32 id;

	switch (dice_below(w->d, 14)) {
	case 13:
		put_ct(w, at, false);
		break;
	case 12:
		op = op_put(at, VIFSWITCH_OF_OP_CLONE, 1, 0, 0);
		inner = (uint8_t *)(op + 1);
		for (u32 n = dice_below(w->d, 4); n--;)
			put_simple(w, &inner, false);
		op->units = (u8)((inner - (uint8_t *)op) / 8);
		*at = inner;
		break;
	case 0:
		id = random_group(w);
		if (id)
			op_put(at, VIFSWITCH_OF_OP_GROUP, 1, 0, id);
		break;
	case 1:
		id = 1 + dice_below(w->d, 7);
		if (w->t.meter[id])
			op_put(at, VIFSWITCH_OF_OP_METER, 1, 0, id);
		break;
	case 2:
	case 3:
		op = op_put(at, VIFSWITCH_OF_OP_WRITE, 1, 0, 0);
		inner = (uint8_t *)(op + 1);
		for (u32 n = dice_below(w->d, 3); n--;)
			put_simple(w, &inner, true);
		id = random_group(w);
		if (one_in(w->d, 6) && id)
			op_put(&inner, VIFSWITCH_OF_OP_GROUP, 1, 0, id);
		op->units = (u8)((inner - (uint8_t *)op) / 8);
		*at = inner;
		break;
	case 4:
		op_put(at, VIFSWITCH_OF_OP_CLEAR, 1, 0, 0);
		break;
	case 5:
		op_put(at, VIFSWITCH_OF_OP_RESUBMIT, 1, (u16)dice_below(w->d, 4),
		       one_in(w->d, 3) ? 1 + dice_below(w->d, 4) : 0);
		break;
	case 6:
		if (one_in(w->d, 4))
			op_put(at, VIFSWITCH_OF_OP_DROP, 1, 0, 0);
		break;
	default:
		put_simple(w, at, false);
	}
}

static bool priority_used(const struct world *w, u32 table, u32 priority, u64 id)
{
	for (unsigned int i = 0; i < w->t.flows; i++)
		if (w->t.flow[i]->table == table && w->t.flow[i]->priority == priority &&
		    w->t.flow[i]->id != id)
			return true;
	return false;
}

/* Words that some packet has, so that flows match now and then. */
static u32 put_match(struct world *w, struct vifswitch_of_word *word)
{
	struct model_packet like;
	u32 count = 0, most = dice_below(w->d, w->flavour ? 5 : 2);

	model_packet_random(&like, w->d);
	for (u32 i = 0; i < VIFSWITCH_OF_CONJ_ID && count < most; i++) {
		u32 usual = dice_below(w->d, 2) ? VIFSWITCH_OF_ETH_DST + 2U :
						  VIFSWITCH_OF_IN_PORT + 1U;
		bool take = w->flavour ? one_in(w->d, 8) : i == usual;

		if (!take || (w->flavour && one_in(w->d, 2) && !like.word[i]))
			continue;
		word[count] = (struct vifswitch_of_word){ (u16)i, 0, 0xffff };
		if (w->flavour && one_in(w->d, 2))
			word[count].mask = (u16)(1U << dice_below(w->d, 16) | dice_below(w->d, 16));
		word[count].value = like.word[i] & word[count].mask;
		count++;
	}
	if (w->conjunctions && one_in(w->d, 4))
		word[count++] = (struct vifswitch_of_word){
			VIFSWITCH_OF_CONJ_ID + 1, (u16)(1 + dice_below(w->d, MODEL_CONJUNCTIONS)),
			0xffff };
	if (w->tracks && one_in(w->d, 3)) {
		u16 mask = (u16)(1 + dice_below(w->d, 0x3f));

		word[count++] = (struct vifswitch_of_word){
			VIFSWITCH_OF_CT_STATE + dice_below(w->d, 2),
			(u16)(dice_below(w->d, 0x40) & mask), mask };
	}
	return count;
}

static bool is_part(const struct vifswitch_of_flow *f)
{
	const struct vifswitch_of_op *op = (const void *)((const uint8_t *)(f + 1) +
							  vs_of_words_size(f->match_count));

	return f->ops_len && op->code == VIFSWITCH_OF_OP_CONJUNCTION;
}

static void put_parts(struct world *w, uint8_t **at)
{
	for (u32 n = 1 + dice_below(w->d, 2); n--;)
		op_put(at, VIFSWITCH_OF_OP_CONJUNCTION, 1,
		       (u16)(dice_below(w->d, MODEL_CLAUSES) << 8 | MODEL_CLAUSES),
		       1 + dice_below(w->d, MODEL_CONJUNCTIONS));
}

static struct vifswitch_of_flow *random_flow(struct world *w, const struct vifswitch_of_flow *old)
{
	bool part = w->conjunctions && one_in(w->d, 2);
	struct vifswitch_of_flow *f = (void *)w->buffer;
	uint8_t *at, *ops;

	memset(w->buffer, 0, sizeof(w->buffer));
	f->id = old ? old->id : ++w->next_id;
	f->table = (u16)dice_below(w->d, 4);
	do
		f->priority = dice_below(w->d, 2000);
	while (priority_used(w, f->table, f->priority, f->id));
	if (part)	/* several have the same */
		f->priority = MODEL_CONJ_PRIORITY + dice_below(w->d, MODEL_CONJ_PRIORITIES);
	f->match_count = (u16)put_match(w, (void *)(f + 1));
	if (old && dice_below(w->d, 2)) {
		/* the same match, other operations */
		part = is_part(old);
		f->table = old->table;
		f->priority = old->priority;
		f->match_count = old->match_count;
		memcpy(f + 1, old + 1, vs_of_words_size(old->match_count));
	}
	ops = (uint8_t *)(f + 1) + vs_of_words_size(f->match_count);
	at = ops;
	if (part)
		put_parts(w, &at);
	for (u32 n = part || w->plain ? 0 : dice_below(w->d, 5); n--;)
		put_flow_op(w, &at);
	if (!part && f->table < 3 && one_in(w->d, 3))
		op_put(&at, VIFSWITCH_OF_OP_GOTO, 1,
		       (u16)(f->table + 1 + dice_below(w->d, 3 - f->table)), 0);
	else if (!part && w->tracks && one_in(w->d, 3))
		put_ct(w, &at, true);
	else if (!part && w->plain)
		op_put(&at, VIFSWITCH_OF_OP_OUTPUT, 1, 0, random_port(w));
	f->ops_len = (u16)(at - ops);
	f->record.kind = VIFSWITCH_OF_FLOW;
	f->record.len = (u32)(at - w->buffer);
	return f;
}

static struct vifswitch_of_group *make_group(struct world *w, u32 id)
{
	struct vifswitch_of_group *g = (void *)w->buffer;
	uint8_t *at = (uint8_t *)(g + 1), *ops;
	static const u8 types[] = { VIFSWITCH_OF_GROUP_FULL, VIFSWITCH_OF_GROUP_INDIRECT,
				    VIFSWITCH_OF_GROUP_FAILOVER };

	memset(w->buffer, 0, sizeof(w->buffer));
	g->id = id;
	g->type = types[dice_below(w->d, 3)];
	g->bucket_count = g->type == VIFSWITCH_OF_GROUP_INDIRECT ? 1 : (u16)dice_below(w->d, 4);
	for (u32 i = 0; i < g->bucket_count; i++) {
		struct vifswitch_of_bucket *b = (void *)at;

		b->watch_port = dice_below(w->d, 4);
		ops = (uint8_t *)(b + 1);
		at = ops;
		for (u32 n = dice_below(w->d, 4); n--;)
			put_simple(w, &at, false);
		b->ops_len = (u16)(at - ops);
	}
	g->record.kind = VIFSWITCH_OF_GROUP;
	g->record.len = (u32)(at - w->buffer);
	return g;
}

static void change(struct world *w, const void *record)
{
	const struct vifswitch_of_record *r = record;
	struct vs_program_error err = { 0 };

	assert_int_equal(vs_of_check(record, r->len, &err), (int)r->len);
	assert_int_equal(vs_of_change(w->of, record, 0, &err), 0);
}

static void name_change(struct world *w, u16 kind, u64 id)
{
	struct vifswitch_of_name n = { { sizeof(n), kind, 0 }, id };

	change(w, &n);
}

static void *copy_of(const void *record)
{
	const struct vifswitch_of_record *r = record;
	void *copy = malloc(r->len);

	memcpy(copy, record, r->len);
	return copy;
}

static void change_flow(struct world *w)
{
	unsigned int at = dice_below(w->d, w->t.flows + 1);
	bool full = w->t.flows > 200;

	if (at < w->t.flows && (full || one_in(w->d, 3))) {
		name_change(w, VIFSWITCH_OF_FLOW_DEL, w->t.flow[at]->id);
		free(w->t.flow[at]);
		w->t.flow[at] = w->t.flow[--w->t.flows];
	} else if (at < w->t.flows && one_in(w->d, 2)) {
		change(w, random_flow(w, w->t.flow[at]));
		free(w->t.flow[at]);
		w->t.flow[at] = copy_of(w->buffer);
	} else {
		change(w, random_flow(w, NULL));
		w->t.flow[w->t.flows++] = copy_of(w->buffer);
	}
}

static void change_group(struct world *w)
{
	u32 id = 1 + dice_below(w->d, 7);

	change(w, make_group(w, id));
	free(w->t.group[id]);
	w->t.group[id] = copy_of(w->buffer);
}

static void add_meters(struct world *w)
{
	for (u32 id = 1; id < 8; id += 2 + dice_below(w->d, 2)) {
		struct vifswitch_of_meter m = { { sizeof(m), VIFSWITCH_OF_METER, 0 }, id, 0, 0 };

		change(w, &m);
		w->t.meter[id] = true;
	}
}

/* Some changes, of which nothing is left. */
static void change_nothing(struct world *w)
{
	u32 n = dice_below(w->d, 60);

	while (n--) {
		if (w->t.flows && one_in(w->d, 3)) {
			u64 id = w->t.flow[dice_below(w->d, w->t.flows)]->id;

			if (vs_of_flow_by_id(w->of, id))
				name_change(w, VIFSWITCH_OF_FLOW_DEL, id);
		} else {
			change(w, random_flow(w, NULL));
		}
	}
	if (one_in(w->d, 10)) {
		struct vifswitch_of_record clear = { sizeof(clear), VIFSWITCH_OF_CLEAR, 0 };

		change(w, &clear);
	}
	vs_of_abort(w->of);
}

/* ---- running both ---- */

static void out_of(struct model_list *list, const struct vs_of_run *run, u32 port, u64 data,
		   const uint8_t *frame, size_t len)
{
	struct model_out *out = &list->out[list->count++];

	*out = (struct model_out){ .port = port, .vlan = run->vlan, .tag = run->tag, .data = data,
				   .len = len };
	memcpy(out->octets, frame, len);
}

/* What a caller does, on a frame in memory. */
static void execute(struct world *w, const struct model_packet *p, struct model_list *ret)
{
	uint8_t frame[MODEL_FRAME_MAX], kept[MODEL_FRAME_MAX];
	size_t len = model_packet_octets(p, frame);
	static struct vs_of_run run;
	enum vs_of_what what;
	struct vs_frame f;
	bool over;

	memset(&run, 0xa5, sizeof(run));
	run.up = up;
	run.packets = 1;
	run.bytes = (u32)len;
	run.now_ms = 0;
	run.tag = p->tag;
	assert_true(vs_frame_parse(&f, frame, len, p->tag));
	vs_of_open(&run, w->of, false);
	vs_of_key_read(&run.key, run.needs, frame, len, len, &f, p->tag,
		       model_in_port(p));
	ret->count = 0;
	vs_of_begin(&run);
	while ((what = vs_of_step(&run)) != VS_OF_DONE) {
		switch (what) {
		case VS_OF_OUTPUT:
			out_of(ret, &run, run.port, 0, frame, len);
			break;
		case VS_OF_CONTROLLER:
			out_of(ret, &run, VIFSWITCH_OF_PORT_TABLE, run.told.data, frame, len);
			break;
		case VS_OF_EDIT:
			vs_of_run_edit(&run, frame, len, len, &f, 0);
			break;
		case VS_OF_TTL:
			vs_of_run_ttl(&run, frame, len, len, &f, &over);
			break;
		case VS_OF_SHAPE:
		case VS_OF_LEARN:
			fail_msg("no world has that");
			break;
		case VS_OF_METER:
			vs_of_metered(&run, !(run.meter->object.id & 1));
			break;
		case VS_OF_TRACK:
			vs_of_tracked(&run, model_ct_state(run.track.zone),
				      model_ct_reason(run.track.zone, run.track.commit));
			break;
		case VS_OF_SAVE:
			memcpy(kept, frame, len);
			break;
		case VS_OF_RESTORE:
			memcpy(frame, kept, len);
			break;
		case VS_OF_DONE:
			break;
		}
	}
	ret->reason = run.reason;
}

static void compare(struct world *w, const struct model_packet *p)
{
	static struct model_list want, got;

	model_run(&w->t, p, &want);
	execute(w, p, &got);
	assert_int_equal(got.count, want.count);
	assert_int_equal(got.reason, want.reason);
	for (unsigned int i = 0; i < want.count; i++) {
		assert_int_equal(got.out[i].port, want.out[i].port);
		assert_int_equal(got.out[i].data, want.out[i].data);
		assert_int_equal(got.out[i].tag, want.out[i].tag);
		assert_int_equal(got.out[i].vlan, want.out[i].vlan);
		assert_true(model_same_octets(p, &got.out[i], &want.out[i]));
	}
	shorts += short_compare(w->of, p, &want);
}

static void world_free(struct world *w)
{
	for (unsigned int i = 0; i < w->t.flows; i++)
		free(w->t.flow[i]);
	for (unsigned int i = 0; i < 8; i++)
		free(w->t.group[i]);
	vs_of_destroy(w->of);
}

static void one_world(uint64_t seed)
{
	struct dice d = { .state = seed * 0x9e3779b97f4a7c15ULL | 1 };
	struct world *w = calloc(1, sizeof(*w));
	struct vs_program_error err;
	struct model_packet p;

	w->d = &d;
	w->of = vs_of_new(seed * 77);
	w->flavour = seed & 1;
	w->conjunctions = one_in(&d, 3);
	w->tracks = one_in(&d, 2);
	w->plain = one_in(&d, 4);
	w->t.standalone = w->of->standalone = one_in(&d, 4);
	add_meters(w);
	for (unsigned int round = 0; round < ROUNDS; round++) {
		for (u32 n = dice_below(&d, 3); n--;)
			change_group(w);
		for (u32 n = dice_below(&d, one_in(&d, 4) ? 150 : 20); n--;)
			change_flow(w);
		assert_int_equal(vs_of_commit(w->of, grace, &err), 0);
		if (dice_below(&d, 2))
			vs_of_bury(w->of, passed);
		if (one_in(&d, 3))
			change_nothing(w);
		for (unsigned int i = 0; i < PACKETS; i++) {
			model_packet_random(&p, &d);
			compare(w, &p);
		}
	}
	assert_int_equal(w->of->flow_count, w->t.flows);
	vs_of_bury(w->of, passed);
	world_free(w);
	free(w);
}

static void test_random(void **state)
{
	const char *worlds = getenv("WORLDS");
	unsigned int count = worlds ? (unsigned int)strtoul(worlds, NULL, 10) : WORLDS;

	for (uint64_t seed = 1; seed <= count; seed++)
		one_world(seed);
	assert_true(shorts > count * ROUNDS * PACKETS / 50);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_random),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
