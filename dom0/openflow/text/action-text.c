// SPDX-License-Identifier: GPL-2.0-or-later
#include "openflow/text/action-text.h"

#include <errno.h>
#include <string.h>

#include "base/hex.h"
#include "openflow/action-rows.h"
#include "openflow/text/ct-text.h"
#include "openflow/text/learn-text.h"
#include "openflow/version.h"

#define OCTETS_MAX	1024	/* of an action's data */

struct parsing {
	const struct port_names *names;
	struct of_actions *ret;
	struct flow_problem *problem;
	unsigned int depth;
};

static int wrong(struct parsing *p, struct piece where, const char *what)
{
	return flow_problem_at(p->problem, where, "%s", what);
}

static int number(struct parsing *p, struct piece x, uint64_t max, uint64_t *ret)
{
	return piece_number_parse(x, max, ret, p->problem);
}

static int parse_list(struct parsing *p, struct piece x);

static int parse_inner(struct parsing *p, struct piece x, struct of_actions *ret)
{
	struct parsing inner = { p->names, ret, p->problem, p->depth + 1 };

	if (inner.depth > OF_NESTED_MAX)
		return wrong(p, x, "too deep");
	return parse_list(&inner, x);
}

/* An operand's greatest value: that of its octets on the wire. */
static uint64_t operand_max(const struct action_row *row, unsigned int n)
{
	const char *layout = row->layout11 ?: row->layout10 ?: row->layout_nx;

	if (row->kind == ACT_VLAN_VID)
		return 0xfff;
	if (row->kind == ACT_VLAN_PCP)
		return 7;
	for (; layout && *layout; layout++) {
		if (*layout == '.' || n--)
			continue;
		return *layout == 'P' || *layout == '2' ? UINT16_MAX : *layout == '1' ? UINT8_MAX :
		       UINT32_MAX;
	}
	return UINT8_MAX;	/* goto_table */
}

/* What row->text says. */
static int parse_row(struct parsing *p, const struct action_row *row, const struct pair *pair)
{
	struct of_action *a = actions_add(p->ret, row->kind);
	struct piece rest = pair->value, one;
	unsigned int n = 0;
	uint32_t port;

	if (!*row->text)
		return pair->mark ? wrong(p, pair->value, "nothing is accepted here") : 0;
	for (const char *t = row->text; *t; t += 3, n++) {
		int r;

		if (!piece_split(rest, ":", &one, &rest) && t[3])
			return wrong(p, one, "more is needed");
		if (!t[3] && rest.len)
			return wrong(p, rest, "this is too much");
		if (t[2] == 'p') {
			r = port_parse(one, p->names, &port, p->problem);
			a->a[n] = port;
		} else {
			r = number(p, one, operand_max(row, n), &a->a[n]);
		}
		if (r < 0)
			return r;
	}
	return 0;
}

/* ---- one by one ---- */

static struct of_action *add_output(struct parsing *p, uint32_t port)
{
	struct of_action *a = actions_add(p->ret, ACT_OUTPUT);

	a->a[0] = port;
	a->a[1] = port == OFPP_CONTROLLER ? UINT16_MAX : 0;
	return a;
}

static int parse_truncated(struct parsing *p, struct piece x)
{
	struct of_action *a = actions_add(p->ret, ACT_TRUNCATE);
	struct pair pair;
	uint32_t port;
	int r;

	a->a[0] = OFPP_ANY;
	while (pair_next(&x, &pair, p->problem)) {
		if (piece_is(pair.key, "port")) {
			r = port_parse(pair.value, p->names, &port, p->problem);
			a->a[0] = r ? 0 : port;
		} else if (piece_is(pair.key, "max_len")) {
			r = number(p, pair.value, UINT32_MAX, &a->a[1]);
		} else {
			r = wrong(p, pair.key, "port and max_len are accepted");
		}
		if (r < 0)
			return r;
	}
	if (a->a[0] == OFPP_ANY || a->a[1] < 14)
		return wrong(p, x, "port and max_len, which is 14 or more, are needed");
	return 0;
}

