// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "uplink/bond-choice.h"
#include "uplink/cable.h"
#include "vifswitchd/plan.h"

#define ANNOUNCE_US	1000000

static void keep(struct plan *plan, uint32_t ifindex)
{
	if (map_put(&plan->kept, ifindex, plan) < 0)
		plan->out_of_memory = true;
}

/* ---- one port, of whatever kind ---- */

static void plan_program(struct plan *plan, const struct op *like, const struct port *port)
{
	const struct wanted_port *want = like->port;

	if (!cookie_equal(&want->cookie, port->cookie, port->cookie_len) ||
	    !port_policy_equal(want->policy, port->policy))
		plan_op(plan, like, OP_PORT_SET);
}

/*
 * What must be so before the port is opened. One that joins goes down for it,
 * because a netdev is renamed and silenced while it is down.
 */
static void plan_link(struct plan *plan, const struct op *like, const struct link *link,
		      const struct port *port)
{
	const struct wanted_port *want = like->port;
	bool joins = want->prepare && !port, closed = want->keep_down && !want->policy;
	struct link_change change = {
		.quiet = joins, .vm_mac = joins && want->vm_mac,
		.down = (joins || closed) && link->flags & IFF_UP,
		.mtu = want->mtu != link->mtu ? want->mtu : 0,
	};

	if (joins && strcmp(want->rename, link->name) != 0)
		strcpy(change.name, want->rename);
	if (change.quiet || change.down || change.mtu)
		plan_op(plan, like, OP_LINK_SET)->link = change;
}

static void plan_shape(struct plan *plan, const struct op *like, const struct link *link,
		       bool joins)
{
	const struct wanted_port *want = like->port;
	const struct progress *done = want->progress;

	if (!want->shaping_known)
		return;
	if (want->shaping.rate_bps ?
	    joins || done->ifindex != link->ifindex || !shaped_is(&done->shaped, &want->shaping) :
	    link->shaped)
		plan_op(plan, like, OP_SHAPE);
}

static void plan_up(struct plan *plan, const struct op *like, const struct link *link, bool joins)
{
	const struct wanted_port *want = like->port;
	bool down = !(link->flags & IFF_UP) || (joins && want->prepare);

	if (down && !(want->keep_down && !want->policy))
		plan_op(plan, like, OP_LINK_SET)->link.up = true;
}

/*
 * What leaves goes by another member of a bond now: the switches outside are told where the
 * addresses are, at most once a second.
 */
static void plan_moved(struct plan *plan, const struct op *like, const struct port *port)
{
	const struct wanted_port *want = like->port;
	const struct progress *progress = want->progress;
	bool same = progress->ifindex == like->ifindex;
	uint64_t at = same && progress->announced ? progress->announced + ANNOUNCE_US : 0;

	if (!port || port->claim != VIFSWITCH_CLAIM_ACTIVE ||
	    want->moves == (same ? progress->moves : 0))
		return;
	if (at <= plan->now)
		plan_op(plan, like, OP_ANNOUNCE);
	else if (!plan->retry_at || at < plan->retry_at)
		plan->retry_at = at;
}

/* A port found in place with the right claim needs nothing. */
static void plan_claim(struct plan *plan, const struct op *like, const struct port *port)
{
	const struct wanted_port *want = like->port;
	bool guarded = port_policy_guards(want->stand == PORT_HELD ? port->policy : want->policy);
	int claimed = want->progress->ifindex == like->ifindex ? want->progress->claimed : -1;

	if (!guarded)
		return;
	if (want->claim < 0 || claimed == want->claim ||
	    (claimed < 0 && port && port->claim == want->claim)) {
		plan_moved(plan, like, port);
		return;
	}
	plan_op(plan, like, OP_CLAIM);
	if (want->claim == VIFSWITCH_CLAIM_ACTIVE)
		plan_op(plan, like, OP_ANNOUNCE);
}

/* May its program go into the kernel? One that names what the port has anyway may. */
static bool acl_ready(const struct facts *facts, const struct wanted_port *want,
		      const struct port *port)
{
	uint32_t id = port_policy_acl(want->policy);
	const struct acl_object *object = id ? acl_objects_get(&facts->acls, id) : NULL;

	return !id || (object && acl_object_in_force(&facts->acls, object)) ||
	       (port && port_policy_acl(port->policy) == id);
}

/* ---- bonds ---- */

