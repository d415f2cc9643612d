// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/mac.h"
#include "base/mem.h"
#include "mesh/mesh-here.h"
#include "policy/program-json.h"
#include "vifswitchd/judge.h"
#include "vifswitchd/publish-vifs.h"
#include "vifswitchd/status.h"

#define SCHEMA_NUMBER_MAX 65535		/* of domids and device numbers */

/* The VIF's words; if it has nothing to complain about, those of its emulated twin. */
static const char *error_of(const struct facts *facts, const struct vif *vif,
			    struct status *status)
{
	struct status twin;

	if (status->code)
		return status->text;
	status_of_half(facts, vif, HALF_TAP, &twin);
	if (!twin.link || !twin.code)
		return NULL;
	*status = twin;
	return status->text;
}

/* The networks over IP whose VLANs the port is in, and its own addresses. */
static void find_networks(struct daemon *d, const struct vif *vif, const struct port *port,
			  struct location *at)
{
	const struct networks *all = &d->facts.networks;
	struct program_parts parts;
	const uint8_t (*macs)[6];
	size_t len = 0, named = 0;
	unsigned int count = port_policy_own_macs(vif->wanted.policy, &macs);

	if (!port->policy)
		return;
	port_policy_parts(port->policy, &parts);
	for (size_t i = 0; i < all->count && named < LOCATION_NETWORKS_MAX; i++) {
		const struct network *n = all->list[i];

		if (!n->device || n->kind == NETWORK_LISP || strcmp(n->sw, at->sw) != 0 ||
		    !vlan_bit(parts.vlans.allowed, n->vlan))
			continue;
		named++;
		at->networks = xrealloc(at->networks, named * sizeof(n->name) + 1);
		len += (size_t)sprintf(at->networks + len, "%s%c", n->name, LOCATION_WORD_END);
	}
	if (!named || !count)
		return;
	at->macs = xmalloc(LOCATION_MACS_MAX * 18 + 1);
	len = 0;
	for (unsigned int i = 0; i < count && i < LOCATION_MACS_MAX; i++)
		len += (size_t)sprintf(at->macs + len, MAC_FORMAT "%c", MAC_OCTETS(macs[i]),
				       LOCATION_WORD_END);
}

static void publish_vif(struct daemon *d, const struct vif *vif)
{
	struct location at = { .devid = vif->seen.devid, .domid = vif->seen.domid };
	const struct links *links = &d->facts.links;
	struct status status;

	if (!vif_is_ours(vif) || !vif->seen.domain->has_uuid ||
	    vif->seen.devid > SCHEMA_NUMBER_MAX || vif->seen.domid > SCHEMA_NUMBER_MAX)
		return;
	status_of_half(&d->facts, vif, HALF_VIF, &status);
	memcpy(at.vm, vif->seen.domain->uuid, 16);
	strcpy(at.state, port_state_word(status.state));
	if (status.link)
		strcpy(at.netdev, status.link->name);
	if (status.port && links_get(links, status.port->sw))
		strcpy(at.sw, links_get(links, status.port->sw)->name);
	if (status.port && at.sw[0])
		find_networks(d, vif, status.port, &at);
	at.error = (char *)error_of(&d->facts, vif, &status);
	policy_db_report_vif(&d->policy, &at);
	free(at.networks);
	free(at.macs);
}

/* What the switch's uplinks carry, all of them together. */
static json_t *switch_facts(struct daemon *d, const struct cfg_switch *sw)
{
	_cleanup_(json_decrefp) json_t *port = json_object();
	struct program_parts all = {}, one;
	const char *uplink;
	bool any = false;
	json_t *vlan;

	for (size_t i = 0; i < sw->uplink_count; i++) {
		if (!cfg_uplink_leaves(&sw->uplinks[i]))
			continue;
		port_policy_parts(sw->uplinks[i].policy, &one);
		if (!any)
			all = one;
		any = true;
		for (size_t k = 0; k < sizeof(all.vlans.allowed); k++)
			all.vlans.allowed[k] |= one.vlans.allowed[k];
	}
	program_json(port, &all);
	vlan = json_object_get(port, "vlan");
	return json_pack("{s:I, s:O, s:O}", "mtu",
			 (json_int_t)judge_uplink_mtu(sw->name, &uplink, d),
			 "pvid", json_object_get(vlan, "pvid"),
			 "tagged", json_object_get(vlan, "tagged"));
}

