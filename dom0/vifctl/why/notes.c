// SPDX-License-Identifier: GPL-2.0-or-later
#include "vifctl/why/notes.h"

#include <string.h>

#include "base/cleanup.h"
#include "base/mac.h"
#include "base/mem.h"
#include "vifctl/view/text.h"
#include "vifctl/why/port-fix.h"

static bool has_mac(const struct why_world *w, const struct why_port *port, uint64_t mac)
{
	const struct vs_program *prog = port->program;
	uint8_t octets[6];

	for (unsigned int i = 0; prog && i < prog->mac_count; i++)
		if (prog->macs[i] == mac)
			return true;
	vs_mac_store(octets, mac);
	for (size_t i = 0; i < w->fdb_count; i++)
		if (w->fdb[i].port == port->ifindex && !memcmp(w->fdb[i].mac, octets, 6))
			return true;
	return false;
}

/*
 * Not an uplink: what is behind that is not known. One of this switch first: another may
 * have the address as well.
 */
static const struct why_port *holder_of(const struct why_world *w, uint32_t sw, uint64_t mac)
{
	const struct why_port *found = NULL;

	for (size_t i = 0; i < w->port_count; i++) {
		const struct why_port *port = &w->ports[i];

		if (port_is_of_vm(port) && has_mac(w, port, mac) && (!found || port->sw == sw))
			found = port;
	}
	return found;
}

static const struct why_port *owner_of(const struct why_world *w, const struct why_port *from,
				       const struct vs_packet *pkt)
{
	uint8_t octets[16];

	if (pkt->family == VIFSWITCH_ACL_IP4) {
		for (int i = 0; i < 4; i++)
			octets[i] = (uint8_t)(pkt->dst.ip4 >> (24 - 8 * i));
		return why_owner(w, from->sw, 4, octets);
	}
	if (pkt->family != VIFSWITCH_ACL_IP6)
		return NULL;
	for (int i = 0; i < 16; i++)
		octets[i] = (uint8_t)(pkt->dst.ip6[i / 8] >> (56 - 8 * (i % 8)));
	return why_owner(w, from->sw, 6, octets);
}

static bool is_reached(const struct why_port *port, const json_t *to)
{
	const json_t *one;
	size_t i;

	json_array_foreach(to, i, one)
		if (!strcmp(get_text(one, "netdev"), port->name))
			return true;
	return false;
}

static void note(json_t *notes, char *text)
{
	json_array_append_new(notes, json_string(text));
	free(text);
}

/* Where the port is, if the packet cannot come to it there; else NULL. */
static char *elsewhere(const struct why_port *port, const struct why_port *from, unsigned int vid)
{
	_cleanup_free_ char *vlans = port->doc ? text_vlan(port->doc) : NULL;

	if (port->sw != from->sw)
		return xprintf("on switch %s", get_text(port->doc, "switch"));
	if (port->program && !vs_bit(port->program->allowed, vid))
		return xprintf("in VLAN %s", vlans ?: "none");
	return NULL;
}

json_t *why_datapath_notes(const struct why_port *from)
{
	json_t *notes = json_array();

	if (!strcmp(get_text(from->doc, "datapath"), "openvswitch"))
		note(notes, xprintf("the switch is made of flows of openvswitch.ko, which tells less "
				    "of a packet's headers: docs/datapaths.md says where such a "
				    "packet fares otherwise"));
	return notes;
}

json_t *why_notes(const struct why_world *w, const struct why_port *from,
		  const struct vs_verdict *v, const json_t *to)
{
	const struct why_port *holder = holder_of(w, from->sw, v->frame.dst);
	const struct why_port *owner = v->parsed ? owner_of(w, from, &v->packet) : NULL;
	_cleanup_free_ char *where = NULL;
	json_t *notes = why_datapath_notes(from);

	if (v->frame.dst_group)
		return notes;
	if (holder && holder != from && !is_reached(holder, to))
		where = elsewhere(holder, from, v->vid);
	if (where)
		note(notes, xprintf("the destination is %s, which is %s, and the packet in VLAN %u: "
				    "only a router brings it there", holder->label, where, v->vid));
	else if (owner && owner != holder && owner != from && !is_reached(owner, to))
		note(notes, xprintf("the IP destination is %s, but the frame goes to another MAC "
				    "address: to=%s asks about the direct way", owner->label,
				    owner->label));
	return notes;
}

char *why_way_out(const struct why_world *w, const struct why_port *from,
		  const struct vs_verdict *v)
{
	_cleanup_free_ char *command = NULL;
	const struct why_port *uplink = NULL;

	for (size_t i = 0; i < w->port_count; i++) {
		const struct why_port *port = &w->ports[i];

		if (port->sw != from->sw || !port->program || port == from ||
		    !(port->program->flags & VIFSWITCH_PF_UPLINK))
			continue;
		if (vs_bit(port->program->allowed, v->vid))
			return NULL;
		uplink = port;
	}
	if (!uplink)
		return xprintf("nobody here has that address, and the switch has no other uplink");
	command = port_fix_vlan(uplink, v->vid);
	return xprintf("nobody here has that address, and no uplink carries VLAN %u: %s", v->vid,
		       command);
}
