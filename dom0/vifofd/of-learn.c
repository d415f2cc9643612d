// SPDX-License-Identifier: GPL-2.0-or-later
#include "vifofd/of-learn.h"

#include <string.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "base/mem.h"
#include "kmod/core/of/of-key.h"
#include "openflow/action-rows.h"
#include "openflow/ko/of-compile.h"
#include "openflow/of-txn.h"

static uint32_t count_of(const struct kernel *k, uint64_t id)
{
	return (uint32_t)(uintptr_t)map_get(&k->learners, id);
}

static void set_count(struct kernel *k, uint64_t id, uint32_t count)
{
	if (!count)
		map_remove(&k->learners, id);
	else if (map_put(&k->learners, id, (void *)(uintptr_t)count) < 0)
		mem_out();
}

void learn_count(struct kernel *k, const struct of_change *c)
{
	const struct of_flow *old = c->old, *new = c->new;

	if (c->object != OBJECT_FLOW)
		return;
	if (old && old->learned_by) {
		set_count(k, old->learned_by, count_of(k, old->learned_by) - 1);
		k->learned--;
	}
	if (new && new->learned_by) {
		set_count(k, new->learned_by, count_of(k, new->learned_by) + 1);
		k->learned++;
	}
}

/* The frame as flows match it. The tag goes beside it, as in the kernel. */
static bool read_key(struct vs_of_key *key, const struct vifswitch_of_packet_in *in,
		     const uint8_t *octets, size_t len)
{
	bool tagged = len >= VS_ETH_LEN + VS_TAG_LEN && octets[12] == VS_TYPE_CTAG >> 8 &&
		      octets[13] == (VS_TYPE_CTAG & 0xff);
	u32 tag = tagged ? VS_TAG(VS_TYPE_CTAG, (u32)octets[14] << 8 | octets[15]) : VS_NO_TAG;
	uint8_t frame[VS_PACKET_HEADERS];
	size_t cut = tagged ? VS_TAG_LEN : 0;
	struct vs_frame f;

	if (len < VS_ETH_LEN + cut || len - cut > sizeof(frame))
		return false;
	memcpy(frame, octets, 12);
	memcpy(frame + 12, octets + 12 + cut, len - 12 - cut);
	if (!vs_frame_parse(&f, frame, len - cut, tag))
		return false;
	vs_of_key_read(key, VS_OF_NEEDS_IP | VS_OF_NEEDS_REST, frame, len - cut,
		       in->frame_len - cut, &f, tag, in->in_port);
	for (unsigned int i = 0; i < 4; i++) {
		key->w[VIFSWITCH_OF_METADATA + i] = (u16)(in->metadata >> (48 - 16 * i));
		key->w[VIFSWITCH_OF_TUNNEL_ID + i] = (u16)(in->tunnel_id >> (48 - 16 * i));
	}
	for (unsigned int i = 0; i < VIFSWITCH_OF_REGS; i++)
		vs_of_put32(key, VIFSWITCH_OF_REG + 2 * i, in->reg[i]);
	return true;
}

/* Without where it is to be put. */
static struct of_value value_of(const struct of_learn_part *part, const struct vs_of_key *key)
{
	struct of_value v = part->value, mask = value_ones(part->bits);

	if (!part->given)
		v = value_shifted(field_get(part->src.field, key->w), -(int)part->src.ofs);
	return (struct of_value){ v.hi & mask.hi, v.lo & mask.lo };
}

/* False: it would match what no frame has. */
static bool add_match(struct of_flow_mod *fm, const struct of_learn_part *part,
		      struct of_value value)
{
	const struct of_field *f = part->dst.field;
	struct of_value mask = value_shifted(value_ones(part->bits), part->dst.ofs);
	struct of_value had = field_get(f, fm->match.value);
	struct of_value had_mask = field_get(f, fm->match.mask);

	value = value_shifted(value, part->dst.ofs);
	if (f->flags & FIELD_PORT && part->bits == 16) {
		value.lo = port_from10((uint16_t)value.lo);
		mask = field_all(f);
	}
	match_set(&fm->match, f, (struct of_value){ value.hi | had.hi, value.lo | had.lo },
		  (struct of_value){ mask.hi | had_mask.hi, mask.lo | had_mask.lo });
	return field_allowed(f, &fm->match);
}

static void add_load(struct of_flow_mod *fm, const struct of_learn_part *part,
		     struct of_value value)
{
	actions_add_set(&fm->actions, part->dst.field, value_shifted(value, part->dst.ofs),
			value_shifted(value_ones(part->bits), part->dst.ofs), SET_AS_LOAD);
}

static bool add_part(struct of_flow_mod *fm, const struct of_learn_part *part,
		     const struct vs_of_key *key)
{
	struct of_value value = value_of(part, key);

	if (part->what == LEARN_MATCH)
		return add_match(fm, part, value);
	if (part->what == LEARN_LOAD)
		add_load(fm, part, value);
	else
		actions_add(&fm->actions, ACT_OUTPUT)->a[0] =
			part->bits <= 16 ? port_from10((uint16_t)value.lo) : value.lo;
	return true;
}

static bool make(struct of_flow_mod *fm, const struct of_action *learn, const struct vs_of_key *key)
{
	struct of_in in = { .p = learn->data, .left = learn->len };
	struct of_learn_part part;
	enum of_error e;

	*fm = (struct of_flow_mod){
		.command = FLOW_ADD, .version = OF13, .table = (uint8_t)learn->a[2],
		.cookie = learn->a[3], .priority = (uint16_t)(learn->a[2] >> 16),
		.idle = (uint16_t)learn->a[0], .hard = (uint16_t)learn->a[1],
		.flags = learn->form & LEARN_SEND_REM ? OFPFF_SEND_FLOW_REM : 0,
		.buffer = UINT32_MAX, .out_port = OFPP_ANY, .out_group = OFPG_ANY,
	};
	while (learn_next(&in, &part, &e))
		if (!add_part(fm, &part, key))
			return false;
	return true;
}

/* Of a flow that is there only its time begins anew. */
static bool has_room(const struct kernel *k, const struct of_flow_mod *fm, uint64_t learner)
{
	_cleanup_free_ struct of_words *match = NULL;

	if (count_of(k, learner) < LEARNED_MAX && k->learned < LEARNED_ALL_MAX)
		return true;
	match = words_of(&fm->match);
	return table_find(&k->sw->tables[fm->table], match, fm->priority);
}

void learn_from(struct kernel *k, const struct vifswitch_of_packet_in *in, const uint8_t *octets,
		size_t len)
{
	const struct of_flow *by = map_get(&k->flows, in->flow);
	const struct of_action *learn = by ? compile_learns(&by->actions, in->data) : NULL;
	struct of_txn txn = { .sw = k->sw };
	uint64_t learner = in->flow;
	struct of_flow_mod fm;
	struct vs_of_key key;
	enum of_error e;

	if (!learn || !read_key(&key, in, octets, len))
		return;
	if (make(&fm, learn, &key) && has_room(k, &fm, learner)) {
		e = txn_flow_mod(&txn, &fm);
		for (size_t i = 0; !e && i < txn.journal.count; i++)
			((struct of_flow *)txn.journal.v[i].new)->learned_by = learner;
		e = txn_end(&txn, e);
		if (e)
			log_debug("%s: a flow is not learned: error %d", k->sw->name, (int)e);
	}
	flow_mod_deinit(&fm);
}
