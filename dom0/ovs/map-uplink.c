// SPDX-License-Identifier: GPL-2.0-or-later
/* A device of the host, or a bond of some: an Uplink row. */
#include <stdio.h>
#include <string.h>

#include "base/mac.h"
#include "base/netdev-name.h"
#include "base/prefix.h"
#include "base/problem.h"
#include "oam/cfm-frame.h"
#include "ovs/ovs-map-state.h"
#include "ovs/ovs-view.h"
#include "policy/bounds.h"

static void map_cfm(struct ovs_interface *i, json_t *columns)
{
	int64_t number;

	if (!view_integer(i->row, "cfm_mpid", &number))
		return;
	if (number < 1 || number > CFM_MPID_MAX) {
		ovs_say(&i->scope, "cfm_mpid=%lld: must be 1 to %d", (long long)number, CFM_MPID_MAX);
		return;
	}
	ovs_set_integer(columns, "cfm_mpid", number);
	if (!view_key(i->row, "other_config", "cfm_interval"))
		return;
	if (view_key_number(i->row, "other_config", "cfm_interval", CFM_INTERVAL_MIN, CFM_INTERVAL_MAX,
			    &number) && ccm_interval_code((uint64_t)number))
		ovs_set_integer(columns, "cfm_interval", number);
	else
		ovs_say(&i->scope, "other_config:cfm_interval: must be 3, 10, 100, 1000, 10000, 60000 or 600000");
}

static void map_bfd_address(struct ovs_interface *i, const char *key, json_t *columns,
			    const char *column)
{
	const char *text = view_key(i->row, "bfd", key);
	struct prefix address;

	if (!text)
		return;
	if (prefix_parse_host(text, &address) && address.family == PREFIX_IP4)
		ovs_set_text(columns, column, text);
	else
		ovs_say(&i->scope, "bfd:%s: must be an IPv4 address", key);
}

static void map_bfd(struct ovs_interface *i, json_t *columns)
{
	const char *mac = view_key(i->row, "bfd", "bfd_remote_dst_mac");
	uint8_t octets[6];

	if (!ovs_map_bfd(i, columns))
		return;
	map_bfd_address(i, "bfd_src_ip", columns, "bfd_src");
	map_bfd_address(i, "bfd_dst_ip", columns, "bfd_dst");
	if (mac && mac_parse(mac, strlen(mac), octets))
		ovs_set_text(columns, "bfd_mac", mac);
	else if (mac)
		ovs_say(&i->scope, "bfd:bfd_remote_dst_mac: must be a MAC address");
}

/* What vifoamd speaks on it. */
static void map_oam(struct ovs_interface *i, json_t *columns)
{
	map_cfm(i, columns);
	map_bfd(i, columns);
	if (view_key_true(i->row, "lldp", "enable"))
		ovs_set_text(columns, "lldp", "on");
}

static void refuse_rates(struct ovs_scope *s, const struct ovs_interface *i)
{
	static const char *const columns[] = {
		"ingress_policing_rate", "ingress_policing_burst", "ingress_policing_kpkts_rate",
	};

	for (size_t k = 0; k < 3; k++)
		if (!view_is_default(i->row, columns[k]))
			ovs_say(s, "%s: only a VM's own interface is policed", columns[k]);
	if (view_count(i->port->row, "qos"))
		ovs_say(s, "qos: only a VM's own interface has a rate; vifctl uplink set rate= says what an uplink carries");
}

static void refuse_mtu(struct ovs_scope *s, const struct ovs_interface *i)
{
	if (view_count(i->row, "mtu_request"))
		ovs_say(s, "mtu_request: a device of the host keeps its MTU: ip link set");
}

static void refuse_guard(struct ovs_interface *i)
{
	if (view_key(i->port->row, "other_config", "vifswitch-guard"))
		ovs_say(&i->scope, "other_config:vifswitch-guard: only a VM's own interface is guarded");
}

static bool add_uplink(struct ovs_scope *s, struct ovs_bridge *b, const char *name)
{
	if (json_array_size(b->uplinks) == SWITCH_UPLINKS_MAX) {
		ovs_close(s, "a switch has at most %d ports that are no VM's", SWITCH_UPLINKS_MAX);
		return false;
	}
	json_array_append_new(b->uplinks, json_string(name));
	return true;
}

/*
 * The tap of a VM of another hypervisor's: libvirt and OpenStack say which VM's interface it is,
 * and which address it has.
 */
static bool is_tap(const struct ovs_interface *i)
{
	return view_key(i->row, "external_ids", "attached-mac") &&
	       view_key(i->row, "external_ids", "iface-id");
}

