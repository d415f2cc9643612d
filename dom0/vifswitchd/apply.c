// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What succeeded is entered into the facts at once, without waiting for the
 * kernel's messages about it; those then change nothing. Otherwise a plan made
 * in between would do it again.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "datapath/ko/client-acl.h"
#include "datapath/tc/shaping.h"
#include "vifswitchd/apply.h"

static int enter_port(const struct dp_port *dp, void *arg)
{
	struct apply *apply = arg;
	struct port *port = ports_update(&apply->facts->ports, dp->sw, dp->ifindex, dp->program,
					 dp->program_len, dp->cookie, dp->cookie_len);

	if (!port)
		return -ENOMEM;
	port->flags = dp->flags;
	port->claim = dp->claim;
	return 0;
}

static int enter_switch(const struct dp_switch *dp, void *arg)
{
	struct apply *apply = arg;

	for (size_t i = 0; i < apply->facts->config.count; i++) {
		struct cfg_switch *sw = &apply->facts->config.switches[i];

		if (strcmp(sw->name, dp->name) == 0)
			sw->actual_ageing_ms = dp->ageing_ms;
	}
	return 0;
}

static int enter_acl(const struct dp_acl *dp, void *arg)
{
	struct apply *apply = arg;

	return acl_objects_enter(&apply->facts->acls, dp->id, dp->len, dp->cookie, dp->cookie_len);
}

/* A module without ACLs has none. */
static int read_acls(struct apply *apply)
{
	int r;

	acl_objects_mark(&apply->facts->acls);
	r = datapath_acl_dump(apply->dp, enter_acl, apply);
	if (r == -EOPNOTSUPP)
		r = 0;
	if (r == 0 || r == -EPROTONOSUPPORT)
		acl_objects_sweep_kernel(&apply->facts->acls);
	return r;
}

int apply_read_ports(struct apply *apply)
{
	struct ports *ports = &apply->facts->ports;
	int r;

	for (size_t i = 0; i < apply->facts->config.count; i++)
		apply->facts->config.switches[i].actual_ageing_ms = 0;
	datapath_switch_dump(apply->dp, enter_switch, apply);
	ports_mark(ports);
	r = datapath_port_dump(apply->dp, 0, enter_port, apply);
	if (r == 0 || r == -EPROTONOSUPPORT)
		ports_sweep(ports);
	if (r == 0 || r == -EPROTONOSUPPORT) {
		int acls = read_acls(apply);

		r = r ? r : acls;
	}
	ports->complete = r == 0;
	apply->ports_stale = r < 0 && r != -EPROTONOSUPPORT;
	return r;
}

int apply_read_port(struct apply *apply, uint32_t ifindex)
{
	int r = datapath_port_get(apply->dp, ifindex, enter_port, apply);

	if (r == -ENOENT || r == -ENODEV || r == -EPROTONOSUPPORT) {
		ports_remove(&apply->facts->ports, ifindex);
		r = 0;
	}
	return r;
}

static const struct vif_half *half_of(const struct op *op)
{
	return &op->vif->half[op->half];
}

static int switch_new(struct apply *apply, const struct op *op)
{
	int r = rtnl_switch_new(apply->rtnl, op->name);

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
	if (op->link.name[0])
		strcpy(link.name, op->link.name);
	return links_update(apply->rtnl->links, &link);
}

static int port_new(struct apply *apply, const struct op *op)
{
	struct dp_port_policy policy = {
		.program = op->program->blob, .program_len = op->program->len,
		.cookie = op->cookie.text, .cookie_len = op->cookie.len,
		.claim = op->owner == OWNER_VIF ? VIFSWITCH_CLAIM_DORMANT : -1,
	};
	struct port *port;
	int r = datapath_port_new(apply->dp, op->sw, op->ifindex, &policy);

	if (r < 0)
		return r;
	port = ports_update(&apply->facts->ports, op->sw, op->ifindex, op->program->blob,
			    op->program->len, op->cookie.text, op->cookie.len);
	if (!port)
		return -ENOMEM;
	port->flags = op->program->len ? 0 : VIFSWITCH_PORT_CLOSED;
	port->claim = VIFSWITCH_CLAIM_DORMANT;
	if (op->owner == OWNER_VIF)
		op->vif->half[op->half].claimed = VIFSWITCH_CLAIM_DORMANT;
	return 0;
}

