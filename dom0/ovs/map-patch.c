// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A patch port leads to another bridge's. The two are the ends of one cable, a veth pair: that
 * of the one whose name comes first, so it is always the same one's.
 */
#include <string.h>

#include "base/netdev-name.h"
#include "base/problem.h"
#include "ovs/ovs-map-state.h"
#include "ovs/ovs-view.h"

/* The patch port @name whose peer is @i: its UUID, or NULL. */
static const char *peer_of(const struct ovs_interface *i, const char *name)
{
	const json_t *all = json_object_get(i->port->bridge->m->db, "Interface"), *row;
	const char *uuid;

	json_object_foreach((json_t *)all, uuid, row)
		if (strcmp(view_text(row, "name") ?: "", name) == 0)
			return strcmp(view_text(row, "type") ?: "", "patch") == 0 &&
			       strcmp(view_key(row, "options", "peer") ?: "", i->name) == 0 ? uuid : NULL;
	return NULL;
}

static bool is_of_bridge(const struct ovs_bridge *b, const char *interface)
{
	const json_t *all = json_object_get(b->m->db, "Port"), *row;
	const char *uuid;

	json_object_foreach((json_t *)all, uuid, row)
		if (view_refers(row, "interfaces", interface) && view_refers(b->row, "ports", uuid))
			return true;
	return false;
}

void ovs_map_patch(struct ovs_interface *i)
{
	const char *name = view_key(i->row, "options", "peer") ?: "";
	const char *peer = peer_of(i, name);

	i->kind = "patch";
	if (!netdev_name_valid(name, strlen(name)))
		ovs_close(&i->scope, "options:peer=%s: must be %s", QUOTE(name, strlen(name)),
			  NETDEV_NAME_ACCEPTED);
	else if (!peer)
		ovs_close(&i->scope, "options:peer=%s: there is no patch port of that name with peer %s",
			  name, i->name);
	else if (is_of_bridge(i->port->bridge, peer))
		ovs_close(&i->scope, "options:peer=%s: a port of the same bridge would be a loop", name);
	else
		ovs_map_end(i, strcmp(i->name, name) < 0 ? name : NULL);
}
