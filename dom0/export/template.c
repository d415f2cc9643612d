// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * NetFlow 9 (RFC 3954) and IPFIX (RFC 7011). One table has the elements of a record; a
 * template is what of it a format and a kind of packet have.
 *
 * What collectors read decides where the standards leave a choice: a VLAN in 58 beside
 * 243, for nfcapd reads no other; tcpControlBits in one octet, for nfacctd reads no more;
 * and sampling told twice, by 34 alone, which nfcapd wants, and by 302, 304, 305 and 306,
 * which nfacctd wants of records that have a selector.
 *
 * Sequences: of NetFlow 9, datagrams; of IPFIX, data records, those of options too.
 */
#include <string.h>

#include "base/cleanup.h"
#include "export/reasons.h"
#include "export/template.h"

#define SET_HEADER	4
#define VARIABLE	65535
#define OPTIONS_SIMPLE	512		/* template IDs */
#define OPTIONS_SELECTOR	513
#define SELECTOR	1		/* our one selector's ID */

enum kind { IP4, IP6, OTHER, KINDS };
#define TEMPLATE_OF(kind)	((uint16_t)(256 + (kind)))

enum element {			/* of IANA's IPFIX registry */
	E_OCTETS = 1, E_PACKETS = 2, E_PROTOCOL = 4, E_TOS = 5, E_TCP_FLAGS = 6, E_SRC_PORT = 7,
	E_SRC_IP4 = 8, E_INGRESS = 10, E_DST_PORT = 11, E_DST_IP4 = 12, E_EGRESS = 14,
	E_LAST_UPTIME = 21, E_FIRST_UPTIME = 22, E_SRC_IP6 = 27, E_DST_IP6 = 28, E_ICMP4 = 32,
	E_SAMPLING = 34, E_SRC_MAC = 56, E_VLAN = 58, E_DIRECTION = 61, E_DST_MAC = 80,
	E_FORWARDING = 89, E_END = 136, E_POINT = 138, E_ICMP6 = 139, E_DOMAIN = 149,
	E_FIRST_MS = 152, E_LAST_MS = 153, E_DOT1Q = 243, E_ETHERTYPE = 256, E_SELECTOR = 302,
	E_ALGORITHM = 304, E_INTERVAL = 305, E_SPACE = 306, E_STATION_INTERFACE_ID = 347,
	E_STATION_INTERFACE = 348, E_STATION_UUID = 349, E_STATION_NAME = 350, E_OCTETS_L2 = 352,
};

#define ONLY_IP4	(1U << IP4)
#define ONLY_IP6	(1U << IP6)
#define ANY_IP		(ONLY_IP4 | ONLY_IP6)
#define ALL		(ANY_IP | 1U << OTHER)
#define V9		(1U << 8)
#define IPFIX		(1U << 9)
#define BOTH		(V9 | IPFIX)
#define IF_POINT	(1U << 10)	/* where there is one */
#define IF_SAMPLED	(1U << 11)

