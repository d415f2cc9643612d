// SPDX-License-Identifier: GPL-2.0-or-later
/* What is about the session itself: features, configuration, roles, what it wants to hear. */
#include "openflow/of-message.h"
#include "openflow/property.h"

#define CAPABILITIES10	0xc7u	/* statistics of flows, tables, ports, queues; addresses of ARP */
#define CAPABILITIES13	0x4fu	/* ... and of groups */
#define CAPABILITIES14	0x24fu	/* ... and bundles */
#define CAPABILITIES15	0x64fu	/* ... and flow monitors */
#define ACTIONS10	0xfffu
#define FRAG_NORMAL	0
#define FRAG_NX_MATCH	3

enum of_error handle_ignore(struct of_session *s, struct of_message *m)
{
	return OFE_OK;
}

enum of_error handle_echo(struct of_session *s, struct of_message *m)
{
	size_t start = message_begin(s, OFPT_ECHO_REPLY, m->xid);

	out_bytes(&s->out, m->body.p, m->body.left);
	message_end(s, start);
	return OFE_OK;
}

enum of_error handle_barrier(struct of_session *s, struct of_message *m)
{
	message_end(s, message_begin(s, m->type + 1, m->xid));
	return OFE_OK;
}

/* As many as a message has room for; all of them are in the statistics. */
static void ports10(struct of_session *s, size_t start)
{
	for (size_t i = 0; i < s->sw->port_count; i++) {
		size_t before = s->out.len;

		port_encode(&s->sw->ports[i], OF10, &s->out);
		if (s->out.len - start <= OF_MESSAGE_MAX)
			continue;
		s->out.len = before;
		return;
	}
}

enum of_error handle_features(struct of_session *s, struct of_message *m)
{
	size_t start = message_begin(s, OFPT_FEATURES_REPLY, m->xid);

	out_u64(&s->out, s->sw->dpid);
	out_u32(&s->out, 0);
	out_u8(&s->out, OF_TABLES);
	out_zero(&s->out, 3);
	out_u32(&s->out, s->version == OF10 ? CAPABILITIES10 : s->version >= OF15 ? CAPABILITIES15 :
			 s->version >= OF14 ? CAPABILITIES14 :
			 CAPABILITIES13);
	out_u32(&s->out, s->version == OF10 ? ACTIONS10 : 0);
	if (s->version == OF10)
		ports10(s, start);
	message_end(s, start);
	return OFE_OK;
}

enum of_error handle_get_config(struct of_session *s, struct of_message *m)
{
	size_t start = message_begin(s, OFPT_GET_CONFIG_REPLY, m->xid);

	out_u16(&s->out, s->sw->frag_flags);
	out_u16(&s->out, s->miss_send_len);
	message_end(s, start);
	return OFE_OK;
}

/* Fragments go as they are; nobody puts them together or drops them here. */
enum of_error handle_set_config(struct of_session *s, struct of_message *m)
{
	uint16_t flags = in_u16(&m->body), len = in_u16(&m->body);

	if (flags != FRAG_NORMAL && flags != FRAG_NX_MATCH)
		return s->version == OF10 ? OFE_EPERM : OFE_CONFIG_FLAGS;
	if (s->role != ROLE_SECONDARY)
		s->sw->frag_flags = flags;
	s->miss_send_len = len;
	switch_settle_miss(s->sw);
	return OFE_OK;
}

/* ---- roles ---- */

static void tell_role(struct of_session *s, uint8_t reason)
{
	size_t start;

	if (s->version < OF13 || !session_wants(s, ASYNC_ROLE_STATUS, reason))
		return;
	start = s->version == OF13 ? message_begin_vendor(s, ONF_VENDOR, ONFT_ROLE_STATUS, 0) :
		message_begin(s, OFPT_ROLE_STATUS, 0);
	out_u32(&s->out, s->role);
	out_u8(&s->out, reason);
	out_zero(&s->out, 3);
	out_u64(&s->out, s->sw->has_generation ? s->sw->generation : UINT64_MAX);
	message_end(s, start);
}

static void take_role(struct of_session *s, enum of_role role)
{
	struct of_session *other;

	if (role == ROLE_PRIMARY)
		TAILQ_FOREACH(other, &s->sw->sessions, link)
			if (other != s && other->role == ROLE_PRIMARY) {
				other->role = ROLE_SECONDARY;
				tell_role(other, 0);
			}
	s->role = role;
}

enum of_error handle_role(struct of_session *s, struct of_message *m)
{
	uint32_t role = in_u32(&m->body);
	struct of_switch *sw = s->sw;
	uint64_t generation;
	size_t start;

	in_skip(&m->body, 4);
	generation = in_u64(&m->body);
	if (role > ROLE_SECONDARY)
		return OFE_ROLE_BAD;
	if (role == ROLE_PRIMARY || role == ROLE_SECONDARY) {
		if (sw->has_generation && (int64_t)(generation - sw->generation) < 0)
			return OFE_ROLE_STALE;
		sw->generation = generation;
		sw->has_generation = true;
	}
	if (role != ROLE_NOCHANGE)
		take_role(s, role);
	start = message_begin(s, OFPT_ROLE_REPLY, m->xid);
	out_u32(&s->out, s->role);
	out_u32(&s->out, 0);
	out_u64(&s->out, sw->has_generation ? sw->generation : UINT64_MAX);
	message_end(s, start);
	return OFE_OK;
}

enum of_error handle_nx_role(struct of_session *s, struct of_message *m)
{
	uint32_t role = in_u32(&m->body);
	size_t start;

	if (role > 2)
		return OFE_ROLE_BAD;
	take_role(s, role + ROLE_EQUAL);
	start = message_begin_vendor(s, NX_VENDOR, NXT_ROLE_REPLY, m->xid);
	out_u32(&s->out, role);
	message_end(s, start);
	return OFE_OK;
}

