// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/uuid.h"
#include "datapath/links/route.h"
#include "mesh/mesh-here.h"
#include "network/network-bfd.h"
#include "network/network-places.h"
#include "network/networks-seal.h"
#include "show/list-document.h"
#include "show/network-document.h"
#include "vifswitchd/networks-here.h"

/* Nobody tells of routes and of what is learned about paths: how often they are looked up. */
#define LOOK_US	30000000ULL

/* ---- what they come to ---- */

static bool has_switch(const char *name, void *arg)
{
	const struct facts *facts = arg;

	return config_find(&facts->config, name) || links_switch(&facts->links, name);
}

static void look(struct facts *facts, struct network_route *r, struct netlink *nl)
{
	struct route way = {};
	const struct link *link;

	r->looked = true;
	r->error = route_get(nl, &r->to, &way);
	link = r->error ? NULL : links_get(&facts->links, way.oif);
	r->local = way.local;
	r->oif = way.oif;
	r->source = way.source;
	r->link_mtu = link ? link->mtu : 0;
	r->mtu = way.mtu && way.mtu < r->link_mtu ? way.mtu : r->link_mtu;
}

/* Do packets to that remote go by a switch's local port, or by something on top of it? */
static bool goes_by(const struct facts *facts, const struct network_route *r, uint32_t sw)
{
	const struct link *link = r->error || r->local ? NULL : links_get(&facts->links, r->oif);

	return link && (r->oif == sw || (!link->is_switch && strcmp(link->kind, "vlan") == 0));
}

/* Those that are new, and those that no way goes by any more. */
static void find_underlays(struct facts *facts)
{
	struct networks *all = &facts->networks;
	const struct link *link;

	for (size_t i = all->underlay_count; i-- > 0;) {
		all->underlays[i].used = false;
		if (links_get(&facts->links, all->underlays[i].sw))
			continue;
		retry_reset(&all->underlays[i].retry);
		all->underlays[i] = all->underlays[--all->underlay_count];
	}
	map_for_each(&facts->links.by_index, i, link)
		for (size_t j = 0; link->is_switch && j < all->route_count; j++)
			if (goes_by(facts, &all->routes[j], link->ifindex))
				networks_underlay(all, link->ifindex, true)->used = true;
}

static bool in_use(const struct sealed_vlan *one, void *arg)
{
	const struct facts *facts = arg;
	const struct link *sw = links_switch(&facts->links, one->sw);
	const struct port *port;

	/* Not all is known yet, or the switch may come back. */
	if (!facts->ports.complete || !facts->links.complete || !facts->vifs.complete)
		return true;
	map_for_each(&facts->ports.by_index, i, port) {
		struct program_parts parts;

		if (!sw || port->sw != sw->ifindex || !port->policy)
			continue;
		port_policy_parts(port->policy, &parts);
		if (parts.header.flags & VIFSWITCH_PF_GUEST &&
		    vlan_bit(parts.vlans.allowed, one->vlan))
			return true;
	}
	return false;
}

void networks_judge(struct facts *facts, const struct policy_db *policy, bool hosts_known,
		    const struct prefix *own, struct rtnl *rtnl, bool again)
{
	struct networks *all = &facts->networks;
	struct prefix peers[VIFSWITCH_NETWORK_REMOTES_MAX];
	bool changed = networks_read(all, &policy->policies);
	size_t count = !all->count ? 0 :
		       hosts_known ? policy_hosts_addresses(policy, peers, ARRAY_SIZE(peers)) :
				     networks_kernel_hosts(all, peers, ARRAY_SIZE(peers));
	uint64_t now = clock_us(), looks = all->mesh.looks;
	bool first = !all->ipsec_begun;

	networks_keep_sealed(all, in_use, facts);
	all->supported = facts->module.features & VIFSWITCH_FEATURE_TUNNELS;
	all->lisps = facts->module.features & VIFSWITCH_FEATURE_LISP;
	all->seals = facts->module.features & VIFSWITCH_FEATURE_SEALED;
	all->esp = facts->module.features & VIFSWITCH_FEATURE_ESP;
	mesh_judge(&all->mesh, &(struct mesh_world){
		.rtnl = rtnl, .policy = policy, .known = hosts_known, .own = own,
		.files = all->proof_files,
		.wanted = networks_want_mesh(all, has_switch, facts),
		.in_use = networks_use_mesh(all) });
	changed |= looks != all->mesh.looks;
	changed |= networks_peers(all, own, peers, count);
	if (changed)
		networks_want_routes(all);
	again |= all->look_at && all->look_at <= now;
	for (size_t i = 0; i < all->route_count; i++)
		if (again || !all->routes[i].looked)
			look(facts, &all->routes[i], &rtnl->req);
	if (again || !all->look_at || !all->route_count)
		all->look_at = all->route_count ? now + LOOK_US : 0;
	if (all->count)
		networks_settle(all, has_switch, facts);
	all->tells = facts->module.features & VIFSWITCH_FEATURE_TOLD;
	all->places_known = policy->synced && hosts_known;
	networks_place(all, &policy->vms);
	networks_silence(all, &facts->oam_faults, now);
	if (networks_want_ipsec(all) || first)
		ipsec_here_turn(&all->ipsec);
	all->ipsec_begun = true;
	find_underlays(facts);
}

