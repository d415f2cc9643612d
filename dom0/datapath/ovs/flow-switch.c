// SPDX-License-Identifier: GPL-2.0-or-later
#include "datapath/ovs/flow-switch.h"

#include <errno.h>
#include <linux/netlink.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/random.h"
#include "datapath/ovs/flow-hold.h"
#include "datapath/ovs/lacks.h"
#include "datapath/ovs/ovs-meter.h"

#define RARP_LEN	60
#define ANNOUNCED_VLANS	64	/* of a trunk */

static void address_gone(uint64_t mac, uint16_t vid, void *arg)
{
	*(bool *)arg = true;
}

void flow_switch_age(struct flow_switch *s, uint64_t before_ms)
{
	bool any = false;

	stations_age(&s->stations, before_ms, address_gone, &any);
	if (any)
		flow_revalidate(s, NULL);
}

static void port_free(struct flow_port *port)
{
	struct flow *flow;

	while ((flow = flow_list_take(&port->flows)))
		free(flow);
	closep(&port->socket);
	free(port);
}

static void watch(struct flow_switch *s, struct flow_port *port)
{
	struct epoll_event event = { .events = EPOLLIN, .data.ptr = port };

	if (s->epoll >= 0)
		epoll_ctl(s->epoll, EPOLL_CTL_ADD, port->socket, &event);
}

static struct flow_port *add_port(struct flow_switch *s, uint32_t number, int socket,
				  uint32_t upcalls, const uint8_t *cookie, size_t cookie_len)
{
	struct flow_port *port = xzalloc(sizeof(*port));

	port->sw = s;
	port->socket = socket;
	port->upcalls = upcalls;
	flow_list_init(&port->flows);
	port->station = stations_add(&s->stations, number, cookie, cookie_len);
	s->ports = xrealloc(s->ports, (s->count + 1) * sizeof(*s->ports));
	s->ports[s->count++] = port;
	s->outputs = xrealloc(s->outputs, s->stations.world.count * sizeof(*s->outputs));
	watch(s, port);
	return port;
}

static struct flow_switch *flow_switch_of(struct ovs_client *client, int dp, int socket,
					 uint32_t upcalls)
{
	struct flow_switch *s = xzalloc(sizeof(*s));

	s->client = client;
	s->dp = dp;
	s->epoll = -1;
	s->next_id = 1;
	random_bytes(&s->boot, sizeof(s->boot));
	stations_init(&s->stations);
	add_port(s, OVSP_LOCAL, socket, upcalls, NULL, 0);
	return s;
}

int flow_switch_new(struct ovs_client *client, const char *name, struct flow_switch **ret)
{
	uint32_t upcalls;
	_cleanup_close_ int fd = ovs_upcall_socket(&upcalls);
	int dp, r;

	if (fd < 0)
		return fd;
	r = ovs_datapath_find(client, name, &dp);
	if (r == 0)
		r = ovs_datapath_del(client, dp);
	if (r < 0 && r != -ENODEV)
		return r;
	r = ovs_datapath_new(client, name, &dp);
	if (r < 0)
		return r;
	*ret = flow_switch_of(client, dp, TAKE_FD(fd), upcalls);
	return 0;
}

int flow_switch_adopt(struct ovs_client *client, int dp, struct flow_switch **ret)
{
	uint32_t upcalls;
	int fd = ovs_upcall_socket(&upcalls);

	if (fd < 0)
		return fd;
	*ret = flow_switch_of(client, dp, fd, upcalls);
	return 0;
}

int flow_switch_index(const struct flow_switch *s)
{
	return s->dp;
}

void flow_switch_watch(struct flow_switch *s, int epoll)
{
	s->epoll = epoll;
	for (size_t i = 0; i < s->count; i++)
		watch(s, s->ports[i]);
}

