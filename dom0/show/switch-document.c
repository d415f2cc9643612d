// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/control.h"
#include "base/uuid.h"
#include "show/port-document.h"
#include "show/status.h"
#include "show/switch-document.h"

json_t *show_text(const char *text)
{
	json_t *json = text ? json_string(text) : json_null();

	return json ? json : json_string(problem_value(text, strlen(text)).text);
}

json_t *show_vm(const struct vif *vif, bool with_domid)
{
	char uuid[UUID_TEXT_LEN + 1];
	json_t *vm;

	if (!vif)
		return json_null();
	vm = json_object();
	json_object_set_new(vm, "name", show_text(vif->domain->name));
	if (vif->domain->has_uuid) {
		uuid_format(vif->domain->uuid, uuid);
		json_object_set_new(vm, "uuid", json_string(uuid));
	} else {
		json_object_set_new(vm, "uuid", json_null());
	}
	if (with_domid)
		json_object_set_new(vm, "domid", json_integer(vif->domid));
	return vm;
}

const struct vif *show_find_vif(const struct daemon *d, uint32_t ifindex)
{
	const struct link *link = links_get(&d->facts.links, ifindex);

	return link && link->is_half ? vifs_get(&d->facts.vifs, link->domid, link->devid) : NULL;
}

struct show {
	struct daemon *d;
	json_t *ports;
	struct map shown;	/* ifindexes */
};

static const char *role_of(const struct daemon *d, const struct link *link, const struct port *port)
{
	if (link && link->is_half)
		return link->half == HALF_TAP ? "tap" : "vif";
	if (link && link->is_switch)
		return "local";
	return port && cookie_kind(port->cookie, port->cookie_len) == COOKIE_UPLINK ?
	       "uplink" : "other";
}

/* Where a VIF's policy comes from; null for other ports. */
static json_t *show_policy(const struct daemon *d, const struct vif *vif)
{
	const char *source = "config";

	/* What a port in place was given by a database that is not there, nobody knows. */
	if (!vif || !vif->resolved ||
	    (vif->verdict == VIF_HELD && d->policy.state == POLICY_UNHEARD))
		return json_null();
	if (vif->resolved_row)
		source = d->policy.state == POLICY_COPY ? "copy" : "database";
	return json_pack("{ss}", "source", source);
}

/* What tc was told for this netdev. */
static json_t *show_rate_to(const struct link *link, const struct vif *vif)
{
	const struct vif_half *half = vif && link && link->is_half ? &vif->half[link->half] : NULL;

	if (!half || half->ifindex != link->ifindex || !half->shaped_bps)
		return json_null();
	return json_pack("{sI}", "bits_per_second", (json_int_t)half->shaped_bps);
}

/* What is known without the datapath; the rest is null. */
static json_t *port_base(struct daemon *d, const struct link *link, const struct vif *vif,
			 const char *role)
{
	json_t *port = json_object();

	json_object_set_new(port, "switch", json_null());
	json_object_set_new(port, "netdev", show_text(link ? link->name : NULL));
	json_object_set_new(port, "ifindex", link ? json_integer(link->ifindex) : json_null());
	json_object_set_new(port, "role", json_string(role));
	json_object_set_new(port, "vm", show_vm(vif, true));
	json_object_set_new(port, "devid", vif ? json_integer(vif->devid) : json_null());
	json_object_set_new(port, "identity", json_null());
	json_object_set_new(port, "backend", !vif ? json_null() :
			    json_sprintf("/local/domain/%u/backend/vif/%u/%u",
					 d->store.own_domid, vif->domid, vif->devid));
	json_object_set_new(port, "policy", show_policy(d, vif));
	json_object_set_new(port, "qos", show_text(vif && vif->resolved && vif->qos[0] ? vif->qos :
						   NULL));
	json_object_set_new(port, "mtu", link ? json_integer(link->mtu) : json_null());
	json_object_set_new(port, "rate_to_vm", show_rate_to(link, vif));
	json_object_set_new(port, "counters", json_null());
	return port;
}

