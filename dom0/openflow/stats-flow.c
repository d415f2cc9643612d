// SPDX-License-Identifier: GPL-2.0-or-later
/* Answers about flows, groups and meters. */
#include "base/cleanup.h"
#include "openflow/multipart.h"

static enum of_error criteria_decode(struct of_session *s, struct of_in *in, bool nx,
				     struct of_match *m, struct of_criteria *c)
{
	struct of_in fields;
	enum of_error e;
	uint16_t len;

	c->out_port = c->out_group = OFPP_ANY;
	if (s->version > OF10) {
		c->table = in_u8(in);
		in_skip(in, 3);
		c->out_port = in_u32(in);
		c->out_group = in_u32(in);
		in_skip(in, 4);
		c->cookie = in_u64(in);
		c->cookie_mask = in_u64(in);
		c->cookie &= c->cookie_mask;
		return in->bad ? OFE_BAD_LEN : oxm_decode(in, m);
	}
	if (!nx) {
		e = match10_decode(in, m);
		c->table = in_u8(in);
		in_skip(in, 1);
		c->out_port = port_from10(in_u16(in));
		return e ? e : in->bad ? OFE_BAD_LEN : OFE_OK;
	}
	c->out_port = port_from10(in_u16(in));
	len = in_u16(in);
	c->table = in_u8(in);
	in_skip(in, 3);
	fields = in_part(in, len);
	return in->bad ? OFE_BAD_LEN : nxm_decode_cookie(&fields, m, &c->cookie, &c->cookie_mask);
}

static void flow10(const struct of_flow *f, const struct of_match *m, uint64_t now,
		   struct of_out *out)
{
	size_t start = out->len;

	out_u16(out, 0);
	out_u16(out, (unsigned int)f->table << 8);
	match10_encode(m, out);
	time_encode(now - f->created, out);
	out_u16(out, f->priority);
	out_u16(out, f->idle);
	out_u16(out, f->hard);
	out_zero(out, 6);
	out_u64(out, f->cookie);
	out_u64(out, f->packets);
	out_u64(out, f->bytes);
	actions_encode(&f->actions, OF10, out);
	out_length(out, start, start);
}

static void flow_nx(const struct of_flow *f, const struct of_match *m, uint64_t now,
		    struct of_out *out)
{
	size_t start = out->len;
	uint64_t idle = (now - f->used) / 1000, hard = (now - f->modified) / 1000;

	out_u16(out, 0);
	out_u16(out, (unsigned int)f->table << 8);
	time_encode(now - f->created, out);
	out_u16(out, f->priority);
	out_u16(out, f->idle);
	out_u16(out, f->hard);
	out_u16(out, 0);
	out_u16(out, idle > 65533 ? 65534 : idle + 1);
	out_u16(out, hard > 65533 ? 65534 : hard + 1);
	out_u64(out, f->cookie);
	out_u64(out, f->packets);
	out_u64(out, f->bytes);
	nxm_encode_padded(m, OF10, out, start + 18);
	actions_encode(&f->actions, OF10, out);
	out_length(out, start, start);
}

static void flow13(const struct of_flow *f, const struct of_match *m, uint8_t version, uint64_t now,
		   struct of_out *out)
{
	size_t start = out->len;

	out_u16(out, 0);
	out_u16(out, (unsigned int)f->table << 8);
	time_encode(now - f->created, out);
	out_u16(out, f->priority);
	out_u16(out, f->idle);
	out_u16(out, f->hard);
	out_u16(out, f->flags);
	out_u16(out, version >= OF14 ? f->importance : 0);
	out_u16(out, 0);
	out_u64(out, f->cookie);
	out_u64(out, f->packets);
	out_u64(out, f->bytes);
	oxm_encode(m, version, out);
	instructions_encode(&f->actions, version, out);
	out_length(out, start, start);
}

/* What it is, with what it has done; of STATS_FLOW15 the latter alone. */
static void flow15(const struct of_flow *f, const struct of_match *m, bool desc, uint64_t now,
		   struct of_out *out)
{
	size_t start = out->len;

	out_u32(out, 0);
	out_u16(out, (unsigned int)f->table << 8);
	out_u16(out, f->priority);
	if (desc) {
		out_u16(out, f->idle);
		out_u16(out, f->hard);
		out_u16(out, f->flags);
		out_u16(out, f->importance);
		out_u64(out, f->cookie);
	}
	oxm_encode(m, OF15, out);
	oxs_encode(f, now, out);
	if (desc)
		instructions_encode(&f->actions, OF15, out);
	out_length(out, start, start);
}

