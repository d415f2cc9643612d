// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "datapath/tc/shaping.h"
#include "policy/merge.h"
#include "vifswitchd/vif.h"

struct vif *vifs_get(const struct vifs *vifs, uint32_t domid, uint32_t devid)
{
	return map_get(&vifs->by_key, vif_key(domid, devid));
}

struct vif *vifs_add(struct vifs *vifs, struct domains *domains, uint32_t domid, uint32_t devid)
{
	struct vif *vif;

	if (vifs->by_key.count >= VIFS_MAX)
		return NULL;
	vif = calloc(1, sizeof(*vif));
	if (!vif)
		return NULL;
	vif->domid = domid;
	vif->devid = devid;
	vif->dirty = true;
	for (int i = 0; i < HALF_COUNT; i++)
		progress_reset(&vif->half[i].progress, 0);
	vif->domain = domains_hold(domains, domid);
	if (!vif->domain || map_put(&vifs->by_key, vif_key(domid, devid), vif) < 0) {
		if (vif->domain)
			domains_release(domains, domid);
		free(vif);
		return NULL;
	}
	return vif;
}

void vif_forget_keys(struct vif *vif)
{
	free(vif->script);
	free(vif->keys.bridge);
	free(vif->keys.vlan);
	free(vif->keys.mac);
	free(vif->keys.ip);
	free(vif->keys.rate);
	free(vif->keys.mtu);
	free(vif->keys.vifname);
	vif->script = NULL;
	vif->keys = (struct vif_keys){};
	vif->oversized = false;
}

static void vif_free(struct vif *vif)
{
	vif_forget_keys(vif);
	program_deinit(&vif->program);
	free(vif->problem);
	for (int i = 0; i < HALF_COUNT; i++)
		progress_reset(&vif->half[i].progress, 0);
	free(vif);
}

void vifs_remove(struct vifs *vifs, struct domains *domains, struct vif *vif)
{
	struct vif *other;

	map_for_each(&vifs->by_key, i, other) {
		if (other->rival == vif)
			other->rival = NULL;
	}
	map_remove(&vifs->by_key, vif_key(vif->domid, vif->devid));
	vifs->rivals_stale = true;
	domains_release(domains, vif->domid);
	vif_free(vif);
}

void vifs_deinit(struct vifs *vifs, struct domains *domains)
{
	struct vif *vif;

	map_for_each(&vifs->by_key, i, vif) {
		domains_release(domains, vif->domid);
		vif_free(vif);
	}
	map_deinit(&vifs->by_key);
}

bool vif_wants_port(const struct vif *vif, enum half half)
{
	return vif->verdict == VIF_WANTED && !vif->rival && !vif->half[half].released;
}

void vif_title(const struct vif *vif, char *ret, size_t size)
{
	if (vif->domain->name[0])
		snprintf(ret, size, "VM %s VIF %u", vif->domain->name, vif->devid);
	else
		snprintf(ret, size, "domain %u VIF %u", vif->domid, vif->devid);
}

static bool script_is_ours(const char *script)
{
	const char *base = script ? strrchr(script, '/') : NULL;

	return script && strcmp(base ? base + 1 : script, VIF_SCRIPT) == 0;
}

static int identify(struct vif *vif, const struct resolve_context *ctx)
{
	if (vif->domain->has_uuid)
		cookie_for_vif(&vif->cookie, vif->domain->uuid, vif->devid);
	else if (ctx->cannot_know_uuids && vif->domain->fresh)
		cookie_for_domid(&vif->cookie, vif->domid, vif->devid);
	else
		return -EAGAIN;
	return 0;
}

static const struct port_policy *find_row(const struct vif *vif, const struct resolve_context *ctx,
					  const struct qos_policy **ret_qos,
					  uint64_t *ret_generation)
{
	*ret_qos = NULL;
	*ret_generation = 0;
	if (!ctx->policies || !vif->domain->has_uuid)
		return NULL;
	return policies_find(ctx->policies, vif->domain->uuid, vif->devid, ret_qos,
			     ret_generation);
}

/* Its port, if it has one that is known by its identity. */
static const struct port *own_port(const struct vif *vif, enum half half,
				   const struct ports *ports, const struct links *links)
{
	const struct link *link = links_by_half(links, vif->domid, vif->devid, half);
	const struct port *port = link ? ports_get(ports, link->ifindex) : NULL;

	return port && cookie_equal(&vif->cookie, port->cookie, port->cookie_len) ? port : NULL;
}

static bool has_port(const struct vif *vif, const struct ports *ports, const struct links *links)
{
	return own_port(vif, HALF_VIF, ports, links) || own_port(vif, HALF_TAP, ports, links);
}

/* Is the address guarded by its port already? */
static bool has_mac(const struct vif *vif, const uint8_t mac[6], const struct ports *ports,
		    const struct links *links)
{
	for (int half = 0; half < HALF_COUNT; half++) {
		const struct port *port = own_port(vif, half, ports, links);
		struct program_view view;

		if (!port || !program_read(port->program, port->program_len, &view))
			continue;
		for (unsigned int i = 0; i < view.mac_count; i++) {
			if (memcmp(view.macs[i], mac, 6) == 0)
				return true;
		}
	}
	return false;
}

