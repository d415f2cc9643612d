// SPDX-License-Identifier: GPL-2.0-or-later
#include "of-names.h"
#include "of-key.h"
#include "of-object.h"
#include "of-refuse.h"

/* The groups and meters that @f names are named once more, or less. */
void vs_of_names_count(struct vs_of *of, const u8 *ops, u32 len, u32 by)
{
	const struct vifswitch_of_op *op;
	struct vs_of_object *o;

	vs_of_each_op(op, ops, len) {
		if (op->code == VIFSWITCH_OF_OP_WRITE)
			vs_of_names_count(of, (const u8 *)(op + 1), (op->units - 1U) * 8, by);
		if (op->code != VIFSWITCH_OF_OP_GROUP && op->code != VIFSWITCH_OF_OP_METER)
			continue;
		o = vs_of_object_newest(of, op->b, op->code == VIFSWITCH_OF_OP_METER);
		if (o)
			o->references += by;
	}
}

int vs_of_names_find(const struct vs_of *of, const u8 *ops, u32 len, struct vs_program_error *err)
{
	const struct vifswitch_of_op *op;
	int rc = 0;

	vs_of_each_op(op, ops, len) {
		bool meter = op->code == VIFSWITCH_OF_OP_METER;

		if (op->code == VIFSWITCH_OF_OP_WRITE)
			rc = vs_of_names_find(of, (const u8 *)(op + 1), (op->units - 1U) * 8, err);
		else if ((meter || op->code == VIFSWITCH_OF_OP_GROUP) &&
			 !vs_of_object_newest(of, op->b, meter))
			rc = refuse(err, -ENOENT, meter ? "meter" : "group", op->b, "one that there is");
		if (rc)
			return rc;
	}
	return 0;
}

/* Which words lookups and operations ask for. */
static void note_word(struct vs_of *of, u16 word)
{
	u8 needs = of->needs;

	if (word >= VIFSWITCH_OF_CONJ_ID ||
	    (word >= VIFSWITCH_OF_METADATA && word < VIFSWITCH_OF_ETH_DST))
		needs |= VS_OF_NEEDS_META;
	else if (word >= VS_OF_REST_FIRST)
		needs |= VS_OF_NEEDS_IP | VS_OF_NEEDS_REST;
	else if (word >= VS_OF_IP_FIRST)
		needs |= VS_OF_NEEDS_IP;
	vs_of_publish(of->needs, needs);
}

static void note_learn(struct vs_of *of, const struct vifswitch_of_op *op)
{
	const u16 *word = (const u16 *)(op + 1);
	u32 i;

	for (i = 0; i < op->b; i++)
		note_word(of, word[i]);
}

static void note_ops(struct vs_of *of, const u8 *ops, u32 len)
{
	const struct vifswitch_of_op *op;

	vs_of_each_op(op, ops, len) {
		const struct vifswitch_of_bits *bits = (const void *)(op + 1);

		if (op->code == VIFSWITCH_OF_OP_WRITE || op->code == VIFSWITCH_OF_OP_CLONE)
			note_ops(of, (const u8 *)(op + 1), (op->units - 1U) * 8);
		if (op->code == VIFSWITCH_OF_OP_LEARN)
			note_learn(of, op);
		if (op->code != VIFSWITCH_OF_OP_MOVE)
			continue;
		note_word(of, (u16)(bits[0].first + bits[0].words - 1));
		note_word(of, (u16)(bits[1].first + bits[1].words - 1));
	}
}

void vs_of_note_flow(struct vs_of *of, const struct vs_of_flow *f)
{
	u32 i;

	for (i = 0; i < f->word_count; i++)
		note_word(of, f->word[i].word);
	note_ops(of, f->ops, f->ops_len);
	if (f->conjunct)
		vs_of_publish(of->table[f->table]->conjuncts, true);
}

void vs_of_note_group(struct vs_of *of, const struct vs_of_group *g)
{
	u32 i;

	for (i = 0; i < g->bucket_count; i++)
		note_ops(of, g->bucket[i].ops, g->bucket[i].ops_len);
	if (g->type == VIFSWITCH_OF_GROUP_SELECT)
		note_word(of, VIFSWITCH_OF_CONJ_ID - 1);
}