static void encode(struct of_session *s, const struct of_flow *f, const struct of_reply *r)
{
	struct of_match m;

	match_of(f->match, &m);
	if (s->version >= OF15)
		flow15(f, &m, r->type == STATS_FLOW, s->sw->now, &s->out);
	else if (s->version > OF10)
		flow13(f, &m, s->version, s->sw->now, &s->out);
	else if (r->type == STATS_VENDOR)
		flow_nx(f, &m, s->sw->now, &s->out);
	else
		flow10(f, &m, s->sw->now, &s->out);
}

/* Which flows are meant; their counters are up to date. ret->match is to be freed. */
static enum of_error criteria_take(struct of_session *s, struct of_in *in,
				   const struct of_reply *r, struct of_criteria *ret)
{
	struct of_match m = {};
	enum of_error e = criteria_decode(s, in, r->type == STATS_VENDOR, &m, ret);

	if (e)
		return e;
	if (ret->table >= OF_TABLES && ret->table != OF_TABLE_ALL)
		return OFE_BAD_TABLE_ID;
	ret->match = words_of(&m);
	switch_refresh(s->sw);
	return OFE_OK;
}

enum of_error stats_flow(struct of_session *s, struct of_in *in, struct of_reply *r)
{
	_cleanup_free_ struct of_words *match = NULL;
	struct of_criteria c = {};
	struct of_flow *f;
	enum of_error e = criteria_take(s, in, r, &c);

	if (e)
		return e;
	match = c.match;
	criteria_tables(&c, t) {
		TAILQ_FOREACH(f, &s->sw->tables[t].flows, link) {
			if (!criteria_hold(&c, f))
				continue;
			encode(s, f, r);
			reply_item(r);
			if (s->state == SESSION_DOOMED)
				return OFE_OK;
		}
	}
	return OFE_OK;
}

enum of_error stats_aggregate(struct of_session *s, struct of_in *in, struct of_reply *r)
{
	_cleanup_free_ struct of_words *match = NULL;
	uint64_t packets = 0, bytes = 0;
	struct of_criteria c = {};
	struct of_flow *f;
	uint32_t flows = 0;
	enum of_error e = criteria_take(s, in, r, &c);

	if (e)
		return e;
	match = c.match;
	criteria_tables(&c, t) {
		TAILQ_FOREACH(f, &s->sw->tables[t].flows, link) {
			if (!criteria_hold(&c, f))
				continue;
			packets += f->packets;
			bytes += f->bytes;
			flows++;
		}
	}
	if (s->version >= OF15) {
		oxs_encode_sums(flows, packets, bytes, &s->out);
		return OFE_OK;
	}
	out_u64(&s->out, packets);
	out_u64(&s->out, bytes);
	out_u32(&s->out, flows);
	out_u32(&s->out, 0);
	return OFE_OK;
}

/* ---- groups ---- */

static uint32_t references(const struct of_switch *sw,
			   bool (*uses)(const struct of_actions *, uint32_t), uint32_t id)
{
	uint32_t n = 0;

	for (unsigned int t = 0; t < OF_TABLES; t++) {
		struct of_flow *f;

		TAILQ_FOREACH(f, &sw->tables[t].flows, link)
			n += uses(&f->actions, id);
	}
	return n;
}

static void group_stats(struct of_session *s, const struct of_group *g)
{
	struct of_out *out = &s->out;
	size_t start = out->len;

	out_u32(out, 0);
	out_u32(out, g->id);
	out_u32(out, references(s->sw, actions_use_group, g->id));
	out_u32(out, 0);
	out_u64(out, g->packets);
	out_u64(out, g->bytes);
	time_encode(s->sw->now - g->created, out);
	for (size_t i = 0; i < g->count; i++) {
		out_u64(out, g->buckets[i].packets);
		out_u64(out, g->buckets[i].bytes);
	}
	out_length(out, start, start);
}

static void group_desc(struct of_session *s, const struct of_group *g)
{
	bool of15 = s->version == OF10 || s->version >= OF15;
	struct of_out *out = &s->out;
	size_t start = out->len, buckets;

	out_u16(out, 0);
	out_u16(out, (unsigned int)g->type << 8);
	out_u32(out, g->id);
	if (of15)
		out_zero(out, 8);
	buckets = out->len;
	group_buckets_encode(g, s->version, out);
	if (of15)
		out_length(out, buckets, start + 8);
	out_length(out, start, start);
}

