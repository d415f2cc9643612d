// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A tunnel: a remote of a Network row. Open vSwitch has a port for each remote; those of one
 * bridge, VLAN, key and kind are one network here.
 */
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/prefix.h"
#include "base/problem.h"
#include "ovs/ovs-cell.h"
#include "ovs/ovs-map-state.h"
#include "ovs/ovs-view.h"
#include "policy/bounds.h"
#include "vifswitch/abi.h"
#include "vifswitch/network-abi.h"

static bool map_key(struct ovs_interface *i, int64_t *ret)
{
	bool gre = strcmp(view_text(i->row, "type"), "gre") == 0;
	int64_t most = gre ? UINT32_MAX : (1 << 24) - 1;
	const char *in = view_key(i->row, "options", "in_key") ?: view_key(i->row, "options", "key");
	const char *out = view_key(i->row, "options", "out_key") ?: view_key(i->row, "options", "key");

	if (!in || !out || strcmp(in, out) != 0) {
		ovs_close(&i->scope, "options:key: one number for both directions is needed, 1 to %lld",
			  (long long)most);
		return false;
	}
	if (!view_key_number(i->row, "options", view_key(i->row, "options", "key") == in ? "key" : "in_key",
			     1, most, ret)) {
		ovs_close(&i->scope, "options:key=%s: must be 1 to %lld", QUOTE(in, strlen(in)),
			  (long long)most);
		return false;
	}
	return true;
}

static const char *address(struct ovs_interface *i, const char *key, bool needed)
{
	const char *text = view_key(i->row, "options", key);
	struct prefix prefix;

	if (!text && !needed)
		return NULL;
	if (!text || !prefix_parse_host(text, &prefix))
		ovs_close(&i->scope, "options:%s=%s: must be the address of a host", key,
			  text ? QUOTE(text, strlen(text)) : "");
	return text;
}

static bool map_vlan(struct ovs_interface *i, int64_t *ret)
{
	const char *mode = view_text(i->port->row, "vlan_mode");

	if (view_integer(i->port->row, "tag", ret) && *ret >= 1 && *ret <= VIFSWITCH_VID_MAX &&
	    (!mode || strcmp(mode, "access") == 0))
		return true;
	ovs_close(&i->scope, "a tunnel carries one VLAN: set tag of port %s to 1 to %d", i->port->name,
		  VIFSWITCH_VID_MAX);
	return false;
}

static void fill(struct ovs_interface *i, json_t *columns, int64_t vlan, int64_t key,
		 const char *own)
{
	const char *type = view_text(i->row, "type");
	int64_t port;

	ovs_set_text(columns, "switch", i->port->bridge->name);
	ovs_set_integer(columns, "vlan", vlan);
	ovs_set_integer(columns, "key", key);
	ovs_set_text(columns, "kind", type);
	ovs_set_text(columns, "hosts", "none");
	if (own)
		ovs_set_text(columns, "own", own);
	if (!view_key(i->row, "options", "dst_port"))
		return;
	if (strcmp(type, "gre") != 0 && view_key_number(i->row, "options", "dst_port", 1, 65535, &port))
		ovs_set_integer(columns, "udp_port", port);
	else
		ovs_close(&i->scope, "options:dst_port: must be 1 to 65535, of vxlan or geneve");
}

/* Addresses of its packets are those that Open vSwitch gives them by itself. */
static void map_bfd(struct ovs_interface *i, json_t *columns)
{
	static const char *const not_here[] = { "bfd_src_ip", "bfd_dst_ip", "bfd_remote_dst_mac" };

	if (!ovs_map_bfd(i, columns))
		return;
	for (size_t k = 0; k < ARRAY_SIZE(not_here); k++)
		if (view_key(i->row, "bfd", not_here[k]))
			ovs_say(&i->scope, "bfd:%s: is not set inside tunnels", not_here[k]);
}

void ovs_map_tunnel(struct ovs_interface *i)
{
	struct ovs_bridge *b = i->port->bridge;
	const char *remote = address(i, "remote_ip", true), *own = address(i, "local_ip", false);
	json_t *columns = json_object(), *row, *before = NULL;
	int64_t vlan, key;
	char name[64];

	i->kind = "tunnel";
	if (map_vlan(i, &vlan) && map_key(i, &key) && !i->scope.closed) {
		fill(i, columns, vlan, key, own);
		map_bfd(i, columns);
		ovs_keep_ids(columns, i->row);
		snprintf(name, sizeof(name), "%s.%lld.%lld.%s", b->name, (long long)vlan, (long long)key,
			 view_text(i->row, "type"));
		before = json_object_get(json_object_get(json_object_get(b->rows, "Network"), name), "columns");
		if (before && !cell_equal(json_object_get(before, "own"), json_object_get(columns, "own")))
			ovs_close(&i->scope, "tunnels of one VLAN and key have one local_ip");
		else if (before && !cell_equal(json_object_get(before, "udp_port"),
					       json_object_get(columns, "udp_port")))
			ovs_close(&i->scope, "tunnels of one VLAN and key have one dst_port");
		else if (view_count(before, "remotes") >= VIFSWITCH_NETWORK_REMOTES_MAX)
			ovs_close(&i->scope, "a network has at most %d remotes", VIFSWITCH_NETWORK_REMOTES_MAX);
	}
	if (before && !cell_equal(json_object_get(before, "bfd"), json_object_get(columns, "bfd")))
		ovs_say(&i->scope, "bfd: tunnels of one VLAN and key have it all or none; it is as the first of them has it");
	if (!i->scope.closed && !i->port->scope.closed) {
		row = ovs_row(b->rows, "Network", name, i->uuid);
		if (json_object_size(row) == 0)
			json_object_update(row, columns);
		if (!view_refers(row, "remotes", remote))
			ovs_add_text(row, "remotes", remote);
	}
	json_decref(columns);
}
