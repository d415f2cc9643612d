// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/mem.h"
#include "base/uuid.h"
#include "mesh/mesh-proved.h"
#include "network/eid-map.h"
#include "network/networks.h"

#define DEVICE_MTU_MIN	1280	/* IPv6 needs as much (RFC 8200) */

static bool is_sealed(const struct prefix *address)
{
	struct prefix all;

	mesh_prefix(&all);
	return prefix_contains(&all, address);
}

/* ---- the rows ---- */

static int compare(const void *a, const void *b)
{
	const struct network *const *x = a, *const *y = b;

	return strcmp((*x)->name, (*y)->name);
}

static void clear(struct networks *all)
{
	for (size_t i = 0; i < all->count; i++)
		network_free(all->list[i]);
	free(all->list);
	all->list = NULL;
	all->count = 0;
}

bool networks_read(struct networks *all, const struct policies *policies)
{
	const struct row *row;

	if (all->known && all->of_rows == policies->network_generation)
		return false;
	clear(all);
	all->list = xmalloc((policies->networks.count + 1) * sizeof(*all->list));
	map_chain_for_each(&policies->networks.by_key, i, row)
		all->list[all->count++] = network_read(row->uuid, row->derived);
	if (all->count)
		qsort(all->list, all->count, sizeof(*all->list), compare);
	all->known = true;
	all->of_rows = policies->network_generation;
	return true;
}

bool networks_peers(struct networks *all, const struct prefix *own, const struct prefix *peers,
		    size_t count)
{
	bool same = all->peer_count == count && prefix_compare(&all->own, own) == 0;

	for (size_t i = 0; same && i < count; i++)
		same = prefix_compare(&all->peers[i], &peers[i]) == 0;
	if (same)
		return false;
	all->own = *own;
	all->peer_count = 0;
	for (size_t i = 0; i < count; i++) {
		all->peers = xgrow(all->peers, all->peer_count, &all->peer_room,
				   sizeof(*all->peers));
		all->peers[all->peer_count++] = peers[i];
	}
	return true;
}

bool networks_want_mesh(const struct networks *all, bool (*has_switch)(const char *, void *),
			void *arg)
{
	bool wanted = false;

	for (size_t i = 0; !wanted && i < all->count; i++)
		wanted = network_is_on(all->list[i]) && all->list[i]->sealed &&
			 has_switch(all->list[i]->sw, arg);
	return wanted && all->supported && all->seals;
}

bool networks_use_mesh(const struct networks *all)
{
	struct prefix p;

	for (size_t i = 0; i < all->kernel_count; i++)
		for (uint32_t j = 0; j < all->kernel[i]->address_count; j++) {
			network_address_prefix(all->kernel[i]->addresses[j], &p);
			if (is_sealed(&p))
				return true;
		}
	return false;
}

/* ---- ways ---- */

static struct network_route *find_route(const struct networks *all, const struct prefix *to)
{
	for (size_t i = 0; i < all->route_count; i++)
		if (prefix_compare(&all->routes[i].to, to) == 0)
			return &all->routes[i];
	return NULL;
}

static void want_route(struct networks *all, const struct prefix *to)
{
	if (find_route(all, to))
		return;
	all->routes = xgrow(all->routes, all->route_count, &all->route_room, sizeof(*all->routes));
	all->routes[all->route_count++] = (struct network_route){ .to = *to };
}

void networks_want_routes(struct networks *all)
{
	all->route_count = 0;
	for (size_t i = 0; i < all->count; i++) {
		const struct network *n = all->list[i];

		for (size_t j = 0; network_is_on(n) && j < n->remote_count; j++)
			want_route(all, &n->remotes[j]);
		for (size_t j = 0; network_is_on(n) && n->pool && j < all->peer_count; j++)
			want_route(all, &all->peers[j]);
		for (size_t j = 0; network_is_on(n) && n->sealed && j < all->mesh.count; j++)
			if (!all->mesh.hosts[j]->problem)
				want_route(all, &all->mesh.hosts[j]->inner);
	}
}

