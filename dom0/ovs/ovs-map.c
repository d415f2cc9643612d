// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "base/netdev-name.h"
#include "base/problem.h"
#include "ovs/ovs-columns.h"
#include "ovs/ovs-map-state.h"
#include "ovs/ovs-map.h"
#include "ovs/ovs-view.h"
#include "policy/bounds.h"

#define MEMBERS_LOOKED_AT	64	/* of one port; more than a bond may have */

static bool is_tunnel(const char *type)
{
	return strcmp(type, "vxlan") == 0 || strcmp(type, "geneve") == 0 || strcmp(type, "gre") == 0;
}

static void map_local(struct ovs_interface *i)
{
	int64_t mtu;

	i->kind = "local";
	if (view_count(i->port->row, "tag") || view_count(i->port->row, "trunks"))
		ovs_say(&i->scope, "tag, trunks: dom0's own port has every VLAN: ip link add link %s type vlan",
			i->name);
	if (!view_integer(i->row, "mtu_request", &mtu))
		return;
	if (mtu >= VIF_MTU_MIN && mtu <= VIF_MTU_MAX)
		ovs_set_integer(i->port->bridge->local, "mtu", mtu);
	else
		ovs_say(&i->scope, "mtu_request=%lld: must be %d to %d", (long long)mtu, VIF_MTU_MIN,
			VIF_MTU_MAX);
}

/* An interface that is a port by itself. */
static void map_one(struct ovs_interface *i)
{
	const char *type = view_text(i->row, "type") ?: "";
	char identity[48];

	if (json_object_get(i->port->bridge->m->outputs, i->port->uuid)) {
		i->kind = "output";
	} else if (strcmp(i->name, i->port->bridge->name) == 0) {
		map_local(i);
	} else if (strcmp(type, "internal") == 0) {
		ovs_map_internal(i);
	} else if (strcmp(type, "patch") == 0) {
		ovs_map_patch(i);
	} else if (is_tunnel(type)) {
		ovs_map_tunnel(i);
	} else if (type[0] && strcmp(type, "system") != 0) {
		ovs_close(&i->scope, "type=%s: must be system, internal, patch, vxlan, geneve or gre",
			  QUOTE(type, strlen(type)));
	} else if (!ovs_identity(i->port->bridge->m, i->row, identity)) {
		ovs_map_uplink(i);
	} else if (identity[0]) {
		ovs_map_vif(i, identity);
	} else {
		i->kind = "vif";
		ovs_close(&i->scope, "vifswitchd knows no VM behind %s; external_ids:xs-vm-uuid says which it is",
			  i->name);
	}
}

static void interface_begin(struct ovs_interface *i, struct ovs_port *p, const char *uuid)
{
	*i = (struct ovs_interface){
		.port = p, .uuid = uuid, .row = view_row(p->bridge->m->db, "Interface", uuid),
	};
	i->name = view_text(i->row, "name") ?: "";
	ovs_scope_init(&i->scope);
	ovs_scope_refuse(&i->scope, "Interface", i->row);
	if (!netdev_name_valid(i->name, strlen(i->name)))
		ovs_close(&i->scope, "its name must be %s", NETDEV_NAME_ACCEPTED);
}

static void interface_end(struct ovs_interface *i)
{
	json_t *all = i->port->bridge->m->interfaces;

	if (i->kind && strcmp(i->kind, "internal") != 0 && view_count(i->row, "mac"))
		ovs_say(&i->scope, "mac: a device keeps its address: ip link set");
	ovs_scope_add(&i->scope, &i->port->scope);
	json_object_set_new(all, i->uuid,
		json_pack("{s:s, s:s, s:s, s:s, s:s, s:s?, s:b, s:O}", "name", i->name, "bridge",
			  i->port->bridge->name, "of", i->port->bridge->uuid, "port", i->port->uuid, "kind", i->kind ?: "none",
			  "device", i->device[0] ? i->device : NULL, "closed", i->scope.closed, "texts", i->scope.texts));
	ovs_scope_deinit(&i->scope);
}

