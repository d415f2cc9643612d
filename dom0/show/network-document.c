// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include "base/cleanup.h"
#include "base/json-value.h"
#include "kmod/core/reason.h"
#include "network/eid-map.h"
#include "show/network-document.h"

static bool lacks_seal(const struct network_facts *f)
{
	return (f->network->sealed && !f->all->seals) || (f->network->ipsec && !f->all->esp);
}

static const char *state_of(const struct network_facts *f)
{
	const struct network *n = f->network;

	if (!n->enabled)
		return "down";
	if (n->problem)
		return "refused";
	if (!f->all->supported || lacks_seal(f) || (n->kind == NETWORK_LISP && !f->all->lisps))
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
	if (n->enabled && !n->problem && lacks_seal(f))
		return "the kernel module that is loaded does not keep encrypted networks from leaving in clear; one that does is there after a reboot";
	if (n->enabled && !n->problem && n->kind == NETWORK_LISP && !f->all->lisps)
		return "the kernel module that is loaded has no networks of LISP; they are there after a reboot";
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
	if (f->network->sealed && f->all->mesh.unsigned_why)
		json_array_append_new(list, json_sprintf("this host by the others: its keys are not signed: %s",
							 f->all->mesh.unsigned_why));
	return list;
}

/* How ESP to that remote does. */
static json_t *ipsec_json(const struct ipsec_remote *r)
{
	if (!r)
		return json_null();
	return json_pack("{s:s, s:o, s:o, s:o, s:b}", "state", ipsec_state_word(r->state),
			 "reason", json_text(r->reason),
			 "cipher", json_text(*r->cipher ? r->cipher : NULL),
			 "rekey_in", r->rekey < 0 ? json_null() : json_integer(r->rekey),
			 "nat", r->nat);
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

		network_address(&r->to, address);
		if (!network_has_address(n, address))
			continue;
		prefix_format(&r->to, text);
		remote = json_pack(
			"{s:s, s:o, s:o, s:b}", "address", text,
			"error", r->error ? json_sprintf("there is no way to it: %s", strerror(-r->error)) :
					    json_null(),
			"mtu", json_number(networks_largest(f->all, n->device, r)),
			"narrowed", r->mtu < r->link_mtu);
		add_host(remote, &f->all->mesh, &r->to, f->now);
		json_object_set_new(remote, "ipsec", ipsec_json(n->ipsec ? ipsec_remote(
			&f->all->ipsec.all, &r->to) : NULL));
		json_object_set_new(remote, "silent", json_false());
		json_object_set_new(remote, "bfd", json_null());
		json_object_set_new(remote, "bfd_error", json_null());
		json_array_append_new(list, remote);
	}
	return list;
}

/* Of LISP: which addresses are behind which host; null where that is this one, or left out. */
static json_t *map_json(const struct network *n)
{
	json_t *list = json_array();

	for (size_t i = 0; n->device && i < n->map_count; i++) {
		const struct vifswitch_eid *e = &n->eids[i];
		char prefix[PREFIX_TEXT_MAX], host[PREFIX_TEXT_MAX];

		network_eid_text(e, prefix);
		if (e->remote != VIFSWITCH_EID_HERE)
			network_address_text(n->addresses[e->remote], host);
		json_array_append_new(list, json_pack("{s:s, s:o}", "prefix", prefix, "host",
			json_text(e->remote != VIFSWITCH_EID_HERE ? host : NULL)));
	}
	return list;
}

static json_t *drops_json(const struct dp_port *counts)
{
	static const enum vifswitch_drop_reason reasons[] = {
		VIFSWITCH_DROP_TUNNEL_KEY, VIFSWITCH_DROP_TUNNEL_PEER, VIFSWITCH_DROP_TO_MTU,
		VIFSWITCH_DROP_TO_REMOTE, VIFSWITCH_DROP_TO_QUEUE, VIFSWITCH_DROP_LISP_HEADER,
		VIFSWITCH_DROP_LISP_EID, VIFSWITCH_DROP_TO_EID,
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

static json_t *sealed_json(const struct network_facts *f)
{
	if (!f->sealed || !network_is_secret(f->network))
		return json_null();
	return json_pack("{s:I, s:I}", "out", (json_int_t)f->sealed->out, "in",
			 (json_int_t)f->sealed->in);
}

/* How many addresses of VMs elsewhere the datapath was told; null: it takes none, or not yet. */
static json_t *told_json(const struct network_facts *f)
{
	const struct kernel_network *k =
		f->port ? networks_kernel(f->all, f->port, f->network->vlan) : NULL;

	return k && k->told_known && f->all->tells && f->all->places_known ?
	       json_integer((json_int_t)k->told_count) : json_null();
}

json_t *network_json(const struct network_facts *f)
{
	const struct network *n = f->network;
	char own[PREFIX_TEXT_MAX] = "";
	static const uint8_t none[VIFSWITCH_ADDRESS_LEN];

	if (memcmp(n->source, none, sizeof(none)) != 0)
		network_address_text(n->source, own);
	return json_pack("{s:o, s:o, s:s, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}",
			 "told", told_json(f), "sealed_drops", sealed_json(f), "name", n->name, "state", state_of(f), "error", json_text(error_of(f)),
			 "switch", json_text(*n->sw ? n->sw : NULL), "vlan", json_number(n->vlan),
			 "kind", n->problem ? json_null() : json_string(word_of(network_words, n->kind)),
			 "key", json_number(n->key), "udp_port", json_number(n->port),
			 "netdev", json_text(n->device ? n->device->name : NULL),
			 "mtu", json_number(f->mtu), "own", json_text(*own ? own : NULL),
			 "encrypt", network_is_secret(n) ? json_string(n->ipsec ? "ipsec" : "wireguard") :
							     json_null(),
			 "keys", n->sealed ? mesh_keys_json(&f->all->mesh) : json_array(),
			 "refused", refused_json(f),
			 "remotes", remotes_json(f), "map", map_json(n), "netdev_drops", drops_json(f->counts));
}
