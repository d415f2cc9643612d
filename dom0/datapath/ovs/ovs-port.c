// SPDX-License-Identifier: GPL-2.0-or-later
#include "datapath/ovs/ovs-port.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/mem.h"
#include "datapath/ko/program-compile.h"
#include "datapath/ko/program-view.h"
#include "datapath/ovs/flow-hold.h"
#include "datapath/ovs/lacks.h"
#include "datapath/ovs/ovs-dump.h"
#include "datapath/ovs/own-netdev.h"

static bool header_of(const struct ovs_port *port, struct vifswitch_program *ret)
{
	return port->kept.blob && vs_program_header(port->kept.blob, port->kept.blob_len, ret);
}

uint32_t ovs_port_acl(const struct ovs_port *port)
{
	struct vifswitch_program header;

	return header_of(port, &header) ? header.acl : 0;
}

static const struct vs_acl *acl_view(const struct ovs_datapath *dp, uint32_t id)
{
	const struct ovs_acl *acl = id ? map_get(&dp->acls, id) : NULL;

	return acl ? &acl->view : NULL;
}

static int keep(struct ovs_datapath *dp, struct ovs_port *port)
{
	const struct station_port *station = flow_switch_station(port->sw->flows, port->number);

	if (station) {
		memcpy(port->kept.meters, station->meters, sizeof(port->kept.meters));
		port->kept.claim = station->dormant ? VIFSWITCH_CLAIM_DORMANT :
						      VIFSWITCH_CLAIM_ACTIVE;
	}
	if (keeper_put(&dp->keeper, KEPT_PORT, &port->kept) < 0)
		return ovs_dp_refuse(dp, -EIO, "what the port is held to cannot be written down");
	return 0;
}

int ovs_port_apply(struct ovs_datapath *dp, struct ovs_port *port)
{
	struct problem problem = {};
	int r = flow_switch_program(port->sw->flows, port->number, port->kept.blob,
				    port->kept.blob_len, acl_view(dp, ovs_port_acl(port)),
				    &problem);

	if (r < 0)
		ovs_dp_refuse(dp, r, problem.text[0] ? problem.text :
			      ovs_client_error(&dp->client));
	return r;
}

struct ovs_port *ovs_port_enter(struct ovs_datapath *dp, struct ovs_switch *sw, uint32_t number,
				const char *name, struct kept *kept)
{
	struct ovs_port *port = xzalloc(sizeof(*port));

	port->sw = sw;
	port->number = number;
	snprintf(port->name, sizeof(port->name), "%s", name);
	port->kept = *kept;
	port->kept.sw = sw->ifindex;
	kept->blob = NULL;
	if (map_put(&dp->ports, port->kept.id, port) < 0) {
		kept_deinit(&port->kept);
		free(port);
		return NULL;
	}
	return port;
}

void ovs_port_forget(struct ovs_datapath *dp, struct ovs_port *port)
{
	keeper_drop(&dp->keeper, KEPT_PORT, port->kept.id);
	map_remove(&dp->ports, port->kept.id);
	kept_deinit(&port->kept);
	free(port);
}

struct ovs_port *ovs_port_find(const struct ovs_datapath *dp, const struct flow_switch *flows,
			       uint32_t number)
{
	struct ovs_port *port;

	map_for_each(&dp->ports, i, port)
		if (port->sw->flows == flows && port->number == number)
			return port;
	return NULL;
}

bool ovs_port_woke(struct ovs_datapath *dp, struct ovs_port *port)
{
	const struct station_port *station = flow_switch_station(port->sw->flows, port->number);

	if (!station || station->dormant || port->kept.claim == VIFSWITCH_CLAIM_ACTIVE)
		return false;
	keep(dp, port);
	return true;
}

struct dp_event ovs_port_event(const struct ovs_port *port)
{
	struct dp_event event = {
		.sw = port->sw->ifindex, .port = port->kept.id, .cookie = port->kept.cookie,
		.cookie_len = port->kept.cookie_len, .vlan = VIFSWITCH_VID_NONE,
	};