static enum of_error each_group(struct of_session *s, uint32_t id, struct of_reply *r,
				void (*encode_one)(struct of_session *, const struct of_group *))
{
	struct of_group *g = id == OFPG_ALL ? NULL : switch_group(s->sw, id);

	switch_refresh(s->sw);
	if (id != OFPG_ALL) {
		if (g)
			encode_one(s, g);
		return OFE_OK;
	}
	map_for_each(&s->sw->groups, i, g) {
		encode_one(s, g);
		reply_item(r);
		if (s->state == SESSION_DOOMED)
			return OFE_OK;
	}
	return OFE_OK;
}

enum of_error stats_group(struct of_session *s, struct of_in *in, struct of_reply *r)
{
	uint32_t id = in_u32(in);

	return in->bad ? OFE_BAD_LEN : each_group(s, id, r, group_stats);
}

enum of_error stats_group_desc(struct of_session *s, struct of_in *in, struct of_reply *r)
{
	bool one = s->version == OF10 || s->version >= OF15;

	return each_group(s, one && in->left >= 4 ? in_u32(in) : OFPG_ALL, r, group_desc);
}

enum of_error stats_group_features(struct of_session *s, struct of_in *in, struct of_reply *r)
{
	/* Output, VLANs, fields, TTL: of 1.1's numbers. */
	const uint32_t actions = 1u | 1u << 17 | 1u << 18 | 1u << 23 | 1u << 24 | 1u << 25;

	out_u32(&s->out, 15);
	out_u32(&s->out, 7);		/* weights, liveness, chains by watch_group */
	for (int i = 0; i < GROUP_TYPES; i++)
		out_u32(&s->out, OF_GROUPS_MAX);
	for (int i = 0; i < GROUP_TYPES; i++)
		out_u32(&s->out, actions);
	return OFE_OK;
}

/* ---- meters ---- */

static void meter_stats(struct of_session *s, const struct of_meter *m)
{
	struct of_out *out = &s->out;
	size_t start = out->len;

	out_u32(out, m->id);
	out_zero(out, 8);
	out_u32(out, references(s->sw, actions_use_meter, m->id));
	out_u64(out, m->packets);
	out_u64(out, m->bytes);
	time_encode(s->sw->now - m->created, out);
	for (size_t i = 0; i < m->count; i++) {
		out_u64(out, m->bands[i].packets);
		out_u64(out, m->bands[i].bytes);
	}
	out_length(out, start, start + 4);
}

static void meter_config(struct of_session *s, const struct of_meter *m)
{
	size_t start = s->out.len;

	out_u16(&s->out, 0);
	out_u16(&s->out, m->flags);
	out_u32(&s->out, m->id);
	meter_bands_encode(m, &s->out);
	out_length(&s->out, start, start);
}

static enum of_error each_meter(struct of_session *s, struct of_in *in, struct of_reply *r,
				void (*encode_one)(struct of_session *, const struct of_meter *))
{
	uint32_t id = in_u32(in);
	struct of_meter *m;

	if (in->bad)
		return OFE_BAD_LEN;
	switch_refresh(s->sw);
	if (id != OFPM_ALL) {
		m = switch_meter(s->sw, id);
		if (!m)
			return OFE_METER_UNKNOWN;
		encode_one(s, m);
		return OFE_OK;
	}
	map_for_each(&s->sw->meters, i, m) {
		encode_one(s, m);
		reply_item(r);
	}
	return OFE_OK;
}

enum of_error stats_meter(struct of_session *s, struct of_in *in, struct of_reply *r)
{
	return each_meter(s, in, r, meter_stats);
}

enum of_error stats_meter_config(struct of_session *s, struct of_in *in, struct of_reply *r)
{
	return each_meter(s, in, r, meter_config);
}

enum of_error stats_meter_features(struct of_session *s, struct of_in *in, struct of_reply *r)
{
	out_u32(&s->out, OF_METERS_MAX);
	out_u32(&s->out, 1u << BAND_DROP | 1u << BAND_REMARK);
	out_u32(&s->out, METER_KBPS | METER_PKTPS | METER_BURST | METER_STATS);
	out_u8(&s->out, OF_BANDS_MAX);
	out_zero(&s->out, 3);
	return OFE_OK;
}
