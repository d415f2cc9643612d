// SPDX-License-Identifier: GPL-2.0-or-later
#include "openflow/action.h"
#include "openflow/version.h"

struct of_action *actions_add(struct of_actions *list, enum of_action_kind kind)
{
	list->v = xgrow(list->v, list->count, &list->room, sizeof(*list->v));
	list->v[list->count] = (struct of_action){ .kind = kind };
	return &list->v[list->count++];
}

void actions_add_set(struct of_actions *list, const struct of_field *f, struct of_value value,
		     struct of_value mask, enum of_set_form form)
{
	struct of_action *a = actions_add(list, ACT_SET_FIELD);

	a->dst = (struct of_bits){ f, 0, f->bits };
	a->value = value;
	a->mask = mask;
	a->form = (uint8_t)form;
}

void action_deinit(struct of_action *a)
{
	free(a->data);
	if (a->inner)
		actions_deinit(a->inner);
	free(a->inner);
}

void actions_deinit(struct of_actions *list)
{
	for (size_t i = 0; i < list->count; i++)
		action_deinit(&list->v[i]);
	free(list->v);
	*list = (struct of_actions){};
}

void actions_copy(const struct of_actions *from, struct of_actions *to)
{
	for (size_t i = 0; i < from->count; i++) {
		struct of_action *a = actions_add(to, from->v[i].kind);

		*a = from->v[i];
		if (a->data) {
			a->data = xmalloc(a->len);
			memcpy(a->data, from->v[i].data, a->len);
		}
		if (a->inner) {
			a->inner = xzalloc(sizeof(*a->inner));
			actions_copy(from->v[i].inner, a->inner);
		}
	}
}

size_t actions_octets(const struct of_actions *list)
{
	size_t octets = list->room * sizeof(*list->v);

	for (size_t i = 0; i < list->count; i++) {
		octets += list->v[i].len;
		if (list->v[i].inner)
			octets += sizeof(*list) + actions_octets(list->v[i].inner);
	}
	return octets;
}

struct of_shared *shared_new(const struct of_actions *list, size_t *total)
{
	struct of_shared *shared = xzalloc(sizeof(*shared));

	shared->users = 1;
	actions_copy(list, &shared->list);
	charge(&shared->charge, total, sizeof(*shared) + actions_octets(&shared->list));
	return shared;
}

void shared_put(struct of_shared *shared)
{
	if (!shared || --shared->users)
		return;
	discharge(&shared->charge);
	actions_deinit(&shared->list);
	free(shared);
}

/* ---- what is learned ---- */

#define LEARN_GIVEN	(1u << 13)

static bool read_bits(struct of_in *in, unsigned int count, struct of_bits *ret)
{
	uint32_t header = in_u32(in);

	ret->field = field_by_header(header);
	ret->ofs = in_u16(in);
	ret->count = (uint16_t)count;
	return !in->bad && ret->field && ret->ofs + count <= ret->field->bits;
}

static struct of_value read_given(struct of_in *in, unsigned int bits)
{
	unsigned int octets = (bits + 15) / 16 * 2;
	struct of_value v = {};

	if (octets > 8)
		v.hi = in_number(in, octets - 8);
	v.lo = in_number(in, octets > 8 ? 8 : octets);
	return v;
}

bool learn_next(struct of_in *in, struct of_learn_part *ret, enum of_error *ret_error)
{
	unsigned int head = in->left < 2 ? 0 : in_u16(in);
	bool good;

	*ret_error = OFE_OK;
	if (!head)
		return false;	/* what follows is filling */
	*ret = (struct of_learn_part){
		.what = head >> 11 & 3, .given = head & LEARN_GIVEN, .bits = head & 0x7ff,
	};
	good = ret->bits && ret->bits <= 128 && ret->what <= LEARN_OUTPUT && !(head >> 14) &&
	       !(ret->what == LEARN_OUTPUT && (ret->given || ret->bits > 32));
	if (good && ret->given)
		ret->value = read_given(in, ret->bits);
	else if (good)
		good = read_bits(in, ret->bits, &ret->src);
	if (good && ret->what != LEARN_OUTPUT)
		good = read_bits(in, ret->bits, &ret->dst);
	if (good && ret->what == LEARN_LOAD)
		good = ret->dst.field->flags & FIELD_WRITABLE && ret->bits <= 64;
	if (!good || in->bad)
		*ret_error = in->bad ? OFE_ACTION_LEN : OFE_ACTION_ARGUMENT;
	return !*ret_error;
}

/* A field's header is Nicira's where it has one: what people write so has 16 bits of a port. */
static void put_bits(struct of_out *out, const struct of_bits *b)
{
	out_u32(out, field_header(b->field, OF10));
	out_u16(out, b->ofs);
}

void learn_put(struct of_out *out, const struct of_learn_part *part)
{
	unsigned int octets = (part->bits + 15u) / 16 * 2;

	out_u16(out, part->bits | (unsigned int)part->what << 11 | (part->given ? LEARN_GIVEN : 0));
	if (part->given && octets > 8)
		out_number(out, octets - 8, part->value.hi);
	if (part->given)
		out_number(out, octets > 8 ? 8 : octets, part->value.lo);
	else
		put_bits(out, &part->src);
	if (part->what != LEARN_OUTPUT)
		put_bits(out, &part->dst);
}

static bool any(const struct of_actions *list, bool (*is)(const struct of_action *a, uint32_t x),
		uint32_t x)
{
	for (size_t i = 0; i < list->count; i++)
		if (is(&list->v[i], x) || (list->v[i].inner && any(list->v[i].inner, is, x)))
			return true;
	return false;
}

static bool outputs(const struct of_action *a, uint32_t port)
{
	return ((a->kind == ACT_OUTPUT || a->kind == ACT_ENQUEUE || a->kind == ACT_TRUNCATE) &&
		a->a[0] == port) || (a->kind == ACT_CONTROLLER && port == OFPP_CONTROLLER);
}

static bool groups(const struct of_action *a, uint32_t group)
{
	return a->kind == ACT_GROUP && (a->a[0] == group || group == OFPG_ANY);
}

static bool meters(const struct of_action *a, uint32_t meter)
{
	return a->kind == ACT_METER && (a->a[0] == meter || meter == OFPM_ALL);
}

bool actions_output_to(const struct of_actions *list, uint32_t port)
{
	return any(list, outputs, port);
}

bool actions_use_group(const struct of_actions *list, uint32_t group)
{
	return any(list, groups, group);
}

bool actions_use_meter(const struct of_actions *list, uint32_t meter)
{
	return any(list, meters, meter);
}
