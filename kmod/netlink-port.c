// SPDX-License-Identifier: GPL-2.0-or-later
/* Ports over netlink. */
#include "netlink.h"

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

static int port_put(struct sk_buff *msg, void *what)
{
	struct vs_port *port = what;
	const struct vs_policy *policy = rtnl_dereference(port->policy);
	const struct vs_cookie *cookie = rtnl_dereference(port->cookie);
	u32 flags = (policy ? 0 : VIFSWITCH_PORT_CLOSED) |
		    (port->local ? VIFSWITCH_PORT_LOCAL : 0);
	struct vs_totals totals;

	if (nla_put_u32(msg, VIFSWITCH_A_SWITCH, port->sw->dev->ifindex) ||
	    nla_put_string(msg, VIFSWITCH_A_SWITCH_NAME, port->sw->dev->name) ||
	    nla_put_u32(msg, VIFSWITCH_A_PORT, port->dev->ifindex) ||
	    nla_put_string(msg, VIFSWITCH_A_PORT_NAME, port->dev->name) ||
	    nla_put_u32(msg, VIFSWITCH_A_PORT_FLAGS, flags) ||
	    nla_put_u8(msg, VIFSWITCH_A_CLAIM, READ_ONCE(port->claimed) ?
		       VIFSWITCH_CLAIM_ACTIVE : VIFSWITCH_CLAIM_DORMANT) ||
	    nla_put_u32(msg, VIFSWITCH_A_FDB_COUNT, READ_ONCE(port->learned)) ||
	    nla_put_u32(msg, VIFSWITCH_A_CONNECTIONS, vs_connections(port)) ||
	    (cookie && nla_put(msg, VIFSWITCH_A_COOKIE, cookie->len, cookie->data)) ||
	    (policy && nla_put(msg, VIFSWITCH_A_PROGRAM, policy->blob_len, policy->blob)))
		return -EMSGSIZE;
	vs_stats_sum(port->stats, &totals);
	return put_counters(msg, &totals);
}

int vs_port_get(struct vs_request *req)
{
	struct vs_port *port;
	int rc = vs_request_port(req, &port);

	return rc ? rc : vs_reply(req, VIFSWITCH_CMD_PORT_GET, port_put, port);
}

static int dump_one(struct sk_buff *msg, struct netlink_callback *cb, struct vs_port *port)
{
	return vs_dump_put(msg, cb, VIFSWITCH_CMD_PORT_GET, port_put, port);
}

/*
 * Ports come in the order they joined, the local one first, and the dump
 * remembers the last one shown: coming and going ports neither hide nor double
 * others.
 */
static int dump_switch(struct sk_buff *msg, struct netlink_callback *cb, struct vs_switch *sw)
{
	struct vs_dump *at = vs_dump_of(cb);
	struct vs_port *port;

	if (sw->local.seq > at->place) {
		if (dump_one(msg, cb, &sw->local))
			return -EMSGSIZE;
		at->place = sw->local.seq;
	}
	list_for_each_entry(port, &sw->ports, list) {
		if (port->seq <= at->place)
			continue;
		if (dump_one(msg, cb, port))
			return -EMSGSIZE;
		at->place = port->seq;
	}
	return 0;
}

int vs_port_dump(struct sk_buff *msg, struct netlink_callback *cb)
{
	return vs_dump_switches(msg, cb, dump_switch);
}

static int read_config(struct vs_request *req, struct vs_config *cfg)
{
	struct nlattr *program = req->info->attrs[VIFSWITCH_A_PROGRAM];
	struct nlattr *cookie = req->info->attrs[VIFSWITCH_A_COOKIE];
	struct nlattr *claim = req->info->attrs[VIFSWITCH_A_CLAIM];
	int rc;

	if (claim) {
		if (nla_get_u8(claim) > VIFSWITCH_CLAIM_ACTIVE) {
			req->err.attr = VIFSWITCH_A_CLAIM;
			return vs_refuse(&req->err, -ERANGE, "the claim is out of range",
					 "CLAIM is %u; accepted: 0 (dormant) or 1 (active)",
					 nla_get_u8(claim));
		}
		cfg->set_claim = true;
		cfg->claim = nla_get_u8(claim) == VIFSWITCH_CLAIM_ACTIVE;
	}
	if (cookie) {
		rc = vs_config_cookie(cfg, nla_data(cookie), nla_len(cookie), &req->err);
		if (rc)
			return rc;
	}
	if (program)
		return vs_config_program(cfg, vs_net_of(req->net), nla_data(program),
					 nla_len(program), &req->err);
	return 0;
}

int vs_port_new(struct vs_request *req)
{
	struct nlattr *a = req->info->attrs[VIFSWITCH_A_PORT];
	struct nlattr *program = req->info->attrs[VIFSWITCH_A_PROGRAM];
	struct vs_config cfg = {};
	struct net_device *dev;
	struct vs_switch *sw;
	int rc;

	rc = vs_request_switch(req, &sw);
	if (rc)
		return rc;
	if (!a)
		return vs_missing(req, VIFSWITCH_A_PORT, "the ifindex of a netdev");
	req->err.attr = VIFSWITCH_A_PORT;
	dev = __dev_get_by_index(req->net, nla_get_u32(a));
	if (!dev)
		return vs_refuse(&req->err, -ENODEV, "no such netdev",
				 "PORT: no netdev has ifindex %u in this network namespace",
				 nla_get_u32(a));
	if (program && !nla_len(program)) {
		req->err.attr = VIFSWITCH_A_PROGRAM;
		return vs_refuse(&req->err, -EINVAL, "the program is empty",
				 "PROGRAM: length is 0; accepted: 72 to 4096 octets, or none");
	}
	rc = read_config(req, &cfg);
	if (!rc)
		rc = vs_port_join(sw, dev, &cfg, &req->err);
	vs_config_free(&cfg);
	return rc;
}

int vs_port_set(struct vs_request *req)
{
	struct vs_config cfg = {};
	struct vs_port *port;
	int rc;

	rc = vs_request_port(req, &port);
	if (rc)
		return rc;
	rc = read_config(req, &cfg);
	if (!rc && !cfg.set_policy && !cfg.set_cookie && !cfg.set_claim)
		rc = vs_missing(req, VIFSWITCH_A_PROGRAM, "at least one of PROGRAM, COOKIE, CLAIM");
	if (!rc)
		rc = vs_config_check(port, &cfg, &req->err);
	if (!rc)
		vs_config_commit(port, &cfg);
	vs_config_free(&cfg);
	return rc;
}

int vs_port_del(struct vs_request *req)
{
	struct vs_config close = { .set_policy = true };
	struct vs_port *port;
	int rc;

	rc = vs_request_port(req, &port);
	if (rc)
		return rc;
	if (port->local)
		vs_config_commit(port, &close);
	else
		vs_port_leave(port);
	return 0;
}

int vs_port_announce(struct vs_request *req)
{
	struct vs_port *port;
	int rc;

	rc = vs_request_port(req, &port);
	if (rc)
		return rc;
	rc = vs_announce(port);
	if (rc == -EINVAL)
		return vs_refuse(&req->err, rc, "only a guarded port has addresses to announce",
				 "PORT: %s is not guarded; accepted: a guarded port",
				 port->dev->name);
	return rc;
}
