// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/mac.h"
#include "base/mem.h"
#include "ovs/ovs-cell.h"
#include "ovs/ovs-columns.h"
#include "ovs/ofports.h"
#include "ovs/ovs-report.h"
#include "ovs/ovs-view.h"

#define ERROR_MAX	2048	/* octets of an error column */

struct report {
	const json_t *db, *mapping, *facts;
	json_t *operations;
	json_t *ofports;	/* {INTERFACE UUID: NUMBER} */
};

/* Takes over @cell. */
static void want(json_t *changes, const json_t *row, const char *column, json_t *cell)
{
	if (!cell_equal(cell, json_object_get(row, column)))
		json_object_set_new(changes, column, cell_wire(cell, false));
	json_decref(cell);
}

static json_t *text_cell(const char *text)
{
	return text && text[0] ? json_pack("[s]", text) : json_array();
}

static json_t *number_cell(const json_t *number)
{
	return json_is_integer(number) ? json_pack("[O]", number) : json_array();
}

static void done(struct report *r, const char *table, const char *uuid, json_t *changes)
{
	if (json_object_size(changes))
		operation_update(r->operations, table, uuid, NULL, changes);
	else
		json_decref(changes);
}

static void join(const json_t *texts, char *ret, size_t size)
{
	size_t used = 0;

	ret[0] = '\0';
	for (size_t i = 0; i < json_array_size(texts) && used < size; i++)
		used += (size_t)snprintf(ret + used, size - used, "%s%s", i ? "; " : "",
					 json_string_value(json_array_get(texts, i)));
}

static const json_t *link_of(const struct report *r, const char *name)
{
	return json_object_get(json_object_get(r->facts, "links"), name);
}

static bool is_under(const json_t *link, const json_t *master)
{
	return master && json_is_integer(json_object_get(master, "ifindex")) &&
	       json_equal(json_object_get(link, "master"), json_object_get(master, "ifindex"));
}

static const char *text_of(const json_t *interface, const char *key)
{
	return json_string_value(json_object_get(interface, key)) ?: "";
}

/* Is it in its switch? */
static bool is_plugged(const struct report *r, const json_t *interface, const json_t *link)
{
	const json_t *sw = link_of(r, text_of(interface, "bridge"));
	const char *kind = text_of(interface, "kind");
	const json_t *device;

	if (strcmp(kind, "tunnel") == 0)
		return sw;
	if (strcmp(kind, "local") == 0 || strcmp(kind, "fake") == 0)
		return link;
	device = link_of(r, text_of(interface, "device"));
	/* dom0's end may be in another namespace. */
	if (strcmp(kind, "internal") == 0)
		return is_under(device, sw);
	if (strcmp(kind, "member") != 0)
		return is_under(link, sw);
	return is_under(link, device) && is_under(device, sw);
}

/* Why it is closed, or "". */
static void find_fault(const struct report *r, const json_t *interface, const json_t *link,
		       char *ret, size_t size)
{
	const char *kind = text_of(interface, "kind");
	bool made = strcmp(kind, "internal") == 0;
	const char *name = text_of(interface, made ? "device" : "name");
	const char *why = json_string_value(json_object_get(json_object_get(r->facts, "faults"), name));

	why = why ?: json_string_value(json_object_get(r->facts, "host_error"));
	ret[0] = '\0';
	if (json_is_true(json_object_get(interface, "closed")) || is_plugged(r, interface, link))
		return;
	if (!link && !made && strcmp(kind, "tunnel") != 0 && strcmp(kind, "local") != 0 &&
	    strcmp(kind, "patch") != 0)
		snprintf(ret, size, "could not open network device %s (No such device)", name);
	else
		snprintf(ret, size, "vifswitchd did not make it a port of %s: %.1000s",
			 text_of(interface, "bridge"), why && why[0] ? why : "vifctl doctor says more");
}

static json_t *mac_cell(const json_t *link)
{
	return text_cell(text_of(link, "mac"));
}

static void report_link(json_t *changes, const json_t *row, const json_t *link)
{
	bool there = link;
	const json_t *speed = json_object_get(link, "speed");
	const char *driver = text_of(link, "driver");

	want(changes, row, "mac_in_use", mac_cell(link));
	want(changes, row, "ifindex", number_cell(json_object_get(link, "ifindex")));
	want(changes, row, "mtu", number_cell(json_object_get(link, "mtu")));
	want(changes, row, "link_resets", number_cell(json_object_get(link, "changes")));
	want(changes, row, "admin_state",
	     text_cell(there ? json_is_true(json_object_get(link, "up")) ? "up" : "down" : NULL));
	want(changes, row, "link_state",
	     text_cell(there ? json_is_true(json_object_get(link, "running")) ? "up" : "down" : NULL));
	want(changes, row, "link_speed",
	     json_is_integer(speed) ? json_pack("[I]", json_integer_value(speed) * 1000000) : json_array());
	want(changes, row, "duplex", text_cell(text_of(link, "duplex")));
	want(changes, row, "status", driver[0] ? json_pack("{s:s}", "driver_name", driver) : json_object());
	want(changes, row, "statistics",
	     there ? json_incref(json_object_get(link, "statistics")) : json_object());
	want(changes, row, "lacp_current",
	     json_is_boolean(json_object_get(link, "lacp")) ?
	     json_pack("[O]", json_object_get(link, "lacp")) : json_array());
}

