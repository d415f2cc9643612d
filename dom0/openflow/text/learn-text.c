// SPDX-License-Identifier: GPL-2.0-or-later
#include "openflow/text/learn-text.h"

#include <errno.h>
#include <string.h>

#include "openflow/action-rows.h"
#include "openflow/text/value-text.h"
#include "openflow/version.h"

#define TABLE	1	/* unless another is said */

struct parsing {
	const struct port_names *names;
	struct flow_problem *problem;
	struct of_action *a;
	struct of_out out;
	unsigned int parts;
};

static int number(struct parsing *p, struct piece x, uint64_t max, uint64_t *ret)
{
	return piece_number_parse(x, max, ret, p->problem);
}

/* A port has 16 bits in what is learned. */
static void as_nicira(struct of_bits *b)
{
	if (!(b->field->flags & FIELD_PORT) ||
	    (b->ofs + b->count > 16 && b->count != b->field->bits))
		return;
	if (b->count == b->field->bits)
		b->count = 16;
	for (unsigned int i = 0; i < of_field_count; i++)
		if (of_fields[i].first == b->field->first && of_fields[i].nxm != OF_NONE)
			b->field = &of_fields[i];
}

static int parse_bits(struct parsing *p, struct piece x, struct of_bits *ret)
{
	if (bits_parse(x, &ret->field, &ret->ofs, &ret->count, p->problem) < 0)
		return -EINVAL;
	as_nicira(ret);
	return 0;
}

static int put(struct parsing *p, struct piece x, const struct of_learn_part *part)
{
	if (++p->parts > OF_LEARN_PARTS_MAX)
		return flow_problem_at(p->problem, x, "at most %u parts are accepted", OF_LEARN_PARTS_MAX);
	if (!part->given && part->what != LEARN_OUTPUT && part->src.count != part->dst.count)
		return flow_problem_at(p->problem, x, "%u bits are put into %u", part->src.count,
				       part->dst.count);
	learn_put(&p->out, part);
	return 0;
}

static bool is_field(struct piece x)
{
	struct flow_problem none = { .base = x.p };

	return memchr(x.p, '[', x.len) || field_parse(x, &none);
}

/* FIELD[..], FIELD[..]=FIELD[..], FIELD=VALUE */
static int parse_match(struct parsing *p, const struct pair *pair)
{
	struct of_learn_part part = { .what = LEARN_MATCH };
	struct of_value mask;

	if (parse_bits(p, pair->key, &part.dst) < 0)
		return -EINVAL;
	part.bits = part.dst.count;
	if (!pair->mark) {
		part.src = part.dst;
	} else if (is_field(pair->value)) {
		if (parse_bits(p, pair->value, &part.src) < 0)
			return -EINVAL;
	} else {
		part.given = true;
		if (field_value_parse(part.dst.field, pair->value, false, p->names, &part.value,
				      &mask, p->problem) < 0)
			return -EINVAL;
		if (part.dst.count != part.dst.field->bits && !(part.dst.field->flags & FIELD_PORT))
			return flow_problem_at(p->problem, pair->key, "a value is for a whole field");
		if (!value_equal(mask, field_all(part.dst.field)))
			return flow_problem_at(p->problem, pair->value, "a mask is not accepted here");
	}
	return put(p, pair->whole, &part);
}

/* load:VALUE->FIELD[..], load:FIELD[..]->FIELD[..] */
static int parse_load(struct parsing *p, const struct pair *pair)
{
	struct of_learn_part part = { .what = LEARN_LOAD };
	struct piece from, to;

	if (!piece_split(pair->value, "->", &from, &to))
		return flow_problem_at(p->problem, pair->value, "load:VALUE->FIELD[N..M] is accepted");
	if (parse_bits(p, to, &part.dst) < 0)
		return -EINVAL;
	part.bits = part.dst.count;
	if (!(part.dst.field->flags & FIELD_WRITABLE) || part.bits > 64)
		return flow_problem_at(p->problem, to, "up to 64 bits that can be set are accepted");
	part.given = !is_field(from);
	if (part.given ? number(p, from, value_ones(part.bits).lo, &part.value.lo) :
			 parse_bits(p, from, &part.src))
		return -EINVAL;
	return put(p, pair->whole, &part);
}

