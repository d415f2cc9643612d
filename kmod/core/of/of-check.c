// SPDX-License-Identifier: GPL-2.0-or-later
#include "of-check.h"
#include "of-refuse.h"
#include "../frame.h"

#define DEPTH_WORDS	8	/* words of a SET or a MOVE */

static const struct {
	u8 first, words;
} fields[] = {
#define FIELD(name, first, words) { first, words },
	VIFSWITCH_OF_FIELDS(FIELD)
#undef FIELD
};

/* No operation changes these. */
static bool is_fixed(unsigned int first)
{
	return first == VIFSWITCH_OF_IN_PORT || first >= VIFSWITCH_OF_CONJ_ID ||
	       first == VIFSWITCH_OF_ETH_TYPE || first == VIFSWITCH_OF_IP_PROTO ||
	       first == VIFSWITCH_OF_IP_FRAG || first == VIFSWITCH_OF_TCP_FLAGS;
}

struct check {
	enum vs_of_place place;
	u16 table;
	struct vs_program_error *err;
};

static unsigned int field_index(unsigned int word)
{
	unsigned int i = 0;

	while (word >= (unsigned int)fields[i].first + fields[i].words)
		i++;
	return i;
}

unsigned int vs_of_field_of(unsigned int word, unsigned int *ret_words)
{
	unsigned int i = field_index(word);

	*ret_words = fields[i].words;
	return fields[i].first;
}

/* Are the words first.. of one field, and may they be set? */
static int check_words(const struct check *c, u32 first, u32 count, bool set)
{
	unsigned int i;

	if (!count || count > DEPTH_WORDS)
		return refuse(c->err, -EINVAL, "words of a field", count, "1 to 8");
	if (first >= VIFSWITCH_OF_WORDS)
		return refuse(c->err, -EINVAL, "word", first, "a word of the key");
	i = field_index(first);
	if (first + count > (u32)fields[i].first + fields[i].words)
		return refuse(c->err, -EINVAL, "words of a field", first + count,
			      "words of one field");
	if (set && is_fixed(fields[i].first))
		return refuse(c->err, -EINVAL, "word to set", first, "a field that can be set");
	return 0;
}

static int check_set(const struct check *c, const struct vifswitch_of_op *op)
{
	const u16 *pair = (const u16 *)(op + 1);
	u32 i, rest = op->units > 1 ? (op->units - 1U) * 4 : 0;
	int rc = check_words(c, op->a, op->b, true);

	if (rc)
		return rc;
	if (op->units != 1 + (op->b + 1) / 2)
		return refuse(c->err, -EINVAL, "units of SET", op->units, "one for two words");
	for (i = 0; i < op->b; i++)
		if (pair[2 * i] & ~pair[2 * i + 1])
			return refuse(c->err, -EINVAL, "value of SET", pair[2 * i],
				      "bits of its mask");
	for (i = 2 * op->b; i < rest; i++)
		if (pair[i])
			return refuse(c->err, -EINVAL, "filling of SET", pair[i], "0");
	return 0;
}

static int check_move(const struct check *c, const struct vifswitch_of_op *op)
{
	const struct vifswitch_of_bits *bits = (const void *)(op + 1);
	unsigned int i;
	int rc;

	if (op->units != 3 || op->a || !op->b || op->b > 64)
		return refuse(c->err, -EINVAL, "bits of MOVE", op->b, "1 to 64, in 3 units");
	for (i = 0; i < 2; i++) {
		rc = check_words(c, bits[i].first, bits[i].words, i);
		if (rc)
			return rc;
		if (bits[i].ofs + op->b > bits[i].words * 16U || bits[i].reserved)
			return refuse(c->err, -EINVAL, "ofs of MOVE", bits[i].ofs,
				      "bits inside of the words");
	}
	return 0;
}

static int check_field(const struct check *c, const struct vifswitch_of_op *op)
{
	int rc = check_words(c, op->a, 2, false);

	if (rc)
		return rc;
	if (op->a >= VIFSWITCH_OF_ETH_DST || (op->a >= 2 && op->a < VIFSWITCH_OF_REG) || op->b)
		return refuse(c->err, -EINVAL, "word of OUTPUT_FIELD", op->a,
			      "two of REG, or of IN_PORT");
	return 0;
}

