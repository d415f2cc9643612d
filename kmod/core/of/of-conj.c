// SPDX-License-Identifier: GPL-2.0-or-later
#include "of-conj.h"
#include "of-index.h"

static void meet(void *arg, struct vs_of_flow *f)
{
	struct vs_of_met *m = arg;

	if (!f->conjunct) {
		if (!m->best || f->priority > m->best->priority)
			m->best = f;
	} else if (m->parts == VIFSWITCH_OF_CONJUNCT_MAX) {
		m->too_many = true;
	} else {
		m->part[m->parts++] = f;
	}
}

static void meet_plain(void *arg, struct vs_of_flow *f)
{
	struct vs_of_flow **best = arg;

	if (!f->conjunct && (!*best || f->priority > (*best)->priority))
		*best = f;
}

/* The highest priority below @below of those that may win over what matches by itself. */
static bool next_priority(const struct vs_of_met *m, u64 below, u32 *ret)
{
	bool found = false;
	u32 i;

	for (i = 0; i < m->parts; i++) {
		u32 priority = m->part[i]->priority;

		if (priority >= below || (m->best && priority <= m->best->priority) ||
		    (found && priority <= *ret))
			continue;
		*ret = priority;
		found = true;
	}
	return found;
}

static bool is_whole(const struct vs_of_clauses *c)
{
	return c->fit == (c->count == 64 ? ~0ULL : (1ULL << c->count) - 1);
}

/* One clause more of a conjunction. False: there are too many of those. */
static bool fit(struct vs_of_met *m, const struct vifswitch_of_op *op)
{
	struct vs_of_clauses *c = m->clauses, *end = c + m->conjunctions;
	u8 count = (u8)op->a;

	while (c < end && (c->id != op->b || c->count != count))
		c++;
	if (c == end) {
		if (m->conjunctions == VIFSWITCH_OF_CONJUNCT_MAX)
			return false;
		*c = (struct vs_of_clauses){ 0, op->b, count };
		m->conjunctions++;
	}
	c->fit |= 1ULL << (op->a >> 8);
	return true;
}

static bool fit_all(struct vs_of_run *run, u32 priority)
{
	struct vs_of_met *m = &run->met;
	const struct vifswitch_of_op *op;
	u32 i;

	m->conjunctions = 0;
	for (i = 0; i < m->parts; i++) {
		if (m->part[i]->priority != priority)
			continue;
		vs_of_each_op(op, m->part[i]->ops, m->part[i]->ops_len)
			if (!vs_of_charge(run, 1) || !fit(m, op))
				return false;
	}
	return true;
}

static struct vs_of_flow *find_as(struct vs_of_run *run, const struct vs_of_index *index, u32 id)
{
	struct vs_of_flow *best = NULL;

	vs_of_put32(&run->key, VIFSWITCH_OF_CONJ_ID, id);
	vs_of_index_each(run->of, index, &run->key, run->version, meet_plain, &best);
	vs_of_put32(&run->key, VIFSWITCH_OF_CONJ_ID, 0);
	return best;
}

/* What a whole conjunction leads to; of several, that of the lowest id that leads anywhere. */
static struct vs_of_flow *conclude(struct vs_of_run *run, const struct vs_of_index *index)
{
	struct vs_of_flow *f = NULL;
	u64 done = 0;
	u32 i;

	while (!f) {
		u64 next = ~0ULL;

		for (i = 0; i < run->met.conjunctions; i++) {
			const struct vs_of_clauses *c = &run->met.clauses[i];

			if (is_whole(c) && c->id > done && c->id < next)
				next = c->id;
		}
		if (next == ~0ULL)
			return NULL;
		if (++run->lookups > VIFSWITCH_OF_LOOKUPS_MAX) {
			vs_of_too_much(run);
			return NULL;
		}
		f = find_as(run, index, (u32)next);
		done = next;
	}
	return f;
}

struct vs_of_flow *vs_of_conj_find(struct vs_of_run *run, const struct vs_of_index *index)
{
	struct vs_of_flow *f;
	u64 below = ~0ULL;
	u32 priority = 0;

	run->met.best = NULL;
	run->met.parts = 0;
	run->met.too_many = false;
	vs_of_index_each(run->of, index, &run->key, run->version, meet, &run->met);
	if (run->met.too_many) {
		vs_of_too_much(run);
		return NULL;
	}
	for (; next_priority(&run->met, below, &priority); below = priority) {
		if (!fit_all(run, priority)) {
			vs_of_too_much(run);
			return NULL;
		}
		f = conclude(run, index);
		if (f || run->stopped)
			return f;
	}
	return run->met.best;
}
