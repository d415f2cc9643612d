// SPDX-License-Identifier: GPL-2.0-or-later
#include "openflow/action-rows.h"
#include "openflow/property.h"
#include "openflow/version.h"

/* Four octets of header, and for a vendor's six more. */
struct raw {
	uint16_t type;
	int nx;			/* subtype, or -1 */
	struct of_in body;
	uint8_t version, depth;
};

static enum of_error list_decode(struct of_in *in, uint8_t version, uint8_t depth,
				 struct of_actions *ret);

static enum of_error by_layout(struct of_in *in, const char *layout, struct of_action *a)
{
	unsigned int n = 0;

	for (const char *p = layout; *p; p++) {
		if (*p == '.')
			in_skip(in, 1);
		else if (*p == 'P')
			a->a[n++] = port_from10(in_u16(in));
		else if (*p == 'Q')
			a->a[n++] = in_u32(in);
		else
			a->a[n++] = in_number(in, (unsigned int)(*p - '0'));
	}
	return in->bad || in->left ? OFE_ACTION_LEN : OFE_OK;
}

static const struct action_row *row_of(const struct raw *raw, const char **ret_layout)
{
	for (unsigned int i = 0; i < action_row_count; i++) {
		const struct action_row *row = &action_rows[i];

		if (raw->nx >= 0 ? row->nx != raw->nx :
		    raw->version == OF10 ? row->of10 != raw->type :
		    row->of11 != raw->type || raw->version < row->since)
			continue;
		*ret_layout = raw->nx >= 0 ? row->layout_nx :
			      raw->version == OF10 ? row->layout10 : row->layout11;
		return row;
	}
	return NULL;
}

static const struct set_row *set_row_of(const struct raw *raw)
{
	for (unsigned int i = 0; raw->nx < 0 && i < set_row_count; i++)
		if ((raw->version == OF10 ? set_rows[i].of10 : set_rows[i].of11) == raw->type)
			return &set_rows[i];
	return NULL;
}

static enum of_error decode_set(struct raw *raw, const struct set_row *row, struct of_actions *ret)
{
	const struct of_field *f = field_by_name(row->field, strlen(row->field));
	uint64_t value = in_number(&raw->body, row->octets) >> row->shift;

	if (raw->body.bad)
		return OFE_ACTION_LEN;
	if (!field_valid(f, (struct of_value){ 0, value }))
		return OFE_ACTION_ARGUMENT;
	actions_add_set(ret, f, (struct of_value){ 0, value }, field_all(f), SET_AS_FIELD);
	return OFE_OK;
}

/* A field's header without a value. */
static enum of_error decode_field(struct of_in *in, struct of_bits *ret)
{
	uint32_t header = in_u32(in);

	ret->field = field_by_header(header);
	if (in->bad)
		return OFE_ACTION_LEN;
	return ret->field ? OFE_OK : OFE_ACTION_SET_TYPE;
}

static enum of_error check_bits(const struct of_bits *b)
{
	return b->count && b->ofs + b->count <= b->field->bits ? OFE_OK : OFE_ACTION_SET_LEN;
}

/* Which bits of ret->field, as Nicira's actions pack it. */
static enum of_error decode_range(uint16_t ofs_bits, struct of_bits *ret)
{
	ret->ofs = ofs_bits >> 6;
	ret->count = (ofs_bits & 63) + 1;
	return check_bits(ret);
}

/* A field with a value, and perhaps a mask. */
static enum of_error decode_set_field(struct raw *raw, bool may_mask, uint8_t form,
				      struct of_actions *ret)
{
	struct of_in *in = &raw->body;
	uint32_t header = in_u32(in);
	const struct of_field *f = field_by_header(header);
	struct of_value value, mask;
	bool masked = header >> 8 & 1;

