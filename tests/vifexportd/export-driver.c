// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The encoders fed with made-up records, for the judges of export.py:
 *
 *   export-driver FORMAT SAMPLING COUNT
 *
 * Datagrams go to standard output, each behind its length in 4 octets; what they should
 * come to, as JSON, to standard error.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "export/tell.h"

#define START_MS	1700000000000ULL

static struct told_port ports[3] = {
	{ .number = 1 << 20, .name = "vif3.0", .sw = "xenbr0", .is_vif = true, .vm = { 0xf4, 7 },
	  .vm_name = "web" },
	{ .number = (1 << 20) + 1, .name = "vif4.1", .sw = "xenbr0", .is_vif = true,
	  .vm = { 0xf4, 8 }, .devid = 1, .vm_name = "db" },
	{ .number = 4, .name = "eth0", .sw = "xenbr0" },
};

static struct {
	uint64_t flows, packets, octets, octets_l3, left_out;
	uint64_t ip_packets, ip_octets, dropped_packets;
	uint64_t samples, discarded, counters, datagrams;
} sums;

static uint32_t dice_state = 1;

static uint32_t dice(uint32_t sides)
{
	dice_state = dice_state * 1664525 + 1013904223;
	return (dice_state >> 8) % sides;
}

static void on_datagram(const uint8_t *octets, size_t len, uint32_t records, void *arg)
{
	uint8_t head[4] = { 0, 0, (uint8_t)(len >> 8), (uint8_t)len };

	fwrite(head, 1, sizeof(head), stdout);
	fwrite(octets, 1, len, stdout);
	sums.datagrams++;
}

static void make_addresses(struct vifswitch_flow *f, bool ip6)
{
	static const uint8_t net6[2] = { 0x20, 0x01 };

	f->ethertype = ip6 ? 0x86dd : 0x0800;
	f->src[0] = f->dst[0] = 10;
	if (ip6) {
		memcpy(f->src, net6, 2);
		memcpy(f->dst, net6, 2);
	}
	f->src[ip6 ? 15 : 3] = (uint8_t)(1 + dice(200));
	f->dst[ip6 ? 15 : 3] = (uint8_t)(1 + dice(200));
}

static void make_flow(struct vifswitch_flow *f, uint32_t i)
{
	static const uint8_t protocols[] = { 6, 17, 1, 47 };
	bool ip6 = i % 3 == 1;

	*f = (struct vifswitch_flow){
		.first_ms = START_MS + 10 * i, .last_ms = START_MS + 10 * i + dice(5000),
		.packets = 1 + dice(1000), .to = 4, .end = (uint8_t)(1 + i % 5),
		.vlan = (uint16_t)dice(4095), .tos = (uint8_t)dice(256),
		.flags = VIFSWITCH_FLOW_ACCEPTED,
		.src_mac = { 0, 0x16, 0x3e, 1, 2, (uint8_t)i }, .dst_mac = { 2, 0, 0, 0, 0, 1 },
	};
	f->octets_l3 = f->packets * (40 + dice(1400));
	f->octets = f->octets_l3 + 14 * f->packets;
	if (i % 7 == 6) {
		f->ethertype = 0x0806;
	} else {
		f->flags |= VIFSWITCH_FLOW_IP;
		f->proto = protocols[dice(4)];
		if (ip6 && f->proto == 1)
			f->proto = 58;
		make_addresses(f, ip6);
	}
	if (f->proto == 1 || f->proto == 58) {
		f->src_port = 8;
	} else if (f->proto == 6 || f->proto == 17) {
		f->src_port = (uint16_t)(1024 + dice(60000));
		f->dst_port = (uint16_t)(1 + dice(1024));
	}
	if (f->proto == 6)
		f->tcp_flags = (uint8_t)dice(256);
	if (i % 11 == 10) {
		f->flags &= ~VIFSWITCH_FLOW_ACCEPTED;
		f->reason = VIFSWITCH_DROP_ACL;
	}
}