/* Interfaces of the port that are there and no other port's: how many. */
static size_t interfaces_of(struct ovs_port *p, struct ovs_interface **ret)
{
	size_t count = view_count(p->row, "interfaces"), n = 0;
	struct ovs_interface *all;

	if (count > MEMBERS_LOOKED_AT) {
		ovs_close(&p->scope, "a bond has at most %d members", UPLINK_MEMBERS_MAX);
		count = MEMBERS_LOOKED_AT;
	}
	all = xzalloc((count + 1) * sizeof(*all));
	for (size_t k = 0; k < count; k++) {
		const char *uuid = view_text_at(p->row, "interfaces", k);

		if (!uuid || !view_row(p->bridge->m->db, "Interface", uuid))
			continue;
		if (json_object_get(p->bridge->m->interfaces, uuid))
			ovs_close(&p->scope, "an interface of it is of another port, too");
		else
			interface_begin(&all[n++], p, uuid);
	}
	*ret = all;
	return n;
}

static void map_port(struct ovs_bridge *b, const char *uuid, json_t *said)
{
	struct ovs_port p = { .bridge = b, .uuid = uuid, .row = view_row(b->m->db, "Port", uuid) };
	struct ovs_interface *interfaces;
	size_t count;

	p.name = view_text(p.row, "name") ?: "";
	ovs_scope_init(&p.scope);
	ovs_scope_refuse(&p.scope, "Port", p.row);
	count = interfaces_of(&p, &interfaces);
	if (count == 1 && !interfaces[0].scope.closed && !p.scope.closed)
		map_one(&interfaces[0]);
	else if (count > 1 && !p.scope.closed)
		ovs_map_bond(&p, interfaces, count);
	for (size_t k = 0; k < count; k++)
		interface_end(&interfaces[k]);
	json_object_set_new(said, uuid, json_pack("{s:s, s:O}", "name", p.name, "texts", p.scope.texts));
	ovs_scope_deinit(&p.scope);
	free(interfaces);
}

/* Mirrors' outputs are nothing else. */
static void find_outputs(struct ovs_mapping *m)
{
	const json_t *mirror;
	const char *uuid;

	json_object_foreach(json_object_get(m->db, "Mirror"), uuid, mirror)
		if (view_text(mirror, "output_port"))
			json_object_set_new(m->outputs, view_text(mirror, "output_port"), json_true());
}

static void check_bridge(struct ovs_bridge *b)
{
	const char *address = view_key(b->row, "other_config", "hwaddr");
	const json_t *link = json_object_get(json_object_get(b->m->facts, "links"), b->name);
	const char *has = json_string_value(json_object_get(link, "mac"));
	const char *sets;
	const json_t *set;

	ovs_scope_refuse(&b->scope, "Bridge", b->row);
	if (!netdev_name_valid(b->name, strlen(b->name)))
		ovs_close(&b->scope, "its name must be %s", NETDEV_NAME_ACCEPTED);
	if (json_object_get(json_object_get(b->m->rows, "Switch"), b->name))
		ovs_close(&b->scope, "another bridge has its name");
	if (address && has && strcasecmp(address, has) != 0)
		ovs_say(&b->scope, "other_config:hwaddr=%s: a switch has the address of its first uplink, %s",
			QUOTE(address, strlen(address)), has);
	json_object_foreach(json_object_get(b->m->db, "Flow_Sample_Collector_Set"), sets, set)
		if (view_refers(set, "bridge", b->uuid))
			ovs_scope_refuse(&b->scope, "Flow_Sample_Collector_Set", set);
}

static void remove_text(json_t *array, const char *text)
{
	for (size_t i = json_array_size(array); i-- > 0;)
		if (strcmp(json_string_value(json_array_get(array, i)), text) == 0)
			json_array_remove(array, i);
}

/* Another bridge has it: this one's interfaces do not. */
static void refuse_row(struct ovs_bridge *b, const char *table, const char *name, const json_t *row)
{
	const json_t *wanted_by = json_object_get(row, "for");
	json_t *interface;

	for (size_t i = 0; i < json_array_size(wanted_by); i++) {
		interface = json_object_get(b->m->interfaces,
					    json_string_value(json_array_get(wanted_by, i)));
		json_object_set_new(interface, "closed", json_true());
		json_array_append_new(json_object_get(interface, "texts"),
				      json_sprintf("%s %s is of another bridge, too", table, name));
	}
	if (strcmp(table, "Uplink") == 0)
		remove_text(b->uplinks, name);
}

