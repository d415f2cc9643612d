// SPDX-License-Identifier: GPL-2.0-or-later
#include <net/if.h>
#include <unistd.h>

#include "base/control.h"
#include "base/json-value.h"
#include "datapath/ko/features.h"
#include "datapath/links/switch-kind.h"
#include "show/membership-document.h"
#include "show/switch-document.h"

static json_t *flows_json(const struct dp_flow_counts *c)
{
	if (!c)
		return json_null();
	return json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I}",
			 "now", (json_int_t)c->flows, "masks", (json_int_t)c->masks,
			 "misses", (json_int_t)c->misses, "installed", (json_int_t)c->installed,
			 "by_hand", (json_int_t)c->by_hand, "evicted", (json_int_t)c->evicted,
			 "revoked", (json_int_t)c->revoked, "lost", (json_int_t)c->lost,
			 "adopted", (json_int_t)c->adopted);
}

static json_t *loop_json(const struct vifswitch_loop *loop)
{
	if (!loop || !(loop->flags & VIFSWITCH_LOOP_ON))
		return json_null();
	return json_pack("{s:I, s:I, s:I, s:I}", "closed", (json_int_t)loop->closed,
			 "found", (json_int_t)loop->found, "sent", (json_int_t)loop->sent,
			 "heard", (json_int_t)loop->heard);
}

json_t *switch_json(const struct switch_facts *sw)
{
	const struct link *link = sw->link;

	return json_pack("{s:o, s:o, s:s, s:s, s:I, s:I, s:I, s:o, s:o, s:o, s:o, s:o}", "name", json_text(sw->name),
			 "ifindex", json_number(link ? link->ifindex : 0),
			 "state", !link ? "missing" : link->flags & IFF_UP ? "up" : "down",
			 "datapath", switch_kind_word(link),
			 "mtu", (json_int_t)(link ? link->mtu : 0),
			 "ageing_ms", (json_int_t)sw->ageing_ms,
			 "fdb", (json_int_t)sw->fdb_count, "error", json_text(sw->error),
			 "flows", flows_json(sw->flows),
			 "multicast", snooping_json(&sw->snoop, &sw->snooped),
			 "loops", loop_json(sw->loop),
			 "uplink_errors", sw->uplink_errors ? sw->uplink_errors : json_array());
}

json_t *module_json(const struct dp_module *module)
{
	json_t *lacks = json_array();
	struct feature f;

	if (!module) {
		json_decref(lacks);
		return json_null();
	}
	for (size_t i = 0; feature_at(i, &f); i++) {
		if (!(module->features & f.bit))
			json_array_append_new(lacks, json_pack("{s:s, s:s}", "feature", f.name,
							       "text", f.words));
	}
	return json_pack("{s:o, s:o}", "version", json_text(module->version), "lacks", lacks);
}

static json_t *hosts_json(const struct host_facts *host)
{
	json_t *list = json_array();

	for (size_t i = 0; i < host->host_count; i++) {
		const struct pool_host *h = &host->hosts[i];

		json_array_append_new(list, json_pack("{s:o, s:o, s:o, s:b, s:o}",
			"name", json_text(h->name), "presence", json_text(h->presence),
			"version", json_text(h->version), "in_force", h->in_force,
			"error", json_text(h->error)));
	}
	return list;
}

json_t *show_document(const struct host_facts *host, const struct dp_module *module,
		      json_t *switches, json_t *ports)
{
	char name[256] = "";

	gethostname(name, sizeof(name) - 1);
	return json_pack("{s:i, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o}",
			 "format", VIFSWITCH_OUTPUT_FORMAT,
			 "source", host ? "vifswitchd" : "kernel", "host", json_text(name),
			 "xenstore", host ? json_boolean(host->xenstore) : json_null(),
			 "database", !host ? json_null() :
			 json_pack("{s:s, s:o, s:o, s:o}", "state", host->database, "error",
				   json_text(host->database_error), "heard",
				   json_number(host->database_heard), "hosts", hosts_json(host)),
			 "module", module_json(module), "switches", switches, "ports", ports,
			 "operations", !host ? json_null() :
			 json_integer((json_int_t)host->operations));
}
