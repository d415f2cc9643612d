// SPDX-License-Identifier: GPL-2.0-or-later
/* An interface of dom0's own, or of a fake bridge. */
#include "ovs/ovs-internal.h"
#include "ovs/ovs-map-state.h"
#include "ovs/ovs-view.h"

static bool is_there(const struct ovs_interface *i, const char *name)
{
	return json_object_get(json_object_get(i->port->bridge->m->facts, "links"), name);
}

void ovs_map_internal(struct ovs_interface *i)
{
	char uplink[IFNAMSIZ];

	ovs_internal_uplink(i->name, uplink);
	/* A VLAN device that somebody made for dom0 does as well, and ports of it need none. */
	if (view_true(i->port->row, "fake_bridge") && is_there(i, i->name) && !is_there(i, uplink))
		i->kind = "fake";
	else if (json_object_get(json_object_get(i->port->bridge->rows, "Uplink"), uplink))
		ovs_close(&i->scope, "another port is called %s, as this one's other end would be", uplink);
	else
		ovs_map_cable(i, uplink);
}
