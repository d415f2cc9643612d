// SPDX-License-Identifier: GPL-2.0-or-later
/* BFD of an interface, as far as cables and tunnels have the same of it. */
#include "oam/bfd.h"
#include "ovs/ovs-map-state.h"
#include "ovs/ovs-view.h"
#include "policy/bounds.h"

static void map_number(struct ovs_interface *i, const char *key, int64_t low, int64_t high,
		       json_t *columns, const char *column)
{
	ovs_map_number(&i->scope, i->row, "bfd", key, low, high, columns, column);
}

bool ovs_map_bfd(struct ovs_interface *i, json_t *columns)
{
	if (!view_key_true(i->row, "bfd", "enable"))
		return false;
	ovs_set_true(columns, "bfd", true);
	map_number(i, "min_rx", BFD_INTERVAL_MIN, BFD_INTERVAL_MAX, columns, "bfd_min_rx");
	map_number(i, "min_tx", BFD_INTERVAL_MIN, BFD_INTERVAL_MAX, columns, "bfd_min_tx");
	map_number(i, "mult", 1, BFD_MULT_MAX, columns, "bfd_mult");
	return true;
}