static int parse_output(struct parsing *p, const struct pair *pair)
{
	struct of_action *a;
	struct of_bits src;
	uint32_t port;
	int r;

	if (!pair->mark)
		return wrong(p, pair->value, "a port is needed: output:PORT");
	if (pair->mark == '(')
		return parse_truncated(p, pair->value);
	if (memchr(pair->value.p, '[', pair->value.len)) {
		r = bits_parse(pair->value, &src.field, &src.ofs, &src.count, p->problem);
		if (r < 0)
			return r;
		if (src.count > 64)
			return wrong(p, pair->value, "at most 64 bits are accepted");
		a = actions_add(p->ret, ACT_OUTPUT_REG);
		a->src = src;
		a->a[0] = UINT16_MAX;
		return 0;
	}
	r = port_parse(pair->value, p->names, &port, p->problem);
	if (!r)
		add_output(p, port);
	return r;
}

static int hex_octets(struct parsing *p, struct piece x, struct of_action *a)
{
	struct of_out out = {};
	struct piece one;

	while (x.len) {
		size_t n;

		piece_split(x, ".", &one, &x);
		n = one.len / 2;
		if (one.len % 2 || out.len + n > OCTETS_MAX ||
		    (n && !hex_parse(one.p, n, out_room(&out, n)))) {
			out_deinit(&out);
			return wrong(p, one, "octets as hexadecimal digits are accepted: 01.02.ff");
		}
	}
	a->data = out.data;
	a->len = (uint16_t)out.len;
	return 0;
}

static int parse_reason(struct parsing *p, struct piece x, uint64_t *ret)
{
	for (unsigned int i = 0; i < controller_reason_count; i++)
		if (piece_is(x, controller_reasons[i])) {
			*ret = i;
			return 0;
		}
	return number(p, x, UINT8_MAX, ret);
}

static int parse_controller(struct parsing *p, const struct pair *whole)
{
	struct of_action *a;
	struct piece rest = whole->value;
	struct pair pair;
	int r = 0;

	if (whole->mark != '(') {
		a = add_output(p, OFPP_CONTROLLER);
		return whole->mark ? number(p, whole->value, UINT16_MAX, &a->a[1]) : 0;
	}
	a = actions_add(p->ret, ACT_CONTROLLER);
	a->a[0] = UINT16_MAX;
	a->a[2] = 1;
	while (!r && pair_next(&rest, &pair, p->problem)) {
		if (piece_is(pair.key, "max_len"))
			r = number(p, pair.value, UINT16_MAX, &a->a[0]);
		else if (piece_is(pair.key, "id"))
			r = number(p, pair.value, UINT16_MAX, &a->a[1]);
		else if (piece_is(pair.key, "reason"))
			r = parse_reason(p, pair.value, &a->a[2]);
		else if (piece_is(pair.key, "userdata") && !a->data)
			r = hex_octets(p, pair.value, a);
		else
			r = wrong(p, pair.key, "max_len, id, reason and userdata are accepted");
	}
	/* As ovs-ofctl does: what the plain one says is said by it. */
	if (!r && !a->a[1] && a->a[2] == 1 && !a->data) {
		a->kind = ACT_OUTPUT;
		a->a[1] = a->a[0];
		a->a[0] = OFPP_CONTROLLER;
		a->a[2] = 0;
	}
	return r;
}

static int parse_set_field(struct parsing *p, const struct pair *pair)
{
	struct piece value_text, name;
	struct of_value value, mask;
	const struct of_field *f;

	if (!piece_split(pair->value, "->", &value_text, &name))
		return wrong(p, pair->value, "set_field:VALUE[/MASK]->FIELD is accepted");
	f = field_parse(name, p->problem);
	if (!f || field_value_parse(f, value_text, true, p->names, &value, &mask, p->problem) < 0)
		return -EINVAL;
	if (!(f->flags & FIELD_WRITABLE))
		return wrong(p, name, "this field cannot be set");
	actions_add_set(p->ret, f, value, mask, SET_AS_FIELD);
	return 0;
}