static int check_learn(const struct check *c, const struct vifswitch_of_op *op)
{
	const u16 *word = (const u16 *)(op + 1);
	u32 i, rest = (op->units - 1U) * 4;

	if (op->b > VIFSWITCH_OF_LEARN_WORDS || op->units != 1 + (op->b + 3) / 4)
		return refuse(c->err, -EINVAL, "words of LEARN", op->b, "up to 64, four in a unit");
	for (i = 0; i < rest; i++)
		if (i < op->b ? word[i] >= VIFSWITCH_OF_WORDS : word[i])
			return refuse(c->err, -EINVAL, "word of LEARN", word[i], "words of the key, then 0");
	return 0;
}

static int check_ct(const struct check *c, const struct vifswitch_of_op *op, bool last)
{
	u16 zone = (u16)op->b;

	if (op->b >> 16 > (VIFSWITCH_OF_CT_COMMIT | VIFSWITCH_OF_CT_WORD) >> 16 &&
	    op->b != VIFSWITCH_OF_CT_CLEAR)
		return refuse(c->err, -EINVAL, "flags of CT", op->b, "flags that are known, CLEAR alone");
	if (op->b & VIFSWITCH_OF_CT_WORD &&
	    (zone < VIFSWITCH_OF_REG || zone >= VIFSWITCH_OF_ETH_DST))
		return refuse(c->err, -EINVAL, "word of CT", zone, "one of REG");
	if (op->a != VIFSWITCH_OF_CT_HERE &&
	    (op->a >= VIFSWITCH_OF_TABLES || !last || op->b & VIFSWITCH_OF_CT_CLEAR))
		return refuse(c->err, -EINVAL, "table of CT", op->a,
			      "0 to 253, as the last operation, or 255");
	return 0;
}

static bool port_known(u32 port)
{
	switch (port) {
	case VIFSWITCH_OF_PORT_IN:
	case VIFSWITCH_OF_PORT_NORMAL:
	case VIFSWITCH_OF_PORT_FLOOD:
	case VIFSWITCH_OF_PORT_ALL:
	case VIFSWITCH_OF_PORT_LOCAL:
		return true;
	default:
		return port && port <= VIFSWITCH_OF_PORT_MAX;
	}
}

/* Which may be where; what else is said of them. */
static bool may_be(enum vs_of_place place, u8 code)
{
	switch (code) {
	case VIFSWITCH_OF_OP_OUTPUT:
	case VIFSWITCH_OF_OP_OUTPUT_FIELD:
	case VIFSWITCH_OF_OP_CONTROLLER:
	case VIFSWITCH_OF_OP_PUSH_VLAN:
	case VIFSWITCH_OF_OP_POP_VLAN:
	case VIFSWITCH_OF_OP_SET:
	case VIFSWITCH_OF_OP_DEC_TTL:
		return true;
	case VIFSWITCH_OF_OP_MOVE:
	case VIFSWITCH_OF_OP_PUSH_MPLS:
	case VIFSWITCH_OF_OP_POP_MPLS:
	case VIFSWITCH_OF_OP_DEC_MPLS_TTL:
		return place != VS_OF_OF_SET;
	case VIFSWITCH_OF_OP_GROUP:
		return place != VS_OF_OF_BUCKET;
	case VIFSWITCH_OF_OP_METER:
	case VIFSWITCH_OF_OP_GOTO:
	case VIFSWITCH_OF_OP_WRITE:
	case VIFSWITCH_OF_OP_CLEAR:
	case VIFSWITCH_OF_OP_RESUBMIT:
	case VIFSWITCH_OF_OP_DROP:
	case VIFSWITCH_OF_OP_CLONE:
	case VIFSWITCH_OF_OP_CONJUNCTION:
	case VIFSWITCH_OF_OP_CT:
	case VIFSWITCH_OF_OP_LEARN:
		return place == VS_OF_OF_FLOW;
	default:
		return false;
	}
}

