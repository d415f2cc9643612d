// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What succeeded is entered into the facts at once, without waiting for the
 * kernel's messages about it; those then change nothing. Otherwise a plan made
 * in between would do it again.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/uuid.h"
#include "datapath/links/host-network.h"
#include "uplink/bond-link.h"
#include "uplink/bond.h"
#include "uplink/uplink-loop.h"
#include "vifswitchd/apply.h"

static int enter_port(const struct dp_port *dp, void *arg)
{
	struct apply *apply = arg;
	struct port *port = ports_update(&apply->facts->ports, dp->sw, dp->ifindex, dp->policy,
					 dp->cookie, dp->cookie_len);
	if (!port)
		return -ENOMEM;
	port->flags = dp->flags;
	port->claim = dp->claim;
	uplink_loop_note(port, dp, &apply->facts->links);
	return 0;
}

static int enter_switch(const struct dp_switch *dp, void *arg)
{
	struct apply *apply = arg;
	struct link *link = links_get(&apply->facts->links, dp->ifindex);

	if (link)
		link_of_switch(link, dp);
	networks_underlay_is(&apply->facts->networks, dp->ifindex, dp->underlay, dp->underlay_len);
	return 0;
}

static int enter_acl(const struct dp_acl *dp, void *arg)
{
	struct apply *apply = arg;

	return acl_objects_told(&apply->facts->acls, dp);
}

/* A module without ACLs has none. */
static int read_acls(struct apply *apply)
{
	int r;

	acl_objects_mark(&apply->facts->acls);
	r = apply->ops->acl_dump(apply->dp, enter_acl, apply);
	if (r == -EOPNOTSUPP)
		r = 0;
	if (r == 0 || r == -EPROTONOSUPPORT)
		acl_objects_sweep_kernel(&apply->facts->acls);
	return r;
}

static int enter_mirror(const struct dp_mirror *dp, void *arg)
{
	struct apply *apply = arg;

	mirrors_enter(&apply->facts->mirrors, dp);
	return 0;
}

int apply_read_mirrors(struct apply *apply)
{
	struct mirrors *mirrors = &apply->facts->mirrors;
	int r = 0;

	mirrors_mark(mirrors);
	if (apply->facts->module.features & VIFSWITCH_FEATURE_MIRRORS)
		r = apply->ops->mirror_dump(apply->dp, enter_mirror, apply);
	if (r == -EOPNOTSUPP)
		r = 0;
	if (r == 0 || r == -EPROTONOSUPPORT)
		mirrors_sweep(mirrors);
	return r;
}

static void enter_module(struct apply *apply)
{
	const struct dp_module *module = apply->ops->module(apply->dp);

	apply->facts->module = module ? *module : (struct dp_module){ .features = ~0ULL };
}

int apply_read_ports(struct apply *apply)
{
	struct ports *ports = &apply->facts->ports;
	int r;

	apply->ops->switch_dump(apply->dp, enter_switch, apply);
	ports_mark(ports);
	r = apply->ops->port_dump(apply->dp, 0, enter_port, apply);
	if (r == 0 || r == -EPROTONOSUPPORT) {
		int acls;

		ports_sweep(ports);
		acls = read_acls(apply);
		r = r ? r : acls;
	}
	enter_module(apply);
	r = r ?: apply_read_mirrors(apply);
	r = r ?: networks_refresh(apply->facts, apply->ops, apply->dp);
	ports->complete = r == 0;
	apply->ports_stale = r < 0 && r != -EPROTONOSUPPORT;
	return r;
}

int apply_read_port(struct apply *apply, uint32_t ifindex)
{
	int r = apply->ops->port_get(apply->dp, ifindex, enter_port, apply);

	if (r == -ENOENT || r == -ENODEV || r == -EPROTONOSUPPORT) {
		ports_remove(&apply->facts->ports, ifindex);
		r = 0;
	}
	return r;
}

/* ---- the operations ---- */

/* Why it failed, in other words than the kernel's. */
static void explain(struct apply *apply, char *why)
{
	free(apply->why);
	apply->why = why;
}

static int link_new(struct apply *apply, const struct op *op)
{
	const struct link_spec *create = op->port->create;
	const struct link *other = links_by_name(apply->rtnl->links, create->name);
	int r = create->alias && other ? -EEXIST :
		switch_or_link_new(apply->ops, apply->dp, apply->rtnl, create);

	explain(apply, r >= 0 ? NULL : op->port->network ?
		network_device_rival(op->port->network, apply->rtnl->links) :
		r == -EEXIST ? bond_link_rival(other, create) : NULL);
	if (r < 0)
		return r;
	apply->ports_stale = true;
	/* The new netdev's message has its ifindex, without which nothing goes on. */
	return rtnl_events(apply->rtnl) < 0 ? -EIO : 0;
}

