// SPDX-License-Identifier: GPL-2.0-or-later
#include "uplink/bridge.h"

#include <errno.h>
#include <linux/if_link.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/json-value.h"
#include "base/mac.h"
#include "base/mem.h"
#include "base/netdev-name.h"

#define PARKED	"-was"

void bridge_parked_name(const char *name, char ret[IFNAMSIZ])
{
	snprintf(ret, IFNAMSIZ, "%.*s" PARKED, (int)(IFNAMSIZ - sizeof(PARKED)), name);
}

const struct link *bridge_find(const struct links *links, const char *name)
{
	const struct link *link = links_by_name(links, name);

	return link && strcmp(link->kind, BRIDGE_KIND) == 0 ? link : NULL;
}

void bridge_add_port(struct bridge *bridge, uint32_t ifindex)
{
	bridge->ports = xrealloc(bridge->ports, (bridge->count + 1) * sizeof(*bridge->ports));
	bridge->ports[bridge->count++] = ifindex;
}

bool bridge_has_port(const struct bridge *bridge, uint32_t ifindex)
{
	for (size_t i = 0; i < bridge->count; i++) {
		if (bridge->ports[i] == ifindex)
			return true;
	}
	return false;
}

void bridge_deinit(struct bridge *bridge)
{
	free(bridge->ports);
	*bridge = (struct bridge){};
}

/* What a switch has not, and nobody could give back. */
static int check_likeness(struct rtnl *rtnl, const struct link *link, struct problem *problem)
{
	struct rtnl_bridge has;
	int r = rtnl_bridge_get(rtnl, link->ifindex, &has);

	if (r < 0)
		problem_set(problem, "bridge %s: %s", link->name, rtnl_error(rtnl));
	else if (has.vlan_filtering)
		r = problem_set(problem, "bridge %s: it filters VLANs, which are told to the ports of a switch otherwise; without, it could be taken over: ip link set %s type bridge vlan_filtering 0",
				link->name, link->name);
	else if (has.stp)
		r = problem_set(problem, "bridge %s: it speaks STP, which a switch does not; without, it could be taken over: ip link set %s type bridge stp_state 0",
				link->name, link->name);
	else if (has.upper[0])
		r = problem_set(problem, "bridge %s: %s is on top of it, and would be on top of nothing",
				link->name, has.upper);
	else if (link->master)
		r = problem_set(problem, "bridge %s: it is a port of something else itself",
				link->name);
	return r == -EINVAL ? -EBUSY : r;
}