/* Those that it has and should not; @all: every one. How many. */
static size_t plan_members_away(const struct facts *facts, struct plan *plan,
				const struct op *like, bool all)
{
	const struct link *member;
	size_t n = 0;

	map_for_each(&facts->links.by_index, i, member) {
		if (member->master != like->ifindex ||
		    (!all && bond_has(like->port->bond, member->name)))
			continue;
		plan_op(plan, like, OP_MEMBER_DEL)->ifindex = member->ifindex;
		n++;
	}
	return n;
}

/* Is any of its members in? Until then those that leave carry on. */
static bool has_one(const struct facts *facts, const struct op *like)
{
	const struct bond *bond = like->port->bond;

	for (size_t i = 0; i < bond->count; i++) {
		const struct link *member = links_by_name(&facts->links, bond->members[i]);

		if (member && member->master == like->ifindex)
			return true;
	}
	return false;
}

static void plan_member_set(struct plan *plan, const struct op *op)
{
	if (!plan_held_back(plan, op->retry))
		plan_op(plan, op, OP_MEMBER_SET);
}

/* One that cannot be had is told of, and the others go in. */
static void plan_members(const struct facts *facts, struct plan *plan, const struct op *like,
			 const struct link *link)
{
	const struct bond *bond = like->port->bond;
	struct bond_queues queues;
	bool left;

	bond_queues_read(&facts->links, link, &queues);
	for (size_t i = 0; i < bond->count; i++) {
		const struct link *member = links_by_name(&facts->links, bond->members[i]);
		struct named_progress *its =
			named_progress_get(&facts->progress, bond->members[i]);
		struct op op = { .other = like->ifindex };

		if (!member || !its)
			continue;
		op.ifindex = member->ifindex;
		op.retry = &its->progress.retry;
		left = bond_leaves(&facts->links, bond, link, member, &facts->oam_faults,
				   plan->now);
		if (member->master == like->ifindex &&
		    bond_member_differs(bond, member, left, &queues, &op.member)) {
			plan_member_set(plan, &op);
			queues.taken |= 1U << op.member.queue;
		} else if (member->master == like->ifindex)
			plan_settled(plan, &op);
		else if (!plan_held_back(plan, &its->progress.retry))
			plan_op(plan, &op, OP_MEMBER_ADD);
	}
}

static void plan_primary(const struct facts *facts, struct plan *plan, const struct op *like,
			 const struct link *link)
{
	uint32_t wanted = bond_choose_primary(&facts->links, like->port->bond, link,
					      &facts->oam_faults, plan->now);

	/* Others know none. */
	if (bond_has_primary(like->port->bond) && link->bond.primary != wanted)
		plan_op(plan, like, OP_BOND_PRIMARY)->other = wanted;
}

/*
 * Members that carry nothing are heard while the port's program sees to it that nothing comes
 * twice: from after it is there until before it goes.
 */
static void plan_all_active(const struct facts *facts, struct plan *plan, const struct op *like,
			    const struct link *link)
{
	const struct port *port = ports_get(&facts->ports, link->ifindex);
	uint32_t wanted = like->port->bond->slb && port &&
			  port_policy_flags(port->policy) & VIFSWITCH_PF_SLB &&
			  port_policy_flags(like->port->policy) & VIFSWITCH_PF_SLB;

	if (bond_has_primary(like->port->bond) && link->bond.known &&
	    link->bond.all_active != wanted)
		plan_op(plan, like, OP_BOND_ALL_ACTIVE)->other = wanted;
}

/* The kernel gives members the bond's MTU: it is theirs, unless its switch says one. */
static void plan_mtu(const struct facts *facts, struct plan *plan, const struct op *like,
		     const struct link *link)
{
	const struct bond *bond = like->port->bond;
	uint32_t least = 0;

	if (like->port->mtu || !bond_is_empty(&facts->links, link))
		return;
	for (size_t i = 0; i < bond->count; i++) {
		const struct link *member = links_by_name(&facts->links, bond->members[i]);

		if (member && (!least || member->mtu < least))
			least = member->mtu;
	}
	if (least && least != link->mtu)
		plan_op(plan, like, OP_LINK_SET)->link.mtu = least;
}

/*
 * What is wanted of a bond in place, in the order in which the kernel takes it: options that
 * it takes at once; those for which it must be down; its mode, without members. False: the
 * rest of the port waits for the next plan, which finds it changed.
 */