static int shape_uplink(struct apply *apply, const struct op *op)
{
	_cleanup_free_ struct shaped_class *classes = uplink_shape_changes(op->shape, op->ifindex);
	struct shaping wanted = op->shaping;
	int r;

	if (!classes)
		return -ENOMEM;
	wanted.classes = classes;
	r = shaping_apply(&apply->rtnl->req, op->ifindex, &wanted);
	uplink_shape_set_applied(op->shape, r == 0 && wanted.rate_bps ? op->ifindex : 0);
	return r;
}

static int shape(struct apply *apply, const struct op *op)
{
	struct link *link;
	int r = op->owner == OWNER_UPLINK ? shape_uplink(apply, op) :
		shaping_apply(&apply->rtnl->req, op->ifindex, &op->shaping);

	if (r < 0)
		return r;
	link = links_get(&apply->facts->links, op->ifindex);
	if (link)
		link->shaped = op->shaping.rate_bps;
	if (op->owner == OWNER_VIF) {
		op->vif->half[op->half].shaped_bps = op->shaping.rate_bps;
		op->vif->half[op->half].shaped_burst = op->shaping.burst;
	}
	return 0;
}

static int port_set(struct apply *apply, const struct op *op)
{
	struct dp_port_policy policy = {
		/* A program without octets closes the port; NULL would leave it. */
		.program = op->program->len ? op->program->blob : "",
		.program_len = op->program->len,
		.cookie = op->cookie.text, .cookie_len = op->cookie.len, .claim = -1,
	};
	struct port *port = ports_get(&apply->facts->ports, op->ifindex);
	uint32_t sw = port ? port->sw : op->sw;
	int r = datapath_port_set(apply->dp, op->ifindex, &policy);

	if (r < 0)
		return r;
	port = ports_update(&apply->facts->ports, sw, op->ifindex, op->program->blob,
			    op->program->len, op->cookie.text, op->cookie.len);
	if (!port)
		return -ENOMEM;
	port->flags &= ~VIFSWITCH_PORT_CLOSED;
	if (!op->program->len)
		port->flags |= VIFSWITCH_PORT_CLOSED;
	/* Without a guard there is nothing to claim; with the next one it is claimed anew. */
	if (op->owner == OWNER_VIF && !program_guards(op->program->blob, op->program->len)) {
		op->vif->half[op->half].claimed = -1;
		port->claim = VIFSWITCH_CLAIM_DORMANT;
	}
	return 0;
}

/* Leaving brings a guest's netdev down, so that the VM does not meet dom0's stack. */
static int port_del(struct apply *apply, const struct op *op)
{
	int r = datapath_port_del(apply->dp, op->ifindex);

	if (r < 0 && r != -ENOENT && r != -ENODEV)
		return r;
	ports_remove(&apply->facts->ports, op->ifindex);
	rtnl_events(apply->rtnl);
	return 0;
}

static int claim(struct apply *apply, const struct op *op)
{
	struct dp_port_policy policy = { .claim = op->claim };
	struct port *port = ports_get(&apply->facts->ports, op->ifindex);
	int r = datapath_port_set(apply->dp, op->ifindex, &policy);

	if (r < 0)
		return r;
	op->vif->half[op->half].claimed = op->claim;
	if (port)
		port->claim = op->claim;
	return 0;
}

static int announce(struct apply *apply, const struct op *op)
{
	int r = datapath_port_announce(apply->dp, op->ifindex);

	/* Only a courtesy to the switches outside: failing is no reason to retry. */
	if (r < 0)
		log_debug("announcing port %u: %s", op->ifindex, datapath_error(apply->dp));
	else if (apply->announced)
		apply->announced(op->vif, op->ifindex, apply->arg);
	return 0;
}

static int set_ageing(struct apply *apply, const struct op *op)
{
	struct dp_switch dp = { .ageing_ms = op->ageing_ms };
	int r = datapath_switch_set(apply->dp, op->ifindex, op->ageing_ms);

	if (r == 0) {
		snprintf(dp.name, sizeof(dp.name), "%s", op->name);
		enter_switch(&dp, apply);
	}
	return r;
}

static int acl_load(struct apply *apply, const struct op *op)
{
	struct acl_object *acl = op->acl;
	struct acl_cookie cookie;
	int r;

	acl_cookie_make(acl->uuid, acl->digest, &cookie);
	r = datapath_acl_load(apply->dp, acl->id, acl->blob, acl->len, cookie.text, cookie.len);
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
	int r = datapath_acl_del(apply->dp, op->acl_id);

	return r == -ENOENT ? 0 : r;
}