static const struct field_spec {
	uint16_t element, size;
	unsigned int where;
} fields[] = {
	{ E_SRC_IP4, 4, ONLY_IP4 | BOTH }, { E_DST_IP4, 4, ONLY_IP4 | BOTH },
	{ E_SRC_IP6, 16, ONLY_IP6 | BOTH }, { E_DST_IP6, 16, ONLY_IP6 | BOTH },
	{ E_SRC_PORT, 2, ANY_IP | BOTH }, { E_DST_PORT, 2, ANY_IP | BOTH },
	{ E_PROTOCOL, 1, ANY_IP | BOTH }, { E_TOS, 1, ANY_IP | BOTH },
	{ E_TCP_FLAGS, 1, ANY_IP | BOTH },
	{ E_ICMP4, 2, ONLY_IP4 | BOTH }, { E_ICMP6, 2, ONLY_IP6 | BOTH },
	{ E_INGRESS, 4, ALL | BOTH }, { E_EGRESS, 4, ALL | BOTH },
	{ E_VLAN, 2, ALL | BOTH }, { E_DOT1Q, 2, ALL | IPFIX },
	{ E_SRC_MAC, 6, ALL | BOTH }, { E_DST_MAC, 6, ALL | BOTH },
	{ E_ETHERTYPE, 2, ALL | BOTH },
	{ E_OCTETS, 8, ALL | BOTH }, { E_PACKETS, 8, ALL | BOTH }, { E_OCTETS_L2, 8, ALL | BOTH },
	{ E_FIRST_MS, 8, ALL | IPFIX }, { E_LAST_MS, 8, ALL | IPFIX },
	{ E_FIRST_UPTIME, 4, ALL | V9 }, { E_LAST_UPTIME, 4, ALL | V9 },
	{ E_DIRECTION, 1, ALL | BOTH }, { E_FORWARDING, 1, ALL | BOTH }, { E_END, 1, ALL | IPFIX },
	{ E_POINT, 8, ALL | IPFIX | IF_POINT }, { E_SELECTOR, 8, ALL | IPFIX | IF_SAMPLED },
	{ E_STATION_INTERFACE_ID, VARIABLE, ALL | IPFIX },
	{ E_STATION_INTERFACE, VARIABLE, ALL | IPFIX },
	{ E_STATION_UUID, VARIABLE, ALL | IPFIX }, { E_STATION_NAME, VARIABLE, ALL | IPFIX },
};

#define RECORD_MAX	(180 + 4 * (1 + TOLD_NAME_MAX))	/* octets of a flow's record */

static bool is_ipfix(const struct encoder *e)
{
	return e->set.format == EXPORT_IPFIX;
}

static bool has(const struct encoder *e, const struct field_spec *f, enum kind kind)
{
	return f->where & 1U << kind && f->where & (is_ipfix(e) ? IPFIX : V9) &&
	       (!(f->where & IF_POINT) || e->set.point) &&
	       (!(f->where & IF_SAMPLED) || e->set.sampling > 1);
}

/* ---- messages and sets ---- */

static void begin_message(struct encoder *e)
{
	struct datagram *d = &e->out;

	put_u16(d, is_ipfix(e) ? 10 : 9);
	put_u16(d, 0);
	put_zeros(d, is_ipfix(e) ? 4 : 8);
	put_u32(d, e->sequence);
	put_u32(d, e->set.domain);
}

static void end_set(struct encoder *e)
{
	if (!e->set_at)
		return;
	/* nfacctd takes what pads a set of IPFIX' templates for one more of them. */
	if (!is_ipfix(e) || e->set_id >= 256)
		put_padding(&e->out);
	set_u16(&e->out, e->set_at + 2, (uint16_t)(e->out.len - e->set_at));
	e->set_at = 0;
}

static void send_message(struct encoder *e)
{
	if (!e->out.len)
		return;
	end_set(e);
	/* IPFIX says octets there, NetFlow 9 records, templates included. */
	set_u16(&e->out, 2, is_ipfix(e) ? (uint16_t)e->out.len : (uint16_t)e->told);
	/* Times are those of when it leaves: what it tells of is over by then. */
	if (!is_ipfix(e))
		set_u32(&e->out, 4, encoder_uptime(e));
	set_u32(&e->out, is_ipfix(e) ? 4 : 8, (uint32_t)(e->now_ms / 1000));
	if (!is_ipfix(e))
		e->sequence++;
	encoder_send(e);
}

/* A set of that ID is open, and has @room octets, with what its end may need. */
static void open_set(struct encoder *e, uint16_t id, size_t room)
{
	if (e->out.len && !datagram_has_room(&e->out, room + SET_HEADER + 3))
		send_message(e);
	if (!e->out.len)
		begin_message(e);
	if (e->set_at && e->set_id == id)
		return;
	end_set(e);
	e->set_at = e->out.len;
	e->set_id = id;
	put_u16(&e->out, id);
	put_u16(&e->out, 0);
}

/* A record of data was put. */
static void count_data(struct encoder *e)
{
	e->told++;
	if (is_ipfix(e))
		e->sequence++;
}

/* ---- templates ---- */