/* ---- ports ---- */

static int want_device(struct facts *facts, struct wanted *wanted, struct network_device *device)
{
	struct named_progress *progress = named_progress_want(&facts->progress, device->name);
	struct wanted_port port = {
		.kind = PORT_TUNNEL, .stand = PORT_WANTED, .sw = device->sw,
		.netdev = device->name, .create = &device->spec, .prepare = true,
		.mtu = device->mtu, .claim = -1, .network = device,
		.policy = wanted_keep(wanted, network_device_policy(device)),
	};

	if (!progress)
		return -ENOMEM;
	port.progress = &progress->progress;
	cookie_for_tunnel(&port.cookie, device->name);
	return wanted_add(wanted, &port);
}

int wanted_networks(struct facts *facts, struct wanted *wanted)
{
	struct networks *all = &facts->networks;
	int r = 0;

	for (size_t i = 0; r == 0 && all->supported && i < all->device_count; i++) {
		const struct network *n = NULL;

		for (size_t j = 0; !n && j < all->count; j++)
			if (all->list[j]->device == all->devices[i])
				n = all->list[j];
		if (n)
			r = want_device(facts, wanted, all->devices[i]);
	}
	return r;
}

/* ---- what the datapath is told ---- */

/* The port that the network leaves by, if it is in place. */
static const struct port *port_of(const struct facts *facts, const struct network *n)
{
	const struct link *link = n->device ? links_by_name(&facts->links, n->device->name) : NULL;
	const struct link *sw = links_switch(&facts->links, n->sw);
	const struct port *port = link ? ports_get(&facts->ports, link->ifindex) : NULL;

	return port && sw && port->sw == sw->ifindex && port->policy ? port : NULL;
}

static bool is_stale(const struct facts *facts, const struct kernel_network *k)
{
	const struct link *link = links_get(&facts->links, k->port);

	return k->ours && !(link && networks_wanting(&facts->networks, k, link->name));
}

void networks_stale(const struct facts *facts, network_step_fn fn, void *arg)
{
	const struct networks *all = &facts->networks;

	for (size_t i = 0; all->known && facts->ports.complete && i < all->kernel_count; i++) {
		struct kernel_network *k = all->kernel[i];

		if (is_stale(facts, k))
			fn(&(struct network_step){ .what = NETWORK_DELETE, .retry = &k->retry,
						   .port = k->port, .vlan = k->vlan }, arg);
	}
}

static void step_places(const struct networks *all, struct network *n, uint32_t port,
			network_step_fn fn, void *arg)
{
	const struct kernel_network *k = networks_kernel(all, port, n->vlan);

	if (all->tells && all->places_known && k->told_known && !network_places_told(n, k))
		fn(&(struct network_step){ .what = NETWORK_TELL, .retry = &n->tell_retry,
					   .port = port, .vlan = n->vlan, .network = n }, arg);
}

void networks_steps(const struct facts *facts, network_step_fn fn, void *arg)
{
	const struct networks *all = &facts->networks;

	if (!all->known || !all->supported || !facts->ports.complete)
		return;
	for (size_t i = 0; i < all->underlay_count; i++) {
		struct network_underlay *u = &all->underlays[i];

		if (u->told != networks_underlay_wanted(all, u))
			fn(&(struct network_step){ .what = NETWORK_UNDERLAY, .retry = &u->retry,
						   .sw = u->sw }, arg);
	}
	for (size_t i = 0; i < all->count; i++) {
		struct network *n = all->list[i];
		const struct port *port = port_of(facts, n);

		if (port && !network_in_force(all, n, port->ifindex))
			fn(&(struct network_step){ .what = NETWORK_SET, .retry = &n->retry,
						   .port = port->ifindex, .vlan = n->vlan,
						   .network = n }, arg);
		else if (port)
			step_places(all, n, port->ifindex, fn, arg);
	}
}

/* ---- telling it ---- */

static int enter(const struct dp_network *dp, void *arg)
{
	networks_enter(arg, dp);
	return 0;
}

int networks_refresh(struct facts *facts, const struct datapath_ops *ops, struct datapath *dp)
{
	int r = 0;

	networks_mark(&facts->networks);
	if (facts->module.features & VIFSWITCH_FEATURE_TUNNELS && ops->network_dump)
		r = ops->network_dump(dp, enter, &facts->networks);
	if (r == -EOPNOTSUPP)
		r = 0;
	if (r == 0 || r == -EPROTONOSUPPORT)
		networks_sweep(&facts->networks);
	facts->networks.tells = facts->module.features & VIFSWITCH_FEATURE_TOLD;
	return r ?: networks_places_read(&facts->networks, ops, dp);
}

