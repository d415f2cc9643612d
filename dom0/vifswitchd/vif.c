// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "vifswitchd/vif.h"

struct vif *vifs_get(const struct vifs *vifs, uint32_t domid, uint32_t devid)
{
	return map_get(&vifs->by_key, vif_key(domid, devid));
}

void vif_half_reset(struct vif_half *half, uint32_t ifindex)
{
	effort_reset(&half->effort);
	half->ifindex = ifindex;
	half->claimed = -1;
	half->reported = 0;
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
		vif_half_reset(&vif->half[i], 0);
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
		effort_reset(&vif->half[i].effort);
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

/* Policy into vif; -EINVAL with the problem. */
static int compile(struct vif *vif, const struct resolve_context *ctx, struct problem *problem)
{
	struct vif_policy policy;
	struct program program;
	const char *uplink;
	uint32_t mtu;
	int r;

	if (vif->oversized)
		return problem_set(problem, "a backend key is longer than %d octets", VIF_VALUE_MAX);
	r = vif_policy_parse(&vif->keys, ctx->switches, &policy, problem);
	if (r < 0)
		return r;
	mtu = ctx->uplink_mtu ? ctx->uplink_mtu(policy.sw, &uplink, ctx->arg) : 0;
	if (policy.mtu_given && mtu && policy.mtu > mtu)
		return problem_set(problem, "mtu=%u: more than uplink %s of switch %s carries; at most %u",
				   policy.mtu, uplink, policy.sw, mtu);
	r = compile_vif(&policy, &program, problem);
	if (r < 0)
		return r;
	program_deinit(&vif->program);
	vif->program = program;
	vif->mtu = policy.mtu;
	strcpy(vif->sw, policy.sw);
	strcpy(vif->vifname, policy.vifname);
	memcpy(vif->mac, policy.mac, 6);
	return 0;
}

static enum vif_verdict judge(struct vif *vif, const struct resolve_context *ctx)
{
	const char *bridge = vif->keys.bridge ? vif->keys.bridge : "";
	struct problem problem;

	if (!vif->asked && !script_is_ours(vif->script) &&
	    !bridge_find_switch(bridge, strlen(bridge), ctx->switches))
		return VIF_FOREIGN;
	if (!vif->exists || (!vif->online && vif->state >= XENBUS_CLOSED))
		return VIF_LEAVING;
	if (compile(vif, ctx, &problem) < 0) {
		vif->problem = malloc(sizeof(*vif->problem));
		if (vif->problem)
			*vif->problem = problem;
		return VIF_REFUSED;
	}
	return identify(vif, ctx) < 0 ? VIF_WAITING : VIF_WANTED;
}

void vif_resolve(struct vif *vif, const struct resolve_context *ctx)
{
	free(vif->problem);
	vif->problem = NULL;
	vif->verdict = judge(vif, ctx);
	vif->problem_digest = vif->problem ? map_name_key(vif->problem->text) : 0;
	vif->resolved = true;
	vif->resolved_policy = ctx->policy_generation;
	vif->resolved_domain = vif->domain->changes;
}

static bool has_port(const struct vif *vif, const struct ports *ports, const struct links *links)
{
	for (int i = 0; i < HALF_COUNT; i++) {
		const struct link *link = links_by_half(links, vif->domid, vif->devid, i);
		const struct port *port = link ? ports_get(ports, link->ifindex) : NULL;

		if (port && cookie_equal(&vif->cookie, port->cookie, port->cookie_len))
			return true;
	}
	return false;
}

static bool comes_first(const struct vif *a, bool a_has_port, const struct vif *b, bool b_has_port)
{
	if (a_has_port != b_has_port)
		return a_has_port;
	return a->domid != b->domid ? a->domid < b->domid : a->devid < b->devid;
}

/* One MAC on one switch; different switches rarely share a key and are checked. */
static uint64_t mac_key(const struct vif *vif)
{
	uint64_t key = 0;

	memcpy(&key, vif->mac, 6);
	return key ^ map_name_key(vif->sw) << 16;
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
		if (vif->verdict != VIF_WANTED)
			continue;
		first = map_get(&by_mac, mac_key(vif));
		if (first && (strcmp(first->sw, vif->sw) != 0 ||
			      memcmp(first->mac, vif->mac, 6) != 0 ||
			      cookie_equal(&first->cookie, vif->cookie.text, vif->cookie.len)))
			continue;
		if (!first || comes_first(vif, has_port(vif, ports, links),
					  first, has_port(first, ports, links)))
			r = map_put(&by_mac, mac_key(vif), vif);
		if (r < 0)
			break;
	}
	map_for_each(&vifs->by_key, i, vif) {
		first = vif->verdict == VIF_WANTED ? map_get(&by_mac, mac_key(vif)) : NULL;
		if (first && first != vif && strcmp(first->sw, vif->sw) == 0 &&
		    memcmp(first->mac, vif->mac, 6) == 0 &&
		    !cookie_equal(&first->cookie, vif->cookie.text, vif->cookie.len))
			vif->rival = first;
	}
	map_deinit(&by_mac);
	vifs->rivals_stale = r < 0;
	return r;
}