/* ---- what it hears ---- */

static const uint32_t async_bits[ASYNC_KINDS] = {
	[ASYNC_PACKET_IN] = 0x3f, [ASYNC_PORT_STATUS] = 7, [ASYNC_FLOW_REMOVED] = 0x3f,
	[ASYNC_ROLE_STATUS] = 7, [ASYNC_TABLE_STATUS] = 0x18, [ASYNC_REQUESTFORWARD] = 3,
};

void session_default_async(struct of_session *s)
{
	uint32_t *own = s->async[1], *secondary = s->async[0];

	memset(s->async, 0, sizeof(s->async));
	own[ASYNC_PACKET_IN] = 0x3f & ~(1u << REASON_INVALID_TTL);
	own[ASYNC_PORT_STATUS] = secondary[ASYNC_PORT_STATUS] = 7;
	own[ASYNC_FLOW_REMOVED] = 0x3f;
	own[ASYNC_ROLE_STATUS] = secondary[ASYNC_ROLE_STATUS] = 7;
	own[ASYNC_TABLE_STATUS] = 0x18;
}

bool session_wants(const struct of_session *s, enum of_async kind, unsigned int reason)
{
	/* What these tell has to be asked for by more than its being there. */
	bool usual = kind <= ASYNC_FLOW_REMOVED;

	if (s->state != SESSION_UP || (usual && s->kind == SESSION_SERVICE && !s->miss_send_len))
		return false;
	return reason < 32 && s->async[s->role != ROLE_SECONDARY][kind] >> reason & 1;
}

/* Reasons that 1.3 has. */
static const uint32_t reasons13[] = { 7, 7, 15 };

enum of_error handle_get_async(struct of_session *s, struct of_message *m)
{
	size_t start = message_begin(s, OFPT_GET_ASYNC_REPLY, m->xid);

	for (unsigned int i = 0; i < (s->version == OF13 ? 3 : ASYNC_KINDS) * 2u; i++) {
		size_t property;

		if (s->version == OF13) {
			out_u32(&s->out, s->async[!(i & 1)][i / 2] & reasons13[i / 2]);
			continue;
		}
		property = property_begin(&s->out, (uint16_t)i);
		out_u32(&s->out, s->async[i & 1][i / 2]);
		property_end(&s->out, property);
	}
	message_end(s, start);
	return OFE_OK;
}

enum of_error handle_nx_async(struct of_session *s, struct of_message *m)
{
	if (m->body.left < 6 * sizeof(uint32_t))
		return OFE_BAD_LEN;
	for (unsigned int i = 0; i < 6; i++)
		s->async[!(i & 1)][i / 2] = in_u32(&m->body);
	return OFE_OK;
}

enum of_error handle_nx_async2(struct of_session *s, struct of_message *m)
{
	uint32_t async[2][ASYNC_KINDS];
	struct of_in value;
	uint16_t type;

	memcpy(async, s->async, sizeof(async));
	while (property_next(&m->body, &type, &value)) {
		uint32_t mask = in_u32(&value);

		if (value.bad)
			return OFE_PROPERTY_LEN;
		if (type >= ASYNC_KINDS * 2)
			return OFE_PROPERTY_TYPE;
		if (mask & ~async_bits[type / 2])
			return OFE_ASYNC_INVALID;
		async[type & 1][type / 2] = mask;
	}
	if (m->body.bad)
		return OFE_PROPERTY_LEN;
	memcpy(s->async, async, sizeof(async));
	return OFE_OK;
}

enum of_error handle_set_async(struct of_session *s, struct of_message *m)
{
	return s->version == OF13 ? handle_nx_async(s, m) : handle_nx_async2(s, m);
}

/* ---- Nicira's settings ---- */

enum of_error handle_nx_flow_format(struct of_session *s, struct of_message *m)
{
	uint32_t format = in_u32(&m->body);

	/* 0: of 1.0; 2: NXM. Both are understood at any time. */
	return format == 0 || format == 2 ? OFE_OK : OFE_EPERM;
}

enum of_error handle_nx_table_id(struct of_session *s, struct of_message *m)
{
	s->table_id = in_u8(&m->body);
	return OFE_OK;
}

enum of_error handle_nx_packet_in_format(struct of_session *s, struct of_message *m)
{
	uint32_t format = in_u32(&m->body);

	if (format > PACKET_IN_NX2)
		return OFE_EPERM;
	s->packet_in_format = (uint8_t)format;
	return OFE_OK;
}

enum of_error handle_nx_controller_id(struct of_session *s, struct of_message *m)
{
	for (int i = 0; i < 6; i++)
		if (in_u8(&m->body))
			return OFE_MUST_BE_ZERO;
	s->controller_id = in_u16(&m->body);
	return OFE_OK;
}

/* A request that is so long that it does not fit into another message is not passed on. */
void sessions_request_forward(struct of_switch *sw, const struct of_session *by, uint8_t reason,
			      const struct of_message *m)
{
	struct of_session *s;

	TAILQ_FOREACH(s, &sw->sessions, link) {
		size_t start;

		if (s == by || s->version != m->version || !session_wants(s, ASYNC_REQUESTFORWARD,
		    reason))
			continue;
		start = s->version >= OF14 ? message_begin(s, OFPT_REQUESTFORWARD, 0) :
			s->version == OF13 ?
			message_begin_vendor(s, ONF_VENDOR, ONFT_REQUESTFORWARD, 0) :
			message_begin_vendor(s, NX_VENDOR, NXT_REQUESTFORWARD, 0);
		out_bytes(&s->out, m->data, m->len);
		message_end(s, start);
	}
}