static void port_status(struct daemon *d, json_t *port, const struct vif *vif, enum half half)
{
	struct status status;

	status_of_half(&d->facts, vif, half, &status);
	json_object_set_new(port, "state", json_string(port_state_word(status.state)));
	json_object_set_new(port, "error", show_text(status.text[0] ? status.text : NULL));
	if (vif->verdict == VIF_WANTED) {
		json_object_set_new(port, "switch", show_text(vif->sw));
		json_object_set_new(port, "identity", json_string(vif->cookie.text));
	}
}

static int show_port(const struct dp_port *dp, void *arg)
{
	struct show *show = arg;
	struct daemon *d = show->d;
	const struct link *link = links_get(&d->facts.links, dp->ifindex);
	const struct link *sw = links_get(&d->facts.links, dp->sw);
	const struct vif *vif = show_find_vif(d, dp->ifindex);
	const struct port *known = ports_get(&d->facts.ports, dp->ifindex);
	json_t *port = port_base(d, link, vif, role_of(d, link, known));

	if (vif && vif->resolved && vif->verdict != VIF_FOREIGN) {
		port_status(d, port, vif, link->half);
	} else {
		json_object_set_new(port, "state", json_string(dp->program_len ? "active" : "closed"));
		json_object_set_new(port, "error", json_null());
	}
	json_object_set_new(port, "switch", show_text(sw ? sw->name : NULL));
	json_object_set_new(port, "netdev", show_text(link ? link->name : dp->name));
	json_object_set_new(port, "ifindex", json_integer(dp->ifindex));
	if (dp->cookie_len && cookie_kind(dp->cookie, dp->cookie_len) == COOKIE_VIF)
		json_object_set_new(port, "identity", json_stringn(dp->cookie, dp->cookie_len));
	port_json_program(port, dp->program, dp->program_len);
	json_object_set_new(port, "acl", show_acl_name(d, dp->program, dp->program_len));
	json_object_set_new(port, "connections", json_integer(dp->connections));
	json_object_set_new(port, "counters", port_json_counters(dp));
	json_array_append_new(show->ports, port);
	map_put(&show->shown, dp->ifindex, show);
	return 0;
}

/* VIFs without a port: they wait or failed. */
static void show_unplugged(struct show *show)
{
	struct daemon *d = show->d;
	const struct vif *vif;

	map_for_each(&d->facts.vifs.by_key, i, vif) {
		for (int half = 0; half < HALF_COUNT; half++) {
			const struct link *link = links_by_half(&d->facts.links, vif->domid,
								vif->devid, half);
			json_t *port;

			if (!vif->resolved || vif->verdict == VIF_FOREIGN ||
			    (half == HALF_TAP && !link) ||
			    (link && map_get(&show->shown, link->ifindex)))
				continue;
			port = port_base(d, link, vif, half == HALF_TAP ? "tap" : "vif");
			port_status(d, port, vif, half);
			port_json_program(port, vif->program.blob,
				     vif->verdict == VIF_WANTED ? vif->program.len : 0);
			json_object_set_new(port, "acl", show_acl_name(d, vif->program.blob,
					    vif->verdict == VIF_WANTED ? vif->program.len : 0));
			json_object_set_new(port, "connections", json_integer(0));
			json_array_append_new(show->ports, port);
		}
	}
}

static json_t *show_switch(struct daemon *d, const char *name, const struct cfg_switch *cfg)
{
	const struct link *link = links_switch(&d->facts.links, name);
	struct dp_switch dp = {};

	if (link)
		datapath_switch_get(d->dp, link->ifindex, &dp);
	return json_pack("{so so ss sI sI sI so}", "name", show_text(name),
			 "ifindex", link ? json_integer(link->ifindex) : json_null(),
			 "state", !link ? "missing" : link->flags & IFF_UP ? "up" : "down",
			 "mtu", (json_int_t)(link ? link->mtu : 0),
			 "ageing_ms", (json_int_t)(dp.ageing_ms ? dp.ageing_ms :
						   cfg ? cfg->ageing_ms : 0),
			 "fdb", (json_int_t)dp.fdb_count,
			 "error", show_text(cfg ? cfg->effort.error : NULL));
}

