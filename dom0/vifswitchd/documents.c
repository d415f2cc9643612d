// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/control.h"
#include "base/json-value.h"
#include "base/uuid.h"
#include "datapath/links/switch-kind.h"
#include "policy/sources.h"
#include "policy/words.h"
#include "show/event-document.h"
#include "show/fdb-document.h"
#include "show/membership-document.h"
#include "show/list-document.h"
#include "show/mirror-document.h"
#include "show/port-document.h"
#include "show/switch-document.h"
#include "show/uplink-document.h"
#include "uplink/uplink-loop.h"
#include "vifswitchd/documents.h"
#include "vifswitchd/flowers-here.h"
#include "vifswitchd/oam-told.h"
#include "vifswitchd/status.h"

struct list {
	struct daemon *d;
	json_t *items;
	struct map shown;	/* ifindexes */
};

struct owner document_owner(const struct vif *vif)
{
	struct owner owner = {
		.known = true, .name = vif->seen.domain->name, .domid = vif->seen.domid,
		.identity = { .has_uuid = vif->seen.domain->has_uuid, .domid = vif->seen.domid,
			      .devid = vif->seen.devid },
	};

	memcpy(owner.identity.uuid, vif->seen.domain->uuid, sizeof(owner.identity.uuid));
	return owner;
}

const struct vif *document_vif(const struct daemon *d, const struct link *link)
{
	return link && link->is_half ? vifs_get(&d->facts.vifs, link->domid, link->devid) : NULL;
}

struct owner document_owner_of(const struct daemon *d, uint32_t ifindex)
{
	const struct vif *vif = document_vif(d, links_get(&d->facts.links, ifindex));

	return vif ? document_owner(vif) : (struct owner){};
}

const char *document_netdev(const struct daemon *d, uint32_t ifindex)
{
	const struct link *link = links_get(&d->facts.links, ifindex);

	return link ? link->name : NULL;
}

const struct acl_object *document_acl(const struct daemon *d, const struct port_policy *policy)
{
	uint32_t id = port_policy_acl(policy);

	return id ? acl_objects_get(&d->facts.acls, id) : NULL;
}

/* ---- show ---- */

/* Where a VIF's policy comes from; NULL if nobody knows. */
static const char *policy_source(const struct daemon *d, const struct vif *vif)
{
	/* What a port in place was given by a database that is not there, nobody knows. */
	if (!vif_is_judged(vif) ||
	    (vif->wanted.verdict == VIF_HELD && d->policy.state == POLICY_UNHEARD))
		return NULL;
	if (!vif->wanted.of_row)
		return "config";
	return d->policy.state == POLICY_COPY ? "copy" : "database";
}

/* Of each field, from the same rows as the policy. */
static json_t *sources_of_vif(const struct daemon *d, const struct vif *vif, const char *source)
{
	const struct policy_row *port = NULL, *qos = NULL;
	uint64_t generation;

	if (!source)
		return NULL;
	if (vif->wanted.of_row)
		port = policies_find(&d->policy.policies, vif->seen.domain->uuid, vif->seen.devid,
				     &qos, &generation);
	return policy_sources(&vif->seen.keys, port, qos, source);
}

static void add_vif(const struct daemon *d, struct port_facts *port, const struct vif *vif,
		    enum half half)
{
	const struct progress *progress = &vif->progress[half];

	port->owner = document_owner(vif);
	port->half = half;
	port->own_domid = d->store.own_domid;
	port->has_backend = true;
	port->policy = policy_source(d, vif);
	port->output_of = vif->mirrored[half].output_of ?
			  vif->mirrored[half].output_of->name : NULL;
	port->number = port->owner.identity.has_uuid ?
		exporters_number(&d->facts.exporters, vif->seen.domain->uuid, vif->seen.devid) : 0;
	port->qos = vif_is_judged(vif) && vif->wanted.qos[0] ? vif->wanted.qos : NULL;
	if (port->link && progress->ifindex == port->link->ifindex)
		port->to_bps = progress->shaped.rate_bps;
	if (vif->wanted.verdict != VIF_WANTED)
		return;
	port->sw = vif->wanted.sw;
	port->identity = vif->wanted.cookie.text;
	port->policy_wanted = vif->wanted.policy;
	port->admin_state = word_of(state_words, vif->wanted.closed);
}

