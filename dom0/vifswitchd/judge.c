// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * From what is seen and what the database says to what each VIF is to be: the
 * names and MTUs that are the same for all of them, then those that are stale.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "datapath/links/switch-kind.h"
#include "vifswitchd/acl-users.h"
#include "vifswitchd/judge.h"
#include "vifswitchd/networks-here.h"

#define JUDGE_AGAIN_MAX	2

uint32_t judge_uplink_mtu(const char *name, const char **ret_uplink, void *arg)
{
	struct daemon *d = arg;
	const struct cfg_switch *sw = config_find(&d->facts.config, name);
	uint32_t mtu = 0;

	for (size_t i = 0; sw && i < sw->uplink_count; i++) {
		const struct link *link = links_by_name(&d->facts.links, sw->uplinks[i].name);
		uint32_t its = !link || !cfg_uplink_leaves(&sw->uplinks[i]) ? 0 :
			       sw->mtu ? sw->mtu : link->mtu;

		if (its && (!mtu || its < mtu)) {
			mtu = its;
			*ret_uplink = sw->uplinks[i].name;
		}
	}
	return mtu;
}

/* The names bridge= may use: configured switches and those that exist anyway. */
static size_t switch_names(struct daemon *d, char (**ret)[IFNAMSIZ])
{
	size_t count = 0, max = d->facts.config.count + 1;
	const struct link *link;
	char (*names)[IFNAMSIZ];

	map_for_each(&d->facts.links.by_index, i, link)
		max += link->is_switch;
	names = calloc(max, sizeof(*names));
	if (!names)
		return 0;
	for (size_t i = 0; i < d->facts.config.count; i++)
		strcpy(names[count++], d->facts.config.switches[i].name);
	map_for_each(&d->facts.links.by_index, i, link) {
		if (link->is_switch && !config_find(&d->facts.config, link->name))
			strcpy(names[count++], link->name);
	}
	*ret = names;
	return count;
}

static void notice_policy_changes(struct daemon *d)
{
	uint64_t mtus = 0;

	for (size_t i = 0; i < d->facts.config.count; i++) {
		const char *name = d->facts.config.switches[i].name, *uplink;

		mtus = mtus * 65599 + judge_uplink_mtu(name, &uplink, d);
	}
	if (mtus != d->seen_uplink_mtus || d->policy.state != d->seen_policy ||
	    d->policy.unknown_over != d->seen_unknown_over ||
	    d->facts.links.switch_changes != d->seen_switch_changes ||
	    d->facts.module.features != d->seen_features)
		d->policy_generation++;
	d->seen_features = d->facts.module.features;
	d->seen_policy = d->policy.state;
	d->seen_unknown_over = d->policy.unknown_over;
	d->seen_uplink_mtus = mtus;
	d->seen_switch_changes = d->facts.links.switch_changes;
}

/* A netdev renamed to its vifname= (or NAME-emu) before we were started. */
static void adopt_renamed(struct daemon *d, const struct vif *vif)
{
	char name[IFNAMSIZ + 4];

	if (!vif->wanted.vifname[0] || vif->wanted.verdict != VIF_WANTED)
		return;
	for (int half = 0; half < HALF_COUNT; half++) {
		const struct link *link;
		struct link update;

		snprintf(name, sizeof(name), "%s%s", vif->wanted.vifname,
			 vif_is_emulated(vif, half) ? "-emu" : "");
		link = links_by_name(&d->facts.links, name);
		if (!link || link->is_half || link->is_switch ||
		    links_by_half(&d->facts.links, vif->seen.domid, vif->seen.devid, half))
			continue;
		update = *link;
		update.is_half = true;
		update.half = half;
		update.domid = vif->seen.domid;
		update.devid = vif->seen.devid;
		links_update(&d->facts.links, &update);
	}
}

/* What the database has said, and how much that is worth by now. */
static void look_at_database(struct daemon *d, struct resolve_context *ctx)
{
	const struct policy_db *policy = &d->policy;

	d->facts.uplinks_unknown = policy->waits || policy->state == POLICY_UNHEARD;
	if (policy->state == POLICY_OFF || policy->state == POLICY_ABSENT)
		return;
	ctx->policies = &policy->policies;
	ctx->acl_rows = &d->policy.policies.acl;
	ctx->acls = &d->facts.acls;
	ctx->unheard = policy->state == POLICY_UNHEARD;
	ctx->lasting = !ctx->unheard;
}

static bool may_open(const struct vif *vif, struct problem *problem, void *arg)
{
	struct daemon *d = arg;
	struct handover_identity id = { .devid = vif->seen.devid };

	if (!vif->seen.domain->has_uuid)
		return true;
	memcpy(id.vm, vif->seen.domain->uuid, sizeof(id.vm));
	return !handovers_behind(&d->handovers, &id, vif->seen.domid, problem);
}

static struct dp_place place_in(const char *name, void *arg)
{
	const struct daemon *d = arg;
	const struct cfg_switch *sw = config_find(&d->facts.config, name);

