// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "datapath/tc/shaping.h"
#include "policy/merge.h"
#include "policy/row-overlay.h"
#include "vifswitchd/vif.h"

struct xen_vif *vif_make(void)
{
	struct vif *vif = calloc(1, sizeof(*vif));

	if (!vif)
		return NULL;
	for (int i = 0; i < HALF_COUNT; i++)
		progress_reset(&vif->progress[i], 0);
	return &vif->seen;
}

void vif_unmake(struct xen_vifs *vifs, struct xen_vif *seen)
{
	struct vif *vif = (struct vif *)seen, *other;

	map_for_each(&vifs->by_key, i, other) {
		if (other->wanted.rival == vif)
			other->wanted.rival = NULL;
	}
	free(vif->wanted.policy);
	free(vif->wanted.problem);
	for (int i = 0; i < HALF_COUNT; i++)
		progress_reset(&vif->progress[i], 0);
	free(vif);
}

struct vif *vifs_get(const struct xen_vifs *vifs, uint32_t domid, uint32_t devid)
{
	return (struct vif *)xen_vifs_get(vifs, domid, devid);
}

bool vif_wants_port(const struct vif *vif, enum half half)
{
	return vif->wanted.verdict == VIF_WANTED && !vif->wanted.rival && !vif->seen.released[half];
}

static bool script_is_ours(const char *script)
{
	const char *base = script ? strrchr(script, '/') : NULL;

	return script && strcmp(base ? base + 1 : script, VIF_SCRIPT) == 0;
}

static int identify(struct vif *vif, const struct resolve_context *ctx)
{
	if (vif->seen.domain->has_uuid)
		cookie_for_vif(&vif->wanted.cookie, vif->seen.domain->uuid, vif->seen.devid);
	else if (ctx->cannot_know_uuids && vif->seen.domain->fresh)
		cookie_for_domid(&vif->wanted.cookie, vif->seen.domid, vif->seen.devid);
	else
		return -EAGAIN;
	return 0;
}

/* Has a netdev of it a port that is a VM's, whoever's? */
static bool has_cookie(const struct vif *vif, const struct resolve_context *ctx)
{
	for (int half = 0; half < HALF_COUNT; half++) {
		const struct link *link = links_by_half(ctx->links, vif->seen.domid,
							vif->seen.devid, half);
		const struct port *port = link ? ports_get(ctx->ports, link->ifindex) : NULL;

		if (port && cookie_kind(port->cookie, port->cookie_len) == COOKIE_VIF)
			return true;
	}
	return false;
}

static const struct policy_row *find_row(const struct vif *vif, const struct resolve_context *ctx,
					  const struct policy_row **ret_qos,
					  uint64_t *ret_generation)
{
	*ret_qos = NULL;
	*ret_generation = 0;
	if (!ctx->policies || !vif->seen.domain->has_uuid)
		return NULL;
	return policies_find(ctx->policies, vif->seen.domain->uuid, vif->seen.devid, ret_qos,
			     ret_generation);
}

/* Its port, if it has one that is known by its identity. */
const struct port *vif_port(const struct vif *vif, enum half half,
				   const struct ports *ports, const struct links *links)
{
	const struct link *link = links_by_half(links, vif->seen.domid, vif->seen.devid, half);
	const struct port *port = link ? ports_get(ports, link->ifindex) : NULL;

	return port && cookie_equal(&vif->wanted.cookie, port->cookie, port->cookie_len) ?
	       port : NULL;
}

static bool has_port(const struct vif *vif, const struct ports *ports, const struct links *links)
{
	return vif_port(vif, HALF_VIF, ports, links) || vif_port(vif, HALF_TAP, ports, links);
}

static void fill_minors(const struct resolve_context *ctx)
{
	const struct port *port;
	const struct vif *vif;

	map_for_each(&ctx->vifs->by_key, i, vif)
		class_minors_use(ctx->minors, vif->wanted.queue);
	map_for_each(&ctx->ports->by_index, i, port)
		class_minors_use(ctx->minors, port_policy_queue(port->policy));
	ctx->minors->filled = true;
}

/* The minor of its class on uplinks: what it has, else what its port has, else a free one. */
static int find_queue(struct vif *vif, const struct resolve_context *ctx, struct problem *problem)
{
	for (int half = 0; half < HALF_COUNT && !vif->wanted.queue; half++) {
		const struct port *port = vif_port(vif, half, ctx->ports, ctx->links);

		if (port)
			vif->wanted.queue = port_policy_queue(port->policy);
	}
	if (!vif->wanted.queue) {
		if (!ctx->minors->filled)
			fill_minors(ctx);
		vif->wanted.queue = class_minors_take(ctx->minors);
	}
	return vif->wanted.queue ? 0 :
	       problem_set(problem, "no class on the uplinks is free for it; all %u are taken",
					    SHAPING_LAST - SHAPING_FIRST + 1);
}

static const struct acl_object *acl_of(const struct vif *vif, const struct resolve_context *ctx)
{
	return vif->wanted.has_acl && ctx->acls ?
	       acl_objects_find(ctx->acls, vif->wanted.acl_key, vif->wanted.acl_id) : NULL;
}