/* Of the VM's own end: a device model's is not handed over. */
static json_t *handover_of(const struct daemon *d, const struct vif *vif, enum half half)
{
	const struct handover_story *story = half != HALF_VIF ? NULL :
		handovers_story(&d->handovers, vif->seen.domid, vif->seen.devid);

	return story ? handover_story_json(story) : NULL;
}

static json_t *finish_port(const struct daemon *d, struct port_facts *port,
			   const struct vif *vif)
{
	const struct dp_port *dp = port->dp;
	const struct acl_object *acl =
		document_acl(d, dp ? dp->policy : port->policy_wanted);
	_cleanup_(json_decrefp) json_t *handover = vif ? handover_of(d, vif, port->half) : NULL;
	_cleanup_(json_decrefp) json_t *sources = vif ? sources_of_vif(d, vif, port->policy) : NULL;
	struct status status;

	port->handover = handover;
	port->sources = sources;
	port->acl = acl ? acl->name : NULL;
	if (vif && vif_is_ours(vif)) {
		status_of_half(&d->facts, vif, port->half, &status);
		port->state = port_state_word(status.state);
		port->error = status.text[0] ? status.text : NULL;
	}
	return port_json(port);
}

static int add_port(const struct dp_port *dp, void *arg)
{
	struct list *list = arg;
	const struct daemon *d = list->d;
	const struct link *link = links_get(&d->facts.links, dp->ifindex);
	const struct vif *vif = document_vif(d, link);
	struct dp_port counted = *dp;
	struct port_facts port = { .dp = &counted, .link = link };
	struct offload offload;

	if (vif)
		add_vif(d, &port, vif, link->half);
	else if (link && mirrors_of_netdev(&d->facts.mirrors, link->name) && !dp->policy)
		port.output_of = mirrors_of_netdev(&d->facts.mirrors, link->name)->name;
	port.sw = document_netdev(d, dp->sw);
	port.datapath = switch_kind_word(links_get(&d->facts.links, dp->sw));
	port.offload = flowers_add(d, &counted, &offload);
	json_array_append_new(list->items, finish_port(d, &port, vif));
	map_put(&list->shown, dp->ifindex, list);
	return 0;
}

/* VIFs without a port: they wait or failed. */
static void add_unplugged(struct list *list)
{
	const struct daemon *d = list->d;
	const struct vif *vif;

	map_for_each(&d->facts.vifs.by_key, i, vif) {
		for (int half = 0; half < HALF_COUNT; half++) {
			struct port_facts port = { .link = links_by_half(
				&d->facts.links, vif->seen.domid, vif->seen.devid, half) };

			if (!vif_is_ours(vif) ||
			    (half == HALF_TAP && !port.link) ||
			    (port.link && map_get(&list->shown, port.link->ifindex)))
				continue;
			add_vif(d, &port, vif, half);
			json_array_append_new(list->items, finish_port(d, &port, vif));
		}
	}
}

/* Of the file, which is this host's own: rows name what some hosts have. */
static bool is_missing(const struct daemon *d, const char *uplink)
{
	return !links_by_name(&d->facts.links, uplink) && config_uplink(&d->file, uplink);
}

/* Of members that are none; NULL: nothing speaks against that one. */
static const char *member_error(const char *member, const void *arg)
{
	const struct daemon *d = arg;
	const struct named_progress *its = named_progress_get(&d->facts.progress, member);

	return its ? its->progress.retry.error : NULL;
}

static void add_error(json_t *errors, const char *uplink, json_t *text)
{
	json_array_append_new(errors, json_pack("{s:s, s:o}", "uplink", uplink, "error", text));
}

static void add_member_errors(const struct daemon *d, const struct cfg_uplink *uplink,
			      json_t *errors)
{
	for (size_t i = 0; uplink->bond && i < uplink->bond->count; i++) {
		const char *name = uplink->bond->members[i], *error = member_error(name, d);

		if (error)
			add_error(errors, uplink->name, json_sprintf("%s: %s", name, error));
	}
}