static int check_plain(const struct check *c, const struct vifswitch_of_op *op, bool last)
{
	switch (op->code) {
	case VIFSWITCH_OF_OP_OUTPUT:
		if (op->a || !port_known(op->b))
			return refuse(c->err, -EINVAL, "port of OUTPUT", op->b, "a port");
		return 0;
	case VIFSWITCH_OF_OP_OUTPUT_FIELD:
		return check_field(c, op);
	case VIFSWITCH_OF_OP_GROUP:
	case VIFSWITCH_OF_OP_METER:
		if (op->a || !op->b)
			return refuse(c->err, -EINVAL, "group or meter", op->b, "its id");
		return 0;
	case VIFSWITCH_OF_OP_PUSH_VLAN:
		if (op->a != 0x8100 || op->b)
			return refuse(c->err, -EINVAL, "ethertype of PUSH_VLAN", op->a, "0x8100");
		return 0;
	case VIFSWITCH_OF_OP_PUSH_MPLS:
		if ((op->a != VS_TYPE_MPLS && op->a != VS_TYPE_MPLS_MC) || op->b)
			return refuse(c->err, -EINVAL, "ethertype of PUSH_MPLS", op->a,
				      "0x8847 or 0x8848");
		return 0;
	case VIFSWITCH_OF_OP_POP_MPLS:
		if (op->a < VS_TYPE_MIN || vs_type_is_tag(op->a) || op->b)
			return refuse(c->err, -EINVAL, "ethertype of POP_MPLS", op->a,
				      "one that is none of a tag");
		return 0;
	case VIFSWITCH_OF_OP_DEC_TTL:
	case VIFSWITCH_OF_OP_DEC_MPLS_TTL:
		if (op->a > 1 || op->b > 0xffff || (op->a && op->b))
			return refuse(c->err, -EINVAL, "DEC_TTL", op->b, "a controller, or a is 1");
		return 0;
	case VIFSWITCH_OF_OP_GOTO:
		if (op->a <= c->table || op->a >= VIFSWITCH_OF_TABLES || op->b || !last)
			return refuse(c->err, -EINVAL, "table of GOTO", op->a,
				      "one behind the flow's own, as the last operation");
		return 0;
	case VIFSWITCH_OF_OP_RESUBMIT:
		if (op->a >= VIFSWITCH_OF_TABLES ||
		    (op->b > VIFSWITCH_OF_PORT_MAX && op->b != VIFSWITCH_OF_PORT_LOCAL))
			return refuse(c->err, -EINVAL, "table of RESUBMIT", op->a, "0 to 253");
		return 0;
	case VIFSWITCH_OF_OP_CT:
		return check_ct(c, op, last);
	case VIFSWITCH_OF_OP_CONJUNCTION:
		if (!op->b || op->a >> 8 >= (op->a & 0xff) ||
		    (op->a & 0xff) > VIFSWITCH_OF_CLAUSES_MAX)
			return refuse(c->err, -EINVAL, "clause of CONJUNCTION", op->a,
				      "one of up to 64, of an id");
		return 0;
	default:
		if (op->a || op->b)
			return refuse(c->err, -EINVAL, "unused part of an operation", op->code,
				      "0");
		return 0;
	}
}

static int check_op(const struct check *c, const struct vifswitch_of_op *op, bool last)
{
	switch (op->code) {
	case VIFSWITCH_OF_OP_SET:
		return check_set(c, op);
	case VIFSWITCH_OF_OP_MOVE:
		return check_move(c, op);
	case VIFSWITCH_OF_OP_LEARN:
		return check_learn(c, op);
	case VIFSWITCH_OF_OP_CONTROLLER:
		if (op->units != 2 || op->b >> 16 > 0xff)
			return refuse(c->err, -EINVAL, "CONTROLLER", op->b >> 16, "2 units, reason 0 to 255");
		return 0;
	case VIFSWITCH_OF_OP_WRITE:
	case VIFSWITCH_OF_OP_CLONE:
		if (op->a || op->b)
			return refuse(c->err, -EINVAL, "unused part of an operation", op->b, "0");
		return vs_of_check_ops((const u8 *)(op + 1), (op->units - 1U) * 8,
				       op->code == VIFSWITCH_OF_OP_WRITE ? VS_OF_OF_SET :
				       VS_OF_OF_BUCKET, c->table, c->err);
	default:
		if (op->units != 1)
			return refuse(c->err, -EINVAL, "units of an operation", op->units, "1");
		return check_plain(c, op, last);
	}
}

