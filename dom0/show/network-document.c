// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include "base/cleanup.h"
#include "base/json-value.h"
#include "kmod/core/reason.h"
#include "show/network-document.h"

static const char *state_of(const struct network_facts *f)
{
	const struct network *n = f->network;

	if (!n->enabled)
		return "down";
	if (n->problem)
		return "refused";
	if (!f->all->supported || (n->sealed && !f->all->seals))
		return "module-too-old";
	if (!n->here)
		return "no-switch";
	if (!n->device)
		return "conflict";
	if (f->error || n->retry.error || (n->sealed && f->all->mesh.problem))
		return "failed";
	if (!f->port || !network_in_force(f->all, n, f->port))
		return "waiting";
	return n->address_count ? "in-force" : "no-remote";
}

static const char *error_of(const struct network_facts *f)
{
	const struct network *n = f->network;

	if (n->enabled && !n->problem && !f->all->supported)
		return "the kernel module that is loaded has no networks over IP; they are there after a reboot";
	if (n->enabled && !n->problem && n->sealed && !f->all->seals)
		return "the kernel module that is loaded does not keep encrypted networks from leaving in clear; one that does is there after a reboot";
	return n->problem ?: n->waits ?: f->error ?: n->retry.error ?:
	       (n->sealed ? f->all->mesh.problem : NULL);
}

/* Who is at that inner address, where its packets go, and how it is reached. */
static void add_host(json_t *remote, const struct mesh *mesh, const struct prefix *inner,
		     int64_t now)
{
	const struct mesh_host *h = mesh_host(mesh, inner);
	int64_t last = h && h->way >= 0 ? h->seen[h->way].handshake : 0, ago = now - last;
	char text[PREFIX_TEXT_MAX] = "";

	if (h)
		prefix_format(&h->outer, text);
	json_object_set_new(remote, "host", json_text(h ? h->name : NULL));
	json_object_set_new(remote, "outer", json_text(*text ? text : NULL));
	json_object_set_new(remote, "session", json_text(h ? mesh_session_word(h) : NULL));
	json_object_set_new(remote, "netdev",
			    json_text(h && h->way >= 0 ? mesh->plane[h->way].netdev : NULL));
	json_object_set_new(remote, "handshake_ago", last ? json_integer(ago > 0 ? ago : 0) : json_null());
}

/* Hosts of the pool that nothing is sent to, and why. */
static json_t *refused_json(const struct network_facts *f)
{
	json_t *list = json_array();

	for (size_t i = 0; f->network->sealed && i < f->all->mesh.count; i++)
		if (f->all->mesh.hosts[i]->problem)
			json_array_append_new(list, json_text(f->all->mesh.hosts[i]->problem));
	return list;
}

/* The way to each remote: why there is none, or what it lets pass. */
static json_t *remotes_json(const struct network_facts *f)
{
	const struct network *n = f->network;
	json_t *list = json_array(), *remote;

	for (size_t i = 0; n->device && i < f->all->route_count; i++) {
		const struct network_route *r = &f->all->routes[i];
		uint8_t address[VIFSWITCH_ADDRESS_LEN];
		char text[PREFIX_TEXT_MAX];
		uint32_t around = network_overhead(n->kind, r->to.family == PREFIX_IP6);

		network_address(&r->to, address);
		if (!network_has_address(n, address))
			continue;
		prefix_format(&r->to, text);
		remote = json_pack(
			"{s:s, s:o, s:o, s:b}", "address", text,
			"error", r->error ? json_sprintf("there is no way to it: %s", strerror(-r->error)) :
					    json_null(),
			"mtu", json_number(r->mtu > around ? r->mtu - around : 0),
			"narrowed", r->mtu < r->link_mtu);
		add_host(remote, &f->all->mesh, &r->to, f->now);
		json_array_append_new(list, remote);
	}
	return list;
}

static json_t *drops_json(const struct dp_port *counts)
{
	static const enum vifswitch_drop_reason reasons[] = {
		VIFSWITCH_DROP_TUNNEL_KEY, VIFSWITCH_DROP_TUNNEL_PEER, VIFSWITCH_DROP_TO_MTU,
		VIFSWITCH_DROP_TO_REMOTE, VIFSWITCH_DROP_TO_QUEUE,
	};
	json_t *drops;

	if (!counts)
		return json_null();
	drops = json_object();
	for (size_t i = 0; i < ARRAY_SIZE(reasons); i++)
		if (counts->drops[reasons[i]])
			json_object_set_new(drops, vs_reason_word(reasons[i]),
					    json_integer((json_int_t)counts->drops[reasons[i]]));
	return drops;
}

json_t *network_json(const struct network_facts *f)
{
	const struct network *n = f->network;
	char own[PREFIX_TEXT_MAX] = "";
	static const uint8_t none[VIFSWITCH_ADDRESS_LEN];

	if (memcmp(n->source, none, sizeof(none)) != 0)
		network_address_text(n->source, own);
	return json_pack("{s:s, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}",
			 "name", n->name, "state", state_of(f), "error", json_text(error_of(f)),
			 "switch", json_text(*n->sw ? n->sw : NULL), "vlan", json_number(n->vlan),
			 "kind", n->problem ? json_null() : json_string(word_of(network_words, n->kind)),
			 "key", json_number(n->key), "udp_port", json_number(n->port),
			 "netdev", json_text(n->device ? n->device->name : NULL),
			 "mtu", json_number(f->mtu), "own", json_text(*own ? own : NULL),
			 "encrypt", n->sealed ? json_string("wireguard") : json_null(),
			 "keys", n->sealed ? mesh_keys_json(&f->all->mesh) : json_array(),
			 "refused", refused_json(f),
			 "remotes", remotes_json(f), "netdev_drops", drops_json(f->counts));
}