static void put_template(struct encoder *e, enum kind kind)
{
	struct datagram *d = &e->out;
	size_t at = d->len;
	uint16_t count = 0;

	put_u16(d, TEMPLATE_OF(kind));
	put_u16(d, 0);
	for (size_t i = 0; i < ARRAY_SIZE(fields); i++) {
		if (!has(e, &fields[i], kind))
			continue;
		put_u16(d, fields[i].element);
		put_u16(d, fields[i].size);
		count++;
	}
	set_u16(d, at + 2, count);
	e->told++;
}

static const struct field_spec simple[] = { { E_DOMAIN, 4, 0 }, { E_SAMPLING, 4, 0 } };
static const struct field_spec selector[] = {
	{ E_SELECTOR, 8, 0 }, { E_ALGORITHM, 2, 0 }, { E_INTERVAL, 4, 0 }, { E_SPACE, 4, 0 },
};

/* Its first field is its scope; RFC 3954 counts octets, and has numbers of its own for that. */
static void put_options_template(struct encoder *e, uint16_t id, const struct field_spec *specs,
				 size_t count)
{
	struct datagram *d = &e->out;

	put_u16(d, id);
	put_u16(d, is_ipfix(e) ? (uint16_t)count : 4);
	put_u16(d, is_ipfix(e) ? 1 : (uint16_t)(4 * (count - 1)));
	for (size_t i = 0; i < count; i++) {
		put_u16(d, i || is_ipfix(e) ? specs[i].element : 1);
		put_u16(d, specs[i].size);
	}
	e->told++;
}

static void put_sampling(struct encoder *e)
{
	struct datagram *d = &e->out;

	open_set(e, OPTIONS_SIMPLE, 8);
	put_u32(d, is_ipfix(e) ? e->set.domain : 0);
	put_u32(d, e->set.sampling);
	count_data(e);
	if (!is_ipfix(e))
		return;
	open_set(e, OPTIONS_SELECTOR, 18);
	put_u64(d, SELECTOR);
	put_u16(d, 1);
	put_u32(d, 1);
	put_u32(d, e->set.sampling - 1);
	count_data(e);
}

static void put_templates(struct encoder *e)
{
	send_message(e);
	for (enum kind kind = 0; kind < KINDS; kind++) {
		open_set(e, is_ipfix(e) ? 2 : 0, 4 + 4 * ARRAY_SIZE(fields));
		put_template(e, kind);
	}
	if (e->set.sampling > 1) {
		open_set(e, is_ipfix(e) ? 3 : 1, 48);
		put_options_template(e, OPTIONS_SIMPLE, simple, ARRAY_SIZE(simple));
		/* nfacctd reads one template of a set. */
		end_set(e);
		if (is_ipfix(e)) {
			open_set(e, 3, 48);
			put_options_template(e, OPTIONS_SELECTOR, selector, ARRAY_SIZE(selector));
		}
		put_sampling(e);
	}
	send_message(e);
	e->templates_ms = e->now_ms;
}

static void templates_in_time(struct encoder *e)
{
	if (!e->templates_ms || e->now_ms - e->templates_ms >= TEMPLATE_MS)
		put_templates(e);
}

/* ---- records ---- */

static void put_variable(struct datagram *d, const void *octets, size_t len)
{
	put_u8(d, (uint8_t)len);
	put_octets(d, octets, len);
}

static void put_station(struct datagram *d, uint16_t element, const struct told_port *port)
{
	uint8_t id[4] = {
		(uint8_t)(port->number >> 24), (uint8_t)(port->number >> 16),
		(uint8_t)(port->number >> 8), (uint8_t)port->number,
	};

	if (element == E_STATION_INTERFACE_ID)
		put_variable(d, id, sizeof(id));
	else if (element == E_STATION_INTERFACE)
		put_variable(d, port->name, strnlen(port->name, sizeof(port->name)));
	else if (element == E_STATION_UUID)
		put_variable(d, port->vm, port->is_vif ? sizeof(port->vm) : 0);
	else
		put_variable(d, port->vm_name, strnlen(port->vm_name, TOLD_NAME_MAX));
}

