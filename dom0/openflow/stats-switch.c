// SPDX-License-Identifier: GPL-2.0-or-later
/* Answers about the switch, its tables and its ports. */
#include <stdio.h>

#include "openflow/multipart.h"
#include "openflow/property.h"

#define TABLE_NAME	32
#define WILDCARDS10	0x3fffffu

static void text(struct of_out *out, const char *s, size_t room)
{
	uint8_t *p = out_room(out, room);

	snprintf((char *)p, room, "%s", s);
}

enum of_error stats_desc(struct of_session *s, struct of_in *in, struct of_reply *r)
{
	const struct of_identity *i = &s->sw->identity;

	text(&s->out, i->vendor, 256);
	text(&s->out, i->hardware, 256);
	text(&s->out, i->software, 256);
	text(&s->out, i->serial, 32);
	text(&s->out, i->description, 256);
	return OFE_OK;
}

static void table_name(unsigned int t, struct of_out *out)
{
	char name[TABLE_NAME];

	snprintf(name, sizeof(name), t ? "table%u" : "classifier", t);
	text(out, name, TABLE_NAME);
}

enum of_error stats_table(struct of_session *s, struct of_in *in, struct of_reply *r)
{
	switch_refresh(s->sw);
	for (unsigned int t = 0; t < OF_TABLES; t++) {
		const struct of_table *table = &s->sw->tables[t];

		out_u32(&s->out, t << 24);
		if (s->version == OF10) {
			table_name(t, &s->out);
			out_u32(&s->out, WILDCARDS10);
			out_u32(&s->out, OF_FLOWS_MAX);
		}
		out_u32(&s->out, table->count);
		out_u64(&s->out, table->lookups);
		out_u64(&s->out, table->matched);
		reply_item(r);
	}
	return OFE_OK;
}

/* ---- table features ---- */

enum {
	TF_INSTRUCTIONS = 0, TF_NEXT_TABLES = 2, TF_WRITE_ACTIONS = 4, TF_APPLY_ACTIONS = 6,
		TF_MATCH = 8,
	TF_WILDCARDS = 10, TF_WRITE_SETFIELD = 12, TF_APPLY_SETFIELD = 14,
};

static void tf_numbers(struct of_out *out, uint16_t type, const uint16_t *numbers, size_t n,
		       size_t octets)
{
	size_t start = property_begin(out, type);

	for (size_t i = 0; i < n; i++) {
		out_u16(out, numbers[i]);
		out_u16(out, octets);
		out_zero(out, octets - 4);
	}
	property_end(out, start);
}

static void tf_fields(struct of_out *out, uint16_t type, uint8_t version, unsigned int flags)
{
	size_t start = property_begin(out, type);

	for (unsigned int i = 0; i < of_field_count; i++) {
		const struct of_field *f = &of_fields[i];

		if (f->oxm == OF_NONE || version < f->since || (f->flags & flags) != flags)
			continue;
		out_u32(out, type == TF_MATCH && f->flags & FIELD_MASKABLE ?
			f->oxm | 0x100 | f->octets * 2u : f->oxm | f->octets);
	}
	property_end(out, start);
}

static void tf_next(struct of_out *out, unsigned int table)
{
	size_t start = property_begin(out, TF_NEXT_TABLES);

	for (unsigned int t = table + 1; t < OF_TABLES; t++)
		out_u8(out, t);
	property_end(out, start);
}

static void table_features(unsigned int t, uint8_t version, struct of_out *out)
{
	static const uint16_t instructions[] = { 1, 2, 3, 4, 5, 6 };
	static const uint16_t actions[] = { 0, 17, 18, 22, 23, 24, 25 };
	size_t start = out->len;

	out_u16(out, 0);
	out_u8(out, t);
	out_zero(out, 5);
	table_name(t, out);
	out_u64(out, UINT64_MAX);
	out_u64(out, UINT64_MAX);
	out_u32(out, 0);
	out_u32(out, OF_FLOWS_MAX);
	tf_numbers(out, TF_INSTRUCTIONS, instructions, version >= OF15 ? 5 : 6, 4);
	tf_next(out, t);
	tf_numbers(out, TF_WRITE_ACTIONS, actions, 7, 4);
	tf_numbers(out, TF_APPLY_ACTIONS, actions, 7, 4);
	tf_fields(out, TF_MATCH, version, 0);
	tf_fields(out, TF_WILDCARDS, version, 0);
	tf_fields(out, TF_WRITE_SETFIELD, version, FIELD_WRITABLE);
	tf_fields(out, TF_APPLY_SETFIELD, version, FIELD_WRITABLE);
	out_length(out, start, start);
}

