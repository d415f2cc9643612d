// SPDX-License-Identifier: GPL-2.0-or-later
/* The flow of a table that a packet is for, by looking at each. */
#include "of-model.h"

#define W(name)	VIFSWITCH_OF_ ## name

struct search {
	const struct model_tables *t;
	const struct model_packet *p;
	uint16_t table;
	unsigned int *lookups, *steps;
};

static bool flow_matches(const struct vifswitch_of_flow *f, const struct model_packet *p)
{
	const struct vifswitch_of_word *w = (const void *)(f + 1);

	for (unsigned int i = 0; i < f->match_count; i++)
		if ((p->word[w[i].word] & w[i].mask) != w[i].value)
			return false;
	return true;
}

const uint8_t *model_ops(const struct vifswitch_of_flow *f)
{
	return (const uint8_t *)(f + 1) + (f->match_count * 6U + 7) / 8 * 8;
}

static bool is_part(const struct vifswitch_of_flow *f)
{
	return f->ops_len && *model_ops(f) == VIFSWITCH_OF_OP_CONJUNCTION;
}

/* By itself, that is. */
static const struct vifswitch_of_flow *best_of(const struct search *s, uint32_t conj)
{
	const struct vifswitch_of_flow *best = NULL;
	struct model_packet p = *s->p;

	p.word[W(CONJ_ID)] = (uint16_t)(conj >> 16);
	p.word[W(CONJ_ID) + 1] = (uint16_t)conj;
	for (unsigned int i = 0; i < s->t->flows; i++) {
		const struct vifswitch_of_flow *f = s->t->flow[i];

		if (f->table == s->table && !is_part(f) && flow_matches(f, &p) &&
		    (!best || f->priority > best->priority))
			best = f;
	}
	return best;
}

static bool fits_part(const struct search *s, const struct vifswitch_of_flow *f, uint32_t priority)
{
	return f->table == s->table && f->priority == priority && is_part(f) &&
	       flow_matches(f, s->p);
}

/* Does the packet fit a flow of each clause of conjunction @id, at that priority? */
static bool holds(const struct search *s, uint32_t priority, uint32_t id)
{
	bool fits[MODEL_CLAUSES] = { false }, whole = true;

	for (unsigned int i = 0; i < s->t->flows; i++) {
		const struct vifswitch_of_flow *f = s->t->flow[i];
		const struct vifswitch_of_op *op = (const void *)model_ops(f);

		for (unsigned int n = 0; fits_part(s, f, priority) && n < f->ops_len / 8U; n++)
			if (op[n].b == id)
				fits[op[n].a >> 8] = true;
	}
	for (unsigned int i = 0; i < MODEL_CLAUSES; i++)
		whole &= fits[i];
	return whole;
}

static void count_steps(const struct search *s, uint32_t priority)
{
	for (unsigned int i = 0; i < s->t->flows; i++)
		if (fits_part(s, s->t->flow[i], priority))
			*s->steps += s->t->flow[i]->ops_len / 8U;
}

static const struct vifswitch_of_flow *by_conjunction(const struct search *s, uint32_t priority)
{
	const struct vifswitch_of_flow *f = NULL;

	count_steps(s, priority);
	for (uint32_t id = 1; id <= MODEL_CONJUNCTIONS && !f; id++) {
		if (!holds(s, priority, id))
			continue;
		++*s->lookups;
		f = best_of(s, id);
	}
	return f;
}

const struct vifswitch_of_flow *model_find(const struct model_tables *t,
					   const struct model_packet *p, uint16_t table,
					   unsigned int *lookups, unsigned int *steps)
{
	struct search s = { t, p, table, lookups, steps };
	const struct vifswitch_of_flow *plain = best_of(&s, 0), *f = NULL;

	for (uint32_t n = MODEL_CONJ_PRIORITIES; n-- > 0 && !f;) {
		uint32_t priority = MODEL_CONJ_PRIORITY + n;

		if (!plain || priority > plain->priority)
			f = by_conjunction(&s, priority);
	}
	return f ? f : plain;
}

bool model_same_octets(const struct model_packet *p, const struct model_out *a,
		       const struct model_out *b)
{
	if (a->len != b->len)
		return false;
	for (size_t i = 0; i < a->len; i += 2) {
		unsigned int x = a->octets[i] << 8 | a->octets[i + 1];
		unsigned int y = b->octets[i] << 8 | b->octets[i + 1];

		if (x != y && !(p->kind >= MODEL_TCP && (!x || x == 0xffff) && (!y || y == 0xffff)))
			return false;
	}
	return true;
}