void flow_switch_close(struct flow_switch *s, bool keep)
{
	if (!s)
		return;
	if (!keep)
		ovs_datapath_del(s->client, s->dp);
	for (size_t i = 0; i < s->count; i++)
		port_free(s->ports[i]);
	free(s->ports);
	free(s->outputs);
	flow_masks_deinit(&s->masks);
	meter_pool_deinit(&s->meters);
	stations_deinit(&s->stations);
	free(s);
}

/* No trace of it: whoever gets its number next must find none. */
static void forget(struct flow_switch *s, struct flow_port *port)
{
	uint32_t *meters = port->station->meters;

	flow_drop_all(s, port);
	for (unsigned int limit = 0; limit < VS_LIMITS; limit++)
		if (meters[limit]) {
			ovs_meter_del(s->client, s->dp, meters[limit]);
			meter_pool_release(&s->meters, meters[limit]);
		}
	stations_remove(&s->stations, port->station);
	for (size_t i = 0; i < s->count; i++)
		if (s->ports[i] == port)
			s->ports[i--] = s->ports[--s->count];
	port_free(port);
	flow_revalidate(s, NULL);
}

void flow_switch_left(struct flow_switch *s, uint32_t number)
{
	struct flow_port *port = number == OVSP_LOCAL ? NULL : flow_port_of(s, number);

	if (port)
		forget(s, port);
}

/* It has no upcalls before it has a program: what it sends meanwhile is lost, as it is closed. */
int flow_switch_add(struct flow_switch *s, const char *netdev, const uint8_t *cookie,
		    size_t cookie_len, uint32_t *ret)
{
	uint32_t upcalls, number;
	_cleanup_close_ int fd = ovs_upcall_socket(&upcalls);
	int r;

	if (fd < 0)
		return fd;
	r = ovs_vport_new(s->client, s->dp, netdev, 0, &number);
	if (r < 0)
		return r;
	/* its netdev went, and nobody has told yet */
	flow_switch_left(s, number);
	add_port(s, number, TAKE_FD(fd), upcalls, cookie, cookie_len);
	*ret = number;
	return 0;
}

int flow_switch_take(struct flow_switch *s, uint32_t number, const uint8_t *cookie,
		     size_t cookie_len, const uint32_t meters[VS_LIMITS])
{
	struct flow_port *port = flow_port_of(s, number);
	uint32_t upcalls;
	int fd;

	if (!port) {
		fd = ovs_upcall_socket(&upcalls);
		if (fd < 0)
			return fd;
		port = add_port(s, number, fd, upcalls, cookie, cookie_len);
	}
	for (unsigned int limit = 0; limit < VS_LIMITS; limit++)
		if (meter_pool_claim(&s->meters, meters[limit]))
			port->station->meters[limit] = meters[limit];
	return 0;
}

int flow_switch_remove(struct flow_switch *s, uint32_t number)
{
	struct flow_port *port = number == OVSP_LOCAL ? NULL : flow_port_of(s, number);
	int r;

	if (!port)
		return -ENOENT;
	r = ovs_vport_del(s->client, s->dp, number);
	if (r < 0 && r != -ENODEV)
		return r;
	forget(s, port);
	return 0;
}

static void meter_drops(const struct flow_switch *s, const struct station_port *port,
			uint64_t drops[VIFSWITCH_DROP_COUNT])
{
	for (unsigned int limit = 0; limit < VS_LIMITS; limit++) {
		uint64_t count = 0;

		if (port->meters[limit] &&
		    ovs_meter_drops(s->client, s->dp, port->meters[limit], &count) == 0)
			drops[meter_reason((enum vs_limit)limit)] += count;
	}
}

