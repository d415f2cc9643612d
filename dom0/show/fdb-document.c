// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/cleanup.h"
#include "base/json-value.h"
#include "network/network-address.h"
#include "show/fdb-document.h"

json_t *fdb_entry_json(const struct dp_fdb *fdb, const struct subject *port)
{
	static const struct {
		const char *word;
		uint32_t flag;
	} flags[] = {
		{ "static", VIFSWITCH_FDB_STATIC }, { "guard", VIFSWITCH_FDB_GUARD },
		{ "dormant", VIFSWITCH_FDB_DORMANT }, { "local", VIFSWITCH_FDB_LOCAL },
		{ "listed", VIFSWITCH_FDB_LISTED }, { "told", VIFSWITCH_FDB_TOLD },
	};
	json_t *entry = subject_json(port);
	char remote[PREFIX_TEXT_MAX];

	json_object_set_new(entry, "mac", json_mac(fdb->mac));
	json_object_set_new(entry, "vlan", fdb->vlan == VIFSWITCH_VID_NONE ? json_null() :
			    json_integer(fdb->vlan));
	for (size_t i = 0; i < ARRAY_SIZE(flags); i++)
		json_object_set_new(entry, flags[i].word, json_boolean(fdb->flags & flags[i].flag));
	json_object_set_new(entry, "age_ms", json_integer(fdb->age_ms));
	if (fdb->has_remote)
		network_address_text(fdb->remote, remote);
	json_object_set_new(entry, "remote", json_text(fdb->has_remote ? remote : NULL));
	return entry;
}