static int parse_load(struct parsing *p, const struct pair *pair)
{
	struct piece value_text, name;
	struct of_bits dst;
	uint64_t value;

	if (!piece_split(pair->value, "->", &value_text, &name))
		return wrong(p, pair->value, "load:VALUE->FIELD[N..M] is accepted");
	if (bits_parse(name, &dst.field, &dst.ofs, &dst.count, p->problem) < 0)
		return -EINVAL;
	if (!(dst.field->flags & FIELD_WRITABLE))
		return wrong(p, name, "this field cannot be set");
	if (dst.count > 64)
		return wrong(p, name, "at most 64 bits are accepted");
	if (!piece_number(value_text, value_ones(dst.count).lo, &value))
		return flow_problem_at(p->problem, value_text, "a number of %u bits is accepted", dst.count);
	actions_add_set(p->ret, dst.field, value_shifted((struct of_value){ 0, value }, dst.ofs),
			value_shifted(value_ones(dst.count), dst.ofs), SET_AS_LOAD);
	return 0;
}

static int parse_move(struct parsing *p, const struct pair *pair)
{
	struct piece from, to;
	struct of_bits src, dst;
	struct of_action *a;

	if (!piece_split(pair->value, "->", &from, &to))
		return wrong(p, pair->value, "move:FIELD[N..M]->FIELD[N..M] is accepted");
	if (bits_parse(from, &src.field, &src.ofs, &src.count, p->problem) < 0 ||
	    bits_parse(to, &dst.field, &dst.ofs, &dst.count, p->problem) < 0)
		return -EINVAL;
	if (src.count != dst.count)
		return flow_problem_at(p->problem, to, "%u bits are moved to %u", src.count, dst.count);
	if (!(dst.field->flags & FIELD_WRITABLE))
		return wrong(p, to, "this field cannot be set");
	a = actions_add(p->ret, ACT_MOVE);
	a->src = src;
	a->dst = dst;
	return 0;
}

/* mod_nw_src:VALUE and its kin, and set_tunnel. */
static int parse_set(struct parsing *p, const struct pair *pair, const char *field,
		     unsigned int shift, enum of_set_form form)
{
	const struct of_field *f = field_by_name(field, strlen(field));
	struct of_value value, mask;
	uint64_t n;

	if (shift) {
		if (!piece_number(pair->value, UINT8_MAX, &n) || n & ((1u << shift) - 1))
			return flow_problem_at(p->problem, pair->value, "a multiple of %u up to 255 is accepted",
					       1u << shift);
		value = (struct of_value){ 0, n >> shift };
		mask = field_all(f);
	} else if (field_value_parse(f, pair->value, false, p->names, &value, &mask, p->problem) <
		   0) {
		return -EINVAL;
	}
	if (!value_equal(mask, field_all(f)))
		return wrong(p, pair->value, "a mask is not accepted here");
	actions_add_set(p->ret, f, value, mask, form);
	return 0;
}

/* resubmit:PORT, resubmit([PORT],[TABLE]) */
static int parse_resubmit(struct parsing *p, const struct pair *pair)
{
	struct of_action *a = actions_add(p->ret, ACT_RESUBMIT);
	struct piece port_text, table_text;
	uint32_t port = OFPP_IN_PORT;
	int r = 0;

	piece_split(pair->value, ",", &port_text, &table_text);
	port_text = piece_trim(port_text);
	table_text = piece_trim(table_text);
	if (!port_text.len && !table_text.len)
		return wrong(p, pair->value, "resubmit(PORT,TABLE) is accepted, of which one may be left out");
	if (port_text.len)
		r = port_parse(port_text, p->names, &port, p->problem);
	a->a[0] = port;
	a->a[1] = OF_TABLE_ALL;
	a->form = !table_text.len;
	if (!r && table_text.len)
		r = number(p, table_text, OF_TABLES - 1, &a->a[1]);
	return r;
}