static int set(struct networks *all, const struct datapath_ops *ops, struct datapath *dp,
	       const struct network_step *step)
{
	const struct network *n = step->network;
	char cookie[UUID_TEXT_LEN + 1];
	struct dp_network entered = {
		.port = step->port, .vlan = step->vlan, .cookie = cookie,
		.cookie_len = UUID_TEXT_LEN,
		.spec = { .key = n->key, .remote_count = n->address_count,
			  .remotes = (const uint8_t (*)[VIFSWITCH_ADDRESS_LEN])n->addresses,
			  .flags = networks_flags(all, n), .udp_port = n->port,
			  .eid_count = (uint32_t)n->map_count, .eids = n->eids },
	};
	bool is_new = !networks_kernel(all, step->port, step->vlan);
	int r;

	uuid_format(n->uuid, cookie);
	memcpy(entered.spec.own, n->source, sizeof(n->source));
	memcpy(entered.spec.silent, n->silent, sizeof(n->silent));
	r = ops->network_set(dp, step->port, step->vlan, &entered.spec, cookie, UUID_TEXT_LEN);
	if (r == 0)
		networks_enter(all, &entered);
	if (r == 0 && is_new)
		networks_kernel(all, step->port, step->vlan)->told_known = true;
	return r;
}

static int tell(struct networks *all, const struct datapath_ops *ops, struct datapath *dp,
		const struct network_step *step)
{
	struct kernel_network *k = networks_kernel(all, step->port, step->vlan);

	return k ? network_places_tell(step->network, k, ops, dp) : 0;
}

/* Its retry goes with it. */
static int take_away(struct networks *all, const struct datapath_ops *ops, struct datapath *dp,
		     const struct network_step *step)
{
	int r = ops->network_del(dp, step->port, step->vlan);

	if (r < 0 && r != -ENOENT && r != -ENODEV)
		return r;
	networks_left(all, step->port, step->vlan);
	return 0;
}

static int set_underlay(struct networks *all, const struct datapath_ops *ops, struct datapath *dp,
			const struct network_step *step)
{
	struct network_underlay *u = networks_underlay(all, step->sw, false);
	uint32_t count = u && u->used ? all->host_count : 0;
	int r = ops->underlay_set(dp, step->sw,
				  (const uint8_t (*)[VIFSWITCH_ADDRESS_LEN])all->hosts,
				  count);

	if (r == 0 && u)
		u->told = networks_underlay_wanted(all, u);
	return r;
}

int networks_carry_out(struct facts *facts, const struct datapath_ops *ops, struct datapath *dp,
		       const struct network_step *step)
{
	struct networks *all = &facts->networks;

	return step->what == NETWORK_SET ? set(all, ops, dp, step) :
	       step->what == NETWORK_TELL ? tell(all, ops, dp, step) :
	       step->what == NETWORK_DELETE ? take_away(all, ops, dp, step) :
					      set_underlay(all, ops, dp, step);
}

/* ---- what is told of them ---- */

static int take_counts(const struct dp_port *dp, void *arg)
{
	memcpy(arg, dp, sizeof(*dp));
	return 0;
}

static json_t *show(const struct facts *facts, const struct network *n,
		    const struct vifswitch_sealed_drops *sealed, const struct datapath_ops *ops,
		    struct datapath *dp)
{
	const struct link *link = n->device ? links_by_name(&facts->links, n->device->name) : NULL;
	const struct port *port = port_of(facts, n);
	const struct named_progress *made =
		n->device ? named_progress_get(&facts->progress, n->device->name) : NULL;
	struct dp_port counts;
	bool counted = port && ops->port_get(dp, port->ifindex, take_counts, &counts) == 0;

	return network_json(&(struct network_facts){
		.all = &facts->networks, .network = n, .now = time(NULL),
		.error = made ? made->progress.retry.error : NULL,
		.port = port ? port->ifindex : 0, .counts = counted ? &counts : NULL,
		.mtu = link ? link->mtu : 0, .sealed = sealed });
}

/* With the VLANs that are held back for networks that were. */
static json_t *networks_document(const struct networks *all, json_t *list)
{
	json_t *document = list_document("vifswitchd", "networks", list), *held = json_array();

	for (size_t i = 0; i < all->sealed.count; i++) {
		const struct sealed_vlan *one = &all->sealed.list[i];
		bool is = false;

		for (size_t j = 0; !is && j < all->count; j++)
			is = all->list[j]->vlan == one->vlan &&
			     strcmp(all->list[j]->sw, one->sw) == 0;
		if (!is)
			json_array_append_new(held, json_pack("{s:s, s:i}", "switch", one->sw, "vlan",
							      one->vlan));
	}
	json_object_set_new(document, "held_vlans", held);
	return document;
}

json_t *document_networks(const struct facts *facts, const struct datapath_ops *ops,
			  struct datapath *dp)
{
	const struct networks *all = &facts->networks;
	struct vifswitch_sealed_drops sealed;
	bool counted = all->count && ops->sealed_drops && ops->sealed_drops(dp, &sealed) == 0;
	json_t *list = json_array();

	for (size_t i = 0; i < all->count; i++)
		json_array_append_new(list, show(facts, all->list[i], counted ? &sealed : NULL, ops,
						 dp));
	return networks_document(all, list);
}
