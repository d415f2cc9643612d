// SPDX-License-Identifier: GPL-2.0-or-later
#include "openflow/of-message.h"
#include "openflow/property.h"

#define CONFIG10	0x7fu
#define CONFIG13	(OFPPC_PORT_DOWN | OFPPC_NO_RECV | OFPPC_NO_FWD | OFPPC_NO_PACKET_IN)

/* 1.0 has no rates above 10 Gb/s, and the media behind them. */
static uint32_t features10(uint32_t features)
{
	return (features & 0x7f) | (features >> 11 & 0x1f) << 7;
}

static void encode10(const struct of_port *port, struct of_out *out)
{
	out_u16(out, port->number);
	out_bytes(out, port->mac, 6);
	out_bytes(out, port->name, OF_PORT_NAME);
	out_u32(out, port->config & CONFIG10);
	out_u32(out, port->state & OFPPS_LINK_DOWN);
	out_u32(out, features10(port->current));
	out_zero(out, 12);
}

static void encode_rates(const struct of_port *port, struct of_out *out)
{
	out_u32(out, port->current);
	out_zero(out, 12);
	out_u32(out, port->kbps);
	out_u32(out, port->kbps);
}

void port_encode(const struct of_port *port, uint8_t version, struct of_out *out)
{
	size_t start = out->len, property;

	if (version == OF10) {
		encode10(port, out);
		return;
	}
	out_u32(out, port->number);
	out_u32(out, 0);
	out_bytes(out, port->mac, 6);
	out_u16(out, 0);
	out_bytes(out, port->name, OF_PORT_NAME);
	out_u32(out, port->config & CONFIG13);
	out_u32(out, port->state);
	if (version < OF14) {
		encode_rates(port, out);
		return;
	}
	property = property_begin(out, 0);
	out_u32(out, 0);
	encode_rates(port, out);
	property_end(out, property);
	out_length(out, start, start + 4);
}

void sessions_port_status(struct of_switch *sw, const struct of_port *port, uint8_t reason)
{
	struct of_session *s;

	TAILQ_FOREACH(s, &sw->sessions, link) {
		size_t start;

		if (!session_wants(s, ASYNC_PORT_STATUS, reason))
			continue;
		start = message_begin(s, OFPT_PORT_STATUS, 0);
		out_u8(&s->out, reason);
		out_zero(&s->out, 7);
		port_encode(port, s->version, &s->out);
		message_end(s, start);
	}
}

enum of_error handle_port_mod(struct of_session *s, struct of_message *m)
{
	struct of_in *in = &m->body;
	uint32_t number = s->version == OF10 ? port_from10(in_u16(in)) : in_u32(in);
	uint32_t config, mask;
	const uint8_t *mac;
	struct of_port *port, changed;

	if (s->version > OF10)
		in_skip(in, 4);
	mac = in_take(in, 6);
	if (s->version > OF10)
		in_skip(in, 2);
	config = in_u32(in);
	mask = in_u32(in);
	if (in->bad)
		return OFE_BAD_LEN;
	port = switch_port(s->sw, number);
	if (!port)
		return OFE_PORT_MOD_PORT;
	if (memcmp(mac, port->mac, 6))
		return OFE_PORT_MOD_ADDR;
	mask &= s->version == OF10 ? CONFIG10 & ~OFPPC_NO_STP : CONFIG13;
	changed = *port;
	changed.config = (port->config & ~mask) | (config & mask);
	if (changed.config == port->config)
		return OFE_OK;
	if (!s->sw->ops->port_config)
		return OFE_EPERM;
	s->sw->ops->port_config(s->sw->dp, &changed);
	switch_set_port(s->sw, &changed);
	return OFE_OK;
}

/* No table evicts flows, or tells how full it is: all that may be asked for is neither. */
enum of_error handle_table_mod(struct of_session *s, struct of_message *m)
{
	uint8_t table = in_u8(&m->body);
	uint32_t config;

	in_skip(&m->body, 3);
	config = in_u32(&m->body);
	if (table >= OF_TABLES && table != OF_TABLE_ALL)
		return OFE_TABLE_MOD_TABLE;
	return config ? OFE_TABLE_MOD_CONFIG : OFE_OK;
}

/* There are no queues. */
enum of_error handle_queue_config(struct of_session *s, struct of_message *m)
{
	uint32_t number = s->version == OF10 ? port_from10(in_u16(&m->body)) : in_u32(&m->body);
	bool all = s->version > OF10 && number == OFPP_ANY;
	size_t start;

	if (!all && !switch_port(s->sw, number))
		return OFE_QUEUE_PORT;
	start = message_begin(s, m->type + 1, m->xid);
	if (s->version == OF10)
		out_u16(&s->out, number);
	else
		out_u32(&s->out, number);
	out_zero(&s->out, s->version == OF10 ? 6 : 4);
	message_end(s, start);
	return OFE_OK;
}
