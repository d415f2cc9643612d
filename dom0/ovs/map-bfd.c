// SPDX-License-Identifier: GPL-2.0-or-later
/* BFD of an interface, as far as cables and tunnels have the same of it. */
#include "oam/bfd.h"
#include "ovs/ovs-map-state.h"
#include "ovs/ovs-view.h"
#include "policy/bounds.h"

static void map_number(struct ovs_interface *i, const char *key, int64_t low, int64_t high,
			   json_t *columns, const char *column)
{
	int64_t number;

	if (!view_key(i->row, "bfd", key))
		return;
	if (view_key_number(i->row, "bfd", key, low, high, &number))
		ovs_set_integer(columns, column, number);
	else
		ovs_say(&i->scope, "bfd:%s: must be %lld to %lld", key, (long long)low, (long long)high);
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