static int parse_dec_ttl(struct parsing *p, const struct pair *pair)
{
	struct of_action *a = actions_add(p->ret, ACT_DEC_TTL);
	struct piece rest = pair->value;
	struct of_out out = {};
	struct pair one;
	uint64_t id;
	int r = 0;

	while (!r && pair_next(&rest, &one, p->problem)) {
		r = number(p, one.whole, UINT16_MAX, &id);
		if (!r)
			out_u16(&out, id);
		if (out.len > OCTETS_MAX)
			r = wrong(p, one.whole, "too many");
	}
	a->data = out.data;
	a->len = (uint16_t)out.len;
	return r;
}

static int parse_fin_timeout(struct parsing *p, const struct pair *whole)
{
	struct of_action *a = actions_add(p->ret, ACT_FIN_TIMEOUT);
	struct piece rest = whole->value;
	struct pair pair;
	int r = 0;

	while (!r && pair_next(&rest, &pair, p->problem)) {
		if (piece_is(pair.key, "idle_timeout"))
			r = number(p, pair.value, UINT16_MAX, &a->a[0]);
		else if (piece_is(pair.key, "hard_timeout"))
			r = number(p, pair.value, UINT16_MAX, &a->a[1]);
		else
			r = wrong(p, pair.key, "idle_timeout and hard_timeout are accepted");
	}
	return r;
}

/* conjunction(ID,K/N): clause K of N, of which the first is 1; on the wire it is 0. */
static int parse_conjunction(struct parsing *p, const struct pair *pair)
{
	struct of_action *a = actions_add(p->ret, ACT_CONJUNCTION);
	struct piece id, clause, k, n;

	if (!piece_split(pair->value, ",", &id, &clause) ||
	    !piece_split(piece_trim(clause), "/", &k, &n) || !piece_number(k, 64, &a->a[0]) ||
	    !piece_number(n, 64, &a->a[1]) || !a->a[0] || a->a[0] > a->a[1] || a->a[1] < 2)
		return wrong(p, pair->value, "conjunction(ID,K/N) is accepted: clause K of N, 2 to 64");
	a->a[0]--;
	return number(p, id, UINT32_MAX, &a->a[2]);
}

static int parse_metadata(struct parsing *p, const struct pair *pair)
{
	struct of_action *a = actions_add(p->ret, ACT_METADATA);
	struct piece value, mask;

	a->a[1] = UINT64_MAX;
	if (piece_split(pair->value, "/", &value, &mask) &&
	    number(p, mask, UINT64_MAX, &a->a[1]) < 0)
		return -EINVAL;
	if (number(p, value, UINT64_MAX, &a->a[0]) < 0)
		return -EINVAL;
	a->a[0] &= a->a[1];
	return 0;
}

static int parse_nested(struct parsing *p, enum of_action_kind kind, const struct pair *pair)
{
	struct of_actions inner = {};
	struct of_action *a;
	int r = pair->mark == '(' ? parse_inner(p, pair->value, &inner) :
		wrong(p, pair->whole, "actions in brackets are needed");

	a = actions_add(p->ret, kind);
	a->inner = xmalloc(sizeof(*a->inner));
	*a->inner = inner;
	return r;
}

static int parse_own(struct parsing *p, enum of_action_kind kind, const struct pair *pair)
{
	switch (kind) {
	case ACT_OUTPUT:
		return parse_output(p, pair);
	case ACT_CONTROLLER:
		return parse_controller(p, pair);
	case ACT_SET_FIELD:
		return parse_set_field(p, pair);
	case ACT_MOVE:
		return parse_move(p, pair);
	case ACT_RESUBMIT:
		return parse_resubmit(p, pair);
	case ACT_DEC_TTL:
		return parse_dec_ttl(p, pair);
	case ACT_FIN_TIMEOUT:
		return parse_fin_timeout(p, pair);
	case ACT_CONJUNCTION:
		return parse_conjunction(p, pair);
	case ACT_CT:
		return ct_parse(pair->value, actions_add(p->ret, kind), p->problem);
	case ACT_LEARN:
		return learn_parse(pair->value, p->names, actions_add(p->ret, kind), p->problem);
	case ACT_METADATA:
		return parse_metadata(p, pair);
	case ACT_NOTE:
		return hex_octets(p, pair->value, actions_add(p->ret, kind));
	case ACT_CLONE:
	case ACT_WRITE:
		return parse_nested(p, kind, pair);
	default:
		return wrong(p, pair->key, "this action has no text");
	}
}

