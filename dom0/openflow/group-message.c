// SPDX-License-Identifier: GPL-2.0-or-later
/* Groups and meters on the wire. */
#include "base/cleanup.h"
#include "openflow/of-message.h"
#include "openflow/property.h"

static struct of_bucket *bucket_add(struct of_group *g, size_t *room)
{
	g->buckets = xgrow(g->buckets, g->count, room, sizeof(*g->buckets));
	g->buckets[g->count] = (struct of_bucket){
		.id = BUCKET_ALL, .watch_port = OFPP_ANY, .watch_group = OFPG_ANY,
	};
	return &g->buckets[g->count++];
}

static enum of_error bucket13(struct of_in *in, uint8_t version, struct of_bucket *b)
{
	b->weight = in_u16(in);
	b->watch_port = in_u32(in);
	b->watch_group = in_u32(in);
	in_skip(in, 4);
	return in->bad ? OFE_GROUP_BUCKET : actions_decode(in, version, &b->actions);
}

static enum of_error bucket15(struct of_in *in, uint8_t version, struct of_bucket *b)
{
	uint16_t len = in_u16(in), type;
	struct of_in actions, value;
	enum of_error e;

	b->id = in_u32(in);
	actions = in_part(in, len);
	if (in->bad || b->id > BUCKET_MAX)
		return OFE_GROUP_BUCKET;
	b->weight = 1;
	e = actions_decode(&actions, version, &b->actions);
	while (!e && property_next(in, &type, &value)) {
		if (type == BUCKET_WEIGHT)
			b->weight = in_u16(&value);
		else if (type == BUCKET_WATCH_PORT)
			b->watch_port = in_u32(&value);
		else if (type == BUCKET_WATCH_GROUP)
			b->watch_group = in_u32(&value);
		else
			e = OFE_PROPERTY_TYPE;
		if (value.bad)
			e = OFE_PROPERTY_LEN;
	}
	return e ? e : in->bad ? OFE_PROPERTY_LEN : OFE_OK;
}

static enum of_error buckets_decode(struct of_in *in, uint8_t version, bool of15,
				    struct of_group *g)
{
	size_t room = 0;

	while (in->left) {
		uint16_t len = in_u16(in);
		struct of_in body;
		enum of_error e;

		if (in->bad || len < 8 || len % 8 || len - 2u > in->left)
			return OFE_GROUP_BUCKET;
		if (g->count == OF_BUCKETS_MAX)
			return OFE_GROUP_BUCKETS;
		body = in_part(in, len - 2u);
		e = of15 ? bucket15(&body, version, bucket_add(g, &room)) :
		    bucket13(&body, version, bucket_add(g, &room));
		if (e)
			return e;
	}
	return OFE_OK;
}

static bool ids_repeat(const struct of_group *g)
{
	for (size_t i = 0; i < g->count; i++)
		for (size_t k = 0; k < i; k++)
			if (g->buckets[i].id == g->buckets[k].id)
				return true;
	return false;
}

static enum of_error body15(struct of_in *in, uint8_t version, struct of_group_mod *ret)
{
	uint16_t len = in_u16(in);
	struct of_in buckets;
	enum of_error e;

	in_skip(in, 2);
	ret->bucket = in_u32(in);
	buckets = in_part(in, len);
	if (in->bad)
		return OFE_BAD_LEN;
	e = buckets_decode(&buckets, version, true, ret->group);
	if (!e && ids_repeat(ret->group))
		e = OFE_GROUP_BUCKET_EXISTS;
	if (!e && ret->command == GROUP_REMOVE && ret->group->count)
		e = OFE_GROUP_BUCKET;
	return e;
}

enum of_error group_mod_decode(struct of_in *in, uint8_t version, struct of_group_mod *ret)
{
	struct of_group_mod gm = { .group = xzalloc(sizeof(*gm.group)), .bucket = BUCKET_ALL };
	bool of15 = version == OF10 || version >= OF15;
	enum of_error e;

	gm.command = in_u16(in);
	gm.group->type = in_u8(in);
	in_skip(in, 1);
	gm.group->id = in_u32(in);
	if (in->bad)
		e = OFE_BAD_LEN;
	else if (!of15 && gm.command > GROUP_DELETE && gm.command != GROUP_ADD_OR_MOD)
		e = OFE_GROUP_COMMAND;
	else
		e = of15 ? body15(in, version, &gm) : buckets_decode(in, version, false, gm.group);
	if (e)
		group_free(gm.group);
	else
		*ret = gm;
	return e;
}

enum of_error handle_group_mod(struct of_session *s, struct of_message *m)
{
	struct of_txn txn = { .sw = s->sw, .by = s, .xid = m->xid };
	struct of_group_mod gm;
	enum of_error e = group_mod_decode(&m->body, s->version, &gm);

	if (e)
		return e;
	e = txn_end(&txn, txn_group_mod(&txn, &gm));
	group_free(gm.group);
	if (!e)
		sessions_request_forward(s->sw, s, 0, m);
	return e;
}

enum of_error handle_nx_group_mod(struct of_session *s, struct of_message *m)
{
	return s->version == OF10 ? handle_group_mod(s, m) : OFE_BAD_SUBTYPE;
}

/* ---- meters ---- */

static enum of_error bands_decode(struct of_in *in, struct of_meter *m)
{
	size_t room = 0;

	while (in->left) {
		uint16_t type = in_u16(in), len = in_u16(in);
		struct of_in body = len < 4 ? (struct of_in){ .bad = true } : in_part(in, len - 4u);
		struct of_band *b;

		if (body.bad || len != 16)
			return OFE_BAD_LEN;
		if (m->count == OF_BANDS_MAX)
			return OFE_METER_BANDS;
		m->bands = xgrow(m->bands, m->count, &room, sizeof(*m->bands));
		b = &m->bands[m->count++];
		*b = (struct of_band){ .type = type };
		b->rate = in_u32(&body);
		b->burst = in_u32(&body);
		b->level = type == BAND_REMARK ? in_u8(&body) : 0;
	}
	return OFE_OK;
}

static enum of_error meter_mod_decode(struct of_in *in, struct of_meter_mod *ret)
{
	struct of_meter_mod mm = { .meter = xzalloc(sizeof(*mm.meter)) };
	enum of_error e;

	mm.command = in_u16(in);
	mm.meter->flags = in_u16(in);
	mm.meter->id = in_u32(in);
	e = in->bad ? OFE_BAD_LEN : mm.command == 2 ? OFE_OK : bands_decode(in, mm.meter);
	if (e)
		meter_free(mm.meter);
	else
		*ret = mm;
	return e;
}

void meter_bands_encode(const struct of_meter *m, struct of_out *out)
{
	for (size_t i = 0; i < m->count; i++) {
		out_u16(out, m->bands[i].type);
		out_u16(out, 16);
		out_u32(out, m->bands[i].rate);
		out_u32(out, m->bands[i].burst);
		out_u32(out, (uint32_t)m->bands[i].level << 24);
	}
}

enum of_error handle_meter_mod(struct of_session *s, struct of_message *m)
{
	struct of_txn txn = { .sw = s->sw, .by = s, .xid = m->xid };
	struct of_meter_mod mm;
	enum of_error e = meter_mod_decode(&m->body, &mm);

	if (e)
		return e;
	e = txn_end(&txn, txn_meter_mod(&txn, &mm));
	meter_free(mm.meter);
	if (!e)
		sessions_request_forward(s->sw, s, 1, m);
	return e;
}
