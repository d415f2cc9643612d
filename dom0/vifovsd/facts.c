// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include "ovs/ovs-columns.h"
#include "ovs/ovs-internal.h"
#include "ovs/ovs-view.h"
#include "vifovsd/facts.h"
#include "vifovsd/link-facts.h"

const char *const ovs_tables_followed[] = {
	OVS_DATABASE, "Bridge", "Port", "Interface", "QoS", "Mirror", "NetFlow", "sFlow", "IPFIX",
	"Flow_Sample_Collector_Set", "Controller", NULL,
};

json_t *facts_links(const json_t *db)
{
	static const char *const tables[] = { "Bridge", "Port", "Interface" };
	json_t *names = json_object(), *row, *links;
	const char *uuid, *name;
	char uplink[IFNAMSIZ];

	for (size_t i = 0; i < 3; i++) {
		json_object_foreach(json_object_get(db, tables[i]), uuid, row) {
			name = view_text(row, "name");
			if (name)
				json_object_set_new(names, name, json_true());
			if (name && strcmp(view_text(row, "type") ?: "", "internal") == 0) {
				ovs_internal_uplink(name, uplink);
				json_object_set_new(names, uplink, json_true());
			}
		}
	}
	links = link_facts(names);
	json_decref(names);
	return links;
}