/* What counts once vifswitchd has done what it was told. */
static void report_outcome(struct report *r, json_t *changes, const char *uuid, const json_t *row,
			   const json_t *interface, const json_t *link)
{
	char fault[ERROR_MAX], error[ERROR_MAX];
	const json_t *number = json_object_get(r->ofports, uuid);
	bool closed = json_is_true(json_object_get(interface, "closed"));

	find_fault(r, interface, link, fault, sizeof(fault));
	join(json_object_get(interface, "texts"), error, sizeof(error));
	want(changes, row, "error", text_cell(fault[0] ? fault : error));
	want(changes, row, "ofport",
	     closed || fault[0] || !number ? json_pack("[i]", -1) : json_pack("[O]", number));
}

static void report_interface(struct report *r, const char *uuid, const json_t *interface)
{
	const json_t *row = view_row(r->db, "Interface", uuid);
	const json_t *link = link_of(r, text_of(interface, "name"));
	json_t *changes = json_object();

	report_link(changes, row, link);
	if (json_is_true(json_object_get(r->facts, "in_force")))
		report_outcome(r, changes, uuid, row, interface, link);
	done(r, "Interface", uuid, changes);
}

static json_t *refused_cell(const json_t *texts)
{
	char text[ERROR_MAX];

	join(texts, text, sizeof(text));
	return text[0] ? json_pack("{s:s}", "refused", text) : json_object();
}

/* 16 hexadecimal digits: the one asked for, else of the address. */
static json_t *datapath_id(const json_t *row, const json_t *link)
{
	const char *wanted = view_key(row, "other_config", "datapath-id");
	const char *mac = text_of(link, "mac");
	char text[17];
	uint8_t octets[6];

	if (wanted && strlen(wanted) == 16 && strspn(wanted, "0123456789abcdefABCDEF") == 16)
		return json_pack("[s]", wanted);
	if (!mac_parse(mac, strlen(mac), octets))
		return json_array();
	snprintf(text, sizeof(text), "0000%02x%02x%02x%02x%02x%02x", MAC_OCTETS(octets));
	return json_pack("[s]", text);
}

static const json_t *told_of(const struct report *r, const char *name, const char *target)
{
	const json_t *sw = json_object_get(json_object_get(r->facts, "flows"), name), *one;
	size_t i;

	json_array_foreach(json_object_get(sw, "controllers"), i, one)
		if (strcmp(text_of(one, "target"), target) == 0)
			return one;
	return NULL;
}

/* The second of @words where the first of them is @word; NULL. */
static const char *translate(const char *const words[][2], size_t count, const char *word)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(words[i][0], word) == 0)
			return words[i][1];
	return NULL;
}

static json_t *controller_status(const json_t *told)
{
	static const char *const states[][2] = {
		{ "connected", "ACTIVE" }, { "connecting", "CONNECTING" }, { "waiting", "BACKOFF" },
		{ "listening", "IDLE" },
	};
	const char *state = translate(states, 4, text_of(told, "state")), *error = text_of(told, "error");
	json_t *status = json_object();

	if (state)
		json_object_set_new(status, "state", json_string(state));
	if (error[0])
		json_object_set_new(status, "last_error", json_string(error));
	return status;
}

static void report_controller(struct report *r, const char *uuid, const char *name)
{
	static const char *const roles[][2] = {
		{ "primary", "master" }, { "secondary", "slave" }, { "equal", "other" },
	};
	const json_t *row = view_row(r->db, "Controller", uuid), *told;
	json_t *changes = json_object();

	told = told_of(r, name, view_text(row, "target") ?: "");
	want(changes, row, "is_connected",
	     json_pack("[b]", strcmp(text_of(told, "state"), "connected") == 0 ||
			      json_integer_value(json_object_get(told, "connections")) > 0));
	want(changes, row, "role", text_cell(translate(roles, 3, text_of(told, "role"))));
	want(changes, row, "status", controller_status(told));
	done(r, "Controller", uuid, changes);
}

