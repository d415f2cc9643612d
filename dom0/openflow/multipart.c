// SPDX-License-Identifier: GPL-2.0-or-later
#include "openflow/of-monitor.h"
#include "openflow/multipart.h"

struct route {
	uint16_t type;
	uint8_t since, until;
	of_stats *answer;
};

static const struct route routes[] = {
	{ STATS_DESC, OF10, OF15, stats_desc },
	{ STATS_FLOW, OF10, OF15, stats_flow },
	{ STATS_AGGREGATE, OF10, OF15, stats_aggregate },
	{ STATS_TABLE, OF10, OF15, stats_table },
	{ STATS_PORT, OF10, OF15, stats_port },
	{ STATS_QUEUE, OF10, OF15, stats_queue },
	{ STATS_GROUP, OF13, OF15, stats_group },
	{ STATS_GROUP_DESC, OF13, OF15, stats_group_desc },
	{ STATS_GROUP_FEATURES, OF13, OF15, stats_group_features },
	{ STATS_METER, OF13, OF15, stats_meter },
	{ STATS_METER_CONFIG, OF13, OF15, stats_meter_config },
	{ STATS_METER_FEATURES, OF13, OF15, stats_meter_features },
	{ STATS_TABLE_FEATURES, OF13, OF15, stats_table_features },
	{ STATS_PORT_DESC, OF10, OF15, stats_port_desc },
	{ STATS_TABLE_DESC, OF14, OF15, stats_table_desc },
	{ STATS_QUEUE_DESC, OF14, OF15, stats_queue_desc },
	{ STATS_FLOW15, OF15, OF15, stats_flow },
};

/* Nicira's, of 1.0. */
static const struct {
	uint32_t subtype;
	of_stats *answer;
} nx_routes[] = {
	{ 0, stats_flow }, { 1, stats_aggregate }, { 7, stats_group }, { 8, stats_group_desc },
	{ 9, stats_group_features },
};

static of_stats *find(const struct of_session *s, const struct of_reply *r)
{
	for (size_t i = 0; i < sizeof(routes) / sizeof(routes[0]); i++)
		if (routes[i].type == r->type && s->version >= routes[i].since &&
		    s->version <= routes[i].until)
			return routes[i].answer;
	for (size_t i = 0; r->type == STATS_VENDOR &&
		i < sizeof(nx_routes) / sizeof(nx_routes[0]); i++)
		if (r->vendor == NX_VENDOR && s->version == OF10 &&
		    nx_routes[i].subtype == r->subtype)
			return nx_routes[i].answer;
	return NULL;
}

static bool is_monitor(const struct of_session *s, const struct of_reply *r)
{
	if (r->type == STATS_MONITOR)
		return s->version >= OF14;
	return r->type == STATS_VENDOR &&
	       ((r->vendor == NX_VENDOR && r->subtype == 2 && s->version == OF10) ||
		(r->vendor == ONF_VENDOR && r->subtype == 1870 && s->version == OF13));
}

static enum of_error take_vendor(struct of_session *s, struct of_in *in, struct of_reply *r)
{
	r->vendor = in_u32(in);
	r->subtype = in_u32(in);
	if (s->version == OF10)
		in_skip(in, 4);
	if (in->bad)
		return OFE_BAD_LEN;
	return r->vendor == NX_VENDOR || r->vendor == ONF_VENDOR ? OFE_OK : OFE_BAD_VENDOR;
}

enum of_error handle_multipart(struct of_session *s, struct of_message *m)
{
	struct of_reply r = { .s = s, .xid = m->xid };
	size_t before = s->out.len;
	uint16_t flags;
	of_stats *answer;
	enum of_error e = OFE_OK;

	r.type = in_u16(&m->body);
	flags = in_u16(&m->body);
	if (s->version > OF10)
		in_skip(&m->body, 4);
	if (m->body.bad)
		return OFE_BAD_LEN;
	if (r.type == STATS_VENDOR)
		e = take_vendor(s, &m->body, &r);
	if (e)
		return e;
	/* No request of ours is longer than one message. */
	if (flags & REPLY_MORE)
		return OFE_MULTIPART_OVERFLOW;
	answer = find(s, &r);
	if (!answer && !is_monitor(s, &r))
		return r.type == STATS_VENDOR ? OFE_BAD_SUBTYPE : OFE_BAD_STAT;
	reply_begin(&r);
	e = answer ? answer(s, &m->body, &r) : monitor_request(s, m, &r, r.type == STATS_VENDOR &&
		r.vendor == NX_VENDOR);
	if (!e && m->body.bad)
		e = OFE_BAD_LEN;
	if (e)
		s->out.len = before;
	else
		reply_end(&r);
	return e;
}
