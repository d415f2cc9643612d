// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A port's VLANs. Open vSwitch counts untagged frames as of VLAN 0, and a trunk without a
 * list has them all, with 0; here a trunk takes tagged frames only, so 0 in a list is a
 * native VLAN.
 */
#include <string.h>

#include "ovs/ovs-map-state.h"
#include "ovs/ovs-view.h"
#include "vifswitch/abi.h"

/* The list without 0, and whether 0 was in it. */
static json_t *trunks_of(const json_t *port, bool *ret_untagged)
{
	json_t *trunks = json_array();
	int64_t vid;

	*ret_untagged = view_count(port, "trunks") == 0;
	for (size_t i = 0; i < view_count(port, "trunks"); i++) {
		if (!view_integer_at(port, "trunks", i, &vid) || vid < 0 || vid > VIFSWITCH_VID_MAX)
			continue;
		if (vid == 0)
			*ret_untagged = true;
		else
			json_array_append_new(trunks, json_integer(vid));
	}
	return trunks;
}

static void set(json_t *columns, const char *mode, int64_t tag, json_t *trunks)
{
	ovs_set_text(columns, "vlan_mode", mode);
	if (tag >= 0)
		ovs_set_integer(columns, "tag", tag);
	else
		json_object_set_new(columns, "tag", json_array());
	json_object_set_new(columns, "trunks", trunks ?: json_array());
}

static bool map_trunk(struct ovs_scope *s, const json_t *port, json_t *columns)
{
	bool untagged;
	json_t *trunks = trunks_of(port, &untagged);

	if (json_array_size(trunks) == 0 && view_count(port, "trunks") > 0) {
		json_decref(trunks);
		if (!untagged) {
			ovs_close(s, "trunks: none of them is a VLAN from 0 to %d", VIFSWITCH_VID_MAX);
			return false;
		}
		set(columns, "access", 0, NULL);
	} else {
		set(columns, untagged ? "native-untagged" : "trunk", untagged ? 0 : -1, trunks);
	}
	return true;
}

static void map_native(const json_t *port, const char *mode, int64_t tag, json_t *columns)
{
	bool untagged;
	json_t *trunks = trunks_of(port, &untagged);

	if (json_array_size(trunks) == 0 && view_count(port, "trunks") > 0)
		json_array_append_new(trunks, json_integer(tag));
	/* Frames of the untagged network have no tag there either. */
	set(columns, tag ? mode : "native-untagged", tag, trunks);
}

bool ovs_map_vlans(struct ovs_scope *s, const json_t *port, json_t *columns)
{
	const char *mode = view_text(port, "vlan_mode");
	int64_t tag = -1;
	bool tagged = view_integer(port, "tag", &tag);

	if (tagged && (tag < 0 || tag > VIFSWITCH_VID_MAX)) {
		ovs_close(s, "tag=%lld: must be 0 to %d", (long long)tag, VIFSWITCH_VID_MAX);
		return false;
	}
	if (!mode)
		mode = tagged ? "access" : "trunk";
	if (strcmp(mode, "access") == 0) {
		set(columns, "access", tagged ? tag : 0, NULL);
	} else if (strcmp(mode, "trunk") == 0) {
		return map_trunk(s, port, columns);
	} else if (strcmp(mode, "native-tagged") == 0 || strcmp(mode, "native-untagged") == 0) {
		map_native(port, mode, tagged ? tag : 0, columns);
	} else {
		ovs_close(s, "vlan_mode: must be access, trunk, native-tagged or native-untagged");
		return false;
	}
	return true;
}