static json_t *uplink_errors(const struct daemon *d, const struct cfg_switch *cfg)
{
	json_t *errors = json_array();

	for (size_t i = 0; cfg && i < cfg->uplink_count; i++) {
		const char *name = cfg->uplinks[i].name;
		const struct named_progress *made = named_progress_get(&d->facts.progress, name);
		const struct bond *bond = cfg->uplinks[i].bond;
		struct problem loop;
		const char *problem = (bond ? bond_problem(&d->facts.links, bond) : NULL) ?:
			uplink_loop_says(&d->facts.links, &d->facts.ports, name, &loop);

		if (adoption_is_over(&d->adoption, name))
			add_error(errors, name, json_sprintf("not all of what it bore is back from %s yet; it is tried again",
							     d->adoption.pending.sw));
		else if (adoption_concerns(&d->adoption, name))
			add_error(errors, name, json_sprintf("adopted, and goes back unless that is confirmed: vifctl uplink confirm %s",
							     d->adoption.pending.uplink));
		else if (is_missing(d, name))
			add_error(errors, name, json_text("vifswitch.conf names it, but there is no such network device here now"));
		else if (made && made->progress.retry.error)
			add_error(errors, name, json_text(made->progress.retry.error));
		else if (problem)
			add_error(errors, name, json_text(problem));
		add_member_errors(d, &cfg->uplinks[i], errors);
	}
	return errors;
}

static json_t *show_switch(struct daemon *d, const char *name, const struct cfg_switch *cfg)
{
	const struct link *link = links_switch(&d->facts.links, name);
	const struct named_progress *made = named_progress_get(&d->facts.progress, name);
	_cleanup_free_ char *kind = cfg ? switch_kind_problem(cfg->datapath, link) : NULL;
	struct dp_switch dp = {};

	if (link)
		d->ops->switch_get(d->dp, link->ifindex, &dp);
	return switch_json(&(struct switch_facts){
		.name = name, .link = link, .fdb_count = dp.fdb_count,
		.flows = dp.of_flows ? &dp.flows : NULL,
		.snoop = dp.snoop, .snooped = dp.snooped, .loop = &dp.looped,
		.ageing_ms = dp.ageing_ms ? dp.ageing_ms : cfg ? cfg->ageing_ms : 0,
		.error = made && made->progress.retry.error ? made->progress.retry.error :
			 kind ? kind : cfg ? cfg->problem : NULL,
		.uplink_errors = uplink_errors(d, cfg) });
}

static json_t *show_switches(struct daemon *d)
{
	const struct config *config = &d->facts.config;
	json_t *switches = json_array();
	const struct link *link;

	for (size_t i = 0; i < config->count; i++)
		json_array_append_new(switches, show_switch(d, config->switches[i].name,
							    &config->switches[i]));
	map_for_each(&d->facts.links.by_index, i, link) {
		if (link->is_switch && !config_find(config, link->name))
			json_array_append_new(switches, show_switch(d, link->name, NULL));
	}
	return switches;
}

json_t *document_show(struct daemon *d)
{
	struct list ports = { .d = d, .items = json_array() };
	const char *problem = policy_db_error(&d->policy);
	_cleanup_free_ struct pool_host *hosts = NULL;
	struct host_facts host = {
		.xenstore = d->store.xs, .database = policy_db_state_word(&d->policy),
		.database_error = *problem ? problem : NULL,
		.database_heard = policy_db_heard(&d->policy),
		.operations = d->apply.operations,
	};

	host.host_count = policy_pool_hosts(&d->policy, &hosts);
	host.hosts = hosts;
	flowers_count(d);
	d->ops->port_dump(d->dp, 0, add_port, &ports);
	add_unplugged(&ports);
	map_deinit(&ports.shown);
	return show_document(&host, d->ops->module(d->dp), show_switches(d), ports.items);
}

/* ---- uplinks ---- */

/* What it is not doing although nothing failed; NULL: there is nothing. */
static const char *uplink_note(const struct daemon *d, const struct cfg_uplink *uplink,
			       const struct link *link)
{
	if (!uplink->bond || !link)
		return NULL;
	if (uplink->bond->slb && !(d->facts.module.features & VIFSWITCH_FEATURE_BONDS))
		return "balance-slb is not in force, as the kernel module that is loaded lacks it: one member carries all";
	return bond_closed_for(uplink->bond, link);
}

static const char *member_trouble(const char *member, const void *arg)
{
	return member_error(member, arg) ?: oam_verdict(arg, member);
}