	if (in->bad)
		return OFE_ACTION_LEN;
	if (!f)
		return OFE_ACTION_SET_TYPE;
	if ((header & 0xff) != f->octets * (masked ? 2u : 1u))
		return OFE_ACTION_SET_LEN;
	if (masked && !may_mask)
		return OFE_ACTION_SET_MASK;
	value = field_read(f, in);
	mask = masked ? field_read(f, in) : field_all(f);
	if (in->bad || in->left > 7)
		return OFE_ACTION_LEN;
	value.lo >>= f->wire_shift;
	if (!(f->flags & FIELD_WRITABLE) || !field_valid(f, value) || value.hi & ~mask.hi ||
	    value.lo & ~mask.lo)
		return OFE_ACTION_SET_ARGUMENT;
	actions_add_set(ret, f, value, mask, form);
	return OFE_OK;
}

static enum of_error decode_load(struct raw *raw, struct of_actions *ret)
{
	uint16_t ofs_bits = in_u16(&raw->body);
	struct of_bits dst;
	enum of_error e = decode_field(&raw->body, &dst);
	uint64_t value = in_u64(&raw->body);

	if (!e && (raw->body.bad || raw->body.left))
		e = OFE_ACTION_LEN;
	if (e)
		return e;
	e = decode_range(ofs_bits, &dst);
	if (!e && value & ~value_ones(dst.count).lo)
		e = OFE_ACTION_SET_ARGUMENT;
	if (!e && !(dst.field->flags & FIELD_WRITABLE))
		e = OFE_ACTION_SET_ARGUMENT;
	if (!e)
		actions_add_set(ret, dst.field,
				value_shifted((struct of_value){ 0, value }, dst.ofs),
				value_shifted(value_ones(dst.count), dst.ofs), SET_AS_LOAD);
	return e;
}

static enum of_error decode_move(struct raw *raw, bool copy, struct of_actions *ret)
{
	struct of_in *in = &raw->body;
	uint16_t bits = in_u16(in), src_ofs = in_u16(in), dst_ofs = in_u16(in);
	struct of_bits src, dst;
	struct of_action *a;
	enum of_error e;

	if (copy)
		in_skip(in, 2);
	e = decode_field(in, &src);
	if (!e)
		e = decode_field(in, &dst);
	if (e)
		return e;
	src.ofs = src_ofs;
	dst.ofs = dst_ofs;
	src.count = dst.count = bits;
	e = check_bits(&src);
	if (!e)
		e = check_bits(&dst);
	if (!e && (!(dst.field->flags & FIELD_WRITABLE) || in->left > 7))
		e = OFE_ACTION_SET_ARGUMENT;
	if (e)
		return e;
	a = actions_add(ret, ACT_MOVE);
	a->src = src;
	a->dst = dst;
	return OFE_OK;
}

static enum of_error decode_output_reg(struct raw *raw, struct of_actions *ret)
{
	struct of_in *in = &raw->body;
	uint16_t ofs_bits = in_u16(in), max_len = 0;
	struct of_action *a;
	struct of_bits src;
	enum of_error e;

	if (raw->nx == NX_OUTPUT_REG2)
		max_len = in_u16(in);
	e = decode_field(in, &src);
	if (e)
		return e;
	if (raw->nx == NX_OUTPUT_REG)
		max_len = in_u16(in);
	e = in->bad ? OFE_ACTION_LEN : decode_range(ofs_bits, &src);
	if (e)
		return e;
	a = actions_add(ret, ACT_OUTPUT_REG);
	a->src = src;
	a->a[0] = max_len;
	return OFE_OK;
}

static void keep(struct of_action *a, struct of_in *in)
{
	a->len = (uint16_t)in->left;
	a->data = a->len ? xmalloc(a->len) : NULL;
	if (a->len)
		memcpy(a->data, in->p, a->len);
	in_skip(in, in->left);
}

static enum of_error decode_controller2(struct raw *raw, struct of_action *a)
{
	struct of_in *in = &raw->body, value;
	uint16_t type;