/* ---- what they come to ---- */

static struct network_device *device_for(struct networks *all, const struct network *n)
{
	for (size_t i = 0; i < all->device_count; i++)
		if (all->devices[i]->kind == n->kind && all->devices[i]->port == n->port &&
		    all->devices[i]->ip6 == n->ip6)
			return all->devices[i];
	all->devices = xgrow(all->devices, all->device_count, &all->device_room,
			     sizeof(*all->devices));
	all->devices[all->device_count] = xzalloc(sizeof(**all->devices));
	network_device_init(all->devices[all->device_count], n->kind, n->port, n->ip6,
			    n->sw);
	return all->devices[all->device_count++];
}

/* What speaks against it beside those that come before it; NULL: nothing. */
static char *conflict_of(const struct networks *all, const struct network *n,
			 const struct network_device *device)
{
	if (strcmp(device->sw, n->sw) != 0)
		return xprintf("%s networks of udp-port %u are on switch %s, and one netdev has them all; give this "
			       "one another udp-port or kind, the same on every host", word_of(network_words, n->kind),
			       n->port, device->sw);
	for (size_t i = 0; i < all->count; i++) {
		const struct network *other = all->list[i];

		if (other == n || !other->device)
			continue;
		if (other->vlan == n->vlan && strcmp(other->sw, n->sw) == 0)
			return xprintf("VLAN %u of switch %s is network %s already", n->vlan, n->sw,
				       other->name);
		if (other->device == device && other->key == n->key)
			return xprintf("key %u is network %s's already", n->key, other->name);
	}
	return NULL;
}

static void add_address(struct networks *all, struct network *n, const struct prefix *to)
{
	const struct network_route *route = find_route(all, to);

	if ((route && route->local) || prefix_compare(to, &all->own) == 0 ||
	    !network_takes(n, to))
		return;
	network_address(to, n->addresses[n->address_count++]);
}

static void find_addresses(struct networks *all, struct network *n)
{
	size_t most = n->remote_count + all->peer_count + all->mesh.count;
	struct prefix source = n->sealed ? all->mesh.inner : n->own.family ? n->own : all->own;

	n->addresses = xmalloc((most + 1) * sizeof(*n->addresses));
	for (size_t i = 0; i < n->remote_count; i++)
		add_address(all, n, &n->remotes[i]);
	for (size_t i = 0; n->pool && i < all->peer_count; i++)
		add_address(all, n, &all->peers[i]);
	for (size_t i = 0; n->sealed && i < all->mesh.count; i++)
		if (!all->mesh.hosts[i]->problem)
			add_address(all, n, &all->mesh.hosts[i]->inner);
	n->address_count = network_sort_addresses(n->addresses, n->address_count);
	if (n->address_count > VIFSWITCH_NETWORK_REMOTES_MAX) {
		n->waits = xprintf("it has %u remotes, and %d are the most; the others are left out",
				   n->address_count, VIFSWITCH_NETWORK_REMOTES_MAX);
		n->address_count = VIFSWITCH_NETWORK_REMOTES_MAX;
	}
	if (source.family && network_takes(n, &source))
		network_address(&source, n->source);
}

static void settle(struct networks *all, struct network *n, bool here)
{
	struct network_device *device;

	free(n->addresses);
	free(n->waits);
	n->addresses = NULL;
	n->waits = NULL;
	n->address_count = 0;
	n->device = NULL;
	memset(n->source, 0, sizeof(n->source));
	memset(n->silent, 0, sizeof(n->silent));
	n->here = here;
	if (!here)
		return;
	device = device_for(all, n);
	if ((n->sealed && !all->seals) || (n->ipsec && !all->esp) ||
	    (n->kind == NETWORK_LISP && !all->lisps))
		return;
	n->waits = conflict_of(all, n, device);
	if (n->waits)
		return;
	n->device = device;
	device->vlans[n->vlan / 8] |= (uint8_t)(1U << (n->vlan % 8));
	find_addresses(all, n);
	network_eids_make(n);
}