static uint64_t acl_verdict(const struct vif *vif, const struct resolve_context *ctx)
{
	const struct acl_object *object = acl_of(vif, ctx);

	return object ? object->verdict : 0;
}

/* The number of its ACL, which must be possible. */
static int use_acl(struct vif_policy *policy, const struct resolve_context *ctx,
		   struct problem *problem)
{
	const struct acl_object *object;
	struct problem text;

	if (!policy->acls.count)
		return 0;
	if (!ctx->acls)
		return problem_set(problem, "database: acl: there are no ACLs here");
	object = acl_objects_use(ctx->acls, ctx->acl_rows, &policy->acls, &text);
	if (!object || object->problem)
		return problem_set(problem, "database: %s",
				   object ? object->problem->text : text.text);
	policy->program.header.acl = object->id;
	return 0;
}

/* Can the datapath of its switch hold a port to it? */
static int check(const struct vif_policy *policy, const struct port_policy *held,
		 const struct resolve_context *ctx, struct problem *problem)
{
	const struct acl_object *acl = ctx->acls ?
		acl_objects_get(ctx->acls, port_policy_acl(held)) : NULL;
	struct dp_place at = ctx->place_in ? ctx->place_in(policy->sw, ctx->arg) :
					     (struct dp_place){ .sw = policy->sw };

	at.stateful = acl && acl->stateful;
	at.closed = policy->closed;
	return ctx->check(policy->closed ? NULL : ctx->module, &at, held, problem);
}

/*
 * Policy into vif; with the problem, and vif as it was, -EINVAL or, if it is possible
 * but not with this module, -EOPNOTSUPP.
 */
static int compile(struct vif *vif, const struct policy_row *row, const struct policy_row *qos,
		   const struct resolve_context *ctx, struct problem *problem)
{
	_cleanup_free_ struct port_policy *held = NULL;
	struct vif_policy policy;
	const char *uplink;
	uint32_t mtu;
	int r;

	if (vif->seen.oversized)
		return problem_set(problem, "a backend key is longer than %d octets", VIF_VALUE_MAX);
	r = vif_policy_merge(&vif->seen.keys, row, qos, ctx->switches, &policy, problem);
	if (r < 0)
		return r;
	if (policy.vf)
		return problem_set(problem, "database: vf=true: its Port is of a virtual function of a NIC, and this is a VIF");
	mtu = ctx->uplink_mtu ? ctx->uplink_mtu(policy.sw, &uplink, ctx->arg) : 0;
	if (policy.mtu_given && mtu && policy.mtu > mtu)
		return problem_set(problem, "mtu=%u: more than uplink %s of switch %s carries; at most %u",
				   policy.mtu, uplink, policy.sw, mtu);
	if (uplink_share_given(&policy.uplink)) {
		r = find_queue(vif, ctx, problem);
		if (r < 0)
			return r;
		policy.program.header.queue = vif->wanted.queue;
	}
	r = use_acl(&policy, ctx, problem);
	if (r < 0)
		return r;
	if (ctx->module && !(ctx->module->features & VIFSWITCH_FEATURE_MAC_LISTED))
		policy.program.header.mac_listed = 0;	/* to it all addresses are own ones */
	held = port_policy_of_vif(&policy);
	/* What a closed port would do must be possible, but is not in force. */
	r = check(&policy, held, ctx, problem);
	if (r < 0)
		return r;
	free(vif->wanted.policy);
	vif->wanted.policy = policy.closed ? NULL : TAKE_PTR(held);
	vif->wanted.closed = policy.closed;
	vif->wanted.mtu = policy.mtu;
	vif->wanted.to_bps = policy.to_bps;
	vif->wanted.to_burst = policy.to_burst;
	vif->wanted.uplink = policy.uplink;
	strcpy(vif->wanted.qos, qos ? qos->name : "");
	strcpy(vif->wanted.sw, policy.sw);
	strcpy(vif->wanted.vifname, policy.vifname);
	return 0;
}

/*
 * A VIF without a port fails closed. One that has its port keeps it: the last
 * policy that was possible goes on, whoever asked for the impossible is told,
 * and no running VM is cut off by a typing error.
 */
static enum vif_verdict refuse(struct vif *vif, bool in_place, const struct problem *problem)
{
	vif->wanted.problem = malloc(sizeof(*vif->wanted.problem));
	if (vif->wanted.problem)
		*vif->wanted.problem = *problem;
	return in_place ? VIF_HELD : VIF_REFUSED;
}

/* The text that says where its own config wants it. */
static const char *network_of(const struct vif *vif)
{
	return vif->seen.config ? row_octets(vif->seen.config, "switch", NULL) ?: "" :
	       vif->seen.keys.bridge ?: "";
}

/* XAPI's networks are bridges by name, also those that are a VLAN of another one. */
static bool waits_for_network(const struct vif *vif, const struct policy_row *row,
			      const struct resolve_context *ctx, struct problem *problem)
{
	const char *name = network_of(vif);

	if (!vif->seen.config || row_given(row, "switch") || vif->seen.config->problem ||
	    bridge_find_switch(name, strlen(name), ctx->switches))
		return false;
	problem_set(problem, "XAPI's network %s is no switch here, and no row of the database says which VLAN of which it is; does vifxapid run?",
		    QUOTE(name, strlen(name)));
	return true;
}

