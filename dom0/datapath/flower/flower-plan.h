/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which of a port's decisions hardware can be told as rules of tc flower: unicast between
 * addresses that are where they are, of ports of one NIC, in protocols that the guard need not
 * look into, as far as ACLs without connections let it through. What a rule takes is decided by
 * the core just so (headers that the core refuses and no rule can see excepted:
 * docs/datapaths.md); whatever no rule takes is software's, as is all of a port with policy that
 * rules cannot tell. Pure: no I/O, no clock.
 */
#ifndef DATAPATH_FLOWER_PLAN_H
#define DATAPATH_FLOWER_PLAN_H

#include "base/problem.h"
#include "datapath/flower/flower-acl.h"
#include "datapath/flower/flower-rule.h"
#include "datapath/ovs/decide.h"
#include "policy/port-policy.h"

/* A port of the world, and what else matters of it. */
struct flower_port {
	const struct dp_world_port *dp;	/* its number is the ifindex */
	const struct port_policy *policy;	/* which dp->program is made of; NULL: closed */
	const struct flower_acl *acl;	/* what the program names; NULL: it is not known */
	uint32_t nic;			/* in which it reaches others of the same; 0: none */
	uint32_t mtu;
	bool queued;			/* what goes to it waits in queues of dom0's */
};

/* An address that was learned. Each costs a rule or more at each port that may send to it. */
struct flower_station {
	uint64_t mac;			/* vs_mac_load() */
	uint16_t vid;
	uint32_t port;
};

struct flower_world {
	const struct dp_world *dp;
	const struct flower_port *ports;	/* in the order of dp->ports */
	const struct flower_station *stations;	/* each once */
	size_t station_count;
	bool tables;			/* flow tables of OpenFlow decide */
	bool underlay;			/* no VM may send others' tunnels by an uplink */
};

/*
 * The rules of port number @from; *ret is empty before. -EOPNOTSUPP, with the field that keeps
 * it in software, and its value: none.
 */
int flower_plan(const struct flower_world *world, size_t from, struct flower_rules *ret,
		struct problem *problem);

/* Why no other port's rules lead to port number @to: the field; NULL: they may. */
const char *flower_kept_to(const struct flower_world *world, size_t to);

#endif /* DATAPATH_FLOWER_PLAN_H */