/* For whoever asks whether a VM could come here; NULL: as they were. */
static json_t *host_facts(struct daemon *d)
{
	json_t *switches;
	char lacks[512], address[PREFIX_TEXT_MAX] = "";

	/* Both only count up. */
	uint64_t generation = d->policy_generation + d->facts.networks.mesh.generation;

	if (d->told_generation == generation)
		return NULL;
	d->told_generation = generation;
	switches = json_object();
	for (size_t i = 0; i < d->facts.config.count; i++) {
		_cleanup_(json_decrefp) json_t *facts =
			switch_facts(d, &d->facts.config.switches[i]);
		_cleanup_free_ char *text = json_dumps(facts, JSON_COMPACT);

		if (text)
			json_object_set_new(switches, d->facts.config.switches[i].name,
					    json_string(text));
	}
	d->ops->lacking(&d->facts.module, lacks, sizeof(lacks));
	/* Where the module takes no copies, nobody is to send any. */
	if (d->file.address.family && sensors_supported(d->facts.module.features))
		prefix_format(&d->file.address, address);
	return json_pack("{s:o, s:s, s:s, s:o, s:o}", "switches", switches, "lacks", lacks,
			 "address", address, "wireguard",
			 mesh_told(&d->facts.networks.mesh), "wireguard_proof",
			 mesh_proof_told(&d->facts.networks.mesh, &d->facts.networks.proof_files));
}

/* Its own end: what a device model sends is not carried. */
static void hand_over(struct daemon *d, const struct vif *vif)
{
	const struct domain *domain = vif->seen.domain;
	const struct link *link = links_by_half(&d->facts.links, vif->seen.domid, vif->seen.devid,
						HALF_VIF);
	const struct port *port = vif_port(vif, HALF_VIF, &d->facts.ports, &d->facts.links);
	struct handover_vif at = {
		.domid = vif->seen.domid, .suspended = domain->suspended, .dying = domain->dying,
		.arrives = domain->arrives, .active = vif->seen.state == XENBUS_CONNECTED,
		.plugged = port && port->policy && link->flags & IFF_UP,
	};

	if (!vif_is_ours(vif) || !domain->has_uuid || domain->target ||
	    vif->seen.devid > SCHEMA_NUMBER_MAX || vif->seen.domid > SCHEMA_NUMBER_MAX)
		return;
	memcpy(at.id.vm, domain->uuid, sizeof(at.id.vm));
	at.id.devid = vif->seen.devid;
	if (vif->wanted.has_acl)
		memcpy(at.acl, vif->wanted.acl_key, sizeof(at.acl));
	if (port) {
		at.sw = port->sw;
		at.port = port->ifindex;
	}
	handovers_vif(&d->handovers, &at);
}

void hand_over_vifs(struct daemon *d, uint64_t now)
{
	const struct vif *vif;

	if (!d->policy.db)
		return;
	handovers_begin(&d->handovers, now);
	map_for_each(&d->facts.vifs.by_key, i, vif)
		hand_over(d, vif);
	handovers_end(&d->handovers);
}

/* A number for an identity that collectors are told of. */
static void publish_number(struct daemon *d, const struct vif *vif)
{
	const struct domain *domain = vif->seen.domain;
	const struct chosen_port port = {
		.sw = vif->wanted.sw, .vm = domain->uuid, .devid = vif->seen.devid,
	};
	struct export_wish wish;

	if (vif_is_judged(vif) && vif->wanted.verdict == VIF_WANTED && domain->has_uuid &&
	    vif->seen.devid <= SCHEMA_NUMBER_MAX &&
	    exporters_wish(&d->facts.exporters, &port, &wish))
		policy_db_report_number(&d->policy, domain->uuid, vif->seen.devid);
}

void publish_vifs(struct daemon *d, int64_t cur_cfg, const char *host_error)
{
	const struct vif *vif;

	if (!policy_db_report_begin(&d->policy))
		return;
	map_for_each(&d->facts.vifs.by_key, i, vif) {
		const struct domain *domain = vif->seen.domain;

		/* A device model's is told of by its VM's own. */
		if (domain->target)
			continue;
		publish_vif(d, vif);
		publish_number(d, vif);
		if (vif_is_judged(vif) && vif->wanted.of_row && domain->name[0])
			policy_db_report_name(&d->policy, domain->uuid, domain->name);
	}
	policy_db_report_end(&d->policy, cur_cfg, host_error, host_facts(d));
}