/* Other words for what has one. */
static const char *other_word(struct piece key)
{
	static const char *const others[][2] = {
		{ "strip_vlan", "pop_vlan" }, { "set_vlan_vid", "mod_vlan_vid" },
		{ "set_vlan_pcp", "mod_vlan_pcp" },
	};

	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		if (piece_is(key, others[i][0]))
			return others[i][1];
	return NULL;
}

static int parse_bare(struct parsing *p, const struct pair *pair)
{
	struct flow_problem none = { .base = p->problem->base };
	uint32_t port;

	if (!pair->mark && !port_parse(pair->key, p->names, &port, &none)) {
		add_output(p, port);
		return 0;
	}
	return flow_problem_at(p->problem, pair->key, "\"%.*s\" is neither an action nor a port",
			       PIECE(pair->key));
}

/* What only a flow itself has, not a list within it. */
static bool is_flows_own(unsigned int kind)
{
	return kind == ACT_CLEAR || kind == ACT_WRITE || kind == ACT_METADATA || kind == ACT_GOTO ||
	       kind == ACT_METER;
}

static int parse_known(struct parsing *p, const struct action_row *row, const struct pair *pair)
{
	if (p->depth && is_flows_own(row->kind))
		return wrong(p, pair->whole, "this is not accepted inside of another action");
	return row->text ? parse_row(p, row, pair) : parse_own(p, row->kind, pair);
}

static int parse_one(struct parsing *p, const struct pair *pair)
{
	const char *other = other_word(pair->key);
	struct piece word = other ? (struct piece){ other, strlen(other) } : pair->key;

	if (piece_is(word, "load"))
		return parse_load(p, pair);
	if (piece_is(word, "set_tunnel") || piece_is(word, "set_tunnel64"))
		return parse_set(p, pair, "tun_id", 0, SET_AS_TUNNEL);
	for (unsigned int i = 0; i < set_row_count; i++)
		if (piece_is(word, set_rows[i].word))
			return parse_set(p, pair, set_rows[i].field, set_rows[i].shift,
					 SET_AS_FIELD);
	for (unsigned int i = 0; i < action_row_count; i++)
		if (piece_is(word, action_rows[i].word))
			return parse_known(p, &action_rows[i], pair);
	return parse_bare(p, pair);
}

static int parse_list(struct parsing *p, struct piece x)
{
	struct pair pair;
	int r;

	if (piece_is(piece_trim(x), "drop"))
		return 0;
	while (pair_next(&x, &pair, p->problem)) {
		if (p->ret->count >= OF_ACTIONS_MAX)
			return wrong(p, pair.whole, "too many actions");
		r = parse_one(p, &pair);
		if (r < 0)
			return -EINVAL;
	}
	return *p->problem->text ? -EINVAL : 0;
}

/* Each at most once and in this order, for that is what a switch does with them. */
static int check_order(struct parsing *p, struct piece x)
{
	static const enum of_action_kind order[] = { ACT_CLEAR, ACT_WRITE, ACT_METADATA, ACT_GOTO };
	size_t at = 0;

	for (size_t i = 0; i < p->ret->count; i++) {
		size_t place = 0;

		for (size_t k = 0; k < sizeof(order) / sizeof(order[0]); k++)
			if (p->ret->v[i].kind == order[k])
				place = k + 1;
		if (p->ret->v[i].kind == ACT_METER && i)
			return wrong(p, x, "meter comes before all other actions");
		if (place < at || (place && place == at))
			return wrong(p, x, "these come last, in this order and once each: clear_actions, "
				     "write_actions, write_metadata, goto_table");
		at = place;
	}
	return 0;
}

int actions_parse(struct piece x, const struct port_names *names, struct of_actions *ret,
		  struct flow_problem *problem)
{
	struct parsing p = { names, ret, problem, 0 };
	int r = parse_list(&p, x);

	return r < 0 ? r : check_order(&p, x);
}
