// SPDX-License-Identifier: GPL-2.0-or-later
#include "openflow/action-rows.h"
#include "openflow/property.h"
#include "openflow/version.h"

static size_t begin_nx(struct of_out *out, uint16_t subtype)
{
	size_t start = property_begin(out, OF_VENDOR);

	out_u32(out, NX_VENDOR);
	out_u16(out, subtype);
	return start;
}

static void end(struct of_out *out, size_t start)
{
	out_pad8(out, start);
	out_length(out, start, start + 2);
}

static void by_layout(struct of_out *out, const char *layout, const struct of_action *a)
{
	unsigned int n = 0;

	for (const char *p = layout; *p; p++) {
		if (*p == '.')
			out_u8(out, 0);
		else if (*p == 'P')
			out_u16(out, a->a[n++]);
		else if (*p == 'Q')
			out_u32(out, a->a[n++]);
		else
			out_number(out, (unsigned int)(*p - '0'), a->a[n++]);
	}
}

static bool encode_row(const struct of_action *a, uint8_t version, struct of_out *out)
{
	for (unsigned int i = 0; i < action_row_count; i++) {
		const struct action_row *row = &action_rows[i];
		size_t start;

		if (row->kind != a->kind)
			continue;
		if (version == OF10 ? row->of10 >= 0 : row->of11 >= 0 && version >= row->since) {
			start = property_begin(out, (uint16_t)(version == OF10 ? row->of10 :
				row->of11));
			by_layout(out, version == OF10 ? row->layout10 : row->layout11, a);
			end(out, start);
			return true;
		}
		if (row->nx >= 0) {
			start = begin_nx(out, (uint16_t)row->nx);
			by_layout(out, row->layout_nx, a);
			end(out, start);
			return true;
		}
	}
	return false;
}

static unsigned int ones_from(struct of_value mask, unsigned int at)
{
	unsigned int n = 0;

	while (at + n < 128 && (at + n < 64 ? mask.lo >> (at + n) : mask.hi >> (at + n - 64)) & 1)
		n++;
	return n;
}

/* A load sets at most 64 bits in a row. */
static void encode_loads(const struct of_action *a, uint8_t version, struct of_out *out)
{
	for (unsigned int at = 0; at < a->dst.field->bits;) {
		unsigned int n = ones_from(a->mask, at);
		uint64_t value;
		size_t start;

		if (!n) {
			at++;
			continue;
		}
		if (n > 64)
			n = 64;
		value = at >= 64 ? a->value.hi >> (at - 64) :
			a->value.lo >> at | (at ? a->value.hi << (64 - at) : 0);
		if (n < 64)
			value &= (1ULL << n) - 1;
		start = begin_nx(out, NX_REG_LOAD);
		out_u16(out, at << 6 | (n - 1));
		out_u32(out, field_header(a->dst.field, version));
		out_u64(out, value);
		end(out, start);
		at += n;
	}
}

/* By the number that the version has for it; 1.2 and later should rather set a field. */
static bool encode_by_number(const struct of_action *a, uint8_t version, struct of_out *out)
{
	for (unsigned int i = 0; i < set_row_count; i++) {
		const struct set_row *row = &set_rows[i];
		const struct of_field *f;
		int type = version == OF10 ? row->of10 : row->of11;
		bool only = type == 23;		/* nw_ttl: no field of OXM */
		size_t start;

		if (type < 0 || (version > OF10 && !only))
			continue;
		f = field_by_name(row->field, strlen(row->field));
		if (f->first != a->dst.field->first || f->shift != a->dst.field->shift ||
		    f->bits != a->dst.field->bits)
			continue;
		start = property_begin(out, (uint16_t)type);
		out_number(out, row->octets, a->value.lo << row->shift);
		end(out, start);
		return true;
	}
	return false;
}

static bool encode_vlan10(const struct of_action *a, struct of_out *out)
{
	bool vid = !strcmp(a->dst.field->name, "vlan_vid");
	struct of_action as = { .kind = vid ? ACT_VLAN_VID : ACT_VLAN_PCP };

	if (!vid && strcmp(a->dst.field->name, "vlan_pcp"))
		return false;
	as.a[0] = a->value.lo & (vid ? 0xfff : 7);
	return encode_row(&as, OF10, out);
}

static void encode_field(const struct of_action *a, bool masked, uint8_t version,
			 struct of_out *out)
{
	const struct of_field *f = a->dst.field;
	uint32_t header = field_header(f, version);

	if (masked)
		header = (header & 0xffffff00u) | 0x100 | f->octets * 2u;
	out_u32(out, header);
	field_write(f, out, a->value);
	if (masked)
		field_write(f, out, a->mask);
}