static int parse_output(struct parsing *p, const struct pair *pair)
{
	struct of_learn_part part = { .what = LEARN_OUTPUT };

	if (parse_bits(p, pair->value, &part.src) < 0)
		return -EINVAL;
	part.bits = part.src.count;
	if (part.bits > 32)
		return flow_problem_at(p->problem, pair->value, "a port has 16 or 32 bits");
	return put(p, pair->whole, &part);
}

static int parse_one(struct parsing *p, const struct pair *pair, uint64_t *priority,
		     uint64_t *table)
{
	if (piece_is(pair->key, "idle_timeout"))
		return number(p, pair->value, UINT16_MAX, &p->a->a[0]);
	if (piece_is(pair->key, "hard_timeout"))
		return number(p, pair->value, UINT16_MAX, &p->a->a[1]);
	if (piece_is(pair->key, "priority"))
		return number(p, pair->value, UINT16_MAX, priority);
	if (piece_is(pair->key, "table"))
		return number(p, pair->value, OF_TABLES - 1, table);
	if (piece_is(pair->key, "cookie"))
		return number(p, pair->value, UINT64_MAX, &p->a->a[3]);
	if (piece_is(pair->key, "load"))
		return parse_load(p, pair);
	if (piece_is(pair->key, "output"))
		return parse_output(p, pair);
	if (!piece_is(pair->key, "send_flow_rem"))
		return parse_match(p, pair);
	p->a->form |= LEARN_SEND_REM;
	return 0;
}

int learn_parse(struct piece x, const struct port_names *names, struct of_action *ret,
		struct flow_problem *problem)
{
	struct parsing p = { .names = names, .problem = problem, .a = ret };
	uint64_t priority = FLOW_PRIORITY, table = TABLE;
	struct pair pair;
	int r = 0;

	while (!r && pair_next(&x, &pair, problem))
		r = parse_one(&p, &pair, &priority, &table);
	ret->a[2] = priority << 16 | table;
	ret->data = p.out.data;
	ret->len = (uint16_t)p.out.len;
	return r ? -EINVAL : 0;
}

/* ---- printing ---- */

static void print_bits(const struct of_bits *b, FILE *out)
{
	bits_print(b->field, b->ofs, b->count, out);
}

static void print_part(const struct of_learn_part *part, FILE *out)
{
	bool whole = part->dst.field && part->dst.count == part->dst.field->bits;

	if (part->what == LEARN_OUTPUT) {
		fputs("output:", out);
		print_bits(&part->src, out);
	} else if (part->what == LEARN_LOAD) {
		fputs("load:", out);
		if (part->given)
			fprintf(out, "0x%llx", (unsigned long long)part->value.lo);
		else
			print_bits(&part->src, out);
		fputs("->", out);
		print_bits(&part->dst, out);
	} else if (part->given && whole) {
		fprintf(out, "%s=", part->dst.field->name);
		field_value_print(part->dst.field, part->value, field_all(part->dst.field), out);
	} else {
		print_bits(&part->dst, out);
		if (part->given)
			fprintf(out, "=0x%llx", (unsigned long long)part->value.lo);
		else if (part->src.field != part->dst.field || part->src.ofs != part->dst.ofs)
			fputc('=', out), print_bits(&part->src, out);
	}
}

void learn_print(const struct of_action *a, FILE *out)
{
	struct of_in in = { .p = a->data, .left = a->len };
	struct of_learn_part part;
	enum of_error e;

	fprintf(out, "learn(table=%llu", (unsigned long long)a->a[2] & 0xff);
	if (a->a[0])
		fprintf(out, ",idle_timeout=%llu", (unsigned long long)a->a[0]);
	if (a->a[1])
		fprintf(out, ",hard_timeout=%llu", (unsigned long long)a->a[1]);
	if (a->a[2] >> 16 != FLOW_PRIORITY)
		fprintf(out, ",priority=%llu", (unsigned long long)a->a[2] >> 16);
	if (a->form & LEARN_SEND_REM)
		fputs(",send_flow_rem", out);
	if (a->a[3])
		fprintf(out, ",cookie=0x%llx", (unsigned long long)a->a[3]);
	while (learn_next(&in, &part, &e)) {
		fputc(',', out);
		print_part(&part, out);
	}
	fputc(')', out);
}