	snprintf(event.switch_name, sizeof(event.switch_name), "%s", port->sw->name);
	snprintf(event.port_name, sizeof(event.port_name), "%s", port->name);
	return event;
}

bool ovs_dp_has_port(const struct ovs_datapath *dp, uint32_t port)
{
	return map_get(&dp->ports, port);
}

/* ---- telling ---- */

static int tell(const struct ovs_port *port, const struct ovs_vport_stats *stats, dp_port_fn fn,
		void *arg)
{
	_cleanup_free_ struct port_policy *policy = program_read(port->kept.blob,
								 port->kept.blob_len);
	const struct station_port *station = flow_switch_station(port->sw->flows, port->number);
	bool local = port->number == OVSP_LOCAL, closed = !station || !station->dp.program;
	struct dp_port told = {
		.sw = port->sw->ifindex, .ifindex = port->kept.id,
		.flags = (local ? VIFSWITCH_PORT_LOCAL : 0) | (closed ? VIFSWITCH_PORT_CLOSED : 0),
		.claim = !station || station->dormant ? VIFSWITCH_CLAIM_DORMANT :
							VIFSWITCH_CLAIM_ACTIVE,
		.policy = closed ? NULL : policy, .program = closed ? NULL : port->kept.blob,
		.program_len = closed ? 0 : port->kept.blob_len, .cookie = port->kept.cookie,
		.cookie_len = port->kept.cookie_len, .fdb_count = station ? station->entries : 0,
	};

	snprintf(told.name, sizeof(told.name), "%s", port->name);
	/* what a switch's own netdev sends is what comes from dom0 */
	told.counters[VIFSWITCH_CTR_FROM_PACKETS] = local ? stats->tx_packets : stats->rx_packets;
	told.counters[VIFSWITCH_CTR_FROM_BYTES] = local ? stats->tx_bytes : stats->rx_bytes;
	told.counters[VIFSWITCH_CTR_TO_PACKETS] = local ? stats->rx_packets : stats->tx_packets;
	told.counters[VIFSWITCH_CTR_TO_BYTES] = local ? stats->rx_bytes : stats->tx_bytes;
	flow_switch_drops(port->sw->flows, port->number, told.drops);
	return fn(&told, arg);
}

static int take_stats(int index, const struct ovs_vport *vport, void *arg)
{
	*(struct ovs_vport_stats *)arg = vport->stats;
	return 0;
}

static int tell_one(struct ovs_datapath *dp, const struct ovs_port *port, dp_port_fn fn, void *arg)
{
	struct ovs_vport_stats stats = {};

	ovs_vport_get(&dp->client, (int)port->sw->ifindex, port->number, take_stats, &stats);
	return tell(port, &stats, fn, arg);
}

int ovs_dp_port_get(struct ovs_datapath *dp, uint32_t port, dp_port_fn fn, void *arg)
{
	const struct ovs_port *found = map_get(&dp->ports, port);

	if (!found)
		return -ENOENT;
	flow_switch_count(found->sw->flows);
	return tell_one(dp, found, fn, arg);
}

int ovs_dp_port_dump(struct ovs_datapath *dp, uint32_t sw, dp_port_fn fn, void *arg)
{
	const struct ovs_switch *s;
	const struct ovs_port *port;

	map_for_each(&dp->switches, i, s)
		if (!sw || s->ifindex == sw)
			flow_switch_count(s->flows);
	map_for_each(&dp->ports, i, port) {
		int r = !sw || port->sw->ifindex == sw ? tell_one(dp, port, fn, arg) : 0;

		if (r < 0)
			return r;
	}
	return 0;
}

/* ---- changing ---- */

static bool is_guest(const struct ovs_port *port)
{
	struct vifswitch_program header;

	return header_of(port, &header) && header.flags & VIFSWITCH_PF_GUEST;
}