static int by_age(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

int bridge_read(struct rtnl *rtnl, const struct link *link, struct bridge *ret,
		struct problem *problem)
{
	struct bridge bridge = { .mtu = link->mtu };
	const struct link *port;
	char parked[IFNAMSIZ];
	int r;

	bridge_parked_name(link->name, parked);
	if (links_by_name(rtnl->links, parked)) {
		problem_set(problem, "bridge %s: there is a %s already, as which it would wait; ip link del %s, if nobody needs it",
			    link->name, parked, parked);
		return -EEXIST;
	}
	r = check_likeness(rtnl, link, problem);
	if (r < 0)
		return r;
	strcpy(bridge.name, link->name);
	memcpy(bridge.mac, link->mac, sizeof(bridge.mac));
	map_for_each(&rtnl->links->by_index, i, port) {
		if (port->master == link->ifindex)
			bridge_add_port(&bridge, port->ifindex);
	}
	if (bridge.count)
		qsort(bridge.ports, bridge.count, sizeof(*bridge.ports), by_age);
	*ret = bridge;
	return 0;
}

/* What was done is known without waiting for the kernel's messages about it. */
static int look(struct rtnl *rtnl)
{
	int r = rtnl_events(rtnl);

	return r < 0 ? r : 0;
}

/* Its name is free from then on. */
int bridge_park(struct rtnl *rtnl, const struct bridge *bridge)
{
	const struct link *link = bridge_find(rtnl->links, bridge->name);
	struct link_change change = { .down = true };
	int r = link ? 0 : -ENODEV;

	for (size_t i = 0; r == 0 && i < bridge->count; i++)
		r = rtnl_set_master(rtnl, bridge->ports[i], 0);
	bridge_parked_name(bridge->name, change.name);
	if (r == 0)
		r = rtnl_set(rtnl, link->ifindex, &change);
	return r < 0 ? r : look(rtnl);
}

static int find_or_make(struct rtnl *rtnl, const char *name, uint32_t *ret_ifindex)
{
	const struct link *link = bridge_find(rtnl->links, name);
	struct link_change change = { .down = true };
	char parked[IFNAMSIZ];
	int r = 0;

	bridge_parked_name(name, parked);
	if (!link && (link = bridge_find(rtnl->links, parked))) {
		strcpy(change.name, name);
		r = rtnl_set(rtnl, link->ifindex, &change);
	} else if (!link) {
		r = rtnl_link_new(rtnl, &(struct link_spec){ .name = name, .kind = BRIDGE_KIND });
	}
	if (r == 0)
		r = look(rtnl);
	link = bridge_find(rtnl->links, name);
	*ret_ifindex = link ? link->ifindex : 0;
	return r == 0 && !link ? -ENODEV : r;
}

static int put_in(struct rtnl *rtnl, uint32_t port, uint32_t ifindex)
{
	int r = rtnl_set_master(rtnl, port, ifindex);

	return r == 0 ? rtnl_set(rtnl, port, &(struct link_change){ .up = true }) : r;
}

/* The kernel's choice follows the ports' own, until somebody says another one: then that stays. */
static int give_mtu(struct rtnl *rtnl, const struct bridge *bridge, uint32_t ifindex)
{
	int r = look(rtnl);
	const struct link *link = links_get(rtnl->links, ifindex);

	if (r < 0 || !link || !bridge->mtu || link->mtu == bridge->mtu)
		return r;
	return rtnl_set(rtnl, ifindex, &(struct link_change){ .mtu = bridge->mtu });
}

/* Somebody took it meanwhile, for another bridge or switch. */
static bool is_elsewhere(const struct links *links, uint32_t port, uint32_t ifindex)
{
	const struct link *link = links_get(links, port);

	return link && link->master && link->master != ifindex && links_get(links, link->master);
}

int bridge_restore(struct rtnl *rtnl, const struct bridge *bridge, uint32_t *ret_ifindex)
{
	int first = find_or_make(rtnl, bridge->name, ret_ifindex), r;

	if (!*ret_ifindex)
		return first;
	for (size_t i = 0; i < bridge->count; i++) {
		if (is_elsewhere(rtnl->links, bridge->ports[i], *ret_ifindex))
			continue;
		r = put_in(rtnl, bridge->ports[i], *ret_ifindex);
		/* Its VM is gone. */
		if (first == 0 && r != -ENODEV)
			first = r;
	}
	r = rtnl_set(rtnl, *ret_ifindex, &(struct link_change){ .up = true });
	if (first == 0)
		first = r;
	r = give_mtu(rtnl, bridge, *ret_ifindex);
	if (first == 0)
		first = r;
	r = look(rtnl);
	return first ? first : r;
}

/* ---- as text ---- */

json_t *bridge_json(const struct bridge *bridge)
{
	json_t *ports = json_array();

	if (!bridge->name[0]) {
		json_decref(ports);
		return json_null();
	}
	for (size_t i = 0; i < bridge->count; i++)
		json_array_append_new(ports, json_integer(bridge->ports[i]));
	return json_pack("{s:s, s:o, s:I, s:o}", "name", bridge->name, "mac",
			 json_mac(bridge->mac), "mtu", (json_int_t)bridge->mtu, "ports", ports);
}

int bridge_from_json(const json_t *json, struct bridge *ret)
{
	const json_t *name = json_object_get(json, "name"), *mac = json_object_get(json, "mac"), *port;
	struct bridge bridge = {
		.mtu = json_integer_value(json_object_get(json, "mtu")),
	};
	size_t i;

	if (!json || json_is_null(json))
		return 0;
	if (!json_is_string(name) || !json_is_string(mac) ||
	    !netdev_name_copy(bridge.name, json_string_value(name), json_string_length(name)) ||
	    !mac_parse(json_string_value(mac), json_string_length(mac), bridge.mac))
		return -EINVAL;
	json_array_foreach(json_object_get(json, "ports"), i, port)
		bridge_add_port(&bridge, json_integer_value(port));
	*ret = bridge;
	return 0;
}