/* Goes what the device sends there in ESP, for one network's sake or more? */
static bool in_esp(const struct networks *all, const struct network_device *d,
		   const struct prefix *to)
{
	uint8_t address[VIFSWITCH_ADDRESS_LEN];

	network_address(to, address);
	for (size_t i = 0; i < all->count; i++)
		if (all->list[i]->ipsec && all->list[i]->device == d &&
		    network_has_address(all->list[i], address))
			return true;
	return false;
}

uint32_t networks_largest(const struct networks *all, const struct network_device *d,
			  const struct network_route *r)
{
	bool ip6 = r->to.family == PREFIX_IP6;
	uint32_t ip = ip6 ? 40 : 20, mtu = r->mtu, around = network_overhead(d->kind, ip6);

	if (in_esp(all, d, &r->to))
		mtu = ip + ipsec_room(mtu, ip, ipsec_around(ipsec_remote(&all->ipsec.all, &r->to)));
	return mtu > around ? mtu - around : 0;
}

uint32_t networks_reach(const struct networks *all, const struct network *n,
			const uint8_t address[VIFSWITCH_ADDRESS_LEN])
{
	const struct network_route *route;
	struct prefix to;

	network_address_prefix(address, &to);
	route = find_route(all, &to);
	return n->device && route && !route->error ? networks_largest(all, n->device, route) : 0;
}

/* The largest that gets to every remote of the device's networks. */
static void find_mtu(struct networks *all, struct network_device *d)
{
	d->mtu = 0;
	for (size_t i = 0; i < all->route_count; i++) {
		const struct network_route *r = &all->routes[i];
		uint32_t mtu;

		if (r->error || r->local ||
		    (d->kind == NETWORK_GRE && (r->to.family == PREFIX_IP6) != d->ip6))
			continue;
		mtu = networks_largest(all, d, r);
		if (mtu <= DEVICE_MTU_MIN)
			continue;
		if (!d->mtu || mtu < d->mtu)
			d->mtu = mtu;
	}
}

bool networks_want_ipsec(struct networks *all)
{
	ipsec_want_begin(&all->ipsec.all);
	for (size_t i = 0; i < all->count; i++) {
		const struct network *n = all->list[i];
		struct prefix own, to;

		for (uint32_t j = 0; n->ipsec && n->device && j < n->address_count; j++) {
			const struct network_route *route;

			network_address_prefix(n->addresses[j], &to);
			network_address_prefix(n->source, &own);
			route = find_route(all, &to);
			if (own.family != to.family || !prefix_is_source(&own))
				own = route ? route->source : (struct prefix){};
			ipsec_want(&all->ipsec.all, &own, &to, n->port);
		}
	}
	return ipsec_want_end(&all->ipsec.all);
}

uint32_t networks_flags(const struct networks *all, const struct network *n)
{
	if (!all->esp)
		return 0;
	if (n->ipsec)
		return VIFSWITCH_NETWORK_ESP;
	/* Where one of the remotes is another's that must not, it stays with that. */
	for (uint32_t i = 0; !n->sealed && i < n->address_count; i++) {
		struct prefix to;

		network_address_prefix(n->addresses[i], &to);
		if (in_esp(all, n->device, &to))
			return 0;
	}
	return n->sealed ? 0 : VIFSWITCH_NETWORK_UNSEAL;
}

static void find_hosts(struct networks *all)
{
	size_t most = 2 * all->route_count + all->count + 1;

	free(all->hosts);
	all->hosts = xmalloc(most * sizeof(*all->hosts));
	all->host_count = 0;
	for (size_t i = 0; i < all->route_count; i++) {
		/* The module keeps what is sealed from whoever is not WireGuard. */
		if (is_sealed(&all->routes[i].to))
			continue;
		network_address(&all->routes[i].to, all->hosts[all->host_count++]);
		if (all->routes[i].source.family)
			network_address(&all->routes[i].source, all->hosts[all->host_count++]);
	}
	if (all->own.family)
		network_address(&all->own, all->hosts[all->host_count++]);
	all->host_count = network_sort_addresses(all->hosts, all->host_count);
	if (all->host_count > VIFSWITCH_UNDERLAY_LEN / VIFSWITCH_ADDRESS_LEN)
		all->host_count = VIFSWITCH_UNDERLAY_LEN / VIFSWITCH_ADDRESS_LEN;
}

