// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>

#include "openflow/bundle.h"
#include "openflow/of-monitor.h"
#include "openflow/of-peer.h"
#include "openflow/property.h"

#define HELLO_BITMAP	1

static void committed(struct of_switch *sw, const struct of_session *by, uint32_t xid,
		      const struct of_journal *journal)
{
	for (size_t i = 0; i < journal->count; i++) {
		const struct of_change *c = &journal->v[i];

		if (c->object == OBJECT_FLOW && c->old && !c->new)
			sessions_flow_removed(sw, c->old, c->why);
	}
	monitors_tell(sw, by, xid, journal);
}

static const struct of_hearers hearers = { committed, sessions_port_status };

static void send_hello(struct of_session *s)
{
	uint32_t versions = s->versions;
	uint8_t highest = (uint8_t)(31 - __builtin_clz(versions));
	size_t start;

	s->version = highest;
	start = message_begin(s, OFPT_HELLO, 1);
	if (highest > OF10) {
		out_u16(&s->out, HELLO_BITMAP);
		out_u16(&s->out, 8);
		out_u32(&s->out, versions);
	}
	message_end(s, start);
}

struct of_session *session_new(struct of_switch *sw, enum of_session_kind kind, const char *name,
			       uint32_t versions)
{
	struct of_session *s = xzalloc(sizeof(*s));

	s->sw = sw;
	sw->hearers = &hearers;
	s->kind = kind;
	s->versions = versions & OF_VERSIONS ? versions & OF_VERSIONS : OF_VERSIONS;
	s->role = ROLE_EQUAL;
	s->last_in = sw->now;
	snprintf(s->name, sizeof(s->name), "%s", name);
	LIST_INIT(&s->bundles);
	LIST_INIT(&s->monitors);
	session_default_async(s);
	TAILQ_INSERT_TAIL(&sw->sessions, s, link);
	send_hello(s);
	return s;
}

void session_free(struct of_session *s)
{
	struct of_switch *sw;

	if (!s)
		return;
	sw = s->sw;
	bundles_free(s);
	monitors_free(s);
	TAILQ_REMOVE(&sw->sessions, s, link);
	out_deinit(&s->out);
	free(s);
	switch_settle_miss(sw);
}

/* ---- hello ---- */

static uint32_t their_versions(const struct of_message *m)
{
	struct of_in in = m->body, value;
	uint16_t type;

	while (property_next_lax(&in, &type, &value))
		if (type == HELLO_BITMAP)
			return in_u32(&value);
	return 0;
}

static void take_hello(struct of_session *s, const struct of_message *m)
{
	uint32_t theirs = their_versions(m), common;

	if (!theirs) {
		/* The lower of the two versions. */
		uint8_t highest = (uint8_t)(31 - __builtin_clz(s->versions));

		theirs = 1u << (m->version < highest ? m->version : highest);
	}
	common = theirs & s->versions;
	if (!common) {
		s->version = m->version < s->version ? m->version : s->version;
		session_error(s, OFE_HELLO_INCOMPATIBLE, m);
		session_doom(s, "it has no version of OpenFlow in common with us");
		return;
	}
	s->version = (uint8_t)(31 - __builtin_clz(common));
	s->miss_send_len = s->kind == SESSION_CONTROLLER ? 128 : 0;
	s->state = SESSION_UP;
	switch_settle_miss(s->sw);
}

/* ---- dispatch ---- */

struct route {
	uint8_t type10, type13;		/* NO_TYPE: not in that version */
	uint8_t since, until;		/* versions of type13; 0: none */
	uint16_t least;			/* octets with the header, where it is shortest */
	bool changes;			/* not for a secondary */
	of_handle *handle;
};

#define NO_TYPE	0xff

static const struct route routes[] = {
	{ 0, 0, 0, 0, 8, false, handle_ignore },	/* a further hello */
	{ 1, 1, 0, 0, 12, false, handle_ignore },	/* an error: of what we sent */
	{ 2, 2, 0, 0, 8, false, handle_echo },
	{ 3, 3, 0, 0, 8, false, handle_ignore },
	{ 5, 5, 0, 0, 8, false, handle_features },
	{ 7, 7, 0, 0, 8, false, handle_get_config },
	{ 9, 9, 0, 0, 12, false, handle_set_config },
	{ 13, 13, 0, 0, 16, true, handle_packet_out },
	{ 14, 14, 0, 0, 56, true, handle_flow_mod },
	{ NO_TYPE, 15, 0, 0, 16, true, handle_group_mod },
	{ 15, 16, 0, 0, 32, true, handle_port_mod },
	{ NO_TYPE, 17, 0, 0, 16, true, handle_table_mod },
	{ 16, 18, 0, 0, 12, false, handle_multipart },
	{ 18, 20, 0, 0, 8, false, handle_barrier },
	{ 20, 22, OF13, OF13, 12, false, handle_queue_config },
	{ NO_TYPE, 24, 0, 0, 24, false, handle_role },
	{ NO_TYPE, 26, 0, 0, 8, false, handle_get_async },
	{ NO_TYPE, 28, 0, 0, 8, false, handle_set_async },
	{ NO_TYPE, 29, 0, 0, 16, true, handle_meter_mod },
	{ NO_TYPE, 33, OF14, OF15, 16, true, handle_bundle_control },
	{ NO_TYPE, 34, OF14, OF15, 24, true, handle_bundle_add },
};

struct vendor_route {
	uint32_t vendor, subtype;
	uint16_t least;
	bool changes;
	of_handle *handle;
};

