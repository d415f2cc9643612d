/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a datapath says of itself and its ports, and what it is asked for. */
#ifndef DATAPATH_MESSAGES_H
#define DATAPATH_MESSAGES_H

#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>

#include "policy/port-policy.h"
#include "vifswitch/abi.h"
#include "vifswitch/acl.h"
#include "vifswitch/session-abi.h"
#include "vifswitch/mirror-abi.h"
#include "vifswitch/network-abi.h"
#include "vifswitch/snoop-abi.h"
#include "vifswitch/loop-abi.h"

/* Multicast snooping of a switch (snoop-abi.h); off: all of it 0. */
struct dp_snoop {
	bool on, flood;
	uint32_t querier;		/* 0, 2 or 3 */
	uint32_t port_max;
	uint32_t ageing_s;
};

static inline bool dp_snoop_same(const struct dp_snoop *a, const struct dp_snoop *b)
{
	return a->on == b->on && a->flood == b->flood && a->querier == b->querier &&
	       a->port_max == b->port_max && a->ageing_s == b->ageing_s;
}

/* Who wants which group. */
struct dp_group {
	uint32_t sw;
	uint32_t port;
	uint16_t vlan;			/* VIFSWITCH_VID_NONE: all */
	struct vifswitch_group group;
};

/* Of a switch that is made of flows: how they do. */
struct dp_flow_counts {
	uint64_t flows, masks;		/* now */
	uint64_t misses, installed, by_hand, evicted, revoked, lost;	/* counted */
	uint64_t adopted;		/* of an earlier process */
};

struct dp_switch {
	uint32_t ifindex;
	char name[IFNAMSIZ];
	uint32_t ageing_ms;
	uint32_t flow_mode;		/* VIFSWITCH_OF_ON, ...; 0: no flow tables */
	uint32_t fdb_count;
	uint32_t port_count;
	const void *underlay;		/* the message's: hosts that no VM may pass for, */
	uint32_t underlay_len;		/* octets */
	struct dp_snoop snoop;
	struct vifswitch_snoop snooped;	/* its counts */
	bool loop;			/* protected from loops */
	struct vifswitch_loop looped;	/* likewise */
	bool of_flows;
	struct dp_flow_counts flows;
};

/* The module that is loaded. */
struct dp_module {
	char version[32];
	uint64_t features;		/* VIFSWITCH_FEATURE_*; all if it would not say */
};

/* policy, program and cookie are the message's: copy what you keep. */
struct dp_port {
	uint32_t sw;
	uint32_t ifindex;
	char name[IFNAMSIZ];
	uint32_t flags;			/* VIFSWITCH_PORT_* */
	uint8_t claim;
	const struct port_policy *policy;	/* NULL: closed */
	const void *program;		/* of vifswitch.ko, as it has it */
	uint32_t program_len;
	const void *cookie;
	uint32_t cookie_len;
	uint32_t fdb_count;
	uint32_t connections;		/* tracked now */
	struct vifswitch_loop_port loop;	/* zeros: none */
	uint64_t counters[VIFSWITCH_CTR_MAX + 1];
	uint64_t drops[VIFSWITCH_DROP_COUNT];
};

struct dp_fdb {
	uint32_t sw;
	uint32_t port;
	uint8_t mac[6];
	uint16_t vlan;			/* VIFSWITCH_VID_NONE: every VLAN of the port */
	uint32_t flags;			/* VIFSWITCH_FDB_* */
	uint32_t age_ms;
	bool has_remote;		/* it is behind a tunnel, at the host with that address */
	uint8_t remote[VIFSWITCH_ADDRESS_LEN];
};

/* What became of sessions that a port was given (vifswitch/session-abi.h). */
struct dp_sessions_taken {
	uint64_t taken, known, refused, excess;
};

struct dp_event {
	enum vifswitch_event event;
	uint32_t sw;
	char switch_name[IFNAMSIZ];
	uint32_t port;
	char port_name[IFNAMSIZ];
	uint32_t old_port;
	const void *cookie;
	uint32_t cookie_len;
	bool has_mac;
	uint8_t mac[6];
	uint16_t vlan;			/* VIFSWITCH_VID_NONE if the event has none */
	uint32_t reason;
	const uint8_t *packet;
	uint32_t packet_len;		/* octets at packet */
	uint32_t frame_len;
	uint64_t suppressed;
	bool has_rule;
	uint64_t rule;			/* its cookie, or VIFSWITCH_RULE_DEFAULT_* */
};

/* Where a port is to be, as it is meant: nothing of it need be there yet. */
struct dp_place {
	const char *sw;			/* the name of its switch */
	bool of_flows;			/* which is, or will be, made of flows */
	bool tables;			/* which is to have flow tables of OpenFlow */
	bool stateful;			/* the ACL that the policy names remembers connections */
	bool closed;			/* the policy is not in force there */
};

/* What is to become of a port; a NULL or negative member stays. */
struct dp_port_change {
	bool set_policy;
	const struct port_policy *policy;	/* with set_policy; NULL: close the port */
	const void *cookie;
	uint32_t cookie_len;
	int claim;			/* enum vifswitch_claim or -1 */
};

/* cookie points into the message: copy what you keep. */
struct dp_acl {
	uint32_t id;
	uint32_t len;
	uint32_t rule_count;
	uint32_t port_count;		/* that refer to it */
	bool outdated;			/* not all that need it have this version */
	const void *cookie;		/* as it was committed with */
	uint32_t cookie_len;
};

/* What a mirror of a switch is to do (mirror-abi.h), whatever datapath does it. */
struct dp_mirror_spec {
	uint32_t output_port;		/* 0: output_vlan, or a port that left */
	uint16_t output_vlan;
	bool dropped;
	bool some_vlans;		/* of vlans alone */
	uint32_t acl;
	uint32_t snaplen;
	uint64_t rate_bps;
	uint32_t packet_rate;
	uint8_t vlans[VIFSWITCH_VLAN_BITMAP_LEN];
};

/* cookie points into the message: copy what you keep. */
struct dp_mirror {
	uint32_t sw;
	uint32_t number;
	struct dp_mirror_spec spec;
	struct vifswitch_mirror_stats stats;
	const void *cookie;
	uint32_t cookie_len;
};

/* A network over IP (network-abi.h); addresses are of 16 octets, ascending. */
struct dp_network_spec {
	uint32_t key;
	uint8_t own[VIFSWITCH_ADDRESS_LEN];	/* zeros: none */
	uint32_t remote_count;
	const uint8_t (*remotes)[VIFSWITCH_ADDRESS_LEN];
	uint32_t flags;			/* VIFSWITCH_NETWORK_*, with VIFSWITCH_FEATURE_ESP */
	uint16_t udp_port;		/* with one of them; 0: GRE */
	uint32_t eid_count;
	const struct vifswitch_eid *eids;	/* of LISP, ascending */
	/* Places of remotes that are sent nothing, with VIFSWITCH_FEATURE_TOLD. */
	uint8_t silent[VIFSWITCH_NETWORK_REMOTES_MAX / 8];
};

/* spec.remotes, spec.eids and cookie point into the message: copy what you keep. */
struct dp_network {
	uint32_t sw;
	uint32_t port;
	uint16_t vlan;
	struct dp_network_spec spec;
	const void *cookie;
	uint32_t cookie_len;
};

#endif /* DATAPATH_MESSAGES_H */