struct network_underlay *networks_underlay(struct networks *all, uint32_t sw, bool make)
{
	for (size_t i = 0; i < all->underlay_count; i++)
		if (all->underlays[i].sw == sw)
			return &all->underlays[i];
	if (!make)
		return NULL;
	all->underlays = xgrow(all->underlays, all->underlay_count, &all->underlay_room,
			       sizeof(*all->underlays));
	all->underlays[all->underlay_count] = (struct network_underlay){ .sw = sw };
	return &all->underlays[all->underlay_count++];
}

static uint64_t digest(const void *hosts, size_t len)
{
	return len ? 1 + (uint64_t)bytes_sum(hosts, len, (uint32_t)len) : 0;
}

void networks_underlay_is(struct networks *all, uint32_t sw, const void *hosts, uint32_t len)
{
	struct network_underlay *u = networks_underlay(all, sw, len);

	if (u)
		u->told = digest(hosts, len);
}

uint64_t networks_underlay_wanted(const struct networks *all, const struct network_underlay *u)
{
	return digest(all->hosts, u->used ? all->host_count * VIFSWITCH_ADDRESS_LEN : 0);
}

static void forget_devices(struct networks *all)
{
	while (all->device_count)
		free(all->devices[--all->device_count]);
}

void networks_settle(struct networks *all, bool (*has_switch)(const char *name, void *arg),
		     void *arg)
{
	forget_devices(all);
	for (size_t i = 0; i < all->count; i++)
		all->list[i]->device = NULL;
	for (size_t i = 0; i < all->count; i++) {
		struct network *n = all->list[i];

		settle(all, n, network_is_on(n) && has_switch(n->sw, arg));
	}
	for (size_t i = 0; i < all->device_count; i++)
		find_mtu(all, all->devices[i]);
	find_hosts(all);
}

/* ---- what the datapath has ---- */

struct kernel_network *networks_kernel(const struct networks *all, uint32_t port, uint16_t vlan)
{
	for (size_t i = 0; i < all->kernel_count; i++)
		if (all->kernel[i]->port == port && all->kernel[i]->vlan == vlan)
			return all->kernel[i];
	return NULL;
}

void networks_mark(struct networks *all)
{
	for (size_t i = 0; i < all->kernel_count; i++)
		all->kernel[i]->seen = false;
}

/* With a remote the datapath forgets what it was told to be there. */
static void forget_places(struct kernel_network *k)
{
	size_t n = 0;

	for (size_t i = 0; i < k->told_count; i++)
		if (bsearch(k->told[i].remote, k->addresses, k->address_count,
			    VIFSWITCH_ADDRESS_LEN, network_address_compare))
			k->told[n++] = k->told[i];
	k->told_count = n;
}

void networks_enter(struct networks *all, const struct dp_network *dp)
{
	struct kernel_network *k = networks_kernel(all, dp->port, dp->vlan);

	if (!k) {
		k = xzalloc(sizeof(*k));
		k->port = dp->port;
		k->vlan = dp->vlan;
		all->kernel = xgrow(all->kernel, all->kernel_count, &all->kernel_room, sizeof(k));
		all->kernel[all->kernel_count++] = k;
	}
	k->seen = true;
	k->key = dp->spec.key;
	k->flags = dp->spec.flags;
	k->udp_port = dp->spec.udp_port;
	k->ours = dp->cookie_len == UUID_TEXT_LEN &&
		  uuid_parse(dp->cookie, UUID_TEXT_LEN, k->uuid);
	memcpy(k->source, dp->spec.own, sizeof(k->source));
	k->address_count = dp->spec.remote_count;
	k->addresses = xrealloc(k->addresses, (k->address_count + 1) * sizeof(*k->addresses));
	memcpy(k->addresses, dp->spec.remotes, k->address_count * sizeof(*k->addresses));
	forget_places(k);
	memcpy(k->silent, dp->spec.silent, sizeof(k->silent));
	k->eid_count = dp->spec.eid_count;
	k->eids = xrealloc(k->eids, (k->eid_count + 1) * sizeof(*k->eids));
	if (k->eid_count)
		memcpy(k->eids, dp->spec.eids, k->eid_count * sizeof(*k->eids));
}