/* Tables are as they are: they can be asked for, not changed. */
enum of_error stats_table_features(struct of_session *s, struct of_in *in, struct of_reply *r)
{
	if (in->left)
		return OFE_TABLE_FEATURES_EPERM;
	for (unsigned int t = 0; t < OF_TABLES; t++) {
		table_features(t, s->version, &s->out);
		reply_item(r);
	}
	return OFE_OK;
}

enum of_error stats_table_desc(struct of_session *s, struct of_in *in, struct of_reply *r)
{
	for (unsigned int t = 0; t < OF_TABLES; t++) {
		out_u16(&s->out, 8);
		out_u8(&s->out, t);
		out_zero(&s->out, 5);
		reply_item(r);
	}
	return OFE_OK;
}

/* ---- ports ---- */

#define UNKNOWN	UINT64_MAX

static void counters(const struct of_port *p, struct of_out *out)
{
	out_u64(out, p->rx_packets);
	out_u64(out, p->tx_packets);
	out_u64(out, p->rx_bytes);
	out_u64(out, p->tx_bytes);
	out_u64(out, p->rx_dropped);
	out_u64(out, p->tx_dropped);
	out_u64(out, UNKNOWN);
	out_u64(out, UNKNOWN);
}

static void errors(struct of_out *out)
{
	for (int i = 0; i < 4; i++)
		out_u64(out, UNKNOWN);
}

static void port_stats(struct of_session *s, const struct of_port *p)
{
	struct of_out *out = &s->out;
	size_t start = out->len, property;

	if (s->version >= OF14) {
		out_u32(out, 0);
		out_u32(out, p->number);
		time_encode(s->sw->now - p->created, out);
		counters(p, out);
		property = property_begin(out, 0);
		out_u32(out, 0);
		errors(out);
		property_end(out, property);
		out_length(out, start, start);
		return;
	}
	out_number(out, s->version == OF10 ? 2 : 4, p->number);
	out_zero(out, s->version == OF10 ? 6 : 4);
	counters(p, out);
	errors(out);
	if (s->version > OF10)
		time_encode(s->sw->now - p->created, out);
}

static uint32_t port_asked(const struct of_session *s, struct of_in *in)
{
	uint32_t port = s->version == OF10 ? port_from10(in_u16(in)) : in_u32(in);

	if (s->version > OF10)
		return port;
	in_skip(in, 2);
	return port;
}

enum of_error stats_port(struct of_session *s, struct of_in *in, struct of_reply *r)
{
	uint32_t number = port_asked(s, in);

	if (in->bad)
		return OFE_BAD_LEN;
	if (number != OFPP_ANY && !switch_port(s->sw, number))
		return OFE_BAD_PORT;
	switch_refresh(s->sw);
	for (size_t i = 0; i < s->sw->port_count; i++) {
		if (number != OFPP_ANY && s->sw->ports[i].number != number)
			continue;
		port_stats(s, &s->sw->ports[i]);
		reply_item(r);
	}
	return OFE_OK;
}

enum of_error stats_port_desc(struct of_session *s, struct of_in *in, struct of_reply *r)
{
	uint32_t number = s->version >= OF15 && in->left ? in_u32(in) : OFPP_ANY;

	for (size_t i = 0; i < s->sw->port_count; i++) {
		if (number != OFPP_ANY && s->sw->ports[i].number != number)
			continue;
		port_encode(&s->sw->ports[i], s->version, &s->out);
		reply_item(r);
	}
	return OFE_OK;
}

/* There are no queues: of any, nothing; of one, an error. */
enum of_error stats_queue(struct of_session *s, struct of_in *in, struct of_reply *r)
{
	uint32_t number = port_asked(s, in), queue = in_u32(in);

	if (in->bad)
		return OFE_BAD_LEN;
	if (number != OFPP_ANY && number != OFPP_ALL && !switch_port(s->sw, number))
		return OFE_QUEUE_PORT;
	return queue == UINT32_MAX ? OFE_OK : OFE_QUEUE_QUEUE;
}

enum of_error stats_queue_desc(struct of_session *s, struct of_in *in, struct of_reply *r)
{
	return stats_queue(s, in, r);
}
