// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "datapath/ko/acl-use.h"
#include "vifswitchd/plan.h"

static struct op *plan_op(struct plan *plan, const struct op *like, enum op_kind kind)
{
	static struct op scratch;	/* written when out of memory, never read */

	if (plan->count == plan->size) {
		size_t size = plan->size ? plan->size * 2 : 64;
		struct op *ops = realloc(plan->ops, size * sizeof(*ops));

		if (!ops) {
			plan->out_of_memory = true;
			return &scratch;
		}
		plan->ops = ops;
		plan->size = size;
	}
	plan->ops[plan->count] = *like;
	plan->ops[plan->count].kind = kind;
	return &plan->ops[plan->count++];
}

/* True if an owner that failed lately must wait. */
static bool held_back(struct plan *plan, const struct effort *effort, uint64_t now)
{
	if (effort->retry_at <= now)
		return false;
	if (!plan->retry_at || effort->retry_at < plan->retry_at)
		plan->retry_at = effort->retry_at;
	return true;
}

static void keep(struct plan *plan, uint32_t ifindex)
{
	if (map_put(&plan->kept, ifindex, plan) < 0)
		plan->out_of_memory = true;
}

static void plan_port_del(struct plan *plan, const struct op *like, uint32_t ifindex)
{
	plan_op(plan, like, OP_PORT_DEL)->ifindex = ifindex;
}

static void plan_port_set(struct plan *plan, const struct op *like, const struct port *port,
			  const struct program *program)
{
	struct op *op;

	if (port && cookie_equal(&like->cookie, port->cookie, port->cookie_len) &&
	    program_equal(program, port->program, port->program_len))
		return;
	op = plan_op(plan, like, OP_PORT_SET);
	op->program = program;
}

static void plan_switch(struct facts *facts, uint64_t now, struct plan *plan,
			struct cfg_switch *sw)
{
	const struct link *link = links_by_name(&facts->links, sw->name);
	struct op like = { .owner = OWNER_SWITCH, .effort = &sw->effort, .name = sw->name };
	const struct port *port;

	if (link)
		keep(plan, link->ifindex);
	if (held_back(plan, &sw->effort, now))
		return;
	/* Something else has the name: SWITCH_NEW fails and says so. */
	if (!link || !link->is_switch) {
		plan_op(plan, &like, OP_SWITCH_NEW);
		return;
	}
	like.ifindex = like.sw = link->ifindex;
	if (sw->mtu && link->mtu != sw->mtu)
		plan_op(plan, &like, OP_LINK_SET)->link.mtu = sw->mtu;
	if (sw->actual_ageing_ms && sw->actual_ageing_ms != sw->ageing_ms)
		plan_op(plan, &like, OP_SWITCH_AGEING)->ageing_ms = sw->ageing_ms;
	port = ports_get(&facts->ports, link->ifindex);
	cookie_for_local(&like.cookie);
	if (sw->local.len)
		plan_port_set(plan, &like, port, &sw->local);
	else if (port && port->program_len)
		plan_port_del(plan, &like, link->ifindex);
	if (!(link->flags & IFF_UP))
		plan_op(plan, &like, OP_LINK_SET)->link.up = true;
}

/* Not before all VMs that might have classes are known. */
static void plan_classes(struct facts *facts, struct plan *plan, const struct op *like,
			 const struct cfg_switch *sw, const struct link *link)
{
	struct uplink_shape *shape = like->shape;
	struct op *op;

	if (facts->uplinks_unknown || !facts->vifs.complete)
		return;
	if (uplink_shape_make(facts, sw, link, shape) < 0) {
		plan->out_of_memory = true;
		return;
	}
	if (shape->rate_bps ? uplink_shape_is_applied(shape, link->ifindex) : !link->shaped)
		return;
	op = plan_op(plan, like, OP_SHAPE);
	op->shaping = (struct shaping){
		.rate_bps = shape->rate_bps, .classes = shape->classes, .count = shape->count,
	};
}