/* As a program that flows can do, in @kept, or the problem. */
static int compile(struct ovs_datapath *dp, const struct ovs_switch *sw,
		   const struct port_policy *policy, struct kept *kept)
{
	const struct vs_acl *acl = acl_view(dp, port_policy_acl(policy));
	const struct dp_place at = { .sw = sw->name, .stateful = acl && acl->stateful };
	struct program program = {};
	struct problem problem;
	int r = policy ? flows_check(&at, &policy->header, &problem) : 0;

	if (r == 0 && policy)
		r = program_compile(policy, &program, &problem);
	if (r < 0)
		return ovs_dp_refuse(dp, r, problem.text);
	free(kept->blob);
	kept->blob = program.blob;
	kept->blob_len = program.len;
	return 0;
}

static int change_port(struct ovs_datapath *dp, struct ovs_port *port,
		       const struct dp_port_change *change)
{
	int r = 0;

	if (change->cookie) {
		if (change->cookie_len > sizeof(port->kept.cookie))
			return ovs_dp_refuse(dp, -EINVAL, "the cookie is too long");
		memcpy(port->kept.cookie, change->cookie, change->cookie_len);
		port->kept.cookie_len = change->cookie_len;
		flow_switch_name(port->sw->flows, port->number, port->kept.cookie,
				 port->kept.cookie_len);
	}
	if (change->claim >= 0)
		flow_switch_claim(port->sw->flows, port->number,
				  change->claim == VIFSWITCH_CLAIM_DORMANT);
	if (change->set_policy) {
		r = compile(dp, port->sw, change->policy, &port->kept);
		if (r == 0)
			r = ovs_port_apply(dp, port);
	}
	return keep(dp, port) ?: r;
}

int ovs_dp_port_new(struct ovs_datapath *dp, uint32_t sw, uint32_t port,
		    const struct dp_port_change *change)
{
	struct ovs_switch *s = map_get(&dp->switches, sw);
	struct kept kept = { .id = port, .sw = sw, .claim = VIFSWITCH_CLAIM_DORMANT };
	struct ovs_port *entered;
	char name[IFNAMSIZ];
	uint32_t number;
	int r;

	if (!s || !if_indextoname(port, name))
		return ovs_dp_refuse(dp, -ENODEV, "the switch or the netdev is gone");
	if (map_get(&dp->ports, port))
		return ovs_dp_refuse(dp, -EEXIST, "it is a port already");
	/* whose it is first, so that no port is ever nobody's */
	if (change->cookie && change->cookie_len <= sizeof(kept.cookie)) {
		memcpy(kept.cookie, change->cookie, change->cookie_len);
		kept.cookie_len = change->cookie_len;
	}
	r = keeper_put(&dp->keeper, KEPT_PORT, &kept);
	if (r == 0)
		r = flow_switch_add(s->flows, name, kept.cookie, kept.cookie_len, &number);
	if (r < 0) {
		keeper_drop(&dp->keeper, KEPT_PORT, port);
		return ovs_dp_refuse(dp, r, ovs_client_error(&dp->client));
	}
	entered = ovs_port_enter(dp, s, number, name, &kept);
	r = entered ? change_port(dp, entered, change) : -ENOMEM;
	if (r < 0 && entered)
		ovs_dp_port_del(dp, port);
	return r;
}

int ovs_dp_port_set(struct ovs_datapath *dp, uint32_t port, const struct dp_port_change *change)
{
	struct ovs_port *found = map_get(&dp->ports, port);

	return found ? change_port(dp, found, change) :
		       ovs_dp_refuse(dp, -ENOENT, "it is no port");
}

/* dom0's own is closed: it goes with its switch alone. */
int ovs_dp_port_del(struct ovs_datapath *dp, uint32_t port)
{
	struct ovs_port *found = map_get(&dp->ports, port);
	int r;

	if (!found)
		return ovs_dp_refuse(dp, -ENOENT, "it is no port");
	if (found->number == OVSP_LOCAL)
		return ovs_dp_port_set(dp, port, &(struct dp_port_change){ .set_policy = true,
									   .claim = -1 });
	if (is_guest(found))
		own_netdev_down(found->name);
	r = flow_switch_remove(found->sw->flows, found->number);
	if (r < 0)
		return ovs_dp_refuse(dp, r, ovs_client_error(&dp->client));
	ovs_port_forget(dp, found);
	return 0;
}