static int link_set(struct apply *apply, const struct op *op)
{
	const struct link *old = links_get(apply->rtnl->links, op->ifindex);
	struct link link;
	int r = rtnl_set(apply->rtnl, op->ifindex, &op->link);

	if (r < 0 || !old)
		return r;
	link = *old;
	if (op->link.up)
		link.flags |= IFF_UP;
	if (op->link.down)
		link.flags &= ~IFF_UP;
	if (op->link.mtu)
		link.mtu = op->link.mtu;
	if (memcmp(op->link.mac, (uint8_t[6]){}, 6) != 0)
		memcpy(link.mac, op->link.mac, 6);
	if (op->link.name[0])
		strcpy(link.name, op->link.name);
	return links_update(apply->rtnl->links, &link);
}

/* The port has what its owner wants: no need to ask. */
static struct port *enter_wanted(struct apply *apply, const struct op *op, uint32_t sw)
{
	const struct port_policy *policy = op->port->policy;
	const struct cookie *cookie = &op->port->cookie;
	struct port *port = ports_update(&apply->facts->ports, sw, op->ifindex, policy,
					 cookie->text, cookie->len);

	if (!port)
		return NULL;
	port->flags &= ~VIFSWITCH_PORT_CLOSED;
	if (!policy)
		port->flags |= VIFSWITCH_PORT_CLOSED;
	return port;
}

static int port_new(struct apply *apply, const struct op *op)
{
	const struct wanted_port *want = op->port;
	/* Only what is guarded has an address to claim. */
	int claim = want->kind == PORT_VIF || want->kind == PORT_TAP ?
		    VIFSWITCH_CLAIM_DORMANT : -1;
	struct dp_port_change change = {
		.set_policy = want->policy, .policy = want->policy,
		.cookie = want->cookie.text, .cookie_len = want->cookie.len, .claim = claim,
	};
	struct port *port;
	int r = apply->ops->port_new(apply->dp, op->sw, op->ifindex, &change);

	port = r == 0 ? enter_wanted(apply, op, op->sw) : NULL;
	if (!port)
		return r < 0 ? r : -ENOMEM;
	port->claim = VIFSWITCH_CLAIM_DORMANT;
	want->progress->claimed = claim;
	return 0;
}

static int port_set(struct apply *apply, const struct op *op)
{
	const struct wanted_port *want = op->port;
	struct dp_port_change change = {
		.set_policy = true, .policy = want->policy,
		.cookie = want->cookie.text, .cookie_len = want->cookie.len, .claim = -1,
	};
	struct port *port = ports_get(&apply->facts->ports, op->ifindex);
	uint32_t sw = port ? port->sw : op->sw;
	int r = apply->ops->port_set(apply->dp, op->ifindex, &change);

	if (r < 0)
		return r;
	port = enter_wanted(apply, op, sw);
	if (!port)
		return -ENOMEM;
	/* Without a guard there is nothing to claim; with the next one it is claimed anew. */
	if (!port_policy_guards(want->policy)) {
		want->progress->claimed = -1;
		port->claim = VIFSWITCH_CLAIM_DORMANT;
	}
	return 0;
}

/* With it goes the output of mirrors that copied there: they are to be set again. */
static void port_left(struct apply *apply, uint32_t ifindex)
{
	ports_remove(&apply->facts->ports, ifindex);
	mirrors_port_left(&apply->facts->mirrors, ifindex);
	networks_port_left(&apply->facts->networks, ifindex);
}

/* Leaving brings a guest's netdev down, so that the VM does not meet dom0's stack. */
static int port_del(struct apply *apply, const struct op *op)
{
	int r = apply->ops->port_del(apply->dp, op->ifindex);

	if (r < 0 && r != -ENOENT && r != -ENODEV)
		return r;
	port_left(apply, op->ifindex);
	rtnl_events(apply->rtnl);
	return 0;
}