static json_t *show_uplink(const struct daemon *d, const struct cfg_switch *sw,
			   const struct cfg_uplink *uplink)
{
	const struct link *link = links_by_name(&d->facts.links, uplink->name);
	const struct link *its = links_switch(&d->facts.links, sw->name);
	const struct port *port = link ? ports_get(&d->facts.ports, link->ifindex) : NULL;
	const struct named_progress *made = named_progress_get(&d->facts.progress, uplink->name);
	struct problem loop;

	return uplink_json(&(struct uplink_shown){
		.sw = sw->name, .name = uplink->name, .links = &d->facts.links,
		.history = &d->bonds,
		.bond = uplink->bond, .port = port && its && port->sw == its->ifindex,
		.closed = port && (!port->policy || port->loop.flags & VIFSWITCH_LOOP_CLOSED),
		.loop = port ? &port->loop : NULL,
		.transit = !(port_policy_flags(uplink->policy) & VIFSWITCH_PF_ISOLATED),
		.error = made && made->progress.retry.error ? made->progress.retry.error :
			 uplink_note(d, uplink, link) ?:
			 uplink_loop_says(&d->facts.links, &d->facts.ports, uplink->name, &loop) ?:
			 oam_verdict(d, uplink->name),
		.member_error = member_trouble, .arg = d });
}

json_t *document_uplinks(struct daemon *d)
{
	json_t *uplinks = json_array();

	for (size_t i = 0; i < d->facts.config.count; i++) {
		const struct cfg_switch *sw = &d->facts.config.switches[i];

		for (size_t j = 0; j < sw->uplink_count; j++)
			json_array_append_new(uplinks, show_uplink(d, sw, &sw->uplinks[j]));
	}
	return list_document("vifswitchd", "uplinks", uplinks);
}

/* ---- the others ---- */

json_t *document_version(struct daemon *d)
{
	const struct dp_module *module = d->ops->module(d->dp);

	return json_pack("{si ss si so}", "format", VIFSWITCH_OUTPUT_FORMAT, "version",
			 VIFSWITCH_VERSION, "abi", VIFSWITCH_GENL_VERSION,
			 "module", json_text(module ? module->version : NULL));
}

static struct subject subject_of(const struct daemon *d, uint32_t sw, uint32_t port)
{
	return (struct subject){
		.sw = document_netdev(d, sw), .netdev = document_netdev(d, port), .ifindex = port,
		.owner = document_owner_of(d, port),
	};
}

static int add_entry(const struct dp_fdb *dp, void *arg)
{
	struct list *list = arg;
	const struct subject port = subject_of(list->d, dp->sw, dp->port);

	json_array_append_new(list->items, fdb_entry_json(dp, &port));
	return 0;
}

static int add_group(const struct dp_group *dp, void *arg)
{
	struct list *list = arg;
	const struct subject port = subject_of(list->d, dp->sw, dp->port);

	json_array_append_new(list->items, membership_json(dp, &port));
	return 0;
}

/* Entries that changed meanwhile may be missing or double: good enough to look at. */
static json_t *finish(int r, json_t *entries, int *ret_r)
{
	if (r == 0 || r == -EINTR)
		return list_document("vifswitchd", "entries", entries);
	json_decref(entries);
	*ret_r = r;
	return NULL;
}

json_t *document_fdb(struct daemon *d, int *ret_r)
{
	struct list entries = { .d = d, .items = json_array() };

	return finish(d->ops->fdb_dump(d->dp, 0, 0, add_entry, &entries), entries.items, ret_r);
}

json_t *document_multicast(struct daemon *d, int *ret_r)
{
	struct list entries = { .d = d, .items = json_array() };
	int r = d->ops->group_dump ? d->ops->group_dump(d->dp, 0, add_group, &entries) : 0;

	/* A module without snooping has none. */
	return finish(r == -EOPNOTSUPP ? 0 : r, entries.items, ret_r);
}

/* ---- mirrors ---- */

struct mirror_stats {
	const struct daemon *d;
	const struct mirror_use *use;
	struct vifswitch_mirror_stats stats;
	bool found;
};

static int take_stats(const struct dp_mirror *dp, void *arg)
{
	struct mirror_stats *s = arg;
	const struct kernel_mirror *k = mirrors_kernel(&s->d->facts.mirrors, dp->sw, dp->number);

	if (!k || !k->ours || dp->sw != s->use->sw_ifindex || dp->number != s->use->number ||
	    memcmp(k->uuid, s->use->uuid, sizeof(k->uuid)) != 0)
		return 0;
	s->stats = dp->stats;
	s->found = true;
	return 0;
}

/* Ports whose programs name it. */
static json_t *sources_of(const struct daemon *d, const struct mirror_use *use)
{
	uint32_t bit = use->number ? 1U << (use->number - 1) : 0;
	json_t *names = json_array();
	const struct port *port;

	map_for_each(&d->facts.ports.by_index, i, port) {
		const struct port_policy *policy = port->policy;

		if (port->sw == use->sw_ifindex && policy &&
		    (policy->header.mirror_from | policy->header.mirror_to) & bit)
			json_array_append_new(names, json_text(document_netdev(d, port->ifindex)));
	}
	return names;
}