static void take_rows(struct ovs_bridge *b)
{
	const char *table, *name;
	json_t *rows, *row, *there;

	json_object_foreach(b->rows, table, rows) {
		there = json_object_get(b->m->rows, table);
		if (!there) {
			there = json_object();
			json_object_set_new(b->m->rows, table, there);
		}
		json_object_foreach(rows, name, row) {
			if (json_object_get(there, name))
				refuse_row(b, table, name, row);
			else
				json_object_set(there, name, row);
		}
	}
}

/* What is said of a bridge is said of its own interface, and of all if it is not made. */
static void tell_interfaces(struct ovs_bridge *b)
{
	const char *uuid, *name;
	json_t *interface;

	json_object_foreach(b->m->interfaces, uuid, interface) {
		name = json_string_value(json_object_get(interface, "name"));
		if (strcmp(json_string_value(json_object_get(interface, "of")), b->uuid) != 0)
			continue;
		if (b->scope.closed)
			json_object_set_new(interface, "closed", json_true());
		if (b->scope.closed || strcmp(name, b->name) == 0)
			json_array_extend(json_object_get(interface, "texts"), b->scope.texts);
	}
}

static void map_bridge(struct ovs_mapping *m, const char *uuid, const json_t *row, json_t *bridges,
		       json_t *ports)
{
	struct ovs_bridge b = {
		.m = m, .uuid = uuid, .row = row, .name = view_text(row, "name") ?: "",
		.rows = json_object(), .uplinks = json_array(), .local = json_object(),
	};
	const char *port;

	ovs_scope_init(&b.scope);
	check_bridge(&b);
	for (size_t i = 0; i < view_count(row, "ports"); i++) {
		port = view_text_at(row, "ports", i);
		if (!port || !view_row(m->db, "Port", port))
			continue;
		if (json_object_get(ports, port))
			ovs_close(&b.scope, "a port of it is of another bridge, too");
		else
			map_port(&b, port, ports);
	}
	ovs_map_mirrors(&b);
	ovs_map_exporters(&b);
	ovs_map_switch(&b);
	if (!b.scope.closed)
		take_rows(&b);
	tell_interfaces(&b);
	json_object_set_new(bridges, uuid, json_pack("{s:s, s:b, s:O}", "name", b.name, "flows",
						     b.flows && !b.scope.closed, "texts", b.scope.texts));
	ovs_scope_deinit(&b.scope);
	json_decref(b.rows);
	json_decref(b.uplinks);
	json_decref(b.local);
}

static int by_name(const void *a, const void *b)
{
	const char *const *x = a, *const *y = b;

	return strcmp(x[1], y[1]) ?: strcmp(x[0], y[0]);
}

/* In the order of their names, so that of two that want one thing it is always the same one. */
static void map_bridges(struct ovs_mapping *m, json_t *bridges, json_t *ports)
{
	const json_t *all = json_object_get(m->db, "Bridge"), *row;
	_cleanup_free_ const char *(*order)[2] = NULL;
	const char *uuid;
	size_t n = 0;

	order = xzalloc((json_object_size(all) + 1) * sizeof(*order));
	json_object_foreach((json_t *)all, uuid, row) {
		order[n][0] = uuid;
		order[n++][1] = view_text(row, "name") ?: "";
	}
	qsort(order, n, sizeof(*order), by_name);
	for (size_t i = 0; i < n; i++)
		map_bridge(m, order[i][0], json_object_get(all, order[i][0]), bridges, ports);
}

json_t *ovs_map(const json_t *db, const json_t *facts)
{
	struct ovs_mapping m = {
		.db = db, .facts = facts, .rows = json_object(), .interfaces = json_object(),
		.outputs = json_object(),
	};
	json_t *bridges = json_object(), *ports = json_object(), *row;
	struct ovs_scope whole;
	const char *uuid;

	ovs_scope_init(&whole);
	json_object_foreach(json_object_get(db, OVS_DATABASE), uuid, row)
		ovs_scope_refuse(&whole, OVS_DATABASE, row);
	find_outputs(&m);
	map_bridges(&m, bridges, ports);
	json_decref(m.outputs);
	return json_pack("{s:o, s:o, s:o, s:o, s:o}", "rows", m.rows, "interfaces", m.interfaces,
			 "bridges", bridges, "ports", ports, "texts", whole.texts);
}