static bool plan_bond(const struct facts *facts, struct plan *plan, const struct op *like,
		      const struct link *link)
{
	const struct bond *bond = like->port->bond;
	enum bond_change change = bond_compare(bond, &link->bond);

	if (change == BOND_EMPTY && plan_members_away(facts, plan, like, true))
		return false;
	if (change >= BOND_DOWN && link->flags & IFF_UP) {
		plan_op(plan, like, OP_LINK_SET)->link.down = true;
		return false;
	}
	if (change) {
		plan_op(plan, like, OP_BOND_SET)->settable = bond->settable[change];
		return false;
	}
	if (has_one(facts, like))
		plan_members_away(facts, plan, like, false);
	plan_mtu(facts, plan, like, link);
	plan_members(facts, plan, like, link);
	plan_primary(facts, plan, like, link);
	plan_all_active(facts, plan, like, link);
	return true;
}

/* It is there, and its switch too. */
static void plan_in_place(const struct facts *facts, struct plan *plan, const struct op *like,
			  const struct link *link)
{
	const struct wanted_port *want = like->port;
	const struct port *port = ports_get(&facts->ports, link->ifindex);
	size_t before = plan->count;
	struct link_change end;

	if (!acl_ready(facts, want, port))
		return;
	if ((want->kind == PORT_UPLINK || (want->kind == PORT_SENSOR && !want->create)) &&
	    !(port && port->sw == like->sw))
		plan_op(plan, like, OP_UPLINK_FREE);
	if (port && port->sw != like->sw) {
		plan_op(plan, like, OP_PORT_DEL);
		port = NULL;
	}
	if (want->ageing_ms && link->ageing_ms && (link->ageing_ms != want->ageing_ms ||
						   link->flow_mode != want->flow_mode ||
						   link->loop != want->loop ||
						   !dp_snoop_same(&link->snoop, &want->snoop)))
		plan_op(plan, like, OP_SWITCH_SET);
	plan_link(plan, like, link, port);
	/* A switch is its own port from the start, and dom0 may have none. */
	if (want->kind == PORT_LOCAL && !want->policy) {
		if (port && port->policy)
			plan_op(plan, like, OP_PORT_DEL);
	} else if (port) {
		plan_program(plan, like, port);
	} else {
		plan_op(plan, like, want->kind == PORT_LOCAL ? OP_PORT_SET : OP_PORT_NEW);
	}
	plan_shape(plan, like, link, !port);
	plan_up(plan, like, link, !port);
	if (want->cable && cable_differs(want->cable, links_get(&facts->links, link->lower), &end))
		plan_op(plan, &(struct op){ .retry = like->retry, .ifindex = link->lower },
			OP_LINK_SET)->link = end;
	plan_claim(plan, like, port);
	if (plan->count == before)
		plan_settled(plan, like);
}

/* Its policy is impossible: what is in place stays, and nothing new is opened. */
static void plan_held(const struct facts *facts, struct plan *plan, struct op *like,
		      const struct link *link)
{
	const struct port *port = ports_get(&facts->ports, link->ifindex);

	if (!port || !cookie_equal(&like->port->cookie, port->cookie, port->cookie_len))
		return;
	keep(plan, link->ifindex);
	like->sw = port->sw;
	plan_claim(plan, like, port);
}

static const struct link *link_of(const struct links *links, const struct wanted_port *want)
{
	return want->netdev ? links_by_name(links, want->netdev) :
	       links_by_half(links, want->vif->seen.domid, want->vif->seen.devid, want->half);
}

/* Until there is a bond to go into, members that are uplinks by themselves carry on. */
static void keep_members(const struct facts *facts, struct plan *plan, const struct bond *bond)
{
	for (size_t i = 0; i < bond->count; i++) {
		const struct link *link = links_by_name(&facts->links, bond->members[i]);
		const struct port *port = link ? ports_get(&facts->ports, link->ifindex) : NULL;

		if (port && cookie_kind(port->cookie, port->cookie_len) == COOKIE_UPLINK)
			keep(plan, port->ifindex);
	}
}