static void fill_minors(const struct resolve_context *ctx)
{
	const struct port *port;
	const struct vif *vif;

	map_for_each(&ctx->vifs->by_key, i, vif)
		class_minors_use(ctx->minors, vif->queue);
	map_for_each(&ctx->ports->by_index, i, port)
		class_minors_use(ctx->minors, program_queue(port->program, port->program_len));
	ctx->minors->filled = true;
}

/* The minor of its class on uplinks: what it has, else what its port has, else a free one. */
static int find_queue(struct vif *vif, const struct resolve_context *ctx, struct problem *problem)
{
	for (int half = 0; half < HALF_COUNT && !vif->queue; half++) {
		const struct port *port = own_port(vif, half, ctx->ports, ctx->links);

		if (port)
			vif->queue = program_queue(port->program, port->program_len);
	}
	if (!vif->queue) {
		if (!ctx->minors->filled)
			fill_minors(ctx);
		vif->queue = class_minors_take(ctx->minors);
	}
	return vif->queue ? 0 : problem_set(problem, "no class on the uplinks is free for it; all %u are taken",
					    SHAPING_LAST - SHAPING_FIRST + 1);
}

static const struct acl_object *acl_of(const struct vif *vif, const struct resolve_context *ctx)
{
	return vif->has_acl && ctx->acls ?
	       acl_objects_find(ctx->acls, vif->acl_row, vif->acl_id) : NULL;
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

	if (!policy->has_acl)
		return 0;
	if (!ctx->acls)
		return problem_set(problem, "database: acl: there are no ACLs here");
	object = acl_objects_use(ctx->acls, ctx->acl_rows, policy->acl_row, &text);
	if (!object || object->problem)
		return problem_set(problem, "database: %s",
				   object ? object->problem->text : text.text);
	policy->acl = object->id;
	return 0;
}

/* Policy into vif; -EINVAL with the problem, and vif as it was. */
static int compile(struct vif *vif, const struct port_policy *row, const struct qos_policy *qos,
		   const struct resolve_context *ctx, struct problem *problem)
{
	struct vif_policy policy;
	struct program program;
	const char *uplink;
	uint32_t mtu;
	int r;

	if (vif->oversized)
		return problem_set(problem, "a backend key is longer than %d octets", VIF_VALUE_MAX);
	r = vif_policy_merge(&vif->keys, row, qos, ctx->switches, &policy, problem);
	if (r < 0)
		return r;
	mtu = ctx->uplink_mtu ? ctx->uplink_mtu(policy.sw, &uplink, ctx->arg) : 0;
	if (policy.mtu_given && mtu && policy.mtu > mtu)
		return problem_set(problem, "mtu=%u: more than uplink %s of switch %s carries; at most %u",
				   policy.mtu, uplink, policy.sw, mtu);
	if (policy.uplink.given) {
		r = find_queue(vif, ctx, problem);
		if (r < 0)
			return r;
		policy.queue = vif->queue;
	}
	r = use_acl(&policy, ctx, problem);
	if (r == 0)
		r = compile_vif(&policy, &program, problem);
	if (r < 0)
		return r;
	/* What a closed port would do must be possible, but is not in force. */
	if (policy.closed) {
		program_deinit(&program);
		policy.mac_count = 0;
	}
	program_deinit(&vif->program);
	vif->program = program;
	vif->closed = policy.closed;
	vif->mtu = policy.mtu;
	vif->to_bps = policy.to_bps;
	vif->to_burst = policy.to_burst;
	vif->uplink = policy.uplink;
	strcpy(vif->qos, qos ? qos->name : "");
	strcpy(vif->sw, policy.sw);
	strcpy(vif->vifname, policy.vifname);
	vif->mac_count = policy.mac_count;
	memcpy(vif->macs, policy.macs, sizeof(vif->macs));
	return 0;
}

/*
 * A VIF without a port fails closed. One that has its port keeps it: the last
 * policy that was possible goes on, whoever asked for the impossible is told,
 * and no running VM is cut off by a typing error.
 */
static enum vif_verdict refuse(struct vif *vif, bool in_place, const struct problem *problem)
{
	vif->problem = malloc(sizeof(*vif->problem));
	if (vif->problem)
		*vif->problem = *problem;
	return in_place ? VIF_HELD : VIF_REFUSED;
}

