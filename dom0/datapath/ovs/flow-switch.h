/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A switch made of flows in openvswitch.ko: misses are decided by the core, and what was
 * decided is put in force as flows, of which each stands for all frames that are decided alike.
 *
 * What a guest can make us keep or do is bounded and its own: each port has an upcall socket, a
 * number of flows (its oldest goes for a new one), and is asked in turn. The masks of a datapath
 * are few (seen.h), and beyond FLOW_MASKS_MAX of them flows are of whole addresses and ports,
 * which have one mask for each kind of packet.
 *
 * When a policy or an address changes, each flow is decided again, and goes if it is not what it
 * was; so a flow is never in force longer than what it was made by. Flows stay in the kernel
 * when this is closed.
 */
#ifndef DATAPATH_OVS_FLOW_SWITCH_H
#define DATAPATH_OVS_FLOW_SWITCH_H

#include "base/problem.h"
#include "datapath/ovs/flow-counts.h"
#include "datapath/ovs/ovs-client.h"
#include "datapath/ovs/stations.h"

struct flow_switch;

/* Makes a datapath whose local port, 0, is a new netdev @name; one of that name goes. */
int flow_switch_new(struct ovs_client *client, const char *name, struct flow_switch **ret);
/*
 * One that is there, by its index. Its ports come with flow_switch_take(), then their programs,
 * then its flows (flow-hold.h).
 */
int flow_switch_adopt(struct ovs_client *client, int dp, struct flow_switch **ret);
int flow_switch_take(struct flow_switch *s, uint32_t number, const uint8_t *cookie,
		     size_t cookie_len, const uint32_t meters[VS_LIMITS]);
/* The datapath stays if @keep. */
void flow_switch_close(struct flow_switch *s, bool keep);
int flow_switch_index(const struct flow_switch *s);

/* @netdev joins, closed, by the number *@ret. @cookie: as of a port of vifswitch.ko. */
int flow_switch_add(struct flow_switch *s, const char *netdev, const uint8_t *cookie,
		    size_t cookie_len, uint32_t *ret);
int flow_switch_remove(struct flow_switch *s, uint32_t number);
/* Its netdev is gone, and so is the port; what it left goes. */
void flow_switch_left(struct flow_switch *s, uint32_t number);
/*
 * In force when it returns. -EINVAL: not a program; -EOPNOTSUPP: it has what flows cannot do,
 * or no meter is to be had, and the port is closed. Then *@problem says what. @acl must stay
 * until it is not named any more.
 */
int flow_switch_program(struct flow_switch *s, uint32_t number, const void *blob, size_t len,
			const struct vs_acl *acl, struct problem *problem);
/* The address of the switch's own netdev, which leads to dom0. */
void flow_switch_local(struct flow_switch *s, const uint8_t mac[6]);
/* Are its own addresses somewhere else? Its next frame brings them here. */
int flow_switch_claim(struct flow_switch *s, uint32_t number, bool dormant);
void flow_switch_name(struct flow_switch *s, uint32_t number, const uint8_t *cookie,
		      size_t cookie_len);

/* What is known of a port; NULL: there is no such. */
const struct station_port *flow_switch_station(const struct flow_switch *s, uint32_t number);
const struct stations *flow_switch_stations(const struct flow_switch *s);
/* Of each reason, as of the last flow_switch_count(). */
void flow_switch_drops(const struct flow_switch *s, uint32_t number,
		       uint64_t ret[VIFSWITCH_DROP_COUNT]);
/* Tells the network where its own addresses are. -EINVAL: it has none. */
int flow_switch_announce(struct flow_switch *s, uint32_t number);

/* Sockets are entered there, each with its struct flow_port (flow-miss.h). */
void flow_switch_watch(struct flow_switch *s, int epoll);
/*
 * Addresses not seen since @before_ms are forgotten, and so are their flows. What flows took is
 * known by flow_switch_count() alone.
 */
void flow_switch_age(struct flow_switch *s, uint64_t before_ms);

const struct flow_switch_counts *flow_switch_counts(struct flow_switch *s);

#endif /* DATAPATH_OVS_FLOW_SWITCH_H */