static int carry_out(struct apply *apply, const struct op *op)
{
	switch (op->kind) {
	case OP_PORT_DEL:
		return port_del(apply, op);
	case OP_SWITCH_NEW:
		return switch_new(apply, op);
	case OP_SWITCH_AGEING:
		return set_ageing(apply, op);
	case OP_LINK_SET:
		return link_set(apply, op);
	case OP_SHAPE:
		return shape(apply, op);
	case OP_PORT_NEW:
		return port_new(apply, op);
	case OP_PORT_SET:
		return port_set(apply, op);
	case OP_CLAIM:
		return claim(apply, op);
	case OP_ANNOUNCE:
		return announce(apply, op);
	case OP_ACL_LOAD:
		return acl_load(apply, op);
	case OP_ACL_DEL:
		return acl_del(apply, op);
	}
	return -EINVAL;
}

static const char *error_text(const struct apply *apply, const struct op *op, int code)
{
	if (op->owner == OWNER_ACL && code == -EOPNOTSUPP)
		return "the kernel module vifswitch that is loaded has no ACLs; load one of this version";
	return op->kind == OP_SWITCH_NEW || op->kind == OP_LINK_SET || op->kind == OP_SHAPE ?
	       rtnl_error(apply->rtnl) : datapath_error(apply->dp);
}

static void failed(struct apply *apply, const struct op *op, int code, uint64_t now)
{
	static const char *const doing[] = {
		[OP_PORT_DEL] = "leaving its switch", [OP_SWITCH_NEW] = "creating the switch",
		[OP_SWITCH_AGEING] = "setting the ageing time",
		[OP_LINK_SET] = "setting up the netdev",
		[OP_SHAPE] = "shaping its traffic", [OP_PORT_NEW] = "joining the switch",
		[OP_PORT_SET] = "changing the port's program", [OP_CLAIM] = "claiming the address",
		[OP_ANNOUNCE] = "announcing the address",
		[OP_ACL_LOAD] = "loading it into the kernel", [OP_ACL_DEL] = "deleting an unused ACL",
	};
	struct effort *effort = op->effort;
	uint64_t delay = EFFORT_FIRST_US;

	/* What we believed about the kernel is not so: look again. */
	apply->ports_stale = true;
	if (!effort) {
		log_warning("port %u: %s: %s", op->ifindex, doing[op->kind],
			    error_text(apply, op, code));
		return;
	}
	for (unsigned int i = 0; i < effort->failures && delay < EFFORT_LONGEST_US; i++)
		delay *= 2;
	if (delay > EFFORT_LONGEST_US)
		delay = EFFORT_LONGEST_US;
	effort->failures++;
	effort->retry_at = now + delay;
	effort->code = code;
	free(effort->error);
	if (asprintf(&effort->error, "%s%s%s%s: %s", op->acl ? "ACL " : "",
		     op->acl ? op->acl->name : "", op->acl ? ": " : "", doing[op->kind],
		     error_text(apply, op, code)) < 0)
		effort->error = NULL;
}

void apply_plan(struct apply *apply, struct plan *plan, uint64_t now)
{
	const struct effort *skip = NULL;

	for (size_t i = 0; i < plan->count; i++) {
		struct op *op = &plan->ops[i];
		bool last = i + 1 == plan->count || plan->ops[i + 1].effort != op->effort;
		int r;

		if (op->effort && op->effort == skip)
			continue;
		if (op->owner == OWNER_VIF && half_of(op)->ifindex != op->ifindex)
			vif_half_reset(&op->vif->half[op->half], op->ifindex);
		r = carry_out(apply, op);
		apply->operations++;
		log_debug("operation %d on netdev %u%s%s: %s", op->kind, op->ifindex,
			  op->name ? " " : "", op->name ? op->name : "",
			  r < 0 ? error_text(apply, op, r) : "done");
		if (r < 0) {
			failed(apply, op, r, now);
			skip = op->effort;
		} else if (op->kind == OP_ACL_DEL) {
			/* Its effort goes with it. */
			acl_objects_left(&apply->facts->acls, op->acl_id);
		} else if (last && op->effort) {
			effort_reset(op->effort);
		}
	}
}