	a->a[0] = 0xffff;
	a->a[2] = 1;
	in_skip(in, 6);
	while (property_next_lax(in, &type, &value)) {
		if (type == NXAC_MAX_LEN)
			a->a[0] = in_u16(&value);
		else if (type == NXAC_ID)
			a->a[1] = in_u16(&value);
		else if (type == NXAC_REASON)
			a->a[2] = in_u8(&value);
		else if (type == NXAC_USERDATA && !a->data)
			keep(a, &value);
		else
			return OFE_ACTION_ARGUMENT;
	}
	return in->bad ? OFE_ACTION_LEN : OFE_OK;
}

static enum of_error decode_ids(struct raw *raw, struct of_action *a)
{
	uint16_t n = in_u16(&raw->body);
	struct of_in ids;

	in_skip(&raw->body, 4);
	ids = in_part(&raw->body, n * 2u);
	if (ids.bad)
		return OFE_ACTION_LEN;
	keep(a, &ids);
	return OFE_OK;
}

static enum of_error decode_clone(struct raw *raw, struct of_actions *ret)
{
	struct of_action *a = actions_add(ret, ACT_CLONE);

	a->inner = xzalloc(sizeof(*a->inner));
	in_skip(&raw->body, 6);
	return list_decode(&raw->body, raw->version, raw->depth + 1, a->inner);
}

static enum of_error decode_tunnel(struct raw *raw, struct of_actions *ret)
{
	const struct of_field *f = field_by_name("tun_id", 6);
	bool wide = raw->nx == NX_SET_TUNNEL64;
	uint64_t id;

	in_skip(&raw->body, wide ? 6 : 2);
	id = in_number(&raw->body, wide ? 8 : 4);
	if (raw->body.bad || raw->body.left)
		return OFE_ACTION_LEN;
	actions_add_set(ret, f, (struct of_value){ 0, id }, field_all(f), SET_AS_TUNNEL);
	return OFE_OK;
}

static enum of_error decode_resubmit(struct raw *raw, struct of_actions *ret)
{
	struct of_action *a = actions_add(ret, ACT_RESUBMIT);
	uint32_t port = port_from10(in_u16(&raw->body));
	uint8_t table = in_u8(&raw->body);

	a->a[0] = port;
	a->a[1] = raw->nx == NX_RESUBMIT ? OF_TABLE_ALL : table;
	a->form = raw->nx == NX_RESUBMIT;
	return raw->body.bad || raw->body.left != 3 ? OFE_ACTION_LEN : OFE_OK;
}

/* What it does not do (NAT, marks, labels, helpers) is in its inner actions or says so itself. */
static enum of_error decode_ct(struct raw *raw, struct of_actions *ret)
{
	struct of_action *a = actions_add(ret, ACT_CT);
	struct of_in *in = &raw->body;
	struct of_actions inner = {};
	enum of_error e = OFE_OK;
	uint32_t field;
	uint16_t alg;

	a->a[0] = in_u16(in);
	field = in_u32(in);
	a->a[1] = in_u16(in);
	a->a[2] = in_u8(in);
	in_skip(in, 3);
	alg = in_u16(in);
	if (in->bad)
		return OFE_ACTION_LEN;
	if (field) {
		a->src.field = field_by_header(field);
		e = a->src.field ? decode_range((uint16_t)a->a[1], &a->src) : OFE_ACTION_SET_TYPE;
		if (!e && a->src.count != 16)
			e = OFE_ACTION_SET_LEN;
		a->a[1] = 0;
	}
	if (!e && (a->a[0] & ~(uint64_t)CT_COMMIT || alg))
		e = OFE_ACTION_ARGUMENT;
	if (!e)
		e = list_decode(in, raw->version, raw->depth + 1, &inner);
	if (!e && inner.count)
		e = OFE_ACTION_ARGUMENT;
	actions_deinit(&inner);
	return e;
}

/* Its parts stay as they came, without the filling behind them. */
static enum of_error decode_learn(struct raw *raw, struct of_action *a)
{
	struct of_in *in = &raw->body, parts;
	struct of_learn_part part;
	struct of_out out = {};
	unsigned int n = 0;
	enum of_error e;
	uint16_t flags, idle, hard;

