// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/json-value.h"
#include "datapath/links/host-network.h"
#include "datapath/links/rtnl.h"
#include "ovs/ovs-internal.h"
#include "uplink/cable.h"
#include "vifctl/takeover/takeover-network.h"
#include "vifctl/vifctl.h"

#define OVS_KIND	"openvswitch"
#define OVS_DATAPATH	"ovs-system"	/* the master of all of its ports */
#define PATIENCE_MS	30000
#define STEP_US		5000

struct look {
	struct rtnl rtnl;
	struct links links;
};

static int look_open(struct look *l)
{
	int r;

	*l = (struct look){};
	r = rtnl_open(&l->rtnl, &l->links);
	if (r >= 0)
		r = rtnl_dump(&l->rtnl);
	return r >= 0 ? VIFCTL_OK :
	       vifctl_fail(VIFCTL_FAILED, "netdevs cannot be read: %s", strerror(-r));
}

static void look_close(struct look *l)
{
	rtnl_close(&l->rtnl);
	links_deinit(&l->links);
}

static const struct link *master_of(const struct look *l, const struct link *link)
{
	return link->master ? links_get(&l->links, link->master) : NULL;
}

/* The switch that @link is of: itself, or where the other end of an internal port is; NULL. */
static const struct link *switch_of(const struct look *l, const struct link *link)
{
	const struct link *port, *sw;
	char uplink[IFNAMSIZ];

	if (link->is_switch)
		return link;
	ovs_internal_uplink(link->name, uplink);
	port = links_by_name(&l->links, uplink);
	sw = port && cable_is_ours(port) ? master_of(l, port) : NULL;
	return sw && sw->is_switch ? sw : NULL;
}

static bool is_device(const struct look *l, const struct link *link, enum takeover_side side)
{
	if (side == SIDE_VIFSWITCH)
		return switch_of(l, link);
	return strcmp(link->kind, OVS_KIND) == 0 && strcmp(link->name, OVS_DATAPATH) != 0;
}

/* Of the switches, or bridges, in @only, if that is not NULL? */
static bool is_among(const struct look *l, const struct link *link, enum takeover_side side,
		     const json_t *only)
{
	return !only || json_object_get(only, side == SIDE_VIFSWITCH ? switch_of(l, link)->name :
					      link->name);
}

/* The device that it is a port of, also as a member of a bond that is one; NULL. */
static const struct link *device_of(const struct look *l, const struct link *link,
				    enum takeover_side side)
{
	const struct link *master = master_of(l, link);

	if (side == SIDE_OVS)
		return master && strcmp(master->name, OVS_DATAPATH) == 0 ? master : NULL;
	if (master && !master->is_switch)
		master = master_of(l, master);
	return master && master->is_switch ? master : NULL;
}

static int read_device(struct look *l, const struct link *link, json_t *devices)
{
	struct host_network network = {};
	struct rtnl_bridge bears = {};
	int r = rtnl_bridge_get(&l->rtnl, link->ifindex, &bears);

	if (r >= 0 && bears.upper[0])
		return vifctl_fail(VIFCTL_FAILED, "%s bears %s, which would go with it: make it anew afterwards, and take it away before (ip link del %s)",
				   link->name, bears.upper, bears.upper);
	r = host_network_read(&l->rtnl.req, link->ifindex, &network);
	if (r < 0)
		return vifctl_fail(VIFCTL_FAILED, "%s: its addresses cannot be read: %s", link->name,
				   strerror(-r));
	json_array_append_new(devices, json_pack("{s:s, s:o}", "name", link->name, "network",
						 host_network_json(&network)));
	host_network_deinit(&network);
	return VIFCTL_OK;
}

json_t *networks_read(enum takeover_side side, const json_t *only)
{
	json_t *devices = json_array(), *ports = json_array();
	const struct link *link, *device;
	struct look l;
	int status = look_open(&l);

	map_for_each(&l.links.by_index, i, link) {
		device = device_of(&l, link, side);
		if (!status && is_device(&l, link, side) && is_among(&l, link, side, only))
			status = read_device(&l, link, devices);
		else if (device && (!only || json_object_get(only, device->name)))
			json_array_append_new(ports, json_string(link->name));
	}
	look_close(&l);
	if (!status)
		return json_pack("{s:o, s:o}", "devices", devices, "ports", ports);
	json_decref(devices);
	json_decref(ports);
	return NULL;
}

/* One of the devices in "networks"; NULL: it is not there, or not that side's. */
static const struct link *device_named(const struct look *l, const json_t *device,
				       enum takeover_side side)
{
	const struct link *link = links_by_name(&l->links, json_text_of(device, "name"));

