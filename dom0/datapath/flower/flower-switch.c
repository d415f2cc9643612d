// SPDX-License-Identifier: GPL-2.0-or-later
#include "datapath/flower/flower-switch.h"

#include <stdlib.h>

#include "base/mem.h"
#include "datapath/ko/program-compile.h"

void flower_switch_deinit(struct flower_switch *s)
{
	for (size_t i = 0; i < s->count; i++)
		free((struct port_policy *)s->ports[i].policy);
	free(s->ports);
	free(s->learned);
	stations_deinit(&s->stations);
	*s = (struct flower_switch){};
}

/* As its datapath runs it; one that keeps no programs is asked what it would be. */
static int open_port(struct flower_switch *s, struct station_port *station,
		     const struct dp_port *port)
{
	struct vs_program_error err;
	struct program program = {};
	struct problem problem;
	int r;

	if (port->program_len)
		return stations_program(&s->stations, station, port->program, port->program_len,
					NULL, &err);
	r = program_compile(port->policy, &program, &problem);
	if (r == 0)
		r = stations_program(&s->stations, station, program.blob, program.len, NULL, &err);
	program_deinit(&program);
	return r;
}

struct reading {
	struct flower_switch *sw;
	flower_netdev_fn netdev;
	void *arg;
};

static int read_port(const struct dp_port *port, void *arg)
{
	const struct reading *r = arg;
	const struct flower_netdev netdev = r->netdev(port, r->arg);
	struct flower_switch *s = r->sw;
	struct station_port *station = stations_add(&s->stations, port->ifindex, port->cookie,
						    port->cookie_len);

	/* Whose addresses are not known may have any. */
	if (port->policy && (!port->policy->whole || open_port(s, station, port) < 0))
		s->unreadable = "program: another release wrote one that this one cannot read";
	station->dormant = port->claim != VIFSWITCH_CLAIM_ACTIVE;
	if (port->flags & VIFSWITCH_PORT_LOCAL)
		s->stations.local = station;
	s->ports = xgrow(s->ports, s->count, &s->room, sizeof(*s->ports));
	s->ports[s->count++] = (struct flower_port){
		.dp = &station->dp, .policy = port_policy_copy(port->policy),
		.nic = netdev.nic, .mtu = netdev.mtu, .queued = netdev.queued,
		.acl = netdev.acl,
	};
	return 0;
}

/* Its owner's port or another VIF of the same VM, whichever sent from it last. */
static void guarded(struct flower_switch *s, struct station_port *port, uint64_t mac)
{
	const struct dp_world *world = &s->stations.world;

	if (world->guard_of(world->tables, mac) != port)
		stations_saw(&s->stations, port, mac, 0, VS_SOURCE_KIN, 0);
}

static int read_address(const struct dp_fdb *entry, void *arg)
{
	struct flower_switch *s = ((struct reading *)arg)->sw;
	struct station_port *port = stations_port(&s->stations, entry->port);
	uint64_t mac = vs_mac_load(entry->mac);

	if (!port)
		return 0;
	if (entry->flags & VIFSWITCH_FDB_LOCAL) {
		stations_set_local(&s->stations, port, mac);
	} else if (entry->flags & VIFSWITCH_FDB_GUARD) {
		if (!(entry->flags & VIFSWITCH_FDB_DORMANT))
			guarded(s, port, mac);
	} else if (entry->vlan <= VIFSWITCH_VID_MAX) {
		stations_saw(&s->stations, port, mac, entry->vlan, VS_SOURCE_NEW, 0);
		s->learned = xgrow(s->learned, s->learned_count, &s->learned_room,
				   sizeof(*s->learned));
		s->learned[s->learned_count++] = (struct flower_station){
			.mac = mac, .vid = entry->vlan, .port = entry->port,
		};
	}
	return 0;
}

static int compare(const void *a, const void *b)
{
	const struct flower_station *x = a, *y = b;

	if (x->port != y->port)
		return x->port < y->port ? -1 : 1;
	if (x->mac != y->mac)
		return x->mac < y->mac ? -1 : 1;
	return x->vid < y->vid ? -1 : x->vid > y->vid;
}

/* The first ones of each port, so that the same are chosen each time. */
static void choose(struct flower_switch *s)
{
	size_t kept = 0, of_port = 0;

	for (size_t i = 0; i < s->learned_count; i++) {
		of_port = i && s->learned[i].port == s->learned[i - 1].port ? of_port + 1 : 0;
		if (of_port < FLOWER_STATIONS_MAX)
			s->learned[kept++] = s->learned[i];
	}
	s->learned_count = kept;
}

int flower_switch_read(struct flower_switch *s, const struct datapath_ops *ops,
		       struct datapath *dp, uint32_t sw, flower_netdev_fn netdev, void *arg)
{
	struct reading reading = { s, netdev, arg };
	struct dp_switch told = {};
	int r;

	*s = (struct flower_switch){};
	stations_init(&s->stations);
	r = ops->switch_get(dp, sw, &told) ?: ops->port_dump(dp, sw, read_port, &reading) ?:
	    ops->fdb_dump(dp, sw, 0, read_address, &reading);
	if (r < 0)
		return r;
	if (s->learned_count)
		qsort(s->learned, s->learned_count, sizeof(*s->learned), compare);
	choose(s);
	s->world = (struct flower_world){
		.dp = &s->stations.world, .ports = s->ports, .stations = s->learned,
		.station_count = s->learned_count, .tables = told.flow_mode,
		.underlay = told.underlay_len,
	};
	return 0;
}