static enum vif_verdict judge(struct vif *vif, const struct port_policy *row,
			      const struct qos_policy *qos,
			      const struct resolve_context *ctx)
{
	const char *bridge = vif->keys.bridge ? vif->keys.bridge : "";
	struct problem problem;
	bool known, in_place;

	if (!vif->asked && !script_is_ours(vif->script) &&
	    !bridge_find_switch(bridge, strlen(bridge), ctx->switches))
		return VIF_FOREIGN;
	if (!vif->exists || (!vif->online && vif->state >= XENBUS_CLOSED))
		return VIF_LEAVING;
	known = identify(vif, ctx) == 0;
	/* The database may have for it what its config lacks. */
	if (!known && ctx->policies)
		return VIF_WAITING;
	in_place = known && ctx->policies && has_port(vif, ctx->ports, ctx->links);
	if (in_place && ctx->unheard) {
		problem_set(&problem, "the policy database has not answered yet; the port keeps the policy it has");
		return refuse(vif, true, &problem);
	}
	if (compile(vif, row, qos, ctx, &problem) < 0)
		return refuse(vif, in_place && ctx->lasting, &problem);
	return known ? VIF_WANTED : VIF_WAITING;
}

bool vif_is_stale(const struct vif *vif, const struct resolve_context *ctx)
{
	const struct qos_policy *qos;
	uint64_t row;

	find_row(vif, ctx, &qos, &row);
	return !vif->resolved || vif->resolved_policy != ctx->policy_generation ||
	       vif->resolved_domain != vif->domain->changes || vif->resolved_row != row ||
	       vif->acl_verdict != acl_verdict(vif, ctx) ||
	       (vif->verdict == VIF_WAITING && vif->domain->fresh);
}

void vif_resolve(struct vif *vif, const struct resolve_context *ctx)
{
	uint64_t generation;
	const struct qos_policy *qos;
	const struct port_policy *row = find_row(vif, ctx, &qos, &generation);

	free(vif->problem);
	vif->problem = NULL;
	vif->verdict = judge(vif, row, qos, ctx);
	vif->has_acl = row && row->has_acl && vif->verdict != VIF_FOREIGN &&
		       vif->verdict != VIF_LEAVING;
	if (vif->has_acl)
		memcpy(vif->acl_row, row->acl, sizeof(vif->acl_row));
	vif->acl_id = acl_of(vif, ctx) ? acl_of(vif, ctx)->id : 0;
	vif->acl_verdict = acl_verdict(vif, ctx);
	vif->problem_digest = vif->problem ? map_name_key(vif->problem->text) : 0;
	/* A new policy does not wait for what the old one failed at. */
	for (int i = 0; i < HALF_COUNT && vif->resolved_row != generation; i++)
		vif->half[i].progress.effort.retry_at = 0;
	vif->resolved = true;
	vif->resolved_policy = ctx->policy_generation;
	vif->resolved_domain = vif->domain->changes;
	vif->resolved_row = generation;
}

static bool comes_first(const struct vif *a, bool a_has_it, const struct vif *b, bool b_has_it)
{
	if (a_has_it != b_has_it)
		return a_has_it;
	return a->domid != b->domid ? a->domid < b->domid : a->devid < b->devid;
}

/* One MAC on one switch; different switches rarely share a key and are checked. */
static uint64_t mac_key(const struct vif *vif, unsigned int i)
{
	uint64_t key = 0;

	memcpy(&key, vif->macs[i], 6);
	return key ^ map_name_key(vif->sw) << 16;
}

/* Are they two identities on one switch, and is the @i-th MAC of @vif one of @other's? */
static bool competes(const struct vif *vif, unsigned int i, const struct vif *other)
{
	if (other == vif || strcmp(other->sw, vif->sw) != 0 ||
	    cookie_equal(&other->cookie, vif->cookie.text, vif->cookie.len))
		return false;
	for (unsigned int j = 0; j < other->mac_count; j++) {
		if (memcmp(other->macs[j], vif->macs[i], 6) == 0)
			return true;
	}
	return false;
}

static int enter_macs(struct map *by_mac, struct vif *vif, const struct ports *ports,
		      const struct links *links)
{
	int r = 0;

	for (unsigned int i = 0; r == 0 && i < vif->mac_count; i++) {
		struct vif *first = map_get(by_mac, mac_key(vif, i));

		if (first && (!competes(vif, i, first) ||
			      !comes_first(vif, has_mac(vif, vif->macs[i], ports, links),
					   first, has_mac(first, vif->macs[i], ports, links))))
			continue;
		r = map_put(by_mac, mac_key(vif, i), vif);
	}
	return r;
}

int vifs_find_rivals(struct vifs *vifs, const struct ports *ports, const struct links *links)
{
	struct map by_mac = {};
	struct vif *vif, *first;
	int r = 0;

	if (!vifs->rivals_stale)
		return 0;
	map_for_each(&vifs->by_key, i, vif) {
		vif->rival = NULL;
		if (vif->verdict == VIF_WANTED && r == 0)
			r = enter_macs(&by_mac, vif, ports, links);
	}
	map_for_each(&vifs->by_key, i, vif) {
		for (unsigned int j = 0; vif->verdict == VIF_WANTED && j < vif->mac_count; j++) {
			first = map_get(&by_mac, mac_key(vif, j));
			if (first && competes(vif, j, first)) {
				vif->rival = first;
				vif->rival_mac = j;
				break;
			}
		}
	}
	map_deinit(&by_mac);
	vifs->rivals_stale = r < 0;
	return r;
}
