// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * sFlow 5. A port is a data source of class 0 by its number, which is below 2^24, so
 * samples are compact. Discarded packets (sample 5) go in datagrams of their own, for
 * sfacctd loses the rest of one that has them. So do counters, with if_counters first: of
 * a datagram tshark reads nothing right behind a record that it does not know.
 */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "export/reasons.h"
#include "export/sflow.h"

#define VERSION		5
#define FCS		4
#define ETHERNET	1
#define UNKNOWN		UINT32_MAX
#define IF_ETHERNET_CSMACD	6
#define OUTPUT_MANY	(2U << 30)	/* to several; their number is not known */
#define SEQUENCE_AT(e)	((e)->set.agent_is_ip6 ? 28U : 16U)
#define SAMPLES_AT(e)	(SEQUENCE_AT(e) + 8)

enum { SAMPLE_FLOW = 1, SAMPLE_COUNTERS = 2, SAMPLE_DISCARDED = 5 };
enum { FLOW_HEADER = 1, FLOW_SWITCH = 1001, FLOW_LINUX_REASON = 1042 };
enum {
	COUNTERS_IF = 1, COUNTERS_NAME = 1005, COUNTERS_HOST = 2000, COUNTERS_ADAPTERS = 2001,
	COUNTERS_PARENT = 2002, COUNTERS_VIRT_NET = 2104,
};

#define SAMPLE_ROOM	(160 + VIFSWITCH_SAMPLE_OCTETS_MAX)
#define COUNTERS_ROOM	400

struct sflow_source {
	uint32_t samples, counters, discarded;
};

static struct sflow_source *source_of(struct encoder *e, uint32_t number)
{
	struct sflow_source *s = map_get(&e->sources, number);

	if (s)
		return s;
	s = xzalloc(sizeof(*s));
	if (map_put(&e->sources, number, s) == 0)
		return s;
	free(s);
	return NULL;
}

static void begin(struct encoder *e)
{
	struct datagram *d = &e->out;

	put_u32(d, VERSION);
	put_u32(d, e->set.agent_is_ip6 ? 2 : 1);
	put_octets(d, e->set.agent, e->set.agent_is_ip6 ? 16 : 4);
	put_u32(d, e->set.domain);
	put_zeros(d, 12);
}

static void send_it(struct encoder *e)
{
	if (!e->out.len)
		return;
	set_u32(&e->out, SEQUENCE_AT(e), ++e->sequence);
	set_u32(&e->out, SEQUENCE_AT(e) + 4, encoder_uptime(e));
	set_u32(&e->out, SAMPLES_AT(e), e->told);
	encoder_send(e);
}

/* The datagram of the other kind is gone on with. */
static void take_other(struct encoder *e)
{
	struct datagram out = e->out;
	uint32_t count = e->told;

	e->out = e->other_out;
	e->told = e->records = e->other_count;
	e->other_out = out;
	e->other_count = count;
	e->apart = !e->apart;
}

void sflow_flush(struct encoder *e)
{
	send_it(e);
	take_other(e);
	send_it(e);
}

/* There is room for a sample; where its length is to be written. */
static size_t begin_sample(struct encoder *e, uint32_t kind, size_t room)
{
	bool counters = kind == SAMPLE_COUNTERS;

	if (e->apart != (kind == SAMPLE_DISCARDED))
		take_other(e);
	if (!datagram_has_room(&e->out, room) || (!e->apart && e->of_counters != counters))
		send_it(e);
	if (!e->apart)
		e->of_counters = counters;
	if (!e->out.len)
		begin(e);
	e->told++;
	e->records++;
	put_u32(&e->out, kind);
	put_u32(&e->out, 0);
	return e->out.len - 4;
}

static size_t begin_record(struct datagram *d, uint32_t kind)
{
	put_u32(d, kind);
	put_u32(d, 0);
	return d->len - 4;
}

/* Of a sample or a record: what follows the word that has its length. */
static void end(struct datagram *d, size_t at)
{
	set_u32(d, at, (uint32_t)(d->len - at - 4));
}

static void put_opaque(struct datagram *d, const void *octets, size_t len)
{
	put_u32(d, (uint32_t)len);
	put_octets(d, octets, len);
	put_padding(d);
}

static void put_text(struct datagram *d, const char *text, size_t max)
{
	put_opaque(d, text, strnlen(text, max));
}

/* ---- samples ---- */

static void put_header(struct encoder *e, const struct told_sample *told)
{
	const struct vifswitch_sample *s = told->sample;
	struct datagram *d = &e->out;
	uint32_t len = told->packet_len;
	size_t at = begin_record(d, FLOW_HEADER);

	if (len > e->set.header)
		len = e->set.header;
	put_u32(d, ETHERNET);
	put_u32(d, s->frame_len + FCS);
	put_u32(d, FCS);
	put_opaque(d, told->packet, len);
	end(d, at);
}

static void put_switch(struct encoder *e, const struct vifswitch_sample *s)
{
	struct datagram *d = &e->out;
	size_t at = begin_record(d, FLOW_SWITCH);
	uint32_t vlan = s->vlan == VIFSWITCH_VID_NONE ? UNKNOWN : s->vlan;

	put_u32(d, vlan);
	put_u32(d, s->prio);
	put_u32(d, vlan);
	put_u32(d, s->prio);
	end(d, at);
}