int ovs_dp_port_announce(struct ovs_datapath *dp, uint32_t port)
{
	struct ovs_port *found = map_get(&dp->ports, port);

	return found ? flow_switch_announce(found->sw->flows, found->number) : -ENOENT;
}

/* ---- addresses ---- */

struct addresses {
	const struct ovs_datapath *dp;
	const struct ovs_switch *sw;
	uint32_t port;			/* 0: of all */
	dp_fdb_fn fn;
	void *arg;
	uint64_t now_ms;
};

static int tell_learned(const struct station_port *station, uint64_t mac, uint16_t vid,
			uint64_t seen_ms, void *arg)
{
	const struct addresses *a = arg;
	const struct ovs_port *port = ovs_port_find(a->dp, a->sw->flows, station->dp.number);
	struct dp_fdb told = { .sw = a->sw->ifindex, .vlan = vid };

	if (!port || (a->port && a->port != port->kept.id))
		return 0;
	told.port = port->kept.id;
	told.age_ms = a->now_ms > seen_ms ? (uint32_t)(a->now_ms - seen_ms) : 0;
	vs_mac_store(told.mac, mac);
	return a->fn(&told, a->arg);
}

/* The switch's own, where dom0 is. */
static int tell_local(const struct addresses *a)
{
	const struct stations *s = flow_switch_stations(a->sw->flows);
	struct dp_fdb told = {
		.sw = a->sw->ifindex, .port = a->sw->ifindex, .vlan = VIFSWITCH_VID_NONE,
		.flags = VIFSWITCH_FDB_STATIC | VIFSWITCH_FDB_LOCAL,
	};

	if (!s->local || (a->port && a->port != told.port))
		return 0;
	vs_mac_store(told.mac, s->local_mac);
	return a->fn(&told, a->arg);
}

/* Those that it may use, its own ones wherever it sends from. */
static int tell_guarded(const struct addresses *a, const struct ovs_port *port)
{
	const struct station_port *station = flow_switch_station(port->sw->flows, port->number);
	const struct vs_program *prog = station ? station->dp.program : NULL;
	int r = 0;

	for (unsigned int i = 0; prog && r >= 0 && i < prog->mac_count; i++) {
		struct dp_fdb told = {
			.sw = port->sw->ifindex, .port = port->kept.id,
			.vlan = VIFSWITCH_VID_NONE,
			.flags = VIFSWITCH_FDB_STATIC | VIFSWITCH_FDB_GUARD,
		};

		if (vs_hold_of(prog, prog->macs[i]) != VS_HOLD_OWN)
			told.flags |= VIFSWITCH_FDB_LISTED | VIFSWITCH_FDB_DORMANT;
		else if (station->dormant)
			told.flags |= VIFSWITCH_FDB_DORMANT;
		vs_mac_store(told.mac, prog->macs[i]);
		r = a->fn(&told, a->arg);
	}
	return r;
}

int ovs_dp_fdb_dump(struct ovs_datapath *dp, uint32_t sw, uint32_t port, dp_fdb_fn fn, void *arg)
{
	struct addresses a = { .dp = dp, .port = port, .fn = fn, .arg = arg,
			       .now_ms = (uint64_t)clock_ms() };
	const struct ovs_port *p;
	int r = 0;

	map_for_each(&dp->switches, i, a.sw)
		if (r >= 0 && (!sw || a.sw->ifindex == sw))
			r = stations_each(flow_switch_stations(a.sw->flows), tell_learned, &a) ?:
			    tell_local(&a);
	map_for_each(&dp->ports, i, p)
		if (r >= 0 && (!sw || p->sw->ifindex == sw) && (!port || p->kept.id == port))
			r = tell_guarded(&a, p);
	return r;
}