static void map_tap(struct ovs_interface *i, json_t *columns)
{
	const char *mac = view_key(i->row, "external_ids", "attached-mac") ?: "";
	const char *guard = view_key(i->port->row, "other_config", "vifswitch-guard");
	uint8_t octets[6];
	char text[18];

	if (guard && strcmp(guard, "off") == 0) {
		refuse_rates(&i->scope, i);
		return;
	}
	ovs_refuse_protected(i);
	if (guard && strcmp(guard, "mac") != 0)
		ovs_close(&i->scope, "other_config:vifswitch-guard: must be off or mac of a tap or an internal port");
	if (!mac_parse(mac, strlen(mac), octets) || !mac_is_station(octets)) {
		ovs_close(&i->scope, "external_ids:attached-mac=%s: must be a station's MAC address",
			  QUOTE(mac, strlen(mac)));
		return;
	}
	snprintf(text, sizeof(text), MAC_FORMAT, MAC_OCTETS(octets));
	ovs_set_text(columns, "vm_macs", text);
	json_object_del(columns, "transit");
	ovs_map_rates(i, columns);
}

static void finish(struct ovs_port *p, json_t *columns, const json_t *row)
{
	/* Ports of a bridge forward to each other, but two that are protected. */
	ovs_set_true(columns, "transit", !view_true(p->row, "protected"));
	ovs_map_router(p, columns);
	ovs_keep_ids(columns, row);
}

void ovs_map_end(struct ovs_interface *i, const char *other)
{
	struct ovs_bridge *b = i->port->bridge;
	json_t *columns = json_object();

	if (other)
		ovs_set_text(columns, "dom0_device", other);
	refuse_mtu(&i->scope, i);
	map_oam(i, columns);
	finish(i->port, columns, i->row);
	if (is_tap(i)) {
		map_tap(i, columns);
	} else {
		refuse_rates(&i->scope, i);
		refuse_guard(i);
	}
	if (ovs_map_vlans(&i->scope, i->port->row, columns) && !i->scope.closed &&
	    !i->port->scope.closed && add_uplink(&i->scope, b, i->name))
		json_object_update(ovs_row(b->rows, "Uplink", i->name, i->uuid), columns);
	json_decref(columns);
}

void ovs_map_uplink(struct ovs_interface *i)
{
	i->kind = "link";
	ovs_map_end(i, NULL);
}

/* What is set of dom0's end. */
static void map_dom0s(struct ovs_interface *i, json_t *columns)
{
	const char *mac = view_text(i->row, "mac");
	uint8_t octets[6];
	char text[18];
	int64_t mtu;

	if (mac && mac_parse(mac, strlen(mac), octets) && mac_is_station(octets)) {
		snprintf(text, sizeof(text), MAC_FORMAT, MAC_OCTETS(octets));
		ovs_set_text(columns, "dom0_mac", text);
	} else if (mac) {
		ovs_say(&i->scope, "mac=%s: must be a station's MAC address", QUOTE(mac, strlen(mac)));
	}
	if (!view_integer(i->row, "mtu_request", &mtu))
		return;
	if (mtu >= VIF_MTU_MIN && mtu <= VIF_MTU_MAX)
		ovs_set_integer(columns, "dom0_mtu", mtu);
	else
		ovs_say(&i->scope, "mtu_request=%lld: must be %d to %d", (long long)mtu, VIF_MTU_MIN,
			VIF_MTU_MAX);
}

void ovs_map_cable(struct ovs_interface *i, const char *uplink)
{
	struct ovs_bridge *b = i->port->bridge;
	json_t *columns = json_object();

	i->kind = "internal";
	snprintf(i->device, sizeof(i->device), "%s", uplink);
	finish(i->port, columns, i->row);
	if (view_key(i->port->row, "other_config", "vifswitch-guard"))
		map_tap(i, columns);
	else
		refuse_rates(&i->scope, i);
	ovs_set_text(columns, "dom0_device", i->name);
	map_dom0s(i, columns);
	if (ovs_map_vlans(&i->scope, i->port->row, columns) && !i->scope.closed &&
	    !i->port->scope.closed && add_uplink(&i->scope, b, uplink))
		json_object_update(ovs_row(b->rows, "Uplink", uplink, i->uuid), columns);
	json_decref(columns);
}

static int64_t delay(const struct ovs_port *p, const char *column, int64_t every)
{
	int64_t ms = 0;

	view_integer(p->row, column, &ms);
	if (ms <= 0)
		return 0;
	if (ms > UPLINK_DELAY_MAX)
		ms = UPLINK_DELAY_MAX;
	ms = (ms + every - 1) / every * every;
	return ms > UPLINK_DELAY_MAX ? UPLINK_DELAY_MAX / every * every : ms;
}

static void map_timing(struct ovs_port *p, json_t *columns)
{
	int64_t every = UPLINK_MIIMON_DEFAULT, ms;

	if (view_key_number(p->row, "other_config", "bond-miimon-interval", UPLINK_MIIMON_MIN,
			    UPLINK_MIIMON_MAX, &ms))
		every = ms;
	ovs_set_integer(columns, "bond_miimon", every);
	ovs_set_integer(columns, "bond_updelay", delay(p, "bond_updelay", every));
	ovs_set_integer(columns, "bond_downdelay", delay(p, "bond_downdelay", every));
}