/* Those that it needs now are there; false: one cannot be had. */
static bool set_meters(struct flow_switch *s, struct flow_port *port)
{
	const struct vs_program *prog = port->station->dp.program;

	/* one that is set anew counts from nothing */
	meter_drops(s, port->station, port->drops);
	for (unsigned int limit = 0; prog && limit < VS_LIMITS; limit++) {
		uint32_t *meter = &port->station->meters[limit];

		if (!prog->limit[limit].mult)
			continue;
		if (!*meter)
			*meter = meter_pool_take(&s->meters);
		if (!*meter || ovs_meter_set(s->client, s->dp, *meter, prog,
					     (enum vs_limit)limit) < 0)
			return false;
	}
	return true;
}

/* When no flow names them any more: an unknown meter lets pass whatever comes. */
static void drop_meters(struct flow_switch *s, struct station_port *port)
{
	const struct vs_program *prog = port->dp.program;

	for (unsigned int limit = 0; limit < VS_LIMITS; limit++) {
		uint32_t *meter = &port->meters[limit];

		if (!*meter || (prog && prog->limit[limit].mult))
			continue;
		ovs_meter_del(s->client, s->dp, *meter);
		meter_pool_release(&s->meters, *meter);
		*meter = 0;
	}
}

static int check(const void *blob, size_t len, const struct vs_acl *acl, struct problem *problem)
{
	const struct dp_place at = { .sw = "", .stateful = acl && acl->stateful };
	struct vifswitch_program header;

	if (!blob || !vs_program_header(blob, len, &header))
		return 0;
	return flows_check(&at, &header, problem);
}

static int set_program(struct flow_switch *s, struct station_port *port, const void *blob,
		       size_t len, const struct vs_acl *acl, struct problem *problem)
{
	struct vs_program_error err = {};
	int r = stations_program(&s->stations, port, blob, len, acl, &err);

	if (r < 0)
		problem_set(problem, "%s %llu: accepted: %s", err.field ? err.field : "program",
			    (unsigned long long)err.value, err.accepted ? err.accepted : "others");
	return r;
}

int flow_switch_program(struct flow_switch *s, uint32_t number, const void *blob, size_t len,
			const struct vs_acl *acl, struct problem *problem)
{
	struct flow_port *port = flow_port_of(s, number);
	struct problem closing;
	int r, set;

	if (!port)
		return -ENOENT;
	r = check(blob, len, acl, problem);
	if (r < 0)
		blob = NULL;
	set = set_program(s, port->station, blob, len, acl, r < 0 ? &closing : problem);
	if (set < 0)
		return set;
	if (!set_meters(s, port)) {
		r = problem_set(problem, "limits: openvswitch.ko gives no meter for one: %s",
				ovs_client_error(s->client));
		set_program(s, port->station, NULL, 0, NULL, &closing);
	}
	flow_revalidate(s, NULL);
	drop_meters(s, port->station);
	set = ovs_vport_set(s->client, s->dp, number,
			    port->station->dp.program ? port->upcalls : 0);
	return r < 0 ? r : set;
}

void flow_switch_local(struct flow_switch *s, const uint8_t mac[6])
{
	struct flow_port *port = flow_port_of(s, OVSP_LOCAL);

	if (port && stations_set_local(&s->stations, port->station, vs_mac_load(mac)))
		flow_revalidate(s, NULL);
}

int flow_switch_claim(struct flow_switch *s, uint32_t number, bool dormant)
{
	struct flow_port *port = flow_port_of(s, number);

	if (!port)
		return -ENOENT;
	if (port->station->dormant == dormant)
		return 0;
	port->station->dormant = dormant;
	stations_claimed(&s->stations);
	flow_revalidate(s, NULL);
	return 0;
}

void flow_switch_name(struct flow_switch *s, uint32_t number, const uint8_t *cookie,
		      size_t cookie_len)
{
	struct flow_port *port = flow_port_of(s, number);

	if (!port || cookie_len > sizeof(port->station->cookie) ||
	    (port->station->dp.cookie_len == cookie_len &&
	     !memcmp(port->station->cookie, cookie, cookie_len)))
		return;
	memcpy(port->station->cookie, cookie, cookie_len);
	port->station->dp.cookie_len = cookie_len;
	flow_revalidate(s, NULL);
}