static int shape(struct apply *apply, const struct op *op)
{
	static const struct shaping none;
	const struct shaping *wanted = op->port ? &op->port->shaping : &none;
	struct shaped nothing = {}, *done = op->port ? &op->port->progress->shaped : &nothing;
	_cleanup_free_ struct shaped_class *classes = shaped_changes(done, wanted);
	struct shaping changes = *wanted;
	struct link *link;
	int r;

	if (!classes)
		return -ENOMEM;
	changes.classes = classes;
	r = shaping_apply(&apply->rtnl->req, op->ifindex, &changes);
	if (op->port)
		shaped_set(done, r == 0 ? wanted : NULL);
	link = links_get(&apply->facts->links, op->ifindex);
	if (r == 0 && link)
		link->shaped = wanted->rate_bps;
	return r;
}

static int claim(struct apply *apply, const struct op *op)
{
	struct dp_port_change change = { .claim = op->port->claim };
	struct port *port = ports_get(&apply->facts->ports, op->ifindex);
	int r = apply->ops->port_set(apply->dp, op->ifindex, &change);

	if (r < 0)
		return r;
	op->port->progress->claimed = op->port->claim;
	if (port)
		port->claim = op->port->claim;
	return 0;
}

static int announce(struct apply *apply, const struct op *op)
{
	int r = apply->ops->port_announce(apply->dp, op->ifindex);

	/* Only a courtesy to the switches outside: failing is no reason to retry. */
	if (r < 0)
		log_debug("announcing port %u: %s", op->ifindex, apply->ops->error(apply->dp));
	else if (apply->announced)
		apply->announced(op->port->vif, op->ifindex, apply->arg);
	op->port->progress->moves = op->port->moves;
	op->port->progress->announced = clock_us();
	return 0;
}

/* 0 and what it bears, to be freed; NULL: nothing. -EBUSY: it is something else's already. */
static int find_free(struct apply *apply, const struct op *op, bool of_switch, char **ret_words,
		     char **ret_why)
{
	_cleanup_(host_network_deinit) struct host_network network = {};
	const struct link *link = links_get(&apply->facts->links, op->ifindex);
	const struct link *master = link ? links_get(&apply->facts->links, link->master) : NULL;
	int r;

	if (master && (of_switch || !master->is_switch)) {
		*ret_why = xprintf("it is a port of %s %s already, and vifswitch does not take it from "
				   "there", master->kind, master->name);
		return -EBUSY;
	}
	r = host_network_read(&apply->rtnl->req, op->ifindex, &network);
	if (r == 0)
		*ret_words = host_network_words(&network);
	return r;
}

int apply_member_free(struct apply *apply, const struct op *op, char **ret_why)
{
	const struct link *bond = links_get(&apply->facts->links, op->other);
	const struct link *link = links_get(&apply->facts->links, op->ifindex);
	_cleanup_free_ char *words = NULL, *upper = NULL;
	int r = find_free(apply, op, true, &words, ret_why);

	if (r == 0 && !words)
		r = bond_link_upper(apply->rtnl, op->ifindex, &upper);
	if (r < 0 || (!words && !upper))
		return r;
	if (upper)
		*ret_why = xprintf("%s, and would be cut off", upper);
	else
		*ret_why = xprintf("it bears %s, so this host would lose them; as an uplink by "
				   "itself they can be moved to its switch first: vifctl uplink "
				   "adopt %s", words, link ? link->name : bond ? bond->name : "");
	return -EBUSY;
}

int apply_uplink_free(struct apply *apply, const struct op *op, char **ret_why)
{
	_cleanup_free_ char *words = NULL;
	int r = find_free(apply, op, false, &words, ret_why);

	if (r < 0 || !words)
		return r;
	if (op->port->kind == PORT_SENSOR) {
		*ret_why = xprintf("it bears %s, which a mirror's output may not", words);
		return -EBUSY;
	}
	*ret_why = xprintf("it bears %s, so this host would lose them; they belong on %s: "
			   "vifctl uplink adopt %s --confirm 60s", words, op->port->sw,
			   op->port->netdev);
	return -EBUSY;
}

static int uplink_free(struct apply *apply, const struct op *op)
{
	explain(apply, NULL);
	return apply->uplink_free ? apply->uplink_free(apply, op, &apply->why) : 0;
}

static int set_switch(struct apply *apply, const struct op *op)
{
	struct link *link = links_get(&apply->facts->links, op->ifindex);
	struct dp_switch dp = { .ageing_ms = op->port->ageing_ms, .snoop = op->port->snoop,
				.flow_mode = op->port->flow_mode, .loop = op->port->loop };

	return switch_carry_out(apply->ops, apply->dp, link, &dp);
}