json_t *show_all(struct daemon *d)
{
	struct show show = { .d = d, .ports = json_array() };
	json_t *switches = json_array();
	const char *problem = policy_db_error(&d->policy);
	char host[256] = "";
	const struct link *link;

	gethostname(host, sizeof(host) - 1);
	for (size_t i = 0; i < d->facts.config.count; i++) {
		const struct cfg_switch *cfg = &d->facts.config.switches[i];

		json_array_append_new(switches, show_switch(d, cfg->name, cfg));
	}
	map_for_each(&d->facts.links.by_index, i, link) {
		if (link->is_switch && !config_find(&d->facts.config, link->name))
			json_array_append_new(switches, show_switch(d, link->name, NULL));
	}
	datapath_port_dump(d->dp, 0, show_port, &show);
	show_unplugged(&show);
	map_deinit(&show.shown);
	return json_pack("{si so sb s{ss so} so so sI}", "format", VIFSWITCH_OUTPUT_FORMAT,
			 "host", show_text(host), "xenstore", d->store.xs != NULL,
			 "database", "state", policy_db_state_word(&d->policy),
			 "error", show_text(*problem ? problem : NULL),
			 "switches", switches, "ports", show.ports,
			 "operations", (json_int_t)d->apply.operations);
}

json_t *show_version(struct daemon *d)
{
	char version[64] = "";
	FILE *f = fopen("/sys/module/vifswitch/version", "re");

	if (f) {
		if (!fgets(version, sizeof(version), f))
			version[0] = '\0';
		fclose(f);
	}
	version[strcspn(version, "\n")] = '\0';
	return json_pack("{si ss si so}", "format", VIFSWITCH_OUTPUT_FORMAT, "version",
			 VIFSWITCH_VERSION, "abi", VIFSWITCH_GENL_VERSION,
			 "module", show_text(version[0] ? version : NULL));
}

static int show_entry(const struct dp_fdb *dp, void *arg)
{
	struct show *show = arg;
	const struct link *link = links_get(&show->d->facts.links, dp->port);
	const struct link *sw = links_get(&show->d->facts.links, dp->sw);
	const struct vif *vif = show_find_vif(show->d, dp->port);

	json_array_append_new(show->ports, json_pack(
		"{so so sI so so sb sb sb sb sI so so}",
		"switch", show_text(sw ? sw->name : NULL),
		"netdev", show_text(link ? link->name : NULL), "ifindex", (json_int_t)dp->port,
		"mac", mac_json(dp->mac),
		"vlan", dp->vlan == VIFSWITCH_VID_NONE ? json_null() : json_integer(dp->vlan),
		"static", !!(dp->flags & VIFSWITCH_FDB_STATIC),
		"guard", !!(dp->flags & VIFSWITCH_FDB_GUARD),
		"dormant", !!(dp->flags & VIFSWITCH_FDB_DORMANT),
		"local", !!(dp->flags & VIFSWITCH_FDB_LOCAL),
		"age_ms", (json_int_t)dp->age_ms, "vm", show_vm(vif, false),
		"devid", vif ? json_integer(vif->devid) : json_null()));
	return 0;
}

json_t *show_fdb(struct daemon *d, int *ret_r)
{
	struct show show = { .d = d, .ports = json_array() };
	int r = datapath_fdb_dump(d->dp, 0, 0, show_entry, &show);

	/* Entries that changed meanwhile may be missing or double: good enough to look at. */
	if (r < 0 && r != -EINTR) {
		json_decref(show.ports);
		*ret_r = r;
		return NULL;
	}
	return json_pack("{si so}", "format", VIFSWITCH_OUTPUT_FORMAT, "entries", show.ports);
}