static void plan_port(const struct facts *facts, struct plan *plan, const struct wanted_port *want)
{
	const struct link *link = link_of(&facts->links, want);
	const struct link *sw = links_switch(&facts->links, want->sw);
	/* Something else may have the name: making it fails, and says so. */
	bool make = want->create && (!link || strcmp(link->kind, want->create->kind) != 0 ||
				     (want->kind == PORT_LOCAL && !link->is_switch) ||
				     (want->create->alias && !link->ours));
	struct op like = {
		.port = want, .retry = &want->progress->retry,
		.ifindex = make || !link ? 0 : link->ifindex, .sw = sw ? sw->ifindex : 0,
	};

	if (link && want->stand == PORT_HELD) {
		plan_held(facts, plan, &like, link);
		return;
	}
	/* What we made goes when it is to be none of ours: the next of its name is another. */
	if (link && (bond_is_ours(link) || cable_is_ours(link)) && want->stand == PORT_WANTED &&
	    !want->create)
		return;
	if (link)
		keep(plan, link->ifindex);
	if (make && want->bond)
		keep_members(facts, plan, want->bond);
	if (want->stand != PORT_WANTED || !(link || make))
		return;
	if (want->progress->ifindex == like.ifindex &&
	    want->progress->generation == want->generation &&
	    plan_held_back(plan, &want->progress->retry))
		return;
	if (make)
		plan_op(plan, &like, OP_LINK_NEW);
	else if (sw && (!want->bond || plan_bond(facts, plan, &like, link)))
		plan_in_place(facts, plan, &like, link);
}

/* ---- what is not a wanted port's ---- */

/* Is its output a closed port by then? */
static bool output_comes(const struct facts *facts, const struct plan *plan,
			 const struct mirror_use *use)
{
	uint32_t ifindex = use->spec.output_port;
	const struct port *port = ports_get(&facts->ports, ifindex);

	if (!ifindex || (port && port->sw == use->sw_ifindex && !port->policy))
		return true;
	for (size_t i = 0; i < plan->count; i++)
		if (plan->ops[i].ifindex == ifindex &&
		    (plan->ops[i].code == OP_PORT_NEW || plan->ops[i].code == OP_PORT_SET))
			return true;
	return false;
}

static void plan_mirrors(const struct facts *facts, struct plan *plan)
{
	if (!facts->mirrors.supported || !facts->ports.complete)
		return;
	for (struct mirror_use *use = facts->mirrors.uses; use; use = use->next) {
		struct op like = { .retry = &use->retry, .sw = use->sw_ifindex, .mirror = use };

		if (use->ready && use->sw_ifindex && output_comes(facts, plan, use) &&
		    !mirror_use_in_force(&facts->mirrors, use) &&
		    !plan_held_back(plan, &use->retry))
			plan_op(plan, &like, OP_MIRROR_SET);
	}
}

/* Is that port to be open? As long as it is a mirror's output, it cannot be. */
static bool wanted_open(const struct facts *facts, const struct wanted *wanted, uint32_t ifindex)
{
	for (size_t i = 0; ifindex && i < wanted->count; i++) {
		const struct wanted_port *want = &wanted->ports[i];
		const struct link *link = link_of(&facts->links, want);

		if (want->stand == PORT_WANTED && want->policy && link && link->ifindex == ifindex)
			return true;
	}
	return false;
}

/*
 * Its row is gone; or it copies to a port that is not its output any more, and the one
 * that is cannot be had. One that waits for its own output stays, and counts on.
 */
static bool is_stale(const struct facts *facts, const struct wanted *wanted,
		     const struct kernel_mirror *k)
{
	const struct mirror_use *use = mirrors_kernel_use(&facts->mirrors, k);

	if (!k->ours)
		return false;
	return !use || (!use->ready && wanted_open(facts, wanted, k->spec.output_port));
}

/* Before the ports that they went to: those may be opened then. */
static void plan_stale_mirrors(const struct facts *facts, const struct wanted *wanted,
			       struct plan *plan)
{
	const struct mirrors *all = &facts->mirrors;

	for (size_t i = 0; all->known && facts->ports.complete && i < all->kernel_count; i++) {
		struct kernel_mirror *k = all->kernel[i];
		struct op like = { .retry = &k->retry, .sw = k->sw, .mirror_number = k->number };

		if (is_stale(facts, wanted, k) && !plan_held_back(plan, &k->retry))
			plan_op(plan, &like, OP_MIRROR_DEL);
	}
}

/* Netdevs that we made for mirrors, as bonds and as switches, be they ports or not yet. */
static void plan_stale_links(const struct facts *facts, const struct wanted *wanted,
			     struct plan *plan)
{
	const struct link *link;

