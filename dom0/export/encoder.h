/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What one collector is told, in one of the formats: flows, samples and counters in,
 * datagrams out. No I/O and no clock: the time comes with each call. State that a
 * collector keeps (sequence numbers, templates) is here, one encoder for each collector,
 * so that what one of them does not get is missing from its own sequence and no other's.
 *
 * NetFlow 5 after Cisco's "NetFlow Export Datagram Format"; 9, RFC 3954; IPFIX, RFC 7011
 * and 7012 with sampling after RFC 5476 and 5477; sFlow 5 after sflow_version_5.txt,
 * sflow_drops.txt and sflow_host.txt of sflow.org. Where collectors read less than those
 * say, the place in the code tells which.
 */
#ifndef EXPORT_ENCODER_H
#define EXPORT_ENCODER_H

#include <net/if.h>

#include "base/map.h"
#include "export/datagram.h"
#include "policy/words.h"
#include "vifswitch/abi.h"
#include "vifswitch/flow-abi.h"

#define TEMPLATE_MS	60000		/* between templates */
#define TOLD_NAME_MAX	63		/* octets of a VM's name that are told */

/* A port, as collectors know it. */
struct told_port {
	uint32_t number;		/* Interface.number, an uplink's ifindex; 0: not known */
	char name[IFNAMSIZ];
	char sw[IFNAMSIZ];
	bool is_vif;
	uint8_t vm[16];			/* of a VIF, as all below */
	uint32_t devid;
	char vm_name[TOLD_NAME_MAX + 1];
};

struct told_flow {
	const struct vifswitch_flow *flow;
	const struct told_port *port;
	uint32_t output;		/* 0: none, or not known */
};

struct told_sample {
	const struct vifswitch_sample *sample;
	const struct told_port *port;
	uint32_t output;
	uint32_t rate;			/* one of so many */
	uint64_t pool;
	uint64_t dropped;		/* chosen, but not told */
	const uint8_t *packet;
	uint32_t packet_len;
};

struct told_counters {
	const struct told_port *port;
	uint64_t in_packets, in_octets, out_packets, out_octets;	/* in: what the port sent */
	uint64_t in_drops, out_drops;
	bool up;
};

struct encoder_settings {
	enum export_format format;
	uint32_t domain;
	uint32_t point;			/* 0: none */
	uint32_t sampling;		/* one of so many */
	uint32_t header;		/* octets of a frame */
	uint8_t agent[16];		/* of sFlow */
	bool agent_is_ip6;
	uint64_t boot_ms;		/* since 1970: what sysUptime counts from */
	uint8_t host[16];		/* this host's UUID, or zeros */
	/* Told @records more in a datagram; it may drop it. */
	void (*send)(const uint8_t *octets, size_t len, uint32_t records, void *arg);
	void *arg;
};

struct encoder {
	struct encoder_settings set;
	struct datagram out;
	uint32_t records;		/* of flows, samples and counters in it */
	uint32_t told;			/* what its header counts: see the format */
	uint32_t sequence;
	size_t set_at;			/* where the last set begins; 0: none is open */
	uint16_t set_id;
	uint64_t now_ms;
	uint64_t templates_ms;		/* when they were told; 0: the collector has none */
	/* sFlow: is it one of discarded packets? And the one of the other kind. */
	bool apart;
	bool of_counters;		/* what is in that of the others */
	struct datagram other_out;
	uint32_t other_count;
	struct map sources;		/* sFlow: sequences by number */
	uint64_t left_out;		/* records that the format has no place for */
};

void encoder_init(struct encoder *e, const struct encoder_settings *settings);
void encoder_deinit(struct encoder *e);
/* The collector knows nothing any more: templates come first. */
void encoder_reconnected(struct encoder *e);

/* ---- for the formats ---- */

/* What is in it goes out, @e->out is empty then. */
void encoder_send(struct encoder *e);
static inline uint32_t encoder_uptime(const struct encoder *e)
{
	return (uint32_t)(e->now_ms - e->set.boot_ms);
}

#endif /* EXPORT_ENCODER_H */