static int acl_load(struct apply *apply, const struct op *op)
{
	struct acl_object *acl = op->acl;
	struct acl_cookie cookie;
	int r;

	acl_cookie_make(acl->uuid, acl->digest, &cookie);
	r = apply->ops->acl_load(apply->dp, acl->id, acl->blob, acl->len, cookie.text, cookie.len);
	if (r == 0)
		r = acl_objects_enter(&apply->facts->acls, acl->id, acl->len, cookie.text,
				      cookie.len);
	if (r < 0)
		return r;
	free(acl->blob);
	acl->blob = NULL;
	return 0;
}

static int acl_del(struct apply *apply, const struct op *op)
{
	int r = apply->ops->acl_del(apply->dp, op->acl_id);

	if (r < 0 && r != -ENOENT)
		return r;
	acl_objects_left(&apply->facts->acls, op->acl_id);
	return 0;
}

static int mirror_set(struct apply *apply, const struct op *op)
{
	const struct mirror_use *use = op->mirror;
	const struct port *output = ports_get(&apply->facts->ports, use->spec.output_port);
	char cookie[UUID_TEXT_LEN + 1];
	int r;

	/* Joining failed, then: the next plan has it again, or waits for the port. */
	if (use->spec.output_port && (!output || output->policy))
		return 0;
	uuid_format(use->uuid, cookie);
	r = apply->ops->mirror_set(apply->dp, op->sw, use->number, &use->spec, cookie,
				   UUID_TEXT_LEN);
	if (r == 0)
		mirrors_entered(&apply->facts->mirrors, use);
	return r;
}

static int mirror_del(struct apply *apply, const struct op *op)
{
	int r = apply->ops->mirror_del(apply->dp, op->sw, op->mirror_number);

	if (r < 0 && r != -ENOENT && r != -ENODEV)
		return r;
	mirrors_left(&apply->facts->mirrors, op->sw, op->mirror_number);
	return 0;
}

static int bond_set(struct apply *apply, const struct op *op)
{
	struct link_spec spec = op->port->bond->spec;
	bool is_port = ports_get(&apply->facts->ports, op->ifindex);
	char *why = NULL;
	int r;

	spec.count = op->settable;
	r = bond_link_set(apply->rtnl, op->ifindex, &spec, is_port, &why);
	explain(apply, why);
	return r;
}

static int bond_primary(struct apply *apply, const struct op *op)
{
	return bond_link_set_primary(apply->rtnl, op->ifindex, op->other);
}

static int bond_all_active(struct apply *apply, const struct op *op)
{
	return bond_link_set_all_active(apply->rtnl, op->ifindex, op->other);
}

static int member_add(struct apply *apply, const struct op *op)
{
	char *why = NULL;
	int r = apply->member_free ? apply->member_free(apply, op, &why) : 0;

	if (r == 0)
		r = bond_link_add(apply->rtnl, op->other, op->ifindex, &why);
	explain(apply, why);
	return r;
}

static int member_set(struct apply *apply, const struct op *op)
{
	return bond_link_set_member(apply->rtnl, op->ifindex, &op->member);
}

static int member_del(struct apply *apply, const struct op *op)
{
	int r = rtnl_set_master(apply->rtnl, op->ifindex, 0);

	return r < 0 && r != -ENODEV ? r : rtnl_events(apply->rtnl);
}

/* A switch only if nothing hangs on it. */
static int link_del(struct apply *apply, const struct op *op)
{
	const struct link *link = links_get(apply->rtnl->links, op->ifindex);
	bool is_switch = link && link->is_switch;
	char *why = NULL;
	int r = is_switch && apply->switch_free ? apply->switch_free(apply, link, &why) : 0;

	explain(apply, why);
	if (r == 0)
		r = is_switch ? switch_link_del(apply->ops, apply->dp, apply->rtnl, link) :
				rtnl_link_del(apply->rtnl, op->ifindex);
	if (r < 0 && r != -ENODEV)
		return r;
	port_left(apply, op->ifindex);
	return rtnl_events(apply->rtnl) < 0 ? -EIO : 0;
}

static int network(struct apply *apply, const struct op *op)
{
	return networks_carry_out(apply->facts, apply->ops, apply->dp, &op->network);
}

/*
 * Every operation, once. None has an undo: what was done stays, the next plan is
 * made from what is then there, and taking something back is an operation too.
 */