	return link && is_device(l, link, side) ? link : NULL;
}

/* Ports that are not that side's yet, and devices that are not there. */
static json_t *missing(const struct look *l, const json_t *networks, enum takeover_side side,
		       const json_t *without)
{
	json_t *list = json_array(), *one;
	const struct link *link;
	size_t i;

	json_array_foreach(json_object_get(networks, "ports"), i, one) {
		const char *name = json_string_value(one);

		link = links_by_name(&l->links, name);
		/* One that is gone is nobody's to carry. */
		if (link && !device_of(l, link, side) && !json_object_get(without, name))
			json_array_append(list, one);
	}
	json_array_foreach(json_object_get(networks, "devices"), i, one) {
		const char *name = json_text_of(one, "name");

		if (!device_named(l, one, side) && !json_object_get(without, name))
			json_array_append_new(list, json_string(name));
	}
	return list;
}

static int put_network(struct look *l, const struct link *link, const json_t *list)
{
	const struct link_change up = { .up = true };
	struct host_network network = {};
	int r = rtnl_set(&l->rtnl, link->ifindex, &up);

	if (r >= 0)
		r = host_network_from_json(list, &network);
	if (r >= 0)
		r = host_network_move(&l->rtnl.req, &network, 0, link->ifindex);
	host_network_deinit(&network);
	return r >= 0 ? VIFCTL_OK :
	       vifctl_fail(VIFCTL_FAILED, "%s: its addresses and routes: %s", link->name,
			   strerror(-r));
}

static int put_networks(struct look *l, const json_t *networks, enum takeover_side side)
{
	int status = VIFCTL_OK;
	const json_t *one;
	size_t i;

	json_array_foreach(json_object_get(networks, "devices"), i, one) {
		const struct link *link = device_named(l, one, side);

		if (link && put_network(l, link, json_object_get(one, "network")))
			status = VIFCTL_FAILED;
	}
	return status;
}

static bool devices_there(const struct look *l, const json_t *networks, enum takeover_side side)
{
	const json_t *one;
	size_t i;

	json_array_foreach(json_object_get(networks, "devices"), i, one)
		if (!device_named(l, one, side))
			return false;
	return true;
}

/* After a while. */
static int look_again(struct look *l)
{
	usleep(STEP_US);
	if (rtnl_events(&l->rtnl) >= 0 || rtnl_dump(&l->rtnl) >= 0)
		return VIFCTL_OK;
	return vifctl_fail(VIFCTL_FAILED, "netdevs cannot be read any more");
}

int networks_await(const json_t *networks, enum takeover_side side, const json_t *without,
		   json_t **ret_missing)
{
	int64_t until = clock_ms() + PATIENCE_MS;
	bool over = false, put = false;
	json_t *list = NULL;
	struct look l;
	int status = look_open(&l);

	while (!status && !over) {
		json_decref(list);
		list = missing(&l, networks, side, without);
		over = json_array_size(list) == 0 || clock_ms() > until;
		/* dom0 does not wait for the last port. */
		if (!put && (over || devices_there(&l, networks, side))) {
			status = put_networks(&l, networks, side);
			put = true;
		}
		if (!over && !status)
			status = look_again(&l);
	}
	look_close(&l);
	*ret_missing = list ?: json_array();
	return status;
}

/* Is one of the ports anybody's still? */
static bool ports_held(const struct look *l, const json_t *networks)
{
	const json_t *one;
	size_t i;

	json_array_foreach(json_object_get(networks, "ports"), i, one) {
		const struct link *link = links_by_name(&l->links, json_string_value(one));

		if (link && link->master)
			return true;
	}
	return false;
}

int networks_remove(const json_t *networks, enum takeover_side side)
{
	int64_t until = clock_ms() + PATIENCE_MS;
	const json_t *one;
	struct look l;
	int status = look_open(&l);
	size_t i;

	json_array_foreach(json_object_get(networks, "devices"), i, one) {
		const struct link *link = status ? NULL : device_named(&l, one, side);
		int r = link ? rtnl_link_del(&l.rtnl, link->ifindex) : 0;

		if (r < 0 && r != -ENODEV)
			status = vifctl_fail(VIFCTL_FAILED, "%s does not go: %s", link->name,
					     rtnl_error(&l.rtnl));
	}
	while (!status && ports_held(&l, networks) && clock_ms() < until)
		status = look_again(&l);
	look_close(&l);
	return status;
}