static void report_controllers(struct report *r, const json_t *row, const char *name)
{
	for (size_t i = 0; i < view_count(row, "controller"); i++) {
		const char *uuid = view_text_at(row, "controller", i);

		if (uuid && view_row(r->db, "Controller", uuid))
			report_controller(r, uuid, name);
	}
}

static void report_bridge(struct report *r, const char *uuid, const json_t *bridge)
{
	const json_t *row = view_row(r->db, "Bridge", uuid);
	json_t *changes = json_object();

	want(changes, row, "datapath_id", datapath_id(row, link_of(r, text_of(bridge, "name"))));
	want(changes, row, "datapath_version", json_pack("[s]", "vifswitch " VIFSWITCH_VERSION));
	want(changes, row, "status", refused_cell(json_object_get(bridge, "texts")));
	done(r, "Bridge", uuid, changes);
	report_controllers(r, row, text_of(bridge, "name"));
}

static void report_port(struct report *r, const char *uuid, const json_t *port)
{
	const json_t *row = view_row(r->db, "Port", uuid);
	json_t *changes = json_object();

	want(changes, row, "status", refused_cell(json_object_get(port, "texts")));
	want(changes, row, "bond_active_slave",
	     view_count(row, "interfaces") > 1 ?
	     text_cell(text_of(link_of(r, text_of(port, "name")), "active")) : json_array());
	done(r, "Port", uuid, changes);
}

static void report_whole(struct report *r, const char *uuid, const json_t *row)
{
	json_t *changes = json_object();
	int64_t next;

	want(changes, row, "ovs_version", json_pack("[s]", OVS_VERSION));
	want(changes, row, "db_version", json_pack("[s]", OVS_SCHEMA_VERSION));
	want(changes, row, "datapath_types", json_pack("[s]", "system"));
	want(changes, row, "iface_types",
	     json_pack("[s, s, s, s, s, s]", "geneve", "gre", "internal", "patch", "system",
		       "vxlan"));
	want(changes, row, "statistics", refused_cell(json_object_get(r->mapping, "texts")));
	if (json_is_true(json_object_get(r->facts, "in_force")) && view_integer(row, "next_cfg", &next))
		want(changes, row, "cur_cfg", json_pack("[I]", (json_int_t)next));
	done(r, OVS_DATABASE, uuid, changes);
}

struct numbered {
	const char *bridge, *name, *uuid;
};

static int by_bridge_and_name(const void *a, const void *b)
{
	const struct numbered *x = a, *y = b;

	return strcmp(x->bridge, y->bridge) ?: strcmp(x->name, y->name);
}

/* Interfaces that may have numbers, those of a bridge together, in the order of their names. */
static size_t list_numbered(const struct report *r, struct numbered *list, json_t *locals)
{
	const char *uuid;
	json_t *interface;
	size_t n = 0;

	json_object_foreach(json_object_get(r->mapping, "interfaces"), uuid, interface) {
		if (json_is_true(json_object_get(interface, "closed")))
			continue;
		if (strcmp(text_of(interface, "kind"), "local") == 0)
			json_object_set_new(locals, uuid, json_integer(OVS_PORT_LOCAL));
		else
			list[n++] = (struct numbered){ text_of(interface, "of"), text_of(interface, "name"), uuid };
	}
	qsort(list, n, sizeof(*list), by_bridge_and_name);
	return n;
}

static json_t *number_ports(const struct report *r)
{
	json_t *all = json_object(), *some, *numbers;
	size_t count = json_object_size(json_object_get(r->mapping, "interfaces")), n;
	_cleanup_free_ struct numbered *list = xzalloc((count + 1) * sizeof(*list));

	n = list_numbered(r, list, all);
	for (size_t i = 0, next; i < n; i = next) {
		some = json_array();
		for (next = i; next < n && strcmp(list[next].bridge, list[i].bridge) == 0; next++)
			json_array_append_new(some, json_string(list[next].uuid));
		numbers = ovs_ofports(r->db, some);
		json_object_update(all, numbers);
		json_decref(numbers);
		json_decref(some);
	}
	return all;
}

json_t *ovs_report(const json_t *db, const json_t *mapping, const json_t *facts)
{
	struct report r = {
		.db = db, .mapping = mapping, .facts = facts, .operations = json_array(),
	};
	const char *uuid;
	json_t *one;

	r.ofports = number_ports(&r);
	json_object_foreach(json_object_get(mapping, "interfaces"), uuid, one)
		report_interface(&r, uuid, one);
	json_object_foreach(json_object_get(mapping, "ports"), uuid, one)
		report_port(&r, uuid, one);
	json_object_foreach(json_object_get(mapping, "bridges"), uuid, one)
		report_bridge(&r, uuid, one);
	json_object_foreach(json_object_get(db, OVS_DATABASE), uuid, one)
		report_whole(&r, uuid, one);
	json_decref(r.ofports);
	return r.operations;
}