int vs_of_check_ops(const u8 *ops, size_t len, enum vs_of_place place, u16 table,
		    struct vs_program_error *err)
{
	struct check c = { place, table, err };
	const struct vifswitch_of_op *op;
	unsigned int conjuncts = 0, others = 0;
	size_t at, size;
	int rc;

	if (len > VIFSWITCH_OF_OPS_MAX || len % 8)
		return refuse(err, -EINVAL, "octets of operations", len, "a multiple of 8, up to 4096");
	for (at = 0; at < len; at += size) {
		op = (const struct vifswitch_of_op *)(ops + at);
		size = op->units * 8U;
		if (!size || size > len - at)
			return refuse(err, -EINVAL, "units of an operation", op->units,
				      "1 or more, inside of all");
		if (!may_be(place, op->code))
			return refuse(err, -EINVAL, "operation", op->code, "one that may be there");
		rc = check_op(&c, op, at + size == len);
		if (rc)
			return rc;
		conjuncts += op->code == VIFSWITCH_OF_OP_CONJUNCTION;
		others += op->code != VIFSWITCH_OF_OP_CONJUNCTION;
	}
	if (conjuncts && others)
		return refuse(err, -EINVAL, "operations beside CONJUNCTION", others, "none");
	return 0;
}

static int check_flow(const u8 *at, size_t len, struct vs_program_error *err)
{
	const struct vifswitch_of_flow *f = (const void *)at;
	const struct vifswitch_of_word *w = (const void *)(f + 1);
	const u8 *end = (const u8 *)(w + f->match_count);
	size_t words = vs_of_words_size(f->match_count), i;

	if (f->match_count > VIFSWITCH_OF_WORDS)
		return refuse(err, -EINVAL, "match_count", f->match_count, "words of the key");
	if (len != sizeof(*f) + words + f->ops_len)
		return refuse(err, -EINVAL, "len of a flow", len, "its head, words and operations");
	if (!f->id || f->table >= VIFSWITCH_OF_TABLES)
		return refuse(err, -EINVAL, "table of a flow", f->table, "0 to 253, and id not 0");
	if (f->priority > VIFSWITCH_OF_PRIORITY_MAX)
		return refuse(err, -EINVAL, "priority", f->priority, "0 to 65537");
	if (f->flags & ~VIFSWITCH_OF_FLOW_ALL)
		return refuse(err, -EINVAL, "flags of a flow", f->flags, "flags that are known");
	for (i = 0; i < f->match_count; i++)
		if (w[i].word >= VIFSWITCH_OF_WORDS || (i && w[i].word <= w[i - 1].word) ||
		    !w[i].mask || w[i].value & ~w[i].mask)
			return refuse(err, -EINVAL, "word of a match", w[i].word,
				      "words ascending, a mask, its bits");
	for (i = f->match_count * sizeof(*w); i < words; i++, end++)
		if (*end)
			return refuse(err, -EINVAL, "filling of a match", *end, "0");
	return vs_of_check_ops(at + sizeof(*f) + words, f->ops_len, VS_OF_OF_FLOW, f->table, err);
}

static int check_group(const u8 *at, size_t len, struct vs_program_error *err)
{
	const struct vifswitch_of_group *g = (const void *)at;
	const struct vifswitch_of_bucket *b;
	size_t done = sizeof(*g);
	unsigned int i;
	int rc;

	if (!g->id || g->id > 0xffffff01 || g->reserved)
		return refuse(err, -EINVAL, "id of a group", g->id, "1 to 0xffffff01");
	if (g->type >= VIFSWITCH_OF_GROUP_TYPES)
		return refuse(err, -EINVAL, "type of a group", g->type, "one that is known");
	if (g->bucket_count > VIFSWITCH_OF_BUCKETS_MAX ||
	    (g->type == VIFSWITCH_OF_GROUP_INDIRECT && g->bucket_count != 1))
		return refuse(err, -EINVAL, "bucket_count", g->bucket_count,
			      "0 to 256, and 1 of INDIRECT");
	for (i = 0; i < g->bucket_count; i++) {
		b = (const void *)(at + done);
		if (len - done < sizeof(*b) || len - done - sizeof(*b) < b->ops_len)
			return refuse(err, -EINVAL, "bucket", i, "inside of the record");
		if (b->weight && g->type != VIFSWITCH_OF_GROUP_SELECT)
			return refuse(err, -EINVAL, "weight", b->weight, "0");
		if (b->watch_port && !port_known(b->watch_port))
			return refuse(err, -EINVAL, "watch_port", b->watch_port, "a port, or 0");
		if (b->watch_group)
			return refuse(err, -EINVAL, "watch_group", b->watch_group, "0");
		done += sizeof(*b) + b->ops_len;
		rc = vs_of_check_ops((const u8 *)(b + 1), b->ops_len, VS_OF_OF_BUCKET, 0, err);
		if (rc)
			return rc;
	}
	return done == len ? 0 : refuse(err, -EINVAL, "len of a group", len, "its head and buckets");
}