static void tell_flows(struct encoder *e, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		struct vifswitch_flow f;
		uint64_t left_out = e->left_out;

		make_flow(&f, i);
		encoder_flow(e, &(struct told_flow){
			.flow = &f, .port = &ports[i % 3], .output = 4 }, START_MS + 20000 + i);
		if (e->left_out != left_out)
			continue;
		sums.flows++;
		sums.packets += f.packets;
		sums.octets += f.octets;
		sums.octets_l3 += f.octets_l3;
		if (f.flags & VIFSWITCH_FLOW_IP) {
			sums.ip_packets += f.packets;
			sums.ip_octets += f.octets_l3;
		}
		sums.dropped_packets += f.reason ? f.packets : 0;
	}
}

/* A UDP packet of IPv4, from its Ethernet header on. */
static const uint8_t packet[64] = {
	2, 0, 0, 0, 0, 1, 0, 0x16, 0x3e, 1, 2, 3, 8, 0,
	0x45, 0, 0, 50, 0, 1, 0, 0, 64, 17, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2,
	0x10, 0, 0, 53, 0, 30, 0, 0,
};

static void tell_samples(struct encoder *e, uint32_t count)
{
	uint64_t chosen[3] = {};

	for (uint32_t i = 0; i < count; i++) {
		struct vifswitch_sample s = {
			.flags = i % 5 == 4 ? VIFSWITCH_SAMPLE_DROPPED :
				 VIFSWITCH_SAMPLE_CHOSEN | VIFSWITCH_SAMPLE_ACCEPTED,
			.frame_len = sizeof(packet), .count = 1, .vlan = 100, .prio = 3, .to = 4,
			.reason = i % 5 == 4 ? VIFSWITCH_DROP_TO_MTU : 0,
		};

		encoder_sample(e, &(struct told_sample){
			.sample = &s, .port = &ports[i % 3], .output = 4, .rate = e->set.sampling,
			.pool = (chosen[i % 3] += !s.reason) * e->set.sampling, .packet = packet,
			.packet_len = sizeof(packet) }, START_MS + i);
		sums.discarded += s.reason != 0;
		sums.samples += !s.reason;
		if (i % 10)
			continue;
		encoder_counters(e, &(struct told_counters){
			.port = &ports[i / 10 % 3], .in_packets = i, .in_octets = 100 * i,
			.out_packets = 7, .out_octets = 700, .in_drops = 2, .out_drops = 3,
			.up = true }, START_MS + i);
		sums.counters++;
	}
}

int main(int argc, char **argv)
{
	const struct word *format = argc == 4 ?
		word_find(export_format_words, argv[1], strlen(argv[1])) : NULL;
	struct encoder e;

	if (!format)
		return 2;
	encoder_init(&e, &(struct encoder_settings){
		.format = (enum export_format)format->value, .domain = 7,
		.sampling = (uint32_t)atoi(argv[2]), .header = 128, .boot_ms = START_MS - 1000,
		.agent = { 192, 0, 2, 1 }, .send = on_datagram });
	if (format->value == EXPORT_SFLOW)
		tell_samples(&e, (uint32_t)atoi(argv[3]));
	else
		tell_flows(&e, (uint32_t)atoi(argv[3]));
	encoder_flush(&e, START_MS + 30000);
	fprintf(stderr, "{\"flows\": %" PRIu64 ", \"packets\": %" PRIu64 ", \"octets\": %" PRIu64
		", \"octets_l3\": %" PRIu64 ", \"ip_packets\": %" PRIu64 ", \"ip_octets\": %" PRIu64
		", \"dropped_packets\": %" PRIu64 ", \"samples\": %" PRIu64 ", \"discarded\": %" PRIu64
		", \"counters\": %" PRIu64 ", \"left_out\": %" PRIu64 "}\n", sums.flows, sums.packets,
		sums.octets, sums.octets_l3, sums.ip_packets, sums.ip_octets, sums.dropped_packets,
		sums.samples, sums.discarded, sums.counters, e.left_out);
	encoder_deinit(&e);
	return 0;
}