	return (struct dp_place){
		.sw = name, .tables = sw && sw->flows.on,
		.of_flows = switch_will_be_flows(sw ? sw->datapath : DATAPATH_VIFSWITCH,
						 links_switch(&d->facts.links, name)),
	};
}

static struct acl_object *use_filter(struct daemon *d, const struct mirror *m)
{
	struct acl_list list = { .count = 1 };
	struct problem problem;

	memcpy(list.rows[0], m->filter, sizeof(list.rows[0]));
	return acl_objects_use(&d->facts.acls, &d->policy.policies.acl, &list, &problem);
}

/* The copy on disk does not say where VMs are. */
static bool knows_places(const struct policy_db *p)
{
	return p->synced || p->state == POLICY_OFF || p->state == POLICY_ABSENT;
}

static void find_place(const struct row_vif *vif, struct policy_place *ret, void *arg)
{
	policy_place_find(arg, vif, ret);
}

/*
 * The copy may lack what came in its last second: as VIFs, mirrors and networks wait for the
 * word.
 */
static bool rows_heard(const struct daemon *d)
{
	return d->policy.state != POLICY_UNHEARD && (!d->policy.waits || d->facts.mirrors.known);
}

static void judge_networks(struct daemon *d)
{
	if (rows_heard(d))
		networks_judge(&d->facts, &d->policy, knows_places(&d->policy), &d->file.address,
			       &d->rtnl, d->rtnl.changed);
}

/* Rows that were heard once, be it of the copy on disk; their filters are objects. */
static void judge_mirrors(struct daemon *d)
{
	struct mirrors *all = &d->facts.mirrors;

	if (!rows_heard(d))
		return;
	mirrors_read(all, &d->policy.policies);
	sensors_locate(all, &(struct sensor_places){
		.generation = d->policy.places, .known = knows_places(&d->policy),
		.own = d->file.address, .find = find_place, .arg = &d->policy });
	exporters_read(&d->facts.exporters, &d->policy.policies);
	for (size_t i = 0; i < all->count; i++) {
		struct mirror *m = all->list[i];
		struct acl_object *object = m->has_filter && mirror_is_on(m) ?
			use_filter(d, m) : NULL;

		m->filter_id = object ? object->id : 0;
	}
}

/* Half of the VMs would make the others leave. */
static void follow_vms(struct daemon *d)
{
	struct uuid_set here = {};
	const struct domain *domain;
	int r = 0;

	if (!d->facts.vifs.complete)
		return;
	map_for_each(&d->facts.domains.by_domid, i, domain)
		if (domain->has_uuid && r == 0)
			r = uuid_set_add(&here, domain->uuid);
	uuid_set_seal(&here);
	if (r == 0)
		policy_db_here(&d->policy, &here);
	uuid_set_deinit(&here);
}

/* Is it too early for this one? */
static bool must_wait(struct daemon *d, const struct vif *vif, struct resolve_context *ctx)
{
	enum policy_known known = vif->seen.domain->has_uuid ?
				  policy_db_knows(&d->policy, vif->seen.domain->uuid) :
				  POLICY_KNOWN;

	ctx->away = known == POLICY_UNKNOWN;
	return known == POLICY_AWAITED;
}

static void judge_stale(struct daemon *d, struct resolve_context *ctx)
{
	struct vif *vif;

	map_for_each(&d->facts.vifs.by_key, i, vif) {
		/* Without the database's word a VIF waits, and keeps what it has. */
		if (!vif->seen.exists || vif->seen.state == XENBUS_UNKNOWN || d->policy.waits ||
		    must_wait(d, vif, ctx))
			continue;
		if (vif_is_stale(vif, ctx)) {
			vif_resolve(vif, ctx);
			d->facts.judged = true;
		}
		adopt_renamed(d, vif);
	}
}

void judge_vifs(struct daemon *d)
{
	char (*names)[IFNAMSIZ] = NULL;
	struct switch_names known = {};
	struct class_minors minors = {};
	struct resolve_context ctx = {
		.switches = &known, .vifs = &d->facts.vifs, .minors = &minors,
		.cannot_know_uuids = d->cannot_know_uuids,
		.module = &d->facts.module, .check = d->ops->check,
		.may_open = may_open, .place_in = place_in,
		.ports = &d->facts.ports, .links = &d->facts.links,
		.uplink_mtu = judge_uplink_mtu, .arg = d,
	};
	unsigned int again = 0;
	uint64_t verdicts;

	follow_vms(d);
	look_at_database(d, &ctx);
	notice_policy_changes(d);
	ctx.policy_generation = d->policy_generation;
	known.count = switch_names(d, &names);
	known.names = (const char (*)[IFNAMSIZ])names;
	judge_networks(d);
	/* Again when a change of an ACL is one of who may have a port. */
	do {
		verdicts = d->facts.acls.verdicts;
		judge_stale(d, &ctx);
		judge_mirrors(d);
		acl_users_update(&d->facts, &d->policy.policies);
	} while (d->facts.acls.verdicts != verdicts && again++ < JUDGE_AGAIN_MAX);
	free(names);
}