static void encode_set(const struct of_action *a, uint8_t version, struct of_out *out)
{
	bool whole = value_equal(a->mask, field_all(a->dst.field));
	size_t start;

	if (a->form == SET_AS_TUNNEL && version == OF10) {
		bool wide = a->value.lo > UINT32_MAX;

		start = begin_nx(out, wide ? NX_SET_TUNNEL64 : NX_SET_TUNNEL);
		out_zero(out, wide ? 6 : 2);
		out_number(out, wide ? 8 : 4, a->value.lo);
		end(out, start);
	} else if (version < OF15 && a->form == SET_AS_LOAD) {
		encode_loads(a, version, out);
	} else if (whole && encode_by_number(a, version, out)) {
		return;
	} else if (version == OF10) {
		if (!whole || !encode_vlan10(a, out))
			encode_loads(a, version, out);
	} else if (!whole && version < OF15) {
		start = begin_nx(out, NX_REG_LOAD2);
		out_zero(out, 6);
		encode_field(a, true, version, out);
		end(out, start);
	} else {
		start = property_begin(out, OF_SET_FIELD);
		encode_field(a, !whole, version, out);
		end(out, start);
	}
}

static void encode_move(const struct of_action *a, uint8_t version, struct of_out *out)
{
	size_t start = version >= OF15 ? property_begin(out, OF_COPY_FIELD) :
		begin_nx(out, NX_REG_MOVE);

	out_u16(out, a->src.count);
	out_u16(out, a->src.ofs);
	out_u16(out, a->dst.ofs);
	if (version >= OF15)
		out_u16(out, 0);
	out_u32(out, field_header(a->src.field, version));
	out_u32(out, field_header(a->dst.field, version));
	end(out, start);
}

static void out_range(struct of_out *out, const struct of_bits *b)
{
	out_u16(out, (unsigned int)b->ofs << 6 | (b->count - 1u));
}

static void encode_output_reg(const struct of_action *a, uint8_t version, struct of_out *out)
{
	size_t start = begin_nx(out, NX_OUTPUT_REG);

	out_range(out, &a->src);
	out_u32(out, field_header(a->src.field, version));
	out_u16(out, a->a[0]);
	end(out, start);
}

static void encode_property(struct of_out *out, uint16_t type, unsigned int octets, uint64_t value)
{
	size_t start = property_begin(out, type);

	out_number(out, octets, value);
	property_end(out, start);
}

static void encode_controller(const struct of_action *a, struct of_out *out)
{
	size_t start, property;

	if (!a->data) {
		start = begin_nx(out, NX_CONTROLLER);
		by_layout(out, "221.", a);
		end(out, start);
		return;
	}
	start = begin_nx(out, NX_CONTROLLER2);
	out_zero(out, 6);
	if (a->a[0] != 0xffff)
		encode_property(out, NXAC_MAX_LEN, 2, a->a[0]);
	if (a->a[1])
		encode_property(out, NXAC_ID, 2, a->a[1]);
	if (a->a[2] != 1)
		encode_property(out, NXAC_REASON, 1, a->a[2]);
	property = property_begin(out, NXAC_USERDATA);
	out_bytes(out, a->data, a->len);
	property_end(out, property);
	end(out, start);
}

static void encode_dec_ttl(const struct of_action *a, uint8_t version, struct of_out *out)
{
	size_t start;

	if (a->data) {
		start = begin_nx(out, NX_CNT_IDS);
		out_u16(out, a->len / 2);
		out_zero(out, 4);
		out_bytes(out, a->data, a->len);
	} else {
		start = version == OF10 ? begin_nx(out, NX_DEC_TTL) :
			property_begin(out, OF_DEC_TTL);
		out_zero(out, 4);
	}
	end(out, start);
}

static void encode_resubmit(const struct of_action *a, struct of_out *out)
{
	size_t start = begin_nx(out, a->form ? NX_RESUBMIT : NX_RESUBMIT_TABLE);

	out_u16(out, a->a[0]);
	if (!a->form)
		out_u8(out, a->a[1]);
	end(out, start);
}

static void encode_ct(const struct of_action *a, uint8_t version, struct of_out *out)
{
	size_t start = begin_nx(out, NX_CT);

	out_u16(out, a->a[0]);
	if (a->src.field) {
		out_u32(out, field_header(a->src.field, version));
		out_range(out, &a->src);
	} else {
		out_u32(out, 0);
		out_u16(out, a->a[1]);
	}
	out_u8(out, a->a[2]);
	out_zero(out, 3);
	out_u16(out, 0);
	end(out, start);
}

static void encode_learn(const struct of_action *a, struct of_out *out)
{
	size_t start = begin_nx(out, NX_LEARN);

	out_u16(out, a->a[0]);
	out_u16(out, a->a[1]);
	out_u16(out, a->a[2] >> 16);
	out_u64(out, a->a[3]);
	out_u16(out, a->form);
	out_u8(out, a->a[2]);
	out_zero(out, 5);
	out_bytes(out, a->data, a->len);
	end(out, start);
}

static void encode_metadata(const struct of_action *a, struct of_out *out)
{
	size_t start = begin_nx(out, NX_METADATA);

	out_zero(out, 6);
	out_u64(out, a->a[0]);
	out_u64(out, a->a[1]);
	end(out, start);
}

