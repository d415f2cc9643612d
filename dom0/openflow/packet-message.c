// SPDX-License-Identifier: GPL-2.0-or-later
/* Frames to a controller, and from one. */
#include "openflow/of-message.h"
#include "openflow/property.h"

enum { NXPINT_PACKET, NXPINT_FULL_LEN, NXPINT_BUFFER, NXPINT_TABLE, NXPINT_COOKIE, NXPINT_REASON,
       NXPINT_METADATA, NXPINT_USERDATA };

static uint32_t in_port_of(const struct of_packet_in *in)
{
	return (uint32_t)in->fields.value[VIFSWITCH_OF_IN_PORT] << 16 |
	       in->fields.value[VIFSWITCH_OF_IN_PORT + 1];
}

/* Reasons that a version does not know are actions there. */
static uint8_t reason_of(const struct of_session *s, const struct of_packet_in *in)
{
	if (in->reason >= REASON_ACTION_SET && s->version < OF14)
		return REASON_ACTION;
	return in->reason;
}

static void standard10(struct of_session *s, const struct of_packet_in *in)
{
	out_u32(&s->out, OF_NO_BUFFER);
	out_u16(&s->out, in->len);
	out_u16(&s->out, in_port_of(in));
	out_u8(&s->out, reason_of(s, in));
	out_u8(&s->out, 0);
	out_bytes(&s->out, in->frame, in->len);
}

static void standard13(struct of_session *s, const struct of_packet_in *in)
{
	out_u32(&s->out, OF_NO_BUFFER);
	out_u16(&s->out, in->len);
	out_u8(&s->out, reason_of(s, in));
	out_u8(&s->out, in->table);
	out_u64(&s->out, in->cookie);
	oxm_encode(&in->fields, s->version, &s->out);
	out_zero(&s->out, 2);
	out_bytes(&s->out, in->frame, in->len);
}

static void nx(struct of_session *s, const struct of_packet_in *in)
{
	size_t len;

	out_u32(&s->out, OF_NO_BUFFER);
	out_u16(&s->out, in->len);
	out_u8(&s->out, reason_of(s, in));
	out_u8(&s->out, in->table);
	out_u64(&s->out, in->cookie);
	len = s->out.len;
	out_zero(&s->out, 8);
	nxm_encode_padded(&in->fields, s->version, &s->out, len);
	out_zero(&s->out, 2);
	out_bytes(&s->out, in->frame, in->len);
}

static void property(struct of_out *out, uint16_t type, const void *p, size_t len)
{
	size_t start = property_begin(out, type);

	out_bytes(out, p, len);
	property_end(out, start);
}

static void nx2(struct of_session *s, const struct of_packet_in *in)
{
	size_t start;

	property(&s->out, NXPINT_PACKET, in->frame, in->len);
	property(&s->out, NXPINT_TABLE, &in->table, 1);
	start = property_begin(&s->out, NXPINT_COOKIE);
	out_u32(&s->out, 0);
	out_u64(&s->out, in->cookie);
	property_end(&s->out, start);
	property(&s->out, NXPINT_REASON, &in->reason, 1);
	start = property_begin(&s->out, NXPINT_METADATA);
	nxm_encode(&in->fields, s->version, &s->out);
	property_end(&s->out, start);
	if (in->userdata_len)
		property(&s->out, NXPINT_USERDATA, in->userdata, in->userdata_len);
}

static bool send_packet_in(struct of_session *s, const struct of_packet_in *in)
{
	size_t start;

	if (s->packet_in_format == PACKET_IN_STANDARD) {
		start = message_begin(s, OFPT_PACKET_IN, 0);
		if (s->version == OF10)
			standard10(s, in);
		else
			standard13(s, in);
	} else {
		bool old = s->packet_in_format == PACKET_IN_NX;

		start = message_begin_vendor(s, NX_VENDOR, old ? NXT_PACKET_IN : NXT_PACKET_IN2, 0);
		if (old)
			nx(s, in);
		else
			nx2(s, in);
	}
	return message_end(s, start);
}