static void plan_uplink(struct facts *facts, uint64_t now, struct plan *plan,
			struct cfg_switch *sw, struct cfg_uplink *uplink)
{
	const struct link *master = links_switch(&facts->links, sw->name);
	const struct link *link = links_by_name(&facts->links, uplink->name);
	struct op like = {
		.owner = OWNER_UPLINK, .effort = &uplink->effort, .name = uplink->name,
		.shape = &uplink->shape,
	};
	const struct port *port;

	if (!link || !master)
		return;
	keep(plan, link->ifindex);
	if (held_back(plan, &uplink->effort, now))
		return;
	like.ifindex = link->ifindex;
	like.sw = master->ifindex;
	cookie_for_uplink(&like.cookie, uplink->name);
	port = ports_get(&facts->ports, link->ifindex);
	if (port && port->sw != master->ifindex) {
		plan_port_del(plan, &like, link->ifindex);
		port = NULL;
	}
	if (sw->mtu && link->mtu != sw->mtu)
		plan_op(plan, &like, OP_LINK_SET)->link.mtu = sw->mtu;
	if (!port)
		plan_op(plan, &like, OP_PORT_NEW)->program = &uplink->program;
	else
		plan_port_set(plan, &like, port, &uplink->program);
	plan_classes(facts, plan, &like, sw, link);
	if (!(link->flags & IFF_UP))
		plan_op(plan, &like, OP_LINK_SET)->link.up = true;
}

static void plan_shape(struct plan *plan, const struct op *like, const struct vif *vif)
{
	struct op *op = plan_op(plan, like, OP_SHAPE);

	op->shaping = (struct shaping){ .rate_bps = vif->to_bps, .burst = vif->to_burst };
}

static void plan_join(struct plan *plan, const struct op *like, const struct vif *vif,
		      const struct link *link)
{
	struct link_change *change = &plan_op(plan, like, OP_LINK_SET)->link;

	change->quiet = true;
	change->down = link->flags & IFF_UP;
	if (link->mtu != vif->mtu)
		change->mtu = vif->mtu;
	if (like->half == HALF_TAP)
		change->vm_mac = true;
	if (vif->vifname[0]) {
		char name[IFNAMSIZ + 4];

		strcpy(name, vif->vifname);
		if (like->half == HALF_TAP)
			strcat(name, "-emu");
		if (strlen(name) < IFNAMSIZ && strcmp(name, link->name) != 0)
			strcpy(change->name, name);
	}
	plan_op(plan, like, OP_PORT_NEW)->program = &vif->program;
	if (vif->to_bps)
		plan_shape(plan, like, vif);
	if (!vif->closed)
		plan_op(plan, like, OP_LINK_SET)->link.up = true;
}

/*
 * Who the VM's address belongs to now. Active when the frontend is connected,
 * dormant while the VM is suspended for a migration; in between the kernel
 * decides by what the VM sends, and what it decided is not undone. A port found
 * in place with the right claim needs nothing.
 */
static void plan_claim(struct plan *plan, const struct op *like, const struct vif *vif,
		       const struct vif_half *half, const struct port *port)
{
	bool guarded = vif->verdict == VIF_HELD || vif->rival ?
		       program_guards(port->program, port->program_len) : vif->mac_count > 0;
	int claim = vif->domain->suspended ? VIFSWITCH_CLAIM_DORMANT : VIFSWITCH_CLAIM_ACTIVE;
	int claimed = half->ifindex == like->ifindex ? half->claimed : -1;

	if (!guarded || like->half != HALF_VIF || vif->state != XENBUS_CONNECTED ||
	    vif->domain->dying)
		return;
	if (claimed == claim)
		return;
	if (claimed < 0 && port && port->claim == claim)
		return;
	plan_op(plan, like, OP_CLAIM)->claim = claim;
	if (claim == VIFSWITCH_CLAIM_ACTIVE)
		plan_op(plan, like, OP_ANNOUNCE);
}

