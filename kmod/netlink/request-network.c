// SPDX-License-Identifier: GPL-2.0-or-later
/* Networks over IP over netlink. */
#include <linux/slab.h>

#include "family.h"

int vs_network_request_set(struct vs_request *req)
{
	const struct nlattr *data = req->attrs[VIFSWITCH_A_NETWORK_DATA];
	struct vs_cookie *cookie;
	int rc;

	if (!req->vid) {
		req->err.attr = VIFSWITCH_A_VLAN;
		return vs_refuse(&req->err, -ERANGE, "VLAN is 0; accepted: 1 to %u",
				 VIFSWITCH_VID_MAX);
	}
	rc = vs_request_cookie(req, &cookie);
	if (rc)
		return rc;
	rc = vs_network_set(req->port, req->vid, nla_data(data), nla_len(data), cookie, &req->err);
	if (rc)
		kfree(cookie);
	return rc;
}

int vs_network_request_del(struct vs_request *req)
{
	return vs_network_delete(req->port, req->vid, &req->err);
}

int vs_underlay_request_set(struct vs_request *req)
{
	const struct nlattr *data = req->attrs[VIFSWITCH_A_UNDERLAY];

	return vs_underlay_set(req->sw, nla_data(data), nla_len(data), &req->err);
}

struct placed {
	const struct vs_port *port;
	struct vs_network_shown shown;
	u16 vid;
};

static int put_network(struct sk_buff *msg, void *what)
{
	const struct placed *p = what;
	const struct vs_network_shown *s = &p->shown;

	return nla_put_u32(msg, VIFSWITCH_A_SWITCH, p->port->sw->dev->ifindex) ||
	       nla_put_u32(msg, VIFSWITCH_A_PORT, p->port->dev->ifindex) ||
	       nla_put_u16(msg, VIFSWITCH_A_VLAN, p->vid) ||
	       nla_put(msg, VIFSWITCH_A_NETWORK_DATA, s->blob_len, s->blob) ||
	       (s->cookie && nla_put(msg, VIFSWITCH_A_COOKIE, s->cookie->len, s->cookie->data)) ?
	       -EMSGSIZE : 0;
}

/* From VLAN *@vid on, which is left at the one that found no room. */
static int dump_port(struct sk_buff *msg, struct netlink_callback *cb, const struct vs_port *port,
		     long *vid)
{
	struct placed p = { .port = port };

	if (!rcu_access_pointer(port->tunnel))
		return 0;
	for (; *vid <= VIFSWITCH_VID_MAX; ++*vid) {
		p.vid = *vid;
		if (vs_network_show(port, p.vid, &p.shown) &&
		    vs_dump_put(msg, cb, put_network, &p))
			return -EMSGSIZE;
	}
	return 0;
}

/* The place is what the last port that was shown had for its seq. */
static int dump_one(struct sk_buff *msg, struct netlink_callback *cb, struct vs_switch *sw)
{
	struct vs_dump *at = vs_dump_of(cb);
	const struct vs_port *port;

	list_for_each_entry(port, &sw->ports, list) {
		if ((long)port->seq <= at->place)
			continue;
		if (dump_port(msg, cb, port, &at->skip))
			return -EMSGSIZE;
		at->place = port->seq;
		at->skip = 0;
	}
	return 0;
}

void vs_network_dump(struct sk_buff *msg, struct netlink_callback *cb)
{
	vs_dump_switches(msg, cb, dump_one);
}