static int check_meter(const u8 *at, size_t len, struct vs_program_error *err)
{
	const struct vifswitch_of_meter *m = (const void *)at;
	const struct vifswitch_of_band *b = (const void *)(m + 1);
	unsigned int i;

	if (!m->id || m->flags & ~VIFSWITCH_OF_METER_ALL)
		return refuse(err, -EINVAL, "id or flags of a meter", m->id, "not 0; flags that are known");
	if (m->band_count > VIFSWITCH_OF_BANDS_MAX ||
	    len != sizeof(*m) + m->band_count * sizeof(*b))
		return refuse(err, -EINVAL, "band_count", m->band_count, "0 to 4, and all are there");
	for (i = 0; i < m->band_count; i++) {
		if (!b[i].rate || b[i].rate > VIFSWITCH_OF_BAND_RATE_MAX || b[i].reserved ||
		    b[i].type >= VIFSWITCH_OF_BAND_TYPES)
			return refuse(err, -EINVAL, "rate or type of a band", b[i].rate,
				      "1 to 1000000000, and a type that is known");
		if (b[i].type == VIFSWITCH_OF_BAND_REMARK ? b[i].levels - 1U > 2 : b[i].levels)
			return refuse(err, -EINVAL, "levels", b[i].levels, "1 to 3 of REMARK, else 0");
	}
	return 0;
}

/* The octets of each kind's head; 0: not for OF_CHANGE. */
static size_t head_of(u16 kind)
{
	switch (kind) {
	case VIFSWITCH_OF_FLOW:
		return sizeof(struct vifswitch_of_flow);
	case VIFSWITCH_OF_GROUP:
		return sizeof(struct vifswitch_of_group);
	case VIFSWITCH_OF_METER:
		return sizeof(struct vifswitch_of_meter);
	case VIFSWITCH_OF_FLOW_DEL:
	case VIFSWITCH_OF_GROUP_DEL:
	case VIFSWITCH_OF_METER_DEL:
		return sizeof(struct vifswitch_of_name);
	case VIFSWITCH_OF_CLEAR:
		return sizeof(struct vifswitch_of_record);
	default:
		return 0;
	}
}

static int check_kind(u16 kind, const u8 *at, size_t len, struct vs_program_error *err)
{
	switch (kind) {
	case VIFSWITCH_OF_FLOW:
		return check_flow(at, len, err);
	case VIFSWITCH_OF_GROUP:
		return check_group(at, len, err);
	case VIFSWITCH_OF_METER:
		return check_meter(at, len, err);
	default:
		return len == head_of(kind) ? 0 : refuse(err, -EINVAL, "len of a record", len,
							 "what its kind has");
	}
}

int vs_of_check(const u8 *at, size_t left, struct vs_program_error *err)
{
	const struct vifswitch_of_record *r = (const void *)at;
	size_t head;
	int rc;

	if (left < sizeof(*r) || r->len < sizeof(*r) || r->len % 8 || r->len > left)
		return refuse(err, -EINVAL, "len of a record", left < sizeof(*r) ? left : r->len,
			      "a multiple of 8, inside of all");
	head = head_of(r->kind);
	if (!head || r->reserved)
		return refuse(err, -EINVAL, "kind of a record", r->kind, "one that changes something");
	if (r->len < head)
		return refuse(err, -EINVAL, "len of a record", r->len, "what its kind has");
	rc = check_kind(r->kind, at, r->len, err);
	return rc ? rc : (int)r->len;
}