static json_t *show_use(struct daemon *d, const struct mirror_use *use)
{
	struct mirror_stats s = { .d = d, .use = use };
	const char *netdev = use->mirror->inbound ? use->mirror->relay.name :
			     mirror_netdev(use->mirror);
	const struct named_progress *output =
		netdev ? named_progress_get(&d->facts.progress, netdev) : NULL;

	/* Counts that cannot be had are left out: the mirror may just have gone. */
	if (d->facts.mirrors.supported && d->ops->mirror_dump(d->dp, take_stats, &s) < 0)
		s.found = false;
	return mirror_use_json(&(struct mirror_use_facts){
		.all = &d->facts.mirrors, .use = use, .sources = sources_of(d, use),
		.output = document_netdev(d, use->spec.output_port),
		.error = output ? output->progress.retry.error : NULL,
		.stats = s.found ? &s.stats : NULL });
}

static bool names_vlan(const struct port_policy *policy, uint16_t vid)
{
	struct program_parts parts;

	port_policy_parts(policy, &parts);
	return vlan_bit(parts.vlans.allowed, vid);
}

/* Its VLAN is nobody else's, and must be an uplink's where it is in use. */
static void note_vlan(const struct daemon *d, const struct mirror *m, json_t *notes)
{
	uint16_t vid = m->spec.output_vlan;
	const struct vif *vif;

	for (const struct mirror_use *use = d->facts.mirrors.uses; use; use = use->next) {
		const struct cfg_switch *sw = config_find(&d->facts.config, use->sw);
		bool carried = false;

		for (size_t i = 0; use->mirror == m && sw && i < sw->uplink_count; i++)
			carried |= names_vlan(sw->uplinks[i].policy, vid);
		if (use->mirror == m && !carried)
			json_array_append_new(notes, json_sprintf(
				"no uplink of switch %s has VLAN %u", use->sw, vid));
	}
	map_for_each(&d->facts.vifs.by_key, i, vif) {
		char title[DOMAIN_NAME_MAX + 32];

		if (!vif->mirrored[HALF_VIF].policy || !names_vlan(vif->wanted.policy, vid) ||
		    names_vlan(vif->mirrored[HALF_VIF].policy, vid))
			continue;
		xen_vif_title(&vif->seen, title, sizeof(title));
		json_array_append_new(notes, json_sprintf(
			"VLAN %u carries copies, so %s does not have it", vid, title));
	}
}

static json_t *notes_of(const struct daemon *d, const struct mirror *m)
{
	const struct chosen_port sensor = {
		.sw = "", .vm = m->to_vif.vm, .devid = m->to_vif.devid,
	};
	json_t *notes = json_array();

	if (!mirror_is_on(m) || !d->facts.mirrors.supported)
		return notes;
	if (m->output == MIRROR_TO_VLAN)
		note_vlan(d, m, notes);
	if (m->output == MIRROR_TO_VIF && port_choice_has(&m->sources, &sensor))
		json_array_append_new(notes, json_string(
			"the sensor is one of its sources, but its port neither sends nor gets anything of its own"));
	return notes;
}

json_t *document_mirrors(struct daemon *d)
{
	const struct mirrors *all = &d->facts.mirrors;
	json_t *mirrors = json_array();

	for (size_t i = 0; i < all->rows; i++) {
		json_t *switches = json_array();

		for (const struct mirror_use *use = all->uses; use; use = use->next)
			if (mirror_use_is_of(use, all->list[i]))
				json_array_append_new(switches, show_use(d, use));
		json_array_append_new(mirrors, mirror_json(all, all->list[i],
							   notes_of(d, all->list[i]), switches));
	}
	return list_document("vifswitchd", "mirrors", mirrors);
}

json_t *document_event(struct daemon *d, const struct dp_event *dp)
{
	const struct port *port = ports_get(&d->facts.ports, dp->port);
	const struct acl_object *acl = port ? document_acl(d, port->policy) : NULL;
	struct owner owner = document_owner_of(d, dp->port);
	struct event_names names = {
		.old_netdev = document_netdev(d, dp->old_port),
		.acl = acl && dp->has_rule ? acl_object_name_of(acl, dp->rule) : NULL,
		.rule = acl && dp->has_rule ? acl_object_rule_name(acl, dp->rule) : NULL,
	};

	return event_of_datapath(dp, &owner, &names);
}