/* Its policy is impossible: what is in place stays, and nothing new is opened. */
static void plan_held(struct facts *facts, struct plan *plan, struct vif *vif, struct op *like,
		      const struct link *link)
{
	const struct port *port = ports_get(&facts->ports, link->ifindex);

	if (!port || !cookie_equal(&vif->cookie, port->cookie, port->cookie_len))
		return;
	keep(plan, link->ifindex);
	like->ifindex = link->ifindex;
	like->sw = port->sw;
	plan_claim(plan, like, vif, &vif->half[like->half], port);
}

/* In place, with what differs. */
static void plan_change(struct plan *plan, const struct op *like, const struct vif *vif,
			const struct link *link, const struct port *port)
{
	const struct vif_half *half = &vif->half[like->half];
	bool up = link->flags & IFF_UP;

	if (vif->closed && up)
		plan_op(plan, like, OP_LINK_SET)->link.down = true;
	plan_port_set(plan, like, port, &vif->program);
	if (link->mtu != vif->mtu)
		plan_op(plan, like, OP_LINK_SET)->link.mtu = vif->mtu;
	if (vif->to_bps ? half->ifindex != like->ifindex || half->shaped_bps != vif->to_bps ||
			  half->shaped_burst != vif->to_burst : link->shaped)
		plan_shape(plan, like, vif);
	if (!vif->closed && !up)
		plan_op(plan, like, OP_LINK_SET)->link.up = true;
}

static void plan_acls(struct facts *facts, uint64_t now, struct plan *plan)
{
	struct acl_object *object;

	acl_users_note(facts);
	map_for_each(&facts->acls.by_id, i, object) {
		struct op like = {
			.owner = OWNER_ACL, .effort = &object->effort, .name = object->name,
		};

		if (!object->wanted || !object->blob ||
		    acl_object_in_force(&facts->acls, object) ||
		    held_back(plan, &object->effort, now))
			continue;
		plan_op(plan, &like, OP_ACL_LOAD)->acl = object;
	}
}

/* Only what carries a cookie of ours; until all is known somebody may yet want it. */
static void plan_stale_acls(struct facts *facts, uint64_t now, struct plan *plan)
{
	struct kernel_acl *k;

	if (!facts->vifs.complete || !facts->ports.complete || facts->uplinks_unknown)
		return;
	map_for_each(&facts->acls.in_kernel, i, k) {
		const struct acl_object *object = acl_objects_get(&facts->acls, k->id);
		struct op like = { .owner = OWNER_ACL, .effort = &k->effort };

		if (k->ours && !k->named && !(object && object->wanted) &&
		    !held_back(plan, &k->effort, now))
			plan_op(plan, &like, OP_ACL_DEL)->acl_id = k->id;
	}
}

/* May its program go into the kernel? One that names what the port has anyway may. */
static bool acl_ready(const struct facts *facts, const struct vif *vif, const struct port *port)
{
	uint32_t id = program_acl(vif->program.blob, vif->program.len);
	const struct acl_object *object = id ? acl_objects_get(&facts->acls, id) : NULL;

	return !id || (object && acl_object_in_force(&facts->acls, object)) ||
	       (port && program_acl(port->program, port->program_len) == id);
}

static void plan_half(struct facts *facts, uint64_t now, struct plan *plan, struct vif *vif,
		      enum half which)
{
	const struct link *link = links_by_half(&facts->links, vif->domid, vif->devid, which);
	struct vif_half *half = &vif->half[which];
	struct op like = {
		.owner = OWNER_VIF, .effort = &half->effort, .vif = vif, .half = which,
	};
	const struct port *port;
	const struct link *sw;