static void forget(struct networks *all, size_t i)
{
	struct kernel_network *k = all->kernel[i];

	retry_reset(&k->retry);
	free(k->told);
	free(k->addresses);
	free(k->eids);
	free(k);
	all->kernel[i] = all->kernel[--all->kernel_count];
}

void networks_sweep(struct networks *all)
{
	for (size_t i = all->kernel_count; i-- > 0;)
		if (!all->kernel[i]->seen)
			forget(all, i);
}

void networks_left(struct networks *all, uint32_t port, uint16_t vlan)
{
	for (size_t i = 0; i < all->kernel_count; i++)
		if (all->kernel[i]->port == port && all->kernel[i]->vlan == vlan) {
			forget(all, i);
			return;
		}
}

void networks_port_left(struct networks *all, uint32_t port)
{
	for (size_t i = all->kernel_count; i-- > 0;)
		if (all->kernel[i]->port == port)
			forget(all, i);
}

size_t networks_kernel_hosts(const struct networks *all, struct prefix *ret, size_t most)
{
	size_t n = 0;

	for (size_t i = 0; i < all->kernel_count; i++) {
		const struct kernel_network *k = all->kernel[i];

		for (uint32_t j = 0; k->ours && j < k->address_count && n < most; j++) {
			struct prefix p;
			size_t at = 0;

			network_address_prefix(k->addresses[j], &p);
			if (is_sealed(&p))
				continue;
			while (at < n && prefix_compare(&ret[at], &p) != 0)
				at++;
			if (at == n)
				ret[n++] = p;
		}
	}
	prefix_sort(ret, n);
	return n;
}

bool network_in_force(const struct networks *all, const struct network *n, uint32_t port)
{
	const struct kernel_network *k = networks_kernel(all, port, n->vlan);

	return k && k->ours && memcmp(k->uuid, n->uuid, 16) == 0 && k->key == n->key &&
	       memcmp(k->source, n->source, sizeof(k->source)) == 0 &&
	       memcmp(k->silent, n->silent, sizeof(k->silent)) == 0 &&
	       k->flags == networks_flags(all, n) && (!k->flags || k->udp_port == n->port) &&
	       k->address_count == n->address_count && k->eid_count == n->map_count &&
	       (!n->map_count || memcmp(k->eids, n->eids, n->map_count * sizeof(*k->eids)) == 0) &&
	       (!n->address_count || memcmp(k->addresses, n->addresses, n->address_count *
					    sizeof(*k->addresses)) == 0);
}

const struct network *networks_wanting(const struct networks *all, const struct kernel_network *k,
				       const char *device)
{
	for (size_t i = 0; i < all->count; i++) {
		const struct network *n = all->list[i];

		if (n->device && strcmp(n->device->name, device) == 0 && n->vlan == k->vlan &&
		    n->key == k->key)
			return n;
	}
	return NULL;
}

void networks_init(struct networks *all)
{
	mesh_init(&all->mesh);
}

void networks_deinit(struct networks *all)
{
	mesh_proved_forget(&all->mesh);
	mesh_deinit(&all->mesh);
	ipsec_here_stop(&all->ipsec);
	sealed_vlans_deinit(&all->sealed);
	clear(all);
	forget_devices(all);
	networks_mark(all);
	networks_sweep(all);
	for (size_t i = 0; i < all->underlay_count; i++)
		retry_reset(&all->underlays[i].retry);
	free(all->devices);
	free(all->kernel);
	free(all->underlays);
	free(all->peers);
	free(all->routes);
	free(all->hosts);
	*all = (struct networks){};
}
