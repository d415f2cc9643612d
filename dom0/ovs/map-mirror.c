// SPDX-License-Identifier: GPL-2.0-or-later
/* Mirrors: Mirror rows. */
#include <string.h>

#include "base/problem.h"
#include "ovs/ovs-cell.h"
#include "ovs/ovs-internal.h"
#include "ovs/ovs-map-state.h"
#include "ovs/ovs-view.h"
#include "policy/bounds.h"
#include "vifswitch/abi.h"
#include "vifswitch/mirror-abi.h"

/* The one interface of a port; NULL: it has none, or several. */
static const json_t *interface_of(const struct ovs_bridge *b, const char *port_uuid)
{
	const json_t *port = view_row(b->m->db, "Port", port_uuid);
	const char *uuid = view_count(port, "interfaces") == 1 ? view_text(port, "interfaces") : NULL;

	return uuid ? view_row(b->m->db, "Interface", uuid) : NULL;
}

/* Of dom0's own, whose port is the other end? */
static bool is_cable(const struct ovs_bridge *b, const json_t *interface)
{
	return strcmp(view_text(interface, "type") ?: "", "internal") == 0 &&
	       strcmp(view_text(interface, "name") ?: "", b->name) != 0;
}

/* Ports as vms and netdevs. */
static bool add_ports(struct ovs_bridge *b, struct ovs_scope *s, const json_t *mirror,
		      const char *column, json_t *columns)
{
	char identity[48], uplink[IFNAMSIZ];

	for (size_t i = 0; i < view_count(mirror, column); i++) {
		const char *uuid = view_text_at(mirror, column, i) ?: "";
		const json_t *interface = interface_of(b, uuid);
		const char *name = view_text(interface, "name");

		if (!view_refers(b->row, "ports", uuid)) {
			ovs_close(s, "%s: one of them is no port of bridge %s", column, b->name);
			return false;
		}
		if (!interface)
			name = view_text(view_row(b->m->db, "Port", uuid), "name");
		else if (name && is_cable(b, interface))
			ovs_internal_uplink(name, uplink), name = uplink;
		if (interface && ovs_identity(b->m, interface, identity) && identity[0])
			ovs_add_text(columns, "vms", identity);
		else if (name)
			ovs_add_text(columns, "netdevs", name);
	}
	return true;
}

static bool same_ports(const json_t *mirror)
{
	return cell_equal(json_object_get(mirror, "select_src_port"),
			  json_object_get(mirror, "select_dst_port"));
}

static void map_sources(struct ovs_bridge *b, struct ovs_scope *s, const json_t *mirror,
			json_t *columns)
{
	bool from = view_count(mirror, "select_src_port"), to = view_count(mirror, "select_dst_port");

	if (view_true(mirror, "select_all") || (!from && !to)) {
		ovs_add_text(columns, "switches", b->name);
		/* VLANs alone choose what comes in; everything that is chosen is seen once. */
		if (!view_true(mirror, "select_all") && !view_count(mirror, "select_vlan"))
			ovs_close(s, "nothing is selected");
	} else if (from && to && !same_ports(mirror)) {
		ovs_close(s, "select_src_port and select_dst_port: the same ports, or one of them; else two mirrors");
	} else {
		add_ports(b, s, mirror, from ? "select_src_port" : "select_dst_port", columns);
		ovs_set_text(columns, "direction", from && to ? "both" : from ? "from" : "to");
	}
	if (view_count(mirror, "select_vlan"))
		json_object_set(columns, "vlans", json_object_get(mirror, "select_vlan"));
}

static void map_output(struct ovs_bridge *b, struct ovs_scope *s, const json_t *mirror,
		       json_t *columns)
{
	const char *port = view_text(mirror, "output_port");
	const json_t *interface = port ? interface_of(b, port) : NULL;
	char identity[48];
	int64_t vlan;

	if (interface && view_refers(b->row, "ports", port)) {
		if (ovs_identity(b->m, interface, identity) && identity[0])
			ovs_set_text(columns, "output_vif", identity);
		else if (view_text(interface, "name"))
			ovs_set_text(columns, "output_netdev", view_text(interface, "name"));
	} else if (port) {
		ovs_close(s, "output_port: must be a port of bridge %s with one interface", b->name);
	} else if (view_integer(mirror, "output_vlan", &vlan) && vlan >= 1 && vlan <= VIFSWITCH_VID_MAX) {
		ovs_set_integer(columns, "output_vlan", vlan);
	} else {
		ovs_close(s, "output_port or output_vlan (1 to %d) is needed", VIFSWITCH_VID_MAX);
	}
}

static void map_mirror(struct ovs_bridge *b, const char *uuid)
{
	const json_t *mirror = view_row(b->m->db, "Mirror", uuid);
	const char *name = view_text(mirror, "name");
	json_t *columns = json_object();
	struct ovs_scope s;
	int64_t snaplen;

	ovs_scope_init(&s);
	if (!name || !name[0] || strlen(name) > POLICY_NAME_MAX)
		ovs_close(&s, "its name must have 1 to %d characters", POLICY_NAME_MAX);
	else if (json_object_get(json_object_get(b->m->rows, "Mirror"), name) ||
		 json_object_get(json_object_get(b->rows, "Mirror"), name))
		ovs_close(&s, "another mirror has its name");
	map_sources(b, &s, mirror, columns);
	map_output(b, &s, mirror, columns);
	if (view_integer(mirror, "snaplen", &snaplen)) {
		if (snaplen < VIFSWITCH_SNAPLEN_MIN || snaplen > VIFSWITCH_SNAPLEN_MAX)
			ovs_close(&s, "snaplen=%lld: must be %d to %d", (long long)snaplen,
				  VIFSWITCH_SNAPLEN_MIN, VIFSWITCH_SNAPLEN_MAX);
		ovs_set_integer(columns, "snaplen", snaplen);
	}
	if (!s.closed)
		json_object_update(ovs_row(b->rows, "Mirror", name, NULL), columns);
	for (size_t i = 0; i < json_array_size(s.texts); i++)
		ovs_say(&b->scope, "mirror %s: %s", name ? QUOTE(name, strlen(name)) : "",
			json_string_value(json_array_get(s.texts, i)));
	ovs_scope_deinit(&s);
	json_decref(columns);
}

void ovs_map_mirrors(struct ovs_bridge *b)
{
	const char *uuid;

	for (size_t i = 0; i < view_count(b->row, "mirrors"); i++) {
		uuid = view_text_at(b->row, "mirrors", i);
		if (uuid && view_row(b->m->db, "Mirror", uuid))
			map_mirror(b, uuid);
	}
}
