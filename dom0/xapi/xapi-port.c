// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * In a XAPI host's Open vSwitch a VIF of a network without a VLAN is a trunk of all VLANs
 * whose own is the untagged one, and an unlocked one has no flows at all: its VM may be a
 * router, serve DHCP and tag as it likes. It is no other here.
 */
#include "xapi/xapi-port.h"

#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/mac.h"
#include "base/netdev-name.h"
#include "base/number.h"
#include "base/prefix.h"
#include "policy/bounds.h"
#include "vifswitch/abi.h"

#define KBPS_BITS	8192		/* XAPI's kbps are KiB */

static const char *const locking_words[] = {
	[XAPI_UNLOCKED] = "unlocked", [XAPI_LOCKED] = "locked", [XAPI_DISABLED] = "disabled",
};

bool xapi_locking_parse(const char *word, enum xapi_locking *ret)
{
	for (size_t i = 0; i < ARRAY_SIZE(locking_words); i++) {
		if (strcmp(word, locking_words[i]) == 0) {
			*ret = i;
			return true;
		}
	}
	return false;
}

json_t *xapi_list(const char *text)
{
	json_t *list = json_array();

	while (*text) {
		size_t n = strcspn(text, ",");

		/* What is not UTF-8 is no address either: it must not get lost. */
		if (n && json_array_append_new(list, json_stringn(text, n)) < 0)
			json_array_append_new(list, json_string("?"));
		text += n + (text[n] == ',');
	}
	return list;
}

static void set_strings(json_t *columns, const char *name, json_t *array)
{
	json_object_set_new(columns, name, json_pack("[so]", "set", array));
}

static void set_allow(json_t *columns, bool all)
{
	json_t *words = json_array();

	json_array_append_new(words, json_string("dhcp-server"));
	if (all) {
		json_array_append_new(words, json_string("router-advertisement"));
		json_array_append_new(words, json_string("stacked"));
	}
	set_strings(columns, "allow", words);
}

/* Addresses that some host may have, of either family, to @to. */
static int put_addresses(const json_t *list, const char *name, json_t *to, struct problem *problem)
{
	const json_t *item;
	size_t i;

	json_array_foreach(list, i, item) {
		const char *text = json_string_value(item) ?: "";
		struct problem inner;
		struct prefix prefix;

		if (prefix_parse(text, json_string_length(item), &prefix, &inner) < 0)
			return problem_set(problem, "%s: %s", name, inner.text);
		if (!prefix_is_source(&prefix))
			return problem_set(problem, "%s: no VM may have %s", name,
					   QUOTE(text, strlen(text)));
		json_array_append_new(to, json_string(text));
	}
	return 0;
}

static int set_lock(const struct xapi_port *port, json_t *columns, struct problem *problem)
{
	json_t *list = json_array();
	int r = 0;

	json_object_set_new(columns, "guard", json_string("mac+ip"));
	set_allow(columns, false);
	if (json_array_size(port->ipv4) + json_array_size(port->ipv6) > XAPI_ADDRESSES_MAX)
		r = problem_set(problem, "ipv4_allowed and ipv6_allowed: more than %d addresses",
				XAPI_ADDRESSES_MAX);
	if (r == 0)
		r = put_addresses(port->ipv4, "ipv4_allowed", list, problem);
	if (r == 0)
		r = put_addresses(port->ipv6, "ipv6_allowed", list, problem);
	if (r == 0 && json_array_size(list) > VIFSWITCH_PROGRAM_PREFIXES_MAX)
		r = problem_set(problem, "ipv4_allowed and ipv6_allowed: %zu addresses; at most %d",
				json_array_size(list), VIFSWITCH_PROGRAM_PREFIXES_MAX);
	if (r == 0 && !json_array_size(list))
		r = problem_set(problem, "locking_mode locked with no address allowed: the port is closed");
	if (r == 0)
		set_strings(columns, "ip_lock", json_incref(list));
	json_decref(list);
	return r;
}

static int set_guard(const struct xapi_port *port, json_t *columns, struct problem *problem)
{
	uint8_t mac[6];

	if (port->mac && (!mac_parse(port->mac, strlen(port->mac), mac) || !mac_is_station(mac)))
		return problem_set(problem, "MAC %s is no address of a VM",
				   QUOTE(port->mac, strlen(port->mac)));
	if (port->locking == XAPI_LOCKED) {
		if (port->mac)
			set_strings(columns, "mac_lock", json_pack("[s]", port->mac));
		return set_lock(port, columns, problem);
	}
	json_object_set_new(columns, "guard", json_string("off"));
	set_allow(columns, true);
	return 0;
}