	a->a[0] = in_u16(in);
	a->a[1] = in_u16(in);
	a->a[2] = (uint64_t)in_u16(in) << 16;
	a->a[3] = in_u64(in);
	flags = in_u16(in);
	a->a[2] |= in_u8(in);
	in_skip(in, 1);
	idle = in_u16(in);
	hard = in_u16(in);
	if (in->bad)
		return OFE_ACTION_LEN;
	if (flags & ~LEARN_SEND_REM || idle || hard || (a->a[2] & 0xff) >= OF_TABLES)
		return OFE_ACTION_ARGUMENT;
	a->form = (uint8_t)flags;
	for (parts = *in; learn_next(&parts, &part, &e); n++)
		learn_put(&out, &part);
	if (!e && n > OF_LEARN_PARTS_MAX)
		e = OFE_ACTION_TOO_MANY;
	a->data = out.data;
	a->len = (uint16_t)out.len;
	return e;
}

static enum of_error decode_metadata(struct of_in *in, unsigned int pad, struct of_actions *ret)
{
	struct of_action *a = actions_add(ret, ACT_METADATA);

	in_skip(in, pad);
	a->a[0] = in_u64(in);
	a->a[1] = in_u64(in);
	a->a[0] &= a->a[1];
	return in->bad || in->left ? OFE_ACTION_LEN : OFE_OK;
}

static enum of_error decode_nx(struct raw *raw, struct of_actions *ret)
{
	struct of_action *a;

	switch (raw->nx) {
	case NX_SET_TUNNEL:
	case NX_SET_TUNNEL64:
		return decode_tunnel(raw, ret);
	case NX_RESUBMIT:
	case NX_RESUBMIT_TABLE:
		return decode_resubmit(raw, ret);
	case NX_REG_MOVE:
		return decode_move(raw, false, ret);
	case NX_REG_LOAD:
		return decode_load(raw, ret);
	case NX_REG_LOAD2:
		in_skip(&raw->body, 6);
		return decode_set_field(raw, true, SET_AS_LOAD, ret);
	case NX_OUTPUT_REG:
	case NX_OUTPUT_REG2:
		return decode_output_reg(raw, ret);
	case NX_NOTE:
		keep(actions_add(ret, ACT_NOTE), &raw->body);
		return OFE_OK;
	case NX_DEC_TTL:
		actions_add(ret, ACT_DEC_TTL);
		return OFE_OK;
	case NX_CNT_IDS:
		return decode_ids(raw, actions_add(ret, ACT_DEC_TTL));
	case NX_CONTROLLER:
		a = actions_add(ret, ACT_CONTROLLER);
		return by_layout(&raw->body, "221.", a);
	case NX_CONTROLLER2:
		return decode_controller2(raw, actions_add(ret, ACT_CONTROLLER));
	case NX_METADATA:
		return decode_metadata(&raw->body, 6, ret);
	case NX_CLONE:
		return decode_clone(raw, ret);
	case NX_CT:
		return decode_ct(raw, ret);
	case NX_LEARN:
		return decode_learn(raw, actions_add(ret, ACT_LEARN));
	}
	return OFE_ACTION_VENDOR_TYPE;
}

static enum of_error decode_body(struct raw *raw, struct of_actions *ret)
{
	const struct set_row *set = set_row_of(raw);
	const struct action_row *row;
	const char *layout;

	if (set)
		return decode_set(raw, set, ret);
	row = row_of(raw, &layout);
	if (row)
		return by_layout(&raw->body, layout, actions_add(ret, row->kind));
	if (raw->nx >= 0)
		return decode_nx(raw, ret);
	if (raw->version == OF10)
		return OFE_ACTION_TYPE;
	if (raw->type == OF_DEC_TTL) {
		actions_add(ret, ACT_DEC_TTL);
		return OFE_OK;
	}
	if (raw->type == OF_SET_FIELD)
		return decode_set_field(raw, raw->version >= OF15, SET_AS_FIELD, ret);
	if (raw->type == OF_COPY_FIELD && raw->version >= OF15)
		return decode_move(raw, true, ret);
	return OFE_ACTION_TYPE;
}

