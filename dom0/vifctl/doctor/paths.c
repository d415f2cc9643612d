// SPDX-License-Identifier: GPL-2.0-or-later
#include "vifctl/doctor/paths.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "base/number.h"
#include "vifctl/view/text.h"
#include "vifswitch/abi.h"

#define VLANS_TOLD	5

/*
 * A VM must not send what the way out cannot carry. The switch's own MTU is no limit:
 * it follows the ports'.
 */
static void check_mtu(struct doctor *d, const json_t *port, const char *label)
{
	const json_int_t mtu = number(port, "mtu");
	const char *where = NULL;
	json_int_t smallest = 0;
	const json_t *other;
	size_t i;

	if (!is_vif(port) || !in_force(port) || !mtu)
		return;
	json_array_foreach(d->ports, i, other) {
		json_int_t its = number(other, "mtu");

		if (!is(other, "role", "uplink") || !its ||
		    !is(other, "switch", get_text(port, "switch")) || (smallest && its >= smallest))
			continue;
		smallest = its;
		where = get_text(other, "netdev");
	}
	if (smallest && mtu > smallest)
		find(d, WARNING, "mtu", label,
		     xprintf("its MTU is %lld, that of %s %lld: larger packets are lost",
			     (long long)mtu, where, (long long)smallest),
		     xprintf("vifctl port set %s mtu=%lld (or ip link set dev %s mtu %lld)", label,
			     (long long)smallest, where, (long long)mtu));
}

/* Two VMs of one VLAN with different MTUs; told once, at the one with the smaller. */
static void check_peers(struct doctor *d, const json_t *port, const char *label)
{
	const json_t *pvid = json_object_get(json_object_get(port, "vlan"), "pvid"), *other;
	const json_int_t mtu = number(port, "mtu");
	size_t i;

	if (!is_vif(port) || !in_force(port) || !json_is_integer(pvid))
		return;
	json_array_foreach(d->ports, i, other) {
		_cleanup_free_ char *its = NULL;

		if (!is_vif(other) || !in_force(other) || number(other, "mtu") <= mtu ||
		    !is(other, "switch", get_text(port, "switch")) ||
		    !json_equal(json_object_get(json_object_get(other, "vlan"), "pvid"), pvid))
			continue;
		its = label_of(other);
		find(d, WARNING, "mtu", label,
		     xprintf("its MTU is %lld, that of %s in the same VLAN %lld", (long long)mtu, its,
			     (long long)number(other, "mtu")),
		     xprintf("vifctl port set %s mtu=%lld", its, (long long)mtu));
		return;
	}
}

static void add_vlans(const json_t *port, bool *vlans)
{
	const json_t *vlan = json_object_get(port, "vlan"), *range;
	const json_t *pvid = json_object_get(vlan, "pvid");
	size_t i;

	if (json_is_integer(pvid) && number(vlan, "pvid") >= 0 &&
	    number(vlan, "pvid") <= VIFSWITCH_VID_MAX)
		vlans[number(vlan, "pvid")] = true;
	json_array_foreach(json_object_get(vlan, "tagged"), i, range) {
		const char *text = json_string_value(range) ?: "";
		uint64_t first, last;

		if (!range_parse(text, strlen(text), 0, VIFSWITCH_VID_MAX, &first, &last))
			continue;
		for (; first <= last; first++)
			vlans[first] = true;
	}
}

/* VLANs of the port that end at this host although the switch has a way out. */
static void check_vlans(struct doctor *d, const json_t *port, const char *label)
{
	bool own[VIFSWITCH_VID_MAX + 1] = {}, out[VIFSWITCH_VID_MAX + 1] = {};
	_cleanup_free_ char *list = xprintf("%s", "");
	const char *uplink = NULL;
	int told = 0, first = 0;
	const json_t *other;
	size_t i;

	if (!is_vif(port) || !in_force(port))
		return;
	json_array_foreach(d->ports, i, other) {
		if (!is(other, "role", "uplink") || !is(other, "switch", get_text(port, "switch")))
			continue;
		uplink = get_text(other, "netdev");
		add_vlans(other, out);
	}
	add_vlans(port, own);
	for (int vid = 0; uplink && vid <= VIFSWITCH_VID_MAX; vid++) {
		char *longer;

		if (!own[vid] || out[vid] || told++ > VLANS_TOLD)
			continue;
		if (told == 1)
			first = vid;
		longer = told > VLANS_TOLD ? xprintf("%s, ...", list) :
			 xprintf("%s%s%d", list, told > 1 ? ", " : "", vid);
		free(list);
		list = longer;
	}
	if (told)
		find(d, WARNING, "vlan", label,
		     xprintf("no uplink of %s carries VLAN %s: it does not leave this host",
			     get_text(port, "switch"), list),
		     xprintf("let %s carry VLAN %d (vifswitch.conf(5)), or: vifctl port set %s "
			     "vlan=N", uplink, first, label));
}

void check_paths(struct doctor *d, const json_t *port, const char *label)
{
	check_mtu(d, port, label);
	check_peers(d, port, label);
	check_vlans(d, port, label);
}
