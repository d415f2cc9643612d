/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A switch as OpenFlow sees it: ports, tables, groups, meters, and the sessions of those who
 * speak with it. No I/O and no clock: its owner brings frames of messages, the time and what
 * the datapath tells, and takes what sessions have to send.
 *
 * The datapath is what carries frames. What is here is the truth; the datapath is told each
 * change before anybody hears that it was made, all changes of a request or a bundle at once,
 * and if it refuses, they are undone.
 */
#ifndef OPENFLOW_SWITCH_H
#define OPENFLOW_SWITCH_H

#include "openflow/of-flow.h"

#define OF_FLOWS_MAX	VIFSWITCH_OF_FLOWS_MAX
#define OF_GROUPS_MAX	VIFSWITCH_OF_GROUPS_MAX
#define OF_BUCKETS_MAX	VIFSWITCH_OF_BUCKETS_MAX
#define OF_METERS_MAX	VIFSWITCH_OF_METERS_MAX
#define OF_BANDS_MAX	VIFSWITCH_OF_BANDS_MAX
/* Of flows, groups and their actions, with those that a change replaces until it is made. */
#define OF_OCTETS_MAX	(256u << 20)
/* Octets that wait to be sent: one of whom many wait is doomed when all have more than this. */
#define OF_OUT_MAX	(256u << 20)
#define OF_PORT_NAME	16

struct of_port {
	uint32_t number;
	char name[OF_PORT_NAME];
	uint8_t mac[6];
	uint32_t config;		/* OFPPC_* */
	uint32_t state;			/* OFPPS_* */
	uint32_t current;		/* OFPPF_* of 1.1 */
	uint32_t kbps;
	uint64_t created;		/* ms */
	uint64_t rx_packets, tx_packets, rx_bytes, tx_bytes, rx_dropped, tx_dropped;
	uint32_t told;			/* a mark of the datapath's */
};

#define OFPPC_PORT_DOWN		(1u << 0)
#define OFPPC_NO_STP		(1u << 1)	/* 1.0 */
#define OFPPC_NO_RECV		(1u << 2)
#define OFPPC_NO_FLOOD		(1u << 4)	/* 1.0 */
#define OFPPC_NO_FWD		(1u << 5)
#define OFPPC_NO_PACKET_IN	(1u << 6)
#define OFPPS_LINK_DOWN		(1u << 0)
#define OFPPS_LIVE		(1u << 2)

/* What becomes of a frame that no flow matches. */
enum of_miss {
	MISS_DROPS,
	MISS_TO_CONTROLLER,	/* somebody who speaks 1.0 listens */
	MISS_NORMAL,		/* fail mode standalone, and nobody there: flows rest */
};

enum of_packet_reason {
	REASON_MISS, REASON_ACTION, REASON_INVALID_TTL, REASON_ACTION_SET, REASON_GROUP,
	REASON_PACKET_OUT,
};

struct of_packet_in {
	const uint8_t *frame;
	size_t len;
	uint64_t cookie;
	uint16_t max_len;		/* octets that were asked for */
	uint16_t controller;		/* id */
	uint8_t table, reason;
	bool implicit;			/* no flow matched: for those who speak 1.0 */
	struct of_match fields;		/* in_port; metadata, tunnel, registers if not 0 */
	const uint8_t *userdata;
	size_t userdata_len;
};

struct of_packet_out {
	uint32_t in_port;		/* OFPP_CONTROLLER, OFPP_ANY: none */
	struct of_match fields;
	struct of_actions actions;
	const uint8_t *frame;
	size_t len;
};

struct of_switch;

/* Every one but commit may be NULL. */
struct of_datapath_ops {
	/* Can it do what this flow says? Its match and actions are good OpenFlow. */
	enum of_error (*check)(void *dp, const struct of_match *m, const struct of_actions *a);
	/* All or nothing. Objects in the journal stay as they are until the next one. */
	enum of_error (*commit)(void *dp, const struct of_journal *journal);
	/* Bring counters, and `used` of flows, up to date. */
	void (*refresh)(void *dp, struct of_switch *sw);
	enum of_error (*packet_out)(void *dp, const struct of_packet_out *out);
	/* The port's config is new; its state may become so. NULL: nobody may change it. */
	void (*port_config)(void *dp, struct of_port *port);
	void (*miss)(void *dp, enum of_miss miss);
};

struct of_session;

/* Who is told: the layer of those who speak (of-peer.h). */
struct of_hearers {
	void (*committed)(struct of_switch *sw, const struct of_session *by, uint32_t xid,
			  const struct of_journal *journal);
	void (*port)(struct of_switch *sw, const struct of_port *port, uint8_t reason);
};

TAILQ_HEAD(of_sessions, of_session);

struct of_identity {
	const char *vendor, *hardware, *software, *serial, *description;
};

struct of_switch {
	char name[OF_PORT_NAME];
	uint64_t dpid;
	struct of_identity identity;
	const struct of_datapath_ops *ops;
	void *dp;
	const struct of_hearers *hearers;	/* NULL: nobody */
	bool datapath_times;		/* ends flows by their timeouts, and tells */
	uint64_t now;			/* ms; the owner moves it */
	struct of_port *ports;
	size_t port_count, port_room;
	struct of_table tables[OF_TABLES];
	uint32_t flow_count;
	size_t octets, octets_max, out_max;
	struct map groups, meters;
	uint64_t next_id;
	uint16_t frag_flags;
	struct of_sessions sessions;
	uint64_t generation;		/* of roles */
	bool has_generation;
	enum of_miss miss;
	bool standalone;		/* fail mode is in force: nobody is there */
};

void switch_init(struct of_switch *sw, const char *name, uint64_t dpid,
		 const struct of_datapath_ops *ops, void *dp);
/* Its sessions have gone before. */
void switch_deinit(struct of_switch *sw);

struct of_port *switch_port(const struct of_switch *sw, uint32_t number);
/* A port is there, or is otherwise than before; sessions are told. */
void switch_set_port(struct of_switch *sw, const struct of_port *port);
void switch_remove_port(struct of_switch *sw, uint32_t number);

struct of_group *switch_group(const struct of_switch *sw, uint32_t id);
struct of_meter *switch_meter(const struct of_switch *sw, uint32_t id);
struct of_limits switch_limits(const struct of_switch *sw);
static inline void switch_refresh(struct of_switch *sw)
{
	if (sw->ops->refresh)
		sw->ops->refresh(sw->dp, sw);
}

#endif /* OPENFLOW_SWITCH_H */
