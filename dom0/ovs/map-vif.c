// SPDX-License-Identifier: GPL-2.0-or-later
/* A VM's interface: a Port row. */
#include <string.h>

#include "base/uuid.h"
#include "ovs/ovs-map-state.h"
#include "ovs/ovs-view.h"
#include "policy/bounds.h"
#include "vifswitch/abi.h"

/* A number of the interface in thousands, as a column of its own; 0 is none. */
static void map_rate(struct ovs_interface *i, const char *from, int64_t low, int64_t high,
		     json_t *columns, const char *to)
{
	int64_t number;

	if (!view_integer(i->row, from, &number) || number == 0)
		return;
	if (number < 0 || number > high / 1000 || number * 1000 < low) {
		ovs_close(&i->scope, "%s=%lld: must be %lld to %lld", from, (long long)number,
			  (long long)((low + 999) / 1000), (long long)(high / 1000));
		return;
	}
	ovs_set_integer(columns, to, number * 1000);
}

static void map_policing(struct ovs_interface *i, json_t *columns)
{
	map_rate(i, "ingress_policing_rate", VIFSWITCH_RATE_MIN_BPS, VIFSWITCH_RATE_MAX_BPS,
		 columns, "rate_from_vm");
	if (json_object_get(columns, "rate_from_vm"))
		map_rate(i, "ingress_policing_burst", VIFSWITCH_BURST_MIN_BYTES * 8LL,
			 VIFSWITCH_BURST_MAX_BYTES * 8LL, columns, "burst_from_vm");
	map_rate(i, "ingress_policing_kpkts_rate", VIFSWITCH_PPS_MIN, VIFSWITCH_PPS_MAX, columns,
		 "packets_from_vm");
}

/*
 * The rate that the queue 0 of it says, in which all is that no flow puts elsewhere; libvirt says
 * it there, too.
 */
static void map_queues(struct ovs_interface *i, const json_t *qos, int64_t *rate)
{
	const json_t *queues = json_object_get(qos, "queues"), *queue;
	const char *uuid = view_key(qos, "queues", "0");
	int64_t its;

	if (json_object_size(queues) > (uuid != NULL))
		ovs_say(&i->scope, "queues: frames are not put into queues by number; all are in queue 0");
	queue = uuid ? view_row(i->port->bridge->m->db, "Queue", uuid) : NULL;
	if (view_key_number(queue, "other_config", "max-rate", VIFSWITCH_RATE_MIN_BPS,
			    VIFSWITCH_RATE_MAX_BPS, &its) && (!*rate || its < *rate))
		*rate = its;
}

static void map_qos(struct ovs_interface *i, json_t *columns)
{
	const char *uuid = view_text(i->port->row, "qos"), *type;
	const json_t *qos = uuid ? view_row(i->port->bridge->m->db, "QoS", uuid) : NULL;
	int64_t rate = 0;

	if (!qos)
		return;
	ovs_scope_refuse(&i->scope, "QoS", qos);
	type = view_text(qos, "type");
	if (!type || (strcmp(type, "linux-htb") != 0 && strcmp(type, "linux-hfsc") != 0)) {
		ovs_say(&i->scope, "qos: its type must be linux-htb or linux-hfsc");
		return;
	}
	view_key_number(qos, "other_config", "max-rate", VIFSWITCH_RATE_MIN_BPS,
			VIFSWITCH_RATE_MAX_BPS, &rate);
	map_queues(i, qos, &rate);
	if (rate)
		ovs_set_integer(columns, "rate_to_vm", rate);
	else
		ovs_say(&i->scope, "qos: other_config:max-rate must be %lld to %lld",
			(long long)VIFSWITCH_RATE_MIN_BPS, (long long)VIFSWITCH_RATE_MAX_BPS);
}

void ovs_map_rates(struct ovs_interface *i, json_t *columns)
{
	map_policing(i, columns);
	map_qos(i, columns);
}

static void map_guard(struct ovs_interface *i, json_t *columns)
{
	static const char *const words[] = { "off", "mac", "mac+ip" };
	const char *guard = view_key(i->port->row, "other_config", "vifswitch-guard");

	for (size_t k = 0; guard && k < 3; k++) {
		if (strcmp(guard, words[k]) == 0) {
			ovs_set_text(columns, "guard", guard);
			return;
		}
	}
	if (guard)
		ovs_close(&i->scope, "other_config:vifswitch-guard: must be off, mac or mac+ip");
}

/* vif and tap of one VM's interface are one port, so they must mean the same. */
static void check_twin(struct ovs_interface *i, const json_t *before, const json_t *columns)
{
	if (before && !json_equal(before, columns))
		ovs_close(&i->scope, "another interface of this VM's device is another port with other settings");
}

void ovs_refuse_protected(struct ovs_interface *i)
{
	if (view_true(i->port->row, "protected"))
		ovs_close(&i->scope, "protected: VMs are kept apart by ACLs: vifctl(8)");
}

void ovs_map_vif(struct ovs_interface *i, const char *identity)
{
	struct ovs_bridge *b = i->port->bridge;
	const char *vif = view_key(i->row, "external_ids", "xs-vif-uuid");
	json_t *before, *columns = json_object();
	uint8_t uuid[16];
	int64_t mtu;

	i->kind = "vif";
	ovs_set_text(columns, "switch", b->name);
	ovs_map_vlans(&i->scope, i->port->row, columns);
	if (vif && uuid_parse(vif, strlen(vif), uuid))
		ovs_set_text(columns, "vif_uuid", vif);
	if (view_integer(i->row, "mtu_request", &mtu)) {
		if (mtu >= VIF_MTU_MIN && mtu <= VIF_MTU_MAX)
			ovs_set_integer(columns, "mtu", mtu);
		else
			ovs_say(&i->scope, "mtu_request=%lld: must be %d to %d", (long long)mtu, VIF_MTU_MIN,
				VIF_MTU_MAX);
	}
	ovs_map_rates(i, columns);
	map_guard(i, columns);
	ovs_map_router(i->port, columns);
	ovs_keep_ids(columns, i->row);
	ovs_refuse_protected(i);
	before = json_object_get(json_object_get(json_object_get(b->rows, "Port"), identity), "columns");
	check_twin(i, before, columns);
	if (!i->scope.closed && !i->port->scope.closed && !before)
		json_object_update(ovs_row(b->rows, "Port", identity, NULL), columns);
	if (!i->scope.closed && !i->port->scope.closed)
		ovs_row(b->rows, "Port", identity, i->uuid);
	json_decref(columns);
}