static void map_member_lacp(struct ovs_port *p, const struct ovs_interface *member, json_t *columns)
{
	json_t *priorities = json_object_get(columns, "lacp_port_priority");
	int64_t number;

	ovs_map_number(&p->scope, member->row, "other_config", "lacp-aggregation-key", 0,
		       LACP_KEY_MAX, columns, "lacp_aggregation_key");
	if (!view_key_number(member->row, "other_config", "lacp-port-priority", 0, LACP_PRIORITY_MAX,
			     &number))
		return;
	if (!priorities) {
		priorities = json_object();
		json_object_set_new(columns, "lacp_port_priority", priorities);
	}
	json_object_set_new(priorities, member->name,
			    json_string(view_key(member->row, "other_config", "lacp-port-priority")));
}

static void map_lacp(struct ovs_port *p, const struct ovs_interface *members, size_t count,
		     json_t *columns)
{
	const char *time = view_key(p->row, "other_config", "lacp-time");
	const char *system = view_key(p->row, "other_config", "lacp-system-id");
	uint8_t octets[6];

	ovs_set_text(columns, "lacp_fallback",
		     view_key_true(p->row, "other_config", "lacp-fallback-ab") ? "true" : "false");
	if (time && strcmp(time, "fast") == 0)
		ovs_set_text(columns, "lacp_time", "fast");
	ovs_map_number(&p->scope, p->row, "other_config", "lacp-system-priority", 1,
		       LACP_PRIORITY_MAX, columns, "lacp_system_priority");
	if (system && mac_parse(system, strlen(system), octets) && mac_is_station(octets))
		ovs_set_text(columns, "lacp_system_id", system);
	else if (system)
		ovs_say(&p->scope, "other_config:lacp-system-id: must be a station's MAC address");
	for (size_t k = 0; k < count; k++)
		map_member_lacp(p, &members[k], columns);
}

/*
 * balance-slb and active-backup with LACP are balance-tcp here, where alone LACP is spoken;
 * balance-tcp without it carries nothing in Open vSwitch.
 */
static bool map_mode(struct ovs_port *p, json_t *columns, bool *ret_lacp)
{
	const char *mode = view_text(p->row, "bond_mode") ?: "active-backup";
	const char *lacp = view_text(p->row, "lacp") ?: "off";
	bool tcp = strcmp(mode, "balance-tcp") == 0;

	*ret_lacp = strcmp(lacp, "active") == 0 || strcmp(lacp, "passive") == 0;
	if (tcp && !*ret_lacp) {
		ovs_close(&p->scope, "bond_mode=balance-tcp: needs lacp=active or passive");
		return false;
	}
	if (!tcp && *ret_lacp)
		ovs_say(&p->scope, "lacp: bond_mode balance-tcp is used, which alone has it");
	if (tcp || *ret_lacp)
		mode = "balance-tcp";
	ovs_set_text(columns, "bond_mode", mode);
	if (*ret_lacp)
		ovs_set_text(columns, "lacp", lacp);
	return true;
}

static bool map_members(struct ovs_port *p, const struct ovs_interface *members, size_t count,
			json_t *columns)
{
	const char *primary = view_key(p->row, "other_config", "bond-primary");
	const char *mode = view_text(columns, "bond_mode");
	size_t most = strcmp(mode, "balance-slb") == 0 ? SLB_MEMBERS_MAX : UPLINK_MEMBERS_MAX;

	if (count > most) {
		ovs_close(&p->scope, "a bond has at most %zu members", most);
		return false;
	}
	json_object_set_new(columns, "members", json_array());
	for (size_t k = 0; k < count; k++) {
		ovs_add_text(columns, "members", members[k].name);
		if (primary && strcmp(primary, members[k].name) == 0 && strcmp(mode, "balance-tcp") != 0)
			ovs_set_text(columns, "primary", primary);
	}
	return true;
}

void ovs_map_bond(struct ovs_port *p, struct ovs_interface *members, size_t count)
{
	struct ovs_bridge *b = p->bridge;
	json_t *columns = json_object();
	bool lacp;

	if (!netdev_name_valid(p->name, strlen(p->name)))
		ovs_close(&p->scope, "a bond's name must be %s", NETDEV_NAME_ACCEPTED);
	for (size_t k = 0; k < count; k++) {
		members[k].kind = "member";
		snprintf(members[k].device, sizeof(members[k].device), "%s", p->name);
		refuse_rates(&members[k].scope, &members[k]);
		refuse_mtu(&members[k].scope, &members[k]);
		refuse_guard(&members[k]);
		/* One that is not understood would be a bond with fewer. */
		if (members[k].scope.closed || strcmp(members[k].name, p->name) == 0)
			ovs_close(&p->scope, "interface %s cannot be a member", members[k].name);
	}
	if (map_mode(p, columns, &lacp) && map_members(p, members, count, columns)) {
		if (lacp)
			map_lacp(p, members, count, columns);
		map_timing(p, columns);
		map_oam(&members[0], columns);
		finish(p, columns, p->row);
	}
	if (ovs_map_vlans(&p->scope, p->row, columns) && !p->scope.closed &&
	    add_uplink(&p->scope, b, p->name)) {
		json_object_update(ovs_row(b->rows, "Uplink", p->name, NULL), columns);
		for (size_t k = 0; k < count; k++)
			ovs_row(b->rows, "Uplink", p->name, members[k].uuid);
	}
	json_decref(columns);
}
