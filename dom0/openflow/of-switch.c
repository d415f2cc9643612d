// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>

#include "openflow/of-switch.h"

enum { PORT_ADDED, PORT_DELETED, PORT_MODIFIED };

void switch_init(struct of_switch *sw, const char *name, uint64_t dpid,
		 const struct of_datapath_ops *ops, void *dp)
{
	*sw = (struct of_switch){
		.dpid = dpid, .ops = ops, .dp = dp, .octets_max = OF_OCTETS_MAX,
		.out_max = OF_OUT_MAX,
	};
	snprintf(sw->name, sizeof(sw->name), "%s", name);
	sw->identity = (struct of_identity){
		"vifswitch", "vifswitch", VIFSWITCH_VERSION, "None", "None",
	};
	for (unsigned int t = 0; t < OF_TABLES; t++)
		table_init(&sw->tables[t]);
	TAILQ_INIT(&sw->sessions);
}

void switch_deinit(struct of_switch *sw)
{
	struct of_group *group;
	struct of_meter *meter;

	for (unsigned int t = 0; t < OF_TABLES; t++)
		table_deinit(&sw->tables[t]);
	map_for_each(&sw->groups, i, group)
		group_free(group);
	map_for_each(&sw->meters, i, meter)
		meter_free(meter);
	map_deinit(&sw->groups);
	map_deinit(&sw->meters);
	free(sw->ports);
}

struct of_port *switch_port(const struct of_switch *sw, uint32_t number)
{
	for (size_t i = 0; i < sw->port_count; i++)
		if (sw->ports[i].number == number)
			return &sw->ports[i];
	return NULL;
}

static void tell(struct of_switch *sw, const struct of_port *port, uint8_t reason)
{
	if (sw->hearers)
		sw->hearers->port(sw, port, reason);
}

static bool is_same(const struct of_port *a, const struct of_port *b)
{
	return !strcmp(a->name, b->name) && !memcmp(a->mac, b->mac, sizeof(a->mac)) &&
	       a->config == b->config && a->state == b->state && a->current == b->current &&
	       a->kbps == b->kbps;
}

/* In the order of their numbers: that is how they are listed. */
void switch_set_port(struct of_switch *sw, const struct of_port *port)
{
	struct of_port *old = switch_port(sw, port->number);
	size_t at = 0;

	if (old) {
		bool told = is_same(old, port);

		*old = *port;
		if (!told)
			tell(sw, port, PORT_MODIFIED);
		return;
	}
	sw->ports = xgrow(sw->ports, sw->port_count, &sw->port_room, sizeof(*sw->ports));
	while (at < sw->port_count && sw->ports[at].number < port->number)
		at++;
	memmove(&sw->ports[at + 1], &sw->ports[at], (sw->port_count - at) * sizeof(*sw->ports));
	sw->ports[at] = *port;
	sw->port_count++;
	tell(sw, port, PORT_ADDED);
}

void switch_remove_port(struct of_switch *sw, uint32_t number)
{
	struct of_port *port = switch_port(sw, number);
	struct of_port gone;
	size_t at;

	if (!port)
		return;
	gone = *port;
	at = (size_t)(port - sw->ports);
	sw->port_count--;
	memmove(&sw->ports[at], &sw->ports[at + 1], (sw->port_count - at) * sizeof(*sw->ports));
	tell(sw, &gone, PORT_DELETED);
}

struct of_group *switch_group(const struct of_switch *sw, uint32_t id)
{
	return map_get(&sw->groups, id + 1ULL);
}

struct of_meter *switch_meter(const struct of_switch *sw, uint32_t id)
{
	return map_get(&sw->meters, id + 1ULL);
}

/* A flow may name a port that comes later. */
static bool may_have_port(const void *owner, uint32_t port)
{
	return port < OFPP10_MAX;
}

static bool has_group(const void *owner, uint32_t group)
{
	return switch_group(owner, group);
}

static bool has_meter(const void *owner, uint32_t meter)
{
	return switch_meter(owner, meter);
}

struct of_limits switch_limits(const struct of_switch *sw)
{
	return (struct of_limits){ may_have_port, has_group, has_meter, sw };
}