	map_for_each(&facts->links.by_index, i, link) {
		struct named_progress *its = !link->is_switch ? NULL :
					     named_progress_get(&facts->progress, link->name);
		struct op like = { .ifindex = link->ifindex,
				   .retry = its ? &its->progress.retry : NULL };

		if (wanted_stale_link(facts, wanted, link) &&
		    !map_get(&plan->kept, link->ifindex) &&
		    !(its && plan_held_back(plan, &its->progress.retry))) {
			plan_op(plan, &like, OP_LINK_DEL);
			keep(plan, link->ifindex);
		}
	}
}

static void plan_network(const struct network_step *step, void *arg)
{
	const struct op like = { .retry = step->retry, .network = *step };
	struct plan *plan = arg;

	if (!plan_held_back(plan, step->retry))
		plan_op(plan, &like, OP_NETWORK);
}

static void plan_acls(const struct facts *facts, struct plan *plan)
{
	struct acl_object *object;

	map_for_each(&facts->acls.by_id, i, object) {
		struct op like = { .retry = &object->retry, .acl = object };

		if (object->wanted && object->blob &&
		    !acl_object_in_force(&facts->acls, object) &&
		    !plan_held_back(plan, &object->retry))
			plan_op(plan, &like, OP_ACL_LOAD);
	}
}

/* Only what carries a cookie of ours; until all is known somebody may yet want it. */
static void plan_stale_acls(const struct facts *facts, const struct wanted *wanted,
			    struct plan *plan)
{
	struct kernel_acl *k;

	if (!wanted->vifs_known || !facts->ports.complete || !wanted->uplinks_known)
		return;
	map_for_each(&facts->acls.in_kernel, i, k) {
		const struct acl_object *object = acl_objects_get(&facts->acls, k->id);
		struct op like = { .retry = &k->retry, .acl_id = k->id };

		if (k->ours && !k->named && !(object && object->wanted) &&
		    !plan_held_back(plan, &k->retry))
			plan_op(plan, &like, OP_ACL_DEL);
	}
}

/*
 * Ports we made whose VM or uplink is gone, or may not have one. Only what
 * carries a cookie of ours is touched, and nothing before XenStore was read
 * once from end to end.
 */
static void plan_stale(const struct facts *facts, const struct wanted *wanted, struct plan *plan)
{
	const struct port *port;

	if (!wanted->vifs_known)
		return;
	map_for_each(&facts->ports.by_index, i, port) {
		enum cookie_kind kind = cookie_kind(port->cookie, port->cookie_len);
		const struct link *link = links_get(&facts->links, port->ifindex);
		const struct op like = { .ifindex = port->ifindex };

		if (!wanted_knows(wanted, kind) || map_get(&plan->kept, port->ifindex) ||
		    (link && relay_goes(link) && !wanted->places_known))
			continue;
		/* Classes are a switch's: the netdev is somebody else's from now on. */
		if (kind == COOKIE_UPLINK && link && link->shaped)
			plan_op(plan, &like, OP_SHAPE);
		plan_op(plan, &like, OP_PORT_DEL);
	}
}

/* The operations from @first on are found last but come first. */
static void deletes_first(struct plan *plan, size_t first)
{
	struct op *sorted;

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

int plan_make(const struct facts *facts, const struct wanted *wanted, uint64_t now,
	      struct plan *plan)
{
	size_t wishes;

	plan->count = 0;
	plan->retry_at = 0;
	plan->now = now;
	plan->out_of_memory = false;
	map_clear(&plan->kept);
	if (!facts->links.complete)
		return 0;
	plan_acls(facts, plan);
	for (size_t i = 0; i < wanted->count; i++) {
		if (i == wanted->sensors_end)
			plan_mirrors(facts, plan);
		plan_port(facts, plan, &wanted->ports[i]);
	}
	if (wanted->count == wanted->sensors_end)
		plan_mirrors(facts, plan);
	networks_steps(facts, plan_network, plan);
	plan_stale_acls(facts, wanted, plan);
	wishes = plan->count;
	plan_stale_mirrors(facts, wanted, plan);
	networks_stale(facts, plan_network, plan);
	plan_stale_links(facts, wanted, plan);
	plan_stale(facts, wanted, plan);
	deletes_first(plan, wishes);
	return plan->out_of_memory ? -ENOMEM : 0;
}

void plan_deinit(struct plan *plan)
{
	free(plan->ops);
	map_deinit(&plan->kept);
	*plan = (struct plan){};
}