static enum of_error action_decode(struct of_in *in, uint8_t version, uint8_t depth,
				   struct of_actions *ret)
{
	struct raw raw = { .nx = -1, .version = version, .depth = depth };
	uint16_t len;
	uint32_t vendor;

	raw.type = in_u16(in);
	len = in_u16(in);
	if (in->bad || len < 8 || len % 8 || len - 4u > in->left)
		return OFE_ACTION_LEN;
	raw.body = in_part(in, len - 4u);
	if (raw.type != OF_VENDOR)
		return decode_body(&raw, ret);
	vendor = in_u32(&raw.body);
	if (vendor == ONF_VENDOR && version < OF15 && in_u16(&raw.body) == 3200) {
		in_skip(&raw.body, 2);
		return decode_move(&raw, true, ret);
	}
	if (vendor != NX_VENDOR)
		return OFE_ACTION_VENDOR;
	raw.nx = in_u16(&raw.body);
	return raw.body.bad ? OFE_ACTION_LEN : decode_body(&raw, ret);
}

static enum of_error list_decode(struct of_in *in, uint8_t version, uint8_t depth,
				 struct of_actions *ret)
{
	if (depth > OF_NESTED_MAX)
		return OFE_ACTION_TOO_MANY;
	while (in->left) {
		enum of_error e;

		if (ret->count >= OF_ACTIONS_MAX)
			return OFE_ACTION_TOO_MANY;
		e = action_decode(in, version, depth, ret);
		if (e)
			return e;
	}
	return OFE_OK;
}

enum of_error actions_decode(struct of_in *in, uint8_t version, struct of_actions *ret)
{
	return list_decode(in, version, 0, ret);
}

/* The order of instructions is that of the kinds; 1.1 and later say each once. */
struct instructions {
	struct of_in body[INST_METER + 1];
	bool seen[INST_METER + 1];
};

static enum of_error collect(struct of_in *in, struct instructions *ret)
{
	while (in->left) {
		uint16_t type = in_u16(in), len = in_u16(in);

		if (in->bad || len < 8 || len % 8 || len - 4u > in->left)
			return OFE_INST_LEN;
		if (type == OF_VENDOR)
			return OFE_INST_EXPERIMENTER;
		if (!type || type > INST_METER)
			return OFE_INST_UNKNOWN;
		if (ret->seen[type])
			return OFE_INST_DUP;
		ret->seen[type] = true;
		ret->body[type] = in_part(in, len - 4u);
	}
	return OFE_OK;
}

enum of_error instructions_decode(struct of_in *in, uint8_t version, struct of_actions *ret)
{
	struct instructions found = {};
	enum of_error e;

	if (version == OF10)
		return actions_decode(in, version, ret);
	e = collect(in, &found);
	if (!e && found.seen[INST_METER] && version >= OF15)
		e = OFE_INST_UNKNOWN;
	if (!e && found.seen[INST_METER])
		actions_add(ret, ACT_METER)->a[0] = in_u32(&found.body[INST_METER]);
	if (!e && found.seen[INST_APPLY]) {
		in_skip(&found.body[INST_APPLY], 4);
		e = actions_decode(&found.body[INST_APPLY], version, ret);
	}
	if (!e && found.seen[INST_CLEAR])
		actions_add(ret, ACT_CLEAR);
	if (!e && found.seen[INST_WRITE]) {
		struct of_action *a = actions_add(ret, ACT_WRITE);

		a->inner = xzalloc(sizeof(*a->inner));
		in_skip(&found.body[INST_WRITE], 4);
		e = actions_decode(&found.body[INST_WRITE], version, a->inner);
	}
	if (!e && found.seen[INST_METADATA] &&
	    decode_metadata(&found.body[INST_METADATA], 4, ret))
		e = OFE_INST_LEN;
	if (!e && found.seen[INST_GOTO])
		actions_add(ret, ACT_GOTO)->a[0] = in_u8(&found.body[INST_GOTO]);
	return e;
}
