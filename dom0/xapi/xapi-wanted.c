// SPDX-License-Identifier: GPL-2.0-or-later
#include "xapi/xapi-wanted.h"

#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/json-value.h"
#include "base/number.h"
#include "policy/bounds.h"
#include "xapi/xapi-port.h"

#define RATELIMIT	"ratelimit"	/* the one kind of qos_algorithm_type */

/* ---- networks ---- */

/* Which VLAN of which bridge a network is, by reference; null: hosts do not agree. */
static json_t *vlans_of(const struct xapi_model *model)
{
	json_t *vlans = json_object(), *pif;
	const char *ref;

	json_object_foreach(model->objects[XAPI_PIF], ref, pif) {
		const char *network = json_text_of(pif, "network");
		json_int_t vid = json_integer_value(json_object_get(pif, "VLAN"));
		const json_t *vlan = xapi_model_of(model, XAPI_VLAN, pif, "VLAN_master_of");
		const json_t *below = xapi_model_of(model, XAPI_PIF, vlan, "tagged_PIF");
		const char *bridge = json_text_of(xapi_model_of(model, XAPI_NETWORK, below,
								"network"), "bridge");
		const json_t *before = json_object_get(vlans, network);
		json_t *its;

		if (vid < 1)
			continue;
		its = bridge ? json_pack("{ss, sI}", "bridge", bridge, "vlan", vid) : json_null();
		if (before && !json_equal(before, its)) {
			json_decref(its);
			its = json_null();
		}
		json_object_set_new(vlans, network, its);
	}
	return vlans;
}

static int find_network(const json_t *vif, const json_t *network, const json_t *vlans,
			struct xapi_port *port, struct problem *problem)
{
	const char *bridge = json_text_of(network, "bridge");
	const json_t *vlan = json_object_get(vlans, json_text_of(vif, "network"));
	json_int_t vid = json_integer_value(json_object_get(vlan, "vlan"));

	if (!bridge)
		return problem_set(problem, "its network is not known");
	if (json_is_null(vlan))
		return problem_set(problem, "network %s is not the same VLAN of one bridge on all hosts",
				   QUOTE(bridge, strlen(bridge)));
	port->sw = vlan ? json_text_of(vlan, "bridge") : bridge;
	port->vlan = vid > UINT16_MAX ? UINT16_MAX : (uint16_t)vid;
	return 0;
}

/* ---- VIFs ---- */

static int find_locking(const json_t *vif, const json_t *network, struct xapi_port *port,
			struct problem *problem)
{
	const char *mode = json_text_of(vif, "locking_mode");

	if (strcmp(mode, "network_default") == 0)
		mode = json_text_of(network, "default_locking_mode") ?: "unlocked";
	if (!xapi_locking_parse(mode, &port->locking))
		return problem_set(problem, "locking_mode %s is not known",
				   QUOTE(mode, strlen(mode)));
	return 0;
}

static int find_rate(const json_t *vif, struct xapi_port *port, struct problem *problem)
{
	const char *type = json_text_of(vif, "qos_algorithm_type") ?: "";
	const json_t *kbps = json_object_get(vif, "qos_algorithm_params");
	const char *text = json_string_value(kbps);

	if (strcmp(type, RATELIMIT) != 0 || !kbps || json_is_null(kbps))
		return 0;
	if (text && number_parse(text, json_string_length(kbps), 0, INT64_MAX, &port->kbps))
		return 0;
	if (json_is_integer(kbps) && json_integer_value(kbps) >= 0) {
		port->kbps = (uint64_t)json_integer_value(kbps);
		return 0;
	}
	return problem_set(problem, "kbps of its QoS is no number");
}

static uint32_t mtu_of(const json_t *vif)
{
	json_int_t mtu = json_integer_value(json_object_get(vif, "MTU"));

	return mtu < 0 || mtu > UINT32_MAX ? UINT32_MAX : (uint32_t)mtu;
}