void switch_packet_in(struct of_switch *sw, const struct of_packet_in *in)
{
	struct of_session *s;

	if (in->len > OF_MESSAGE_MAX - 2048)
		return;
	TAILQ_FOREACH(s, &sw->sessions, link) {
		if (s->controller_id != in->controller || !session_wants(s, ASYNC_PACKET_IN,
		    reason_of(s, in)))
			continue;
		/* Since 1.3 a table without a flow for misses drops them. */
		if (in->implicit && s->version > OF10)
			continue;
		if (session_waiting(s) > OF_OUT_PACKET_INS || !send_packet_in(s, in))
			s->packet_ins_dropped++;
	}
}

/* ---- out ---- */

static void set_in_port(struct of_match *m, uint32_t port)
{
	match_set(m, field_by_name("in_port", 7), (struct of_value){ 0, port },
		  (struct of_value){ 0, UINT32_MAX });
}

/* Of the match only what is no part of the frame may be given. */
static enum of_error take_fields(struct of_packet_out *out)
{
	const struct of_match *m = &out->fields;

	for (unsigned int i = VIFSWITCH_OF_ETH_DST; i < VIFSWITCH_OF_WORDS; i++)
		if (m->mask[i])
			return OFE_PIPELINE_FIELDS_ONLY;
	if (m->mask[VIFSWITCH_OF_IN_PORT] != 0xffff)
		return OFE_BAD_PORT;
	out->in_port = (uint32_t)m->value[VIFSWITCH_OF_IN_PORT] << 16 |
		       m->value[VIFSWITCH_OF_IN_PORT + 1];
	return OFE_OK;
}

static enum of_error decode_head(struct of_message *m, struct of_packet_out *out, uint16_t *ret_len)
{
	uint32_t buffer = in_u32(&m->body);
	enum of_error e = OFE_OK;

	if (m->version >= OF15) {
		*ret_len = in_u16(&m->body);
		in_skip(&m->body, 2);
		e = oxm_decode(&m->body, &out->fields);
		if (!e)
			e = take_fields(out);
	} else {
		out->in_port = m->version == OF10 ? port_from10(in_u16(&m->body)) :
			in_u32(&m->body);
		*ret_len = in_u16(&m->body);
		in_skip(&m->body, m->version == OF10 ? 0 : 6);
	}
	if (e || m->body.bad)
		return e ? e : OFE_BAD_LEN;
	return buffer == OF_NO_BUFFER ? OFE_OK : OFE_BUFFER_UNKNOWN;
}

enum of_error packet_out_decode(struct of_message *m, struct of_packet_out *ret)
{
	struct of_packet_out out = {};
	struct of_in actions;
	uint16_t len;
	enum of_error e = decode_head(m, &out, &len);

	if (e)
		return e;
	if (!out.in_port || (out.in_port >= OFPP10_MAX && out.in_port != OFPP_LOCAL &&
			     out.in_port != OFPP_CONTROLLER && out.in_port != OFPP_ANY))
		return OFE_BAD_PORT;
	set_in_port(&out.fields, out.in_port);
	actions = in_part(&m->body, len);
	if (m->body.bad)
		return OFE_BAD_LEN;
	e = actions_decode(&actions, m->version, &out.actions);
	out.frame = m->body.p;
	out.len = m->body.left;
	if (e)
		actions_deinit(&out.actions);
	else
		*ret = out;
	return e;
}

static enum of_error packet_out_run(struct of_switch *sw, struct of_packet_out *out,
				    uint8_t version)
{
	struct of_limits limits = switch_limits(sw);
	/* What the frame has is not known here: 1.0's rule. */
	enum of_error e = actions_check(&out->actions, &out->fields, OF_TABLE_ALL, OF10, &limits);

	if (!e && out->len < 14)
		e = version == OF10 ? OFE_BAD_LEN : OFE_BAD_PACKET;
	if (!e && sw->ops->packet_out)
		e = sw->ops->packet_out(sw->dp, out);
	return e;
}

enum of_error handle_packet_out(struct of_session *s, struct of_message *m)
{
	struct of_packet_out out;
	enum of_error e = packet_out_decode(m, &out);

	if (e)
		return e;
	e = packet_out_run(s->sw, &out, s->version);
	actions_deinit(&out.actions);
	return e;
}