static const struct op_kind {
	const char *doing;	/* "joining the switch: refused" */
	int (*run)(struct apply *apply, const struct op *op);	/* NULL: nothing is done */
	bool rtnl;		/* rtnetlink explains a failure, not the datapath */
	bool explains;		/* or it does itself, where it can */
} kinds[] = {
	[OP_PORT_DEL] = { "leaving its switch", port_del },
	[OP_LINK_NEW] = { "creating the netdev", link_new, .rtnl = true, .explains = true },
	[OP_UPLINK_FREE] = { "not made a port", uplink_free, .rtnl = true, .explains = true },
	[OP_SWITCH_SET] = { "setting up the switch", set_switch },
	[OP_LINK_SET] = { "setting up the netdev", link_set, .rtnl = true },
	[OP_SHAPE] = { "shaping its traffic", shape, .rtnl = true },
	[OP_PORT_NEW] = { "joining the switch", port_new },
	[OP_PORT_SET] = { "changing the port's program", port_set },
	[OP_CLAIM] = { "claiming the address", claim },
	[OP_ANNOUNCE] = { "announcing the address", announce },
	[OP_ACL_LOAD] = { "loading it into the kernel", acl_load },
	[OP_ACL_DEL] = { "deleting an unused ACL", acl_del },
	[OP_MIRROR_SET] = { "setting it in the kernel", mirror_set },
	[OP_MIRROR_DEL] = { "taking a mirror away", mirror_del },
	[OP_LINK_DEL] = { "deleting the netdev", link_del, .rtnl = true, .explains = true },
	[OP_SETTLED] = { "as it should be" },
	[OP_BOND_SET] = { "changing the bond", bond_set, .rtnl = true, .explains = true },
	[OP_BOND_PRIMARY] = { "choosing the bond's primary", bond_primary, .rtnl = true },
	[OP_MEMBER_ADD] = { "not made a member", member_add, .rtnl = true, .explains = true },
	[OP_MEMBER_DEL] = { "taking a member out", member_del, .rtnl = true },
	[OP_BOND_ALL_ACTIVE] = { "hearing all of its members", bond_all_active, .rtnl = true },
	[OP_MEMBER_SET] = { "setting up a member", member_set, .rtnl = true },
	[OP_NETWORK] = { "setting networks", network },
};

/* ---- a plan ---- */

static const char *error_text(const struct apply *apply, const struct op *op, int code)
{
	if ((op->acl || op->acl_id) && code == -EOPNOTSUPP)
		return "the kernel module vifswitch that is loaded has no ACLs; load one of this version";
	if (kinds[op->code].explains && apply->why)
		return apply->why;
	return kinds[op->code].rtnl ? rtnl_error(apply->rtnl) : apply->ops->error(apply->dp);
}

static void failed(struct apply *apply, const struct op *op, int code, uint64_t now)
{
	const char *doing = kinds[op->code].doing;

	/* What we believed about the kernel is not so: look again. */
	apply->ports_stale = true;
	if (!op->retry)
		log_warning("port %u: %s: %s", op->ifindex, doing, error_text(apply, op, code));
	else
		retry_failed(op->retry, now, code, "%s%s%s%s: %s", op->acl ? "ACL " : "",
			      op->acl ? op->acl->name : "", op->acl ? ": " : "", doing,
			      error_text(apply, op, code));
	if (op->mirror)
		log_warning("mirror %s: %s", op->mirror->mirror->name, op->retry->error);
}

void apply_plan(struct apply *apply, const struct plan *plan, uint64_t now)
{
	const struct retry *skip = NULL;

	for (size_t i = 0; i < plan->count; i++) {
		const struct op *op = &plan->ops[i];
		struct progress *progress = op->port ? op->port->progress : NULL;
		bool last = i + 1 == plan->count || plan->ops[i + 1].retry != op->retry;
		int r;

		if (op->retry && op->retry == skip)
			continue;
		if (progress && progress->ifindex != op->ifindex)
			progress_reset(progress, op->ifindex);
		if (progress)
			progress->generation = op->port->generation;
		r = kinds[op->code].run ? kinds[op->code].run(apply, op) : 0;
		apply->operations += op->code != OP_UPLINK_FREE && op->code != OP_SETTLED;
		log_debug("netdev %u: %s: %s", op->ifindex, kinds[op->code].doing,
			  r < 0 ? error_text(apply, op, r) : "done");
		if (r < 0) {
			failed(apply, op, r, now);
			skip = op->retry;
		} else if (last && op->retry && op->code != OP_ACL_DEL &&
			   op->code != OP_MIRROR_DEL && op->network.what != NETWORK_DELETE) {
			retry_reset(op->retry);
		}
	}
}