static const struct vendor_route vendor_routes[] = {
	{ NX_VENDOR, 10, 20, false, handle_nx_role },
	{ NX_VENDOR, 12, 20, false, handle_nx_flow_format },
	{ NX_VENDOR, 13, 48, true, handle_nx_flow_mod },
	{ NX_VENDOR, 15, 24, false, handle_nx_table_id },
	{ NX_VENDOR, 16, 20, false, handle_nx_packet_in_format },
	{ NX_VENDOR, 19, 40, false, handle_nx_async },
	{ NX_VENDOR, 20, 24, false, handle_nx_controller_id },
	{ NX_VENDOR, 21, 20, false, handle_monitor_cancel },
	{ NX_VENDOR, 27, 16, false, handle_nx_async2 },
	{ NX_VENDOR, 31, 32, true, handle_nx_group_mod },
	{ ONF_VENDOR, 1870, 20, false, handle_monitor_cancel },
	{ ONF_VENDOR, 2300, 24, true, handle_bundle_control },
	{ ONF_VENDOR, 2301, 32, true, handle_bundle_add },
};

static enum of_error run(struct of_session *s, struct of_message *m, of_handle *handle,
			 uint16_t least, bool changes)
{
	if (m->len < least)
		return OFE_BAD_LEN;
	if (changes && s->role == ROLE_SECONDARY)
		return OFE_IS_SECONDARY;
	return handle(s, m);
}

static enum of_error dispatch_vendor(struct of_session *s, struct of_message *m)
{
	uint32_t vendor = in_u32(&m->body), subtype = in_u32(&m->body);

	if (m->len < 12)
		return OFE_BAD_LEN;
	if (vendor != NX_VENDOR && vendor != ONF_VENDOR)
		return OFE_BAD_VENDOR;
	if (m->body.bad)
		return OFE_BAD_LEN;
	for (size_t i = 0; i < sizeof(vendor_routes) / sizeof(vendor_routes[0]); i++) {
		const struct vendor_route *r = &vendor_routes[i];

		if (r->vendor == vendor && r->subtype == subtype)
			return run(s, m, r->handle, r->least, r->changes);
	}
	return OFE_BAD_SUBTYPE;
}

static enum of_error dispatch(struct of_session *s, struct of_message *m)
{
	if (m->type == OFPT_VENDOR)
		return dispatch_vendor(s, m);
	for (size_t i = 0; i < sizeof(routes) / sizeof(routes[0]); i++) {
		const struct route *r = &routes[i];

		uint8_t type = m->version == OF10 ? r->type10 : r->type13;

		if (type == NO_TYPE || type != m->type)
			continue;
		if (m->version > OF10 && r->since && (m->version < r->since ||
		    m->version > r->until))
			break;
		return run(s, m, r->handle, r->least, r->changes);
	}
	return OFE_BAD_TYPE;
}

void session_input(struct of_session *s, const uint8_t *data, size_t len)
{
	struct of_message m;
	enum of_error e;

	if (s->state == SESSION_DOOMED)
		return;
	if (!message_parse(data, len, &m)) {
		session_doom(s, "what it sends is not OpenFlow");
		return;
	}
	s->last_in = s->sw->now;
	if (s->state == SESSION_HELLO) {
		if (m.type == OFPT_HELLO)
			take_hello(s, &m);
		else if (m.type != OFPT_ERROR)
			session_doom(s, "its first message is no hello");
		else
			session_doom(s, "it answered our hello with an error");
		return;
	}
	e = m.version == s->version ? dispatch(s, &m) : OFE_BAD_VERSION;
	if (e == OFE_BAD_VERSION && m.version && m.version <= OF15)
		error_encode(m.version, e, m.data, m.len, &s->out);
	else if (e)
		session_error(s, e, &m);
}

/* ---- the switch ---- */

void switch_expired(struct of_switch *sw, struct of_flow *flow, enum of_removed why)
{
	struct of_txn txn = { .sw = sw };

	txn_remove_flow(&txn, flow, why);
	txn_commit(&txn);
}

static bool is_over(const struct of_switch *sw, const struct of_flow *flow, enum of_removed *ret)
{
	if (flow->hard && sw->now >= flow->modified + flow->hard * 1000ULL) {
		*ret = REMOVED_HARD;
		return true;
	}
	*ret = REMOVED_IDLE;
	return flow->idle && sw->now >= flow->used + flow->idle * 1000ULL;
}

static void expire(struct of_switch *sw)
{
	struct of_txn txn = { .sw = sw };
	enum of_removed why;

	switch_refresh(sw);
	for (unsigned int t = 0; t < OF_TABLES; t++) {
		struct of_flow *flow, *next;

		for (flow = TAILQ_FIRST(&sw->tables[t].flows); flow; flow = next) {
			next = TAILQ_NEXT(flow, link);
			if (is_over(sw, flow, &why))
				txn_remove_flow(&txn, flow, why);
		}
	}
	txn_commit(&txn);
}

void switch_tick(struct of_switch *sw)
{
	struct of_session *s;

	if (!sw->datapath_times)
		expire(sw);
	TAILQ_FOREACH(s, &sw->sessions, link)
		bundles_tick(s);
}

void switch_flush(struct of_switch *sw)
{
	struct of_txn txn = { .sw = sw };
	struct of_flow_mod all = {
		.command = FLOW_DELETE, .table = OF_TABLE_ALL, .out_port = OFPP_ANY, .out_group =
			OFPG_ANY,
	};
	struct of_group group = { .id = OFPG_ALL };
	struct of_group_mod groups = { .command = GROUP_DELETE, .group = &group };
	struct of_meter meter = { .id = OFPM_ALL };
	struct of_meter_mod meters = { .command = METER_DELETE, .meter = &meter };

	txn_flow_mod(&txn, &all);
	txn_group_mod(&txn, &groups);
	txn_meter_mod(&txn, &meters);
	txn_commit(&txn);
}
