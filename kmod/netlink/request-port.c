// SPDX-License-Identifier: GPL-2.0-or-later
/* Ports over netlink. */
#include "family.h"

static int put_counters(struct sk_buff *msg, const struct vs_totals *totals)
{
	struct nlattr *nest;
	unsigned int i;

	nest = nla_nest_start(msg, VIFSWITCH_A_COUNTERS);
	if (!nest)
		return -EMSGSIZE;
	for (i = VIFSWITCH_CTR_UNSPEC + 1; i <= VIFSWITCH_CTR_MAX; i++)
		if (nla_put_u64_64bit(msg, i, totals->ctr[i], VIFSWITCH_CTR_UNSPEC))
			return -EMSGSIZE;
	nla_nest_end(msg, nest);

	nest = nla_nest_start(msg, VIFSWITCH_A_DROPS);
	if (!nest)
		return -EMSGSIZE;
	for (i = VIFSWITCH_DROP_NONE + 1; i < VIFSWITCH_DROP_COUNT; i++)
		if (totals->drops[i] &&
		    nla_put_u64_64bit(msg, i, totals->drops[i], VIFSWITCH_DROP_NONE))
			return -EMSGSIZE;
	nla_nest_end(msg, nest);
	return 0;
}

/* Names the switch in replies and events. */
int vs_put_port(struct sk_buff *msg, const struct vs_port *port)
{
	const struct vs_cookie *cookie = rcu_dereference_rtnl(port->cookie);

	return nla_put_u32(msg, VIFSWITCH_A_SWITCH, port->sw->dev->ifindex) ||
	       nla_put_string(msg, VIFSWITCH_A_SWITCH_NAME, port->sw->dev->name) ||
	       nla_put_u32(msg, VIFSWITCH_A_PORT, port->dev->ifindex) ||
	       nla_put_string(msg, VIFSWITCH_A_PORT_NAME, port->dev->name) ||
	       (cookie && nla_put(msg, VIFSWITCH_A_COOKIE, cookie->len, cookie->data)) ?
	       -EMSGSIZE : 0;
}

static int port_put(struct sk_buff *msg, void *what)
{
	struct vs_port *port = what;
	const struct vs_policy *policy = vs_loop_policy(port);
	struct vs_totals totals;

	if (vs_put_port(msg, port) ||
	    nla_put_u32(msg, VIFSWITCH_A_PORT_FLAGS, vs_port_flags(port)) ||
	    nla_put_u8(msg, VIFSWITCH_A_CLAIM, READ_ONCE(port->active) ?
		       VIFSWITCH_CLAIM_ACTIVE : VIFSWITCH_CLAIM_DORMANT) ||
	    nla_put_u32(msg, VIFSWITCH_A_FDB_COUNT, READ_ONCE(port->learned)) ||
	    nla_put_u32(msg, VIFSWITCH_A_CONNECTIONS, vs_sessions_count(port)) ||
	    vs_loop_port_put(msg, port) ||
	    (policy && nla_put(msg, VIFSWITCH_A_PROGRAM, policy->blob_len, policy->blob)))
		return -EMSGSIZE;
	vs_stats_sum(port->stats, &totals);
	return put_counters(msg, &totals);
}

int vs_port_get(struct vs_request *req)
{
	return vs_reply(req, port_put, req->port);
}

/*
 * Ports come in the order they joined, the local one first, and the dump
 * remembers the last one shown: coming and going ports neither hide nor double
 * others.
 */
static int dump_one(struct sk_buff *msg, struct netlink_callback *cb, struct vs_port *port)
{
	struct vs_dump *at = vs_dump_of(cb);

	if (port->seq <= at->place)
		return 0;
	if (vs_dump_put(msg, cb, port_put, port))
		return -EMSGSIZE;
	at->place = port->seq;
	return 0;
}

static int dump_switch(struct sk_buff *msg, struct netlink_callback *cb, struct vs_switch *sw)
{
	int rc = dump_one(msg, cb, &sw->local);
	struct vs_port *port;

	list_for_each_entry(port, &sw->ports, list)
		if (!rc)
			rc = dump_one(msg, cb, port);
	return rc;
}

void vs_port_dump(struct sk_buff *msg, struct netlink_callback *cb)
{
	vs_dump_switches(msg, cb, dump_switch);
}

static int read_config(struct vs_request *req, struct vs_config *cfg)
{
	struct nlattr *program = req->attrs[VIFSWITCH_A_PROGRAM];
	struct nlattr *claim = req->attrs[VIFSWITCH_A_CLAIM];
	int rc;

	if (claim) {
		cfg->set_claim = true;
		cfg->claim = nla_get_u8(claim) == VIFSWITCH_CLAIM_ACTIVE;
	}
	rc = vs_request_cookie(req, &cfg->cookie);
	if (rc)
		return rc;
	cfg->set_cookie = cfg->cookie;
	if (!program)
		return 0;
	req->err.attr = VIFSWITCH_A_PROGRAM;
	return vs_config_program(cfg, vs_net_of(req->net), nla_data(program), nla_len(program),
				 &req->err);
}

int vs_port_new(struct vs_request *req)
{
	struct vs_config cfg = {};
	int rc = read_config(req, &cfg);

	if (!rc && cfg.set_policy && !cfg.policy)
		rc = vs_refuse(&req->err, -EINVAL,
			       "PROGRAM: length is 0; accepted: 104 to 4096 octets, or no PROGRAM");
	if (!rc)
		rc = vs_port_join(req->sw, req->dev, &cfg, &req->err);
	vs_config_free(&cfg);
	return rc;
}

int vs_port_set(struct vs_request *req)
{
	struct vs_config cfg = {};
	int rc = read_config(req, &cfg);

	if (!rc && !cfg.set_policy && !cfg.set_cookie && !cfg.set_claim)
		rc = vs_missing(req, "at least one of PROGRAM, COOKIE, CLAIM");
	if (!rc) {
		vs_loop_pause(req->port);
		rc = vs_config_check(req->port, &cfg, &req->err);
		if (!rc)
			vs_config_commit(req->port, &cfg);
		vs_loop_resume(req->port);
	}
	vs_config_free(&cfg);
	return rc;
}

int vs_port_del(struct vs_request *req)
{
	struct vs_config close = { .set_policy = true };

	if (req->port->local)
		vs_config_commit(req->port, &close);
	else
		vs_port_leave(req->port);
	return 0;
}

int vs_port_announce(struct vs_request *req)
{
	int rc = vs_announce(req->port);

	if (rc == -EINVAL)
		return vs_refuse(&req->err, rc, "PORT: %s is not guarded; accepted: a guarded port",
				 req->dev->name);
	return rc;
}

static int put_state(struct sk_buff *msg, void *what)
{
	struct vs_port *port = what;
	struct vifswitch_state state;

	vs_state_read(port, &state);
	return nla_put_u32(msg, VIFSWITCH_A_PORT, port->dev->ifindex) ||
	       nla_put(msg, VIFSWITCH_A_STATE, sizeof(state), &state) ? -EMSGSIZE : 0;
}

int vs_port_state(struct vs_request *req)
{
	return vs_reply(req, put_state, req->port);
}

int vs_port_carry(struct vs_request *req)
{
	struct vifswitch_state state;

	memcpy(&state, nla_data(req->attrs[VIFSWITCH_A_STATE]), sizeof(state));
	req->err.attr = VIFSWITCH_A_STATE;
	return vs_state_add(req->port, &state, &req->err);
}