static uint64_t uptime_of(const struct encoder *e, uint64_t ms)
{
	return ms > e->set.boot_ms ? ms - e->set.boot_ms : 0;
}

static uint8_t forwarding(const struct vifswitch_flow *f)
{
	return f->reason ? reason_forwarding(f->reason) : FORWARDING_FORWARDED;
}

static uint16_t port_of(const struct vifswitch_flow *f, enum kind kind, uint16_t element)
{
	bool icmp = f->proto == (kind == IP4 ? 1 : 58);
	uint16_t type_code = (uint16_t)(f->src_port << 8 | (f->dst_port & 0xff));

	if (element == E_ICMP4 || element == E_ICMP6)
		return icmp ? type_code : 0;
	if (element == E_SRC_PORT)
		return icmp ? 0 : f->src_port;
	return icmp ? type_code : f->dst_port;
}

static uint64_t number_of(const struct encoder *e, const struct told_flow *told, enum kind kind,
			  uint16_t element)
{
	const struct vifswitch_flow *f = told->flow;

	switch (element) {
	case E_SRC_PORT: case E_DST_PORT: case E_ICMP4: case E_ICMP6:
		return port_of(f, kind, element);
	case E_PROTOCOL: return f->proto;
	case E_TOS: return f->tos;
	case E_TCP_FLAGS: return f->tcp_flags;
	case E_INGRESS: return told->port->number;
	case E_EGRESS: return told->output;
	case E_VLAN: case E_DOT1Q: return f->vlan == VIFSWITCH_VID_NONE ? 0 : f->vlan;
	case E_ETHERTYPE: return f->ethertype;
	case E_OCTETS: return f->octets_l3;
	case E_PACKETS: return f->packets;
	case E_OCTETS_L2: return f->octets;
	case E_FIRST_MS: return f->first_ms;
	case E_LAST_MS: return f->last_ms;
	case E_FIRST_UPTIME: return uptime_of(e, f->first_ms);
	case E_LAST_UPTIME: return uptime_of(e, f->last_ms);
	case E_FORWARDING: return forwarding(f);
	case E_END: return f->end;
	case E_POINT: return e->set.point;
	case E_SELECTOR: return SELECTOR;
	default: return 0;	/* E_DIRECTION: ingress */
	}
}

static void put_field(struct encoder *e, const struct field_spec *spec,
		      const struct told_flow *told, enum kind kind)
{
	const struct vifswitch_flow *f = told->flow;
	struct datagram *d = &e->out;

	switch (spec->element) {
	case E_SRC_IP4: case E_SRC_IP6:
		put_octets(d, f->src, spec->size);
		break;
	case E_DST_IP4: case E_DST_IP6:
		put_octets(d, f->dst, spec->size);
		break;
	case E_SRC_MAC:
		put_octets(d, f->src_mac, 6);
		break;
	case E_DST_MAC:
		put_octets(d, f->dst_mac, 6);
		break;
	default:
		if (spec->size == VARIABLE)
			put_station(d, spec->element, told->port);
		else
			put_number(d, number_of(e, told, kind, spec->element), spec->size);
		break;
	}
}

static enum kind kind_of(const struct vifswitch_flow *f)
{
	if (!(f->flags & VIFSWITCH_FLOW_IP) || f->flags & VIFSWITCH_FLOW_REST)
		return OTHER;
	return f->ethertype == 0x0800 ? IP4 : f->ethertype == 0x86dd ? IP6 : OTHER;
}

void template_flow(struct encoder *e, const struct told_flow *told)
{
	enum kind kind = kind_of(told->flow);

	templates_in_time(e);
	open_set(e, TEMPLATE_OF(kind), RECORD_MAX);
	for (size_t i = 0; i < ARRAY_SIZE(fields); i++)
		if (has(e, &fields[i], kind))
			put_field(e, &fields[i], told, kind);
	count_data(e);
	e->records++;
}

void template_flush(struct encoder *e)
{
	templates_in_time(e);
	send_message(e);
}