static void action_encode(const struct of_action *a, uint8_t version, struct of_out *out)
{
	size_t start;

	switch (a->kind) {
	case ACT_SET_FIELD:
		encode_set(a, version, out);
		return;
	case ACT_MOVE:
		encode_move(a, version, out);
		return;
	case ACT_OUTPUT_REG:
		encode_output_reg(a, version, out);
		return;
	case ACT_CONTROLLER:
		encode_controller(a, out);
		return;
	case ACT_DEC_TTL:
		encode_dec_ttl(a, version, out);
		return;
	case ACT_RESUBMIT:
		encode_resubmit(a, out);
		return;
	case ACT_NOTE:
		start = begin_nx(out, NX_NOTE);
		out_bytes(out, a->data, a->len);
		end(out, start);
		return;
	case ACT_CLONE:
		start = begin_nx(out, NX_CLONE);
		out_zero(out, 6);
		actions_encode(a->inner, version, out);
		end(out, start);
		return;
	case ACT_CT:
		encode_ct(a, version, out);
		return;
	case ACT_LEARN:
		encode_learn(a, out);
		return;
	case ACT_METADATA:
		if (version == OF10)
			encode_metadata(a, out);
		return;
	case ACT_GOTO:
		if (version == OF10)
			encode_resubmit(&(struct of_action){ .a = { OFPP_IN_PORT, a->a[0] } }, out);
		return;
	case ACT_ENQUEUE:
		if (version > OF10) {
			encode_row(&(struct of_action){ .kind = ACT_SET_QUEUE, .a = { a->a[1] } },
				version, out);
			encode_row(&(struct of_action){ .kind = ACT_OUTPUT, .a = { a->a[0] } },
				version, out);
			encode_row(&(struct of_action){ .kind = ACT_POP_QUEUE }, version, out);
			return;
		}
		break;
	default:
		break;
	}
	encode_row(a, version, out);
}

void actions_encode(const struct of_actions *list, uint8_t version, struct of_out *out)
{
	for (size_t i = 0; i < list->count; i++)
		action_encode(&list->v[i], version, out);
}

static bool is_instruction(const struct of_action *a, uint8_t version)
{
	return a->kind == ACT_CLEAR || a->kind == ACT_WRITE || a->kind == ACT_METADATA ||
	       a->kind == ACT_GOTO || (a->kind == ACT_METER && version < OF15);
}

static void encode_apply(const struct of_actions *list, uint8_t version, struct of_out *out)
{
	size_t start = property_begin(out, INST_APPLY);

	out_zero(out, 4);
	for (size_t i = 0; i < list->count; i++)
		if (!is_instruction(&list->v[i], version))
			action_encode(&list->v[i], version, out);
	if (out->len - start == 8)
		out->len = start;
	else
		end(out, start);
}

static void instruction_encode(const struct of_action *a, uint8_t version, struct of_out *out)
{
	static const uint8_t types[ACT_KINDS] = {
		[ACT_CLEAR] = INST_CLEAR, [ACT_WRITE] = INST_WRITE, [ACT_METADATA] = INST_METADATA,
		[ACT_GOTO] = INST_GOTO, [ACT_METER] = INST_METER,
	};
	size_t start = property_begin(out, types[a->kind]);

	if (a->kind == ACT_GOTO)
		out_u8(out, a->a[0]);
	else if (a->kind == ACT_METER)
		out_u32(out, a->a[0]);
	else
		out_zero(out, 4);
	if (a->kind == ACT_WRITE)
		actions_encode(a->inner, version, out);
	if (a->kind == ACT_METADATA) {
		out_u64(out, a->a[0]);
		out_u64(out, a->a[1]);
	}
	end(out, start);
}

void instructions_encode(const struct of_actions *list, uint8_t version, struct of_out *out)
{
	if (version == OF10) {
		actions_encode(list, version, out);
		return;
	}
	for (size_t i = 0; i < list->count; i++)
		if (list->v[i].kind == ACT_METER && version < OF15)
			instruction_encode(&list->v[i], version, out);
	encode_apply(list, version, out);
	for (size_t i = 0; i < list->count; i++)
		if (is_instruction(&list->v[i], version) && list->v[i].kind != ACT_METER)
			instruction_encode(&list->v[i], version, out);
}

bool instructions_same(const struct of_actions *a, const struct of_actions *b)
{
	struct of_out one = {}, other = {};
	bool same;

	/* in 1.5 each has one form */
	instructions_encode(a, OF15, &one);
	instructions_encode(b, OF15, &other);
	same = one.len == other.len && (!one.len || !memcmp(one.data, other.data, one.len));
	out_deinit(&one);
	out_deinit(&other);
	return same;
}

bool instructions_fit(const struct of_actions *list)
{
	struct of_out out = {};
	bool fit = true;

	for_each_version(version) {
		out.len = 0;
		instructions_encode(list, version, &out);
		fit &= out.len <= OF_MESSAGE_MAX - OF_HEADS_MAX;
	}
	out_deinit(&out);
	return fit;
}