static void put_flow_sample(struct encoder *e, const struct told_sample *told,
			    struct sflow_source *source)
{
	struct datagram *d = &e->out;
	size_t at = begin_sample(e, SAMPLE_FLOW, SAMPLE_ROOM);

	put_u32(d, ++source->samples);
	put_u32(d, told->port->number);
	put_u32(d, told->rate);
	put_u32(d, (uint32_t)told->pool);
	put_u32(d, (uint32_t)told->dropped);
	put_u32(d, told->port->number);
	put_u32(d, told->sample->to == VIFSWITCH_FLOW_TO_MANY ? OUTPUT_MANY : told->output);
	put_u32(d, 2);
	put_header(e, told);
	put_switch(e, told->sample);
	end(d, at);
}

static void put_discarded(struct encoder *e, const struct told_sample *told,
			  struct sflow_source *source)
{
	struct datagram *d = &e->out;
	size_t at = begin_sample(e, SAMPLE_DISCARDED, SAMPLE_ROOM), record;

	put_u32(d, ++source->discarded);
	put_u32(d, 0);
	put_u32(d, told->port->number);
	put_u32(d, (uint32_t)told->sample->drop_excess);
	put_u32(d, told->port->number);
	put_u32(d, told->output);
	put_u32(d, reason_sflow(told->sample->reason));
	put_u32(d, 2);
	put_header(e, told);
	record = begin_record(d, FLOW_LINUX_REASON);
	put_text(d, reason_told(told->sample->reason), 64);
	end(d, record);
	end(d, at);
}

void sflow_sample(struct encoder *e, const struct told_sample *told)
{
	const struct vifswitch_sample *s = told->sample;
	struct sflow_source *source;

	if (told->packet_len > VIFSWITCH_SAMPLE_OCTETS_MAX || !told->port->number) {
		e->left_out++;
		return;
	}
	source = source_of(e, told->port->number);
	if (!source) {
		e->left_out++;
		return;
	}
	if (s->flags & VIFSWITCH_SAMPLE_CHOSEN)
		put_flow_sample(e, told, source);
	if (s->flags & VIFSWITCH_SAMPLE_DROPPED)
		put_discarded(e, told, source);
}

/* ---- counters ---- */

/* What kinds of frames they are is not counted: all of them are told as unicast. */
static void put_if_counters(struct encoder *e, const struct told_counters *c)
{
	struct datagram *d = &e->out;
	size_t at = begin_record(d, COUNTERS_IF);

	put_u32(d, c->port->number);
	put_u32(d, IF_ETHERNET_CSMACD);
	put_u64(d, 0);
	put_u32(d, 1);
	put_u32(d, c->up ? 3 : 1);
	put_u64(d, c->in_octets);
	put_u32(d, (uint32_t)c->in_packets);
	put_u32(d, UNKNOWN);
	put_u32(d, UNKNOWN);
	put_u32(d, (uint32_t)c->in_drops);
	put_u32(d, 0);
	put_u32(d, UNKNOWN);
	put_u64(d, c->out_octets);
	put_u32(d, (uint32_t)c->out_packets);
	put_u32(d, UNKNOWN);
	put_u32(d, UNKNOWN);
	put_u32(d, (uint32_t)c->out_drops);
	put_u32(d, 0);
	put_u32(d, 0);
	end(d, at);
}

static void put_name(struct encoder *e, const struct told_port *port)
{
	size_t at = begin_record(&e->out, COUNTERS_NAME);

	put_text(&e->out, port->name, sizeof(port->name));
	end(&e->out, at);
}

/* The VM behind it: who it is, on which interface, and what that carried, in its words. */
static void put_vm(struct encoder *e, const struct told_counters *c)
{
	struct datagram *d = &e->out;
	size_t at = begin_record(d, COUNTERS_HOST);

	put_text(d, c->port->vm_name, TOLD_NAME_MAX);
	put_octets(d, c->port->vm, 16);
	put_u32(d, 0);
	put_u32(d, 0);
	put_text(d, "", 1);
	end(d, at);
	at = begin_record(d, COUNTERS_ADAPTERS);
	put_u32(d, 1);
	put_u32(d, c->port->number);
	put_u32(d, 0);
	end(d, at);
	at = begin_record(d, COUNTERS_PARENT);
	put_u32(d, 2);
	put_u32(d, 1);
	end(d, at);
	at = begin_record(d, COUNTERS_VIRT_NET);
	put_u64(d, c->out_octets);
	put_u32(d, (uint32_t)c->out_packets);
	put_u32(d, 0);
	put_u32(d, (uint32_t)c->out_drops);
	put_u64(d, c->in_octets);
	put_u32(d, (uint32_t)c->in_packets);
	put_u32(d, 0);
	put_u32(d, (uint32_t)c->in_drops);
	end(d, at);
}

void sflow_counters(struct encoder *e, const struct told_counters *c)
{
	struct sflow_source *source = c->port->number ? source_of(e, c->port->number) : NULL;
	struct datagram *d = &e->out;
	size_t at;

	if (!source) {
		e->left_out++;
		return;
	}
	at = begin_sample(e, SAMPLE_COUNTERS, COUNTERS_ROOM);
	put_u32(d, ++source->counters);
	put_u32(d, c->port->number);
	put_u32(d, c->port->is_vif ? 6 : 2);
	put_if_counters(e, c);
	put_name(e, c->port);
	if (c->port->is_vif)
		put_vm(e, c);
	end(d, at);
}