	if (!link)
		return;
	/* A rival that had the address first closes no port that is in place. */
	if (vif->resolved && !half->released &&
	    (vif->verdict == VIF_HELD || (vif->verdict == VIF_WANTED && vif->rival))) {
		plan_held(facts, plan, vif, &like, link);
		return;
	}
	sw = links_switch(&facts->links, vif->sw);
	/* Until it is judged, what is in place stays in place. */
	if (!vif->resolved || vif->verdict == VIF_WAITING || (vif_wants_port(vif, which) && !sw))
		keep(plan, link->ifindex);
	if (!vif->resolved || !vif_wants_port(vif, which) || !sw)
		return;
	keep(plan, link->ifindex);
	if (half->ifindex == link->ifindex && held_back(plan, &half->effort, now))
		return;
	like.ifindex = link->ifindex;
	like.sw = sw->ifindex;
	like.cookie = vif->cookie;
	port = ports_get(&facts->ports, link->ifindex);
	if (!acl_ready(facts, vif, port))
		return;
	if (port && port->sw != sw->ifindex) {
		plan_port_del(plan, &like, link->ifindex);
		port = NULL;
	}
	if (!port)
		plan_join(plan, &like, vif, link);
	else
		plan_change(plan, &like, vif, link, port);
	plan_claim(plan, &like, vif, half, port);
}

/*
 * Ports we made whose VM or uplink is gone, or may not have one. Only what
 * carries a cookie of ours is touched, and nothing before XenStore was read
 * once from end to end.
 */
static void plan_stale(struct facts *facts, struct plan *plan)
{
	static const struct op like = { .owner = OWNER_NONE };
	const struct port *port;

	if (!facts->vifs.complete || !facts->links.complete)
		return;
	map_for_each(&facts->ports.by_index, i, port) {
		enum cookie_kind kind = cookie_kind(port->cookie, port->cookie_len);

		/* Until its database was heard nobody knows all uplinks. */
		if ((kind == COOKIE_VIF || (kind == COOKIE_UPLINK && !facts->uplinks_unknown)) &&
		    !map_get(&plan->kept, port->ifindex)) {
			const struct link *link = links_get(&facts->links, port->ifindex);

			/* Classes are a switch's: the netdev is somebody else's from now on. */
			if (kind == COOKIE_UPLINK && link && link->shaped)
				plan_op(plan, &like, OP_SHAPE)->ifindex = port->ifindex;
			plan_port_del(plan, &like, port->ifindex);
		}
	}
}

/* Operations of OWNER_NONE (stale ports) are found last but come first. */
static void deletes_first(struct plan *plan)
{
	size_t first = plan->count;
	struct op *sorted;

	while (first > 0 && plan->ops[first - 1].owner == OWNER_NONE)
		first--;
	if (first == 0 || first == plan->count)
		return;
	sorted = malloc(plan->size * sizeof(*sorted));
	if (!sorted) {
		plan->out_of_memory = true;
		return;
	}
	memcpy(sorted, plan->ops + first, (plan->count - first) * sizeof(*sorted));
	memcpy(sorted + plan->count - first, plan->ops, first * sizeof(*sorted));
	free(plan->ops);
	plan->ops = sorted;
}

int plan_make(struct facts *facts, uint64_t now, struct plan *plan)
{
	struct vif *vif;

	plan->count = 0;
	plan->retry_at = 0;
	plan->out_of_memory = false;
	map_clear(&plan->kept);
	if (!facts->links.complete)
		return 0;
	for (size_t i = 0; i < facts->config.count; i++)
		plan_switch(facts, now, plan, &facts->config.switches[i]);
	for (size_t i = 0; i < facts->config.count; i++) {
		struct cfg_switch *sw = &facts->config.switches[i];

		for (size_t j = 0; j < sw->uplink_count; j++)
			plan_uplink(facts, now, plan, sw, &sw->uplinks[j]);
	}
	if (vifs_find_rivals(&facts->vifs, &facts->ports, &facts->links) < 0)
		plan->out_of_memory = true;
	plan_acls(facts, now, plan);
	map_for_each(&facts->vifs.by_key, i, vif) {
		for (int half = 0; half < HALF_COUNT; half++)
			plan_half(facts, now, plan, vif, half);
	}
	plan_stale_acls(facts, now, plan);
	plan_stale(facts, plan);
	deletes_first(plan);
	return plan->out_of_memory ? -ENOMEM : 0;
}

void plan_deinit(struct plan *plan)
{
	free(plan->ops);
	map_deinit(&plan->kept);
	*plan = (struct plan){};
}