/* Columns of what policy XAPI has for it; closed, with the problem, where it has none. */
static json_t *columns_of(const struct xapi_model *model, const json_t *vif, const json_t *vlans,
			  struct problem *problem)
{
	const json_t *network = xapi_model_of(model, XAPI_NETWORK, vif, "network");
	struct xapi_port port = {
		.mac = json_text_of(vif, "MAC"), .mtu = mtu_of(vif),
		.ipv4 = json_object_get(vif, "ipv4_allowed"),
		.ipv6 = json_object_get(vif, "ipv6_allowed"),
		.trunks = json_object_get(vif, "trunks"),
	};
	struct problem later;
	json_t *columns;
	int r;

	r = find_network(vif, network, vlans, &port, problem);
	if (r == 0)
		r = find_locking(vif, network, &port, problem);
	if (r == 0)
		r = find_rate(vif, &port, problem);
	if (r < 0)
		port.locking = XAPI_DISABLED;
	/* Already closed, it has one problem to tell. */
	if (xapi_port_columns(&port, &columns, r < 0 ? &later : problem) == 0 && r == 0)
		problem->text[0] = '\0';
	return columns;
}

static void name_row(json_t *columns, const json_t *vif, const json_t *vm, const json_t *network)
{
	json_int_t devid = json_integer_value(json_object_get(vif, "device"));
	const char *uuid = json_text_of(vif, "uuid"), *its = json_text_of(network, "uuid");

	json_object_set_new(columns, "vm", json_pack("[ss]", "uuid", json_text_of(vm, "uuid")));
	json_object_set_new(columns, "devid", json_integer(devid));
	json_object_set_new(columns, "vif_uuid", json_pack("[ss]", "uuid", uuid));
	json_object_set_new(columns, "external_ids", json_pack("[s[[ss][ss]]]", "map",
							       "xs-network-uuid", its ?: "",
							       "xs-vif-uuid", uuid));
}

static void tell(json_t *problems, const json_t *vm, json_int_t devid, const char *text)
{
	if (json_array_size(problems) < XAPI_PROBLEMS_MAX)
		json_array_append_new(problems, json_sprintf("VM %s VIF %lld: %s",
							     json_text_of(vm, "uuid"),
							     (long long)devid, text));
}

static bool is_no_vm(const json_t *vm)
{
	return !vm || json_is_true(json_object_get(vm, "is_a_template")) ||
	       json_is_true(json_object_get(vm, "is_a_snapshot"));
}

static void put_vif(const struct xapi_model *model, const json_t *vif, const json_t *vlans,
		    json_t *wanted, json_t *problems)
{
	const json_t *vm = xapi_model_of(model, XAPI_VM, vif, "VM");
	json_int_t devid = json_integer_value(json_object_get(vif, "device"));
	struct problem problem = {};
	char key[64];
	json_t *columns;

	if (is_no_vm(vm))
		return;
	if (devid < 0 || devid > DEVID_MAX) {
		tell(problems, vm, devid, "no device has that number");
		return;
	}
	columns = columns_of(model, vif, vlans, &problem);
	snprintf(key, sizeof(key), "%s/%lld", json_text_of(vm, "uuid"), (long long)devid);
	if (*problem.text)
		tell(problems, vm, devid, problem.text);
	/* Two of one number would take turns for ever. */
	if (json_object_get(wanted, key)) {
		tell(problems, vm, devid, "XAPI has two of that number; the port is closed");
		json_object_set_new(columns, "admin_state", json_string("down"));
	}
	name_row(columns, vif, vm, xapi_model_of(model, XAPI_NETWORK, vif, "network"));
	json_object_set_new(wanted, key, columns);
}

json_t *xapi_wanted(const struct xapi_model *model, json_t **ret_problems)
{
	json_t *wanted = json_object(), *problems = json_array(), *vlans = vlans_of(model), *vif;
	const char *ref;

	json_object_foreach(model->objects[XAPI_VIF], ref, vif)
		put_vif(model, vif, vlans, wanted, problems);
	json_decref(vlans);
	*ret_problems = problems;
	return wanted;
}