const struct station_port *flow_switch_station(const struct flow_switch *s, uint32_t number)
{
	const struct flow_port *port = flow_port_of(s, number);

	return port ? port->station : NULL;
}

const struct stations *flow_switch_stations(const struct flow_switch *s)
{
	return &s->stations;
}

void flow_switch_drops(const struct flow_switch *s, uint32_t number,
		       uint64_t ret[VIFSWITCH_DROP_COUNT])
{
	const struct flow_port *port = flow_port_of(s, number);

	memset(ret, 0, VIFSWITCH_DROP_COUNT * sizeof(*ret));
	if (!port)
		return;
	memcpy(ret, port->drops, sizeof(port->drops));
	meter_drops(s, port->station, ret);
}

/* ---- announcing ---- */

/* A RARP request of @mac's, as kmod/announce.c sends it. */
static void rarp_make(uint64_t mac, uint8_t ret[RARP_LEN])
{
	static const uint8_t head[] = { 0x80, 0x35, 0, 1, 8, 0, 6, 4, 0, 3 };

	memset(ret, 0, RARP_LEN);
	memset(ret, 0xff, 6);
	vs_mac_store(ret + 6, mac);
	memcpy(ret + 12, head, sizeof(head));
	vs_mac_store(ret + 22, mac);
	vs_mac_store(ret + 32, mac);
}

/* By every uplink that carries the VLAN. */
static void announce_in(struct flow_switch *s, const struct station_port *port, uint64_t mac,
			uint16_t vid)
{
	const struct { struct nlattr attr; uint32_t port; } key = {
		{ sizeof(key), OVS_KEY_ATTR_IN_PORT }, port->dp.number,
	};
	uint8_t frame[RARP_LEN];
	struct decision d = {
		.v = { .target = VS_TO_UPLINKS, .vid = vid, .frame.tag = VS_NO_TAG },
		.outputs = s->outputs,
	};
	const struct ovs_upcall told = {
		.key = (const uint8_t *)&key, .key_len = sizeof(key),
		.packet = frame, .packet_len = sizeof(frame),
	};
	struct attrs actions;

	for (size_t i = 0; i < s->stations.world.count; i++) {
		const struct dp_world_port *to = s->stations.world.ports[i];
		uint32_t tag;

		if (to != &port->dp && to->program && vs_wants_flood(to->program, d.v.target) &&
		    !vs_egress(&d.v, to->program, &tag))
			d.outputs[d.output_count++] = (struct decided_output){ to, tag };
	}
	rarp_make(mac, frame);
	flow_encode_actions(s, &d, &port->dp, &actions);
	if (d.output_count && !actions.full)
		ovs_packet_execute(s->client, s->dp, &told, actions.p, actions.len);
}

int flow_switch_announce(struct flow_switch *s, uint32_t number)
{
	const struct station_port *port = flow_switch_station(s, number);
	const struct vs_program *prog = port ? port->dp.program : NULL;

	if (!prog || !(prog->flags & VIFSWITCH_PF_GUARD))
		return -EINVAL;
	for (unsigned int i = 0; i < prog->mac_count; i++) {
		unsigned int vid = 0, count = 0;

		if (vs_hold_of(prog, prog->macs[i]) != VS_HOLD_OWN)
			continue;
		if (prog->pvid != VIFSWITCH_VID_NONE) {
			announce_in(s, port, prog->macs[i], prog->pvid);
			continue;
		}
		for (; vid <= VIFSWITCH_VID_MAX && count < ANNOUNCED_VLANS; vid++) {
			if (!vs_bit(prog->allowed, vid))
				continue;
			announce_in(s, port, prog->macs[i], (uint16_t)vid);
			count++;
		}
	}
	return 0;
}

const struct flow_switch_counts *flow_switch_counts(struct flow_switch *s)
{
	s->counts.masks = s->masks.count;
	return &s->counts;
}