/* A VLAN of an event is a number or its text. */
static bool vlan_of(const json_t *item, uint64_t *ret)
{
	json_int_t n = json_integer_value(item);

	if (json_is_string(item))
		return number_parse(json_string_value(item), json_string_length(item), 0,
				    VIFSWITCH_VID_MAX, ret);
	*ret = (uint64_t)n;
	return json_is_integer(item) && n >= 0 && n <= VIFSWITCH_VID_MAX;
}

static int set_trunks(const struct xapi_port *port, json_t *columns, bool *ret_untagged,
		      struct problem *problem)
{
	json_t *list = json_array();
	const json_t *item;
	int r = 0;
	size_t i;

	*ret_untagged = !json_array_size(port->trunks);
	json_array_foreach(port->trunks, i, item) {
		uint64_t vid = 0;

		if (!vlan_of(item, &vid))
			r = problem_set(problem, "trunks: VLANs are numbers in 0-%d",
					VIFSWITCH_VID_MAX);
		else if (vid)
			json_array_append_new(list, json_integer((json_int_t)vid));
		else
			*ret_untagged = true;
	}
	if (json_array_size(list) > VIFSWITCH_VID_MAX)
		r = problem_set(problem, "trunks: more than there are VLANs");
	if (r == 0 && json_array_size(list))
		set_strings(columns, "trunks", json_incref(list));
	json_decref(list);
	return r;
}

static int set_vlan(const struct xapi_port *port, json_t *columns, struct problem *problem)
{
	bool untagged = true;
	int r;

	if (port->vlan > VIFSWITCH_VID_MAX)
		return problem_set(problem, "VLAN %u is not in 0-%d", port->vlan,
				   VIFSWITCH_VID_MAX);
	/* Trunks do nothing to a port with a tag, as in Open vSwitch. */
	if (port->vlan) {
		json_object_set_new(columns, "vlan_mode", json_string("access"));
		json_object_set_new(columns, "tag", json_integer(port->vlan));
		return 0;
	}
	r = set_trunks(port, columns, &untagged, problem);
	if (r < 0)
		return r;
	/* VLAN 0 alone of all listed: nothing but untagged frames. */
	if (untagged && json_array_size(port->trunks) && !json_object_get(columns, "trunks")) {
		json_object_set_new(columns, "vlan_mode", json_string("access"));
	} else {
		json_object_set_new(columns, "vlan_mode",
				    json_string(untagged ? "native-untagged" : "trunk"));
	}
	if (untagged)
		json_object_set_new(columns, "tag", json_integer(0));
	return 0;
}

/* Rates and MTUs that are beyond what a row may say. */
static int set_numbers(const struct xapi_port *port, json_t *columns, struct problem *problem)
{
	uint64_t bps = port->kbps * KBPS_BITS;

	if (port->kbps > VIFSWITCH_RATE_MAX_BPS / KBPS_BITS ||
	    (bps && bps < VIFSWITCH_RATE_MIN_BPS))
		return problem_set(problem, "kbps %llu is not what can be policed",
				   (unsigned long long)port->kbps);
	if (port->mtu && (port->mtu < VIF_MTU_MIN || port->mtu > VIF_MTU_MAX))
		return problem_set(problem, "MTU %u is not in %d-%d", port->mtu, VIF_MTU_MIN,
				   VIF_MTU_MAX);
	if (bps)
		json_object_set_new(columns, "rate_from_vm", json_integer((json_int_t)bps));
	if (port->mtu)
		json_object_set_new(columns, "mtu", json_integer(port->mtu));
	return 0;
}

static int set_switch(const struct xapi_port *port, json_t *columns, struct problem *problem)
{
	if (!port->sw)
		return 0;
	if (!netdev_name_valid(port->sw, strlen(port->sw)))
		return problem_set(problem, "bridge %s is no name of a switch",
				   QUOTE(port->sw, strlen(port->sw)));
	json_object_set_new(columns, "switch", json_string(port->sw));
	return 0;
}

/* The first of several problems is told. */
static int first_of(int r, int next, struct problem *problem, const struct problem *its)
{
	if (next < 0 && r == 0)
		*problem = *its;
	return r < 0 ? r : next;
}

int xapi_port_columns(const struct xapi_port *port, json_t **ret, struct problem *problem)
{
	static int (*const parts[])(const struct xapi_port *port, json_t *columns,
				    struct problem *problem) = {
		set_switch, set_vlan, set_guard, set_numbers,
	};
	json_t *columns = json_object();
	struct problem its;
	int r = 0;

	for (size_t i = 0; i < ARRAY_SIZE(parts); i++)
		r = first_of(r, parts[i](port, columns, &its), problem, &its);
	if (port->locking == XAPI_DISABLED || r < 0)
		json_object_set_new(columns, "admin_state", json_string("down"));
	/* What is closed is not held to anything that would have to fit together. */
	if (r < 0 && !json_object_get(columns, "ip_lock"))
		json_object_set_new(columns, "guard", json_string("off"));
	*ret = columns;
	return r;
}
