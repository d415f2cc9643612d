// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * NetFlow 5: a header of 24 octets and up to 30 records of 48. It has IPv4 alone, 16 bits
 * for an interface and 32 for a count, and no word for what was dropped. So IPv6, what is
 * not IP, and what was dropped where it came in are left out, and counted; a number that
 * does not fit is 0; and a flow that counts more is told as several.
 */
#include "base/cleanup.h"
#include "export/netflow5.h"

#define VERSION		5
#define HEADER		24
#define RECORD		48
#define RECORDS_MAX	28	/* 30 would be 1464 octets */
#define SEQUENCE_AT	16
#define COUNT_AT	2
#define TIMES_AT	4	/* of when it leaves: what it tells of is over by then */
#define BY_CHANCE	(2U << 14)

static void begin(struct encoder *e)
{
	struct datagram *d = &e->out;

	put_u16(d, VERSION);
	put_zeros(d, 14);
	put_u32(d, e->sequence);
	put_u8(d, 0);
	put_u8(d, (uint8_t)e->set.domain);
	put_u16(d, e->set.sampling > 1 ? (uint16_t)(BY_CHANCE | e->set.sampling) : 0);
}

static uint16_t interface(uint32_t number)
{
	return number <= UINT16_MAX ? (uint16_t)number : 0;
}

static uint32_t uptime_of(const struct encoder *e, uint64_t ms)
{
	return ms > e->set.boot_ms ? (uint32_t)(ms - e->set.boot_ms) : 0;
}

static void put_record(struct encoder *e, const struct told_flow *told, uint32_t packets,
		       uint32_t octets)
{
	const struct vifswitch_flow *f = told->flow;
	struct datagram *d = &e->out;
	bool icmp = f->proto == 1;

	put_octets(d, f->src, 4);
	put_octets(d, f->dst, 4);
	put_u32(d, 0);
	put_u16(d, interface(told->port->number));
	put_u16(d, interface(told->output));
	put_u32(d, packets);
	put_u32(d, octets);
	put_u32(d, uptime_of(e, f->first_ms));
	put_u32(d, uptime_of(e, f->last_ms));
	put_u16(d, icmp ? 0 : f->src_port);
	put_u16(d, icmp ? (uint16_t)(f->src_port << 8 | (f->dst_port & 0xff)) : f->dst_port);
	put_u8(d, 0);
	put_u8(d, f->tcp_flags);
	put_u8(d, f->proto);
	put_u8(d, f->tos);
	put_zeros(d, 8);	/* AS numbers, prefix lengths, padding */
	e->told++;
	e->records++;
	e->sequence++;
}

static uint32_t part(uint64_t *left)
{
	uint32_t n = *left > UINT32_MAX ? UINT32_MAX : (uint32_t)*left;

	*left -= n;
	return n;
}

void netflow5_flow(struct encoder *e, const struct told_flow *told)
{
	const struct vifswitch_flow *f = told->flow;
	uint64_t packets = f->packets, octets = f->octets_l3;

	if (!(f->flags & VIFSWITCH_FLOW_IP) || f->ethertype != 0x0800 ||
	    !(f->flags & VIFSWITCH_FLOW_ACCEPTED) || f->flags & VIFSWITCH_FLOW_REST) {
		e->left_out++;
		return;
	}
	do {
		if (e->told == RECORDS_MAX)
			netflow5_flush(e);
		if (!e->out.len)
			begin(e);
		put_record(e, told, part(&packets), part(&octets));
	} while (packets || octets);
}

void netflow5_flush(struct encoder *e)
{
	if (!e->out.len)
		return;
	set_u16(&e->out, COUNT_AT, (uint16_t)e->told);
	set_u32(&e->out, TIMES_AT, encoder_uptime(e));
	set_u32(&e->out, TIMES_AT + 4, (uint32_t)(e->now_ms / 1000));
	set_u32(&e->out, TIMES_AT + 8, (uint32_t)(e->now_ms % 1000) * 1000000);
	encoder_send(e);
}