/*
 * XAPI renames VMs in several steps, between which nothing is there that says whose a VIF is but
 * the port that it has. Whoever starts then must not take it for another script's.
 */
static bool is_between_names(const struct vif *vif, const struct policy_row *row,
			     const struct resolve_context *ctx)
{
	bool ours = vif->seen.asked || script_is_ours(vif->seen.script);

	return vif->seen.exists && !vif->seen.keys.bridge && !vif->seen.config &&
	       vif->seen.online && !(ours && row_given(row, "switch")) && ctx->ports &&
	       has_cookie(vif, ctx);
}

/* compile() with what XAPI says of it, where the database says nothing. */
static int compile_all(struct vif *vif, const struct policy_row *row, const struct policy_row *qos,
		       const struct resolve_context *ctx, struct problem *problem)
{
	struct policy_row *both;
	int r;

	if (!vif->seen.config)
		return compile(vif, row, qos, ctx, problem);
	if (!row && vif->seen.config->problem)
		return problem_set(problem, "XAPI: %s", vif->seen.config->problem);
	both = row_overlay(row, vif->seen.config);
	r = compile(vif, both, qos, ctx, problem);
	policy_row_free(both);
	return r;
}

static enum vif_verdict judge(struct vif *vif, const struct policy_row *row,
			      const struct policy_row *qos,
			      const struct resolve_context *ctx)
{
	const char *bridge = network_of(vif);
	struct problem problem;
	bool known, in_place;
	int r;

	if (is_between_names(vif, row, ctx)) {
		problem_set(&problem, "XAPI is giving its VM another UUID, and its keys another place");
		refuse(vif, false, &problem);
		return VIF_WAITING;
	}
	if (!vif->seen.asked && !script_is_ours(vif->seen.script) &&
	    !(vif->seen.config && row_given(row, "switch")) &&
	    !bridge_find_switch(bridge, strlen(bridge), ctx->switches))
		return VIF_FOREIGN;
	if (!vif->seen.exists || (!vif->seen.online && vif->seen.state >= XENBUS_CLOSED))
		return VIF_LEAVING;
	known = identify(vif, ctx) == 0;
	/* The database may have for it what its config lacks. */
	if (!known && ctx->policies)
		return VIF_WAITING;
	in_place = known && ctx->ports && has_port(vif, ctx->ports, ctx->links);
	if (in_place && (ctx->unheard || ctx->away)) {
		problem_set(&problem, "the policy database has not answered yet; the port keeps the policy it has");
		return refuse(vif, true, &problem);
	}
	if (known && ctx->away) {
		problem_set(&problem, "the policy database does not answer, and this host's copy has nothing of VMs that were not here lately; the port stays closed until it does");
		refuse(vif, false, &problem);
		return VIF_WAITING;
	}
	if (!in_place && known && ctx->may_open && !ctx->may_open(vif, &problem, ctx->arg)) {
		refuse(vif, false, &problem);
		return VIF_WAITING;
	}
	if (waits_for_network(vif, row, ctx, &problem)) {
		refuse(vif, false, &problem);
		return VIF_WAITING;
	}
	r = compile_all(vif, row, qos, ctx, &problem);
	if (r < 0)
		return refuse(vif, in_place && (ctx->lasting || r == -EOPNOTSUPP), &problem);
	return known ? VIF_WANTED : VIF_WAITING;
}

bool vif_is_stale(const struct vif *vif, const struct resolve_context *ctx)
{
	const struct policy_row *qos;
	uint64_t row;

	find_row(vif, ctx, &qos, &row);
	return !vif_is_judged(vif) || vif->wanted.of_policy != ctx->policy_generation ||
	       vif->wanted.of_domain != vif->seen.domain->changes || vif->wanted.of_row != row ||
	       vif->wanted.of_acl != acl_verdict(vif, ctx) ||
	       (vif->wanted.verdict == VIF_WAITING && vif->seen.domain->fresh);
}

void vif_resolve(struct vif *vif, const struct resolve_context *ctx)
{
	struct vif_wanted *w = &vif->wanted;
	const struct policy_row *qos;
	const struct policy_row *row = find_row(vif, ctx, &qos, &w->of_row);
	struct acl_list acls;

	free(w->problem);
	w->problem = NULL;
	w->verdict = judge(vif, row, qos, ctx);
	row_acls(row, &acls);
	w->has_acl = acls.count && w->verdict != VIF_FOREIGN && w->verdict != VIF_LEAVING;
	if (w->has_acl)
		acl_list_key(&acls, w->acl_key);
	w->acl_id = acl_of(vif, ctx) ? acl_of(vif, ctx)->id : 0;
	w->problem_digest = w->problem ? map_name_key(w->problem->text) : 0;
	w->of_acl = acl_verdict(vif, ctx);
	w->of_seen = vif->seen.changes;
	w->of_policy = ctx->policy_generation;
	w->of_domain = vif->seen.domain->changes;
}
