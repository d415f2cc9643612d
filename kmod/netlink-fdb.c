// SPDX-License-Identifier: GPL-2.0-or-later
/* Addresses over netlink: ours, and what "bridge fdb show" reads. */
#include <linux/neighbour.h>
#include <linux/rculist.h>

#include "netlink.h"

/* One address as a dump shows it. */
struct shown {
	const struct vs_port *port;
	u64 mac;
	u16 vid;	/* or VID_NONE */
	u32 flags;	/* VIFSWITCH_FDB_* */
	u32 age_ms;
};

static void show_guard(struct shown *s, const struct vs_guard *g)
{
	s->port = g->port;
	s->mac = g->mac;
	s->vid = VIFSWITCH_VID_NONE;
	s->age_ms = 0;
	s->flags = VIFSWITCH_FDB_STATIC |
		   (g->own ? VIFSWITCH_FDB_LOCAL : VIFSWITCH_FDB_GUARD) |
		   (READ_ONCE(g->active) ? 0 : VIFSWITCH_FDB_DORMANT);
}

static void show_entry(struct shown *s, const struct vs_fdb_entry *e)
{
	s->port = READ_ONCE(e->port);
	s->mac = e->key & (BIT_ULL(48) - 1);
	s->vid = e->key >> 48;
	s->age_ms = jiffies_to_msecs(jiffies - READ_ONCE(e->seen));
	s->flags = e->fixed ? VIFSWITCH_FDB_STATIC : 0;
}

typedef int (*show_fn)(struct shown *s, void *arg);

/*
 * Calls @fn for every address, from bucket *@place, *@skip addresses into it.
 * When @fn fails, they are left at the address it failed on. The buckets of the
 * guards come before those of the entries.
 */
static int for_each_shown(const struct vs_switch *sw, long *place, long *skip, show_fn fn,
			  void *arg)
{
	const long guards = 1L << VS_GUARD_BITS, all = guards + (1L << VS_FDB_BITS);
	const struct vs_fdb_entry *e;
	const struct vs_guard *g;
	struct shown s;
	long index;
	int rc;

	for (; *place < all; ++*place, *skip = 0) {
		index = 0;
		if (*place < guards) {
			hlist_for_each_entry_rcu(g, &sw->guard_table[*place], node) {
				if (index++ < *skip)
					continue;
				show_guard(&s, g);
				rc = fn(&s, arg);
				if (rc)
					return rc;
				++*skip;
			}
			continue;
		}
		hlist_for_each_entry_rcu(e, &sw->fdb_table[*place - guards], node) {
			if (index++ < *skip)
				continue;
			show_entry(&s, e);
			rc = fn(&s, arg);
			if (rc)
				return rc;
			++*skip;
		}
	}
	return 0;
}

struct dump {
	struct sk_buff *msg;
	struct netlink_callback *cb;
};

static int put_entry(struct sk_buff *msg, void *what)
{
	const struct shown *s = what;
	u8 mac[ETH_ALEN];

	vs_mac_store(mac, s->mac);
	return nla_put_u32(msg, VIFSWITCH_A_SWITCH, s->port->sw->dev->ifindex) ||
	       nla_put_u32(msg, VIFSWITCH_A_PORT, s->port->dev->ifindex) ||
	       nla_put(msg, VIFSWITCH_A_MAC, ETH_ALEN, mac) ||
	       nla_put_u16(msg, VIFSWITCH_A_VLAN, s->vid) ||
	       nla_put_u32(msg, VIFSWITCH_A_FDB_FLAGS, s->flags) ||
	       nla_put_u32(msg, VIFSWITCH_A_AGE_MS, s->age_ms) ? -EMSGSIZE : 0;
}

static int put_shown(struct shown *s, void *arg)
{
	const struct dump *d = arg;
	const struct vs_dump *at = vs_dump_of(d->cb);

	if (at->only_port && s->port->dev->ifindex != at->only_port)
		return 0;
	return vs_dump_put(d->msg, d->cb, VIFSWITCH_CMD_FDB_GET, put_entry, s);
}

static int dump_switch(struct sk_buff *msg, struct netlink_callback *cb, struct vs_switch *sw)
{
	struct vs_dump *at = vs_dump_of(cb);
	struct dump d = { msg, cb };
	int rc;

	rcu_read_lock();
	rc = for_each_shown(sw, &at->place, &at->skip, put_shown, &d);
	rcu_read_unlock();
	return rc;
}

int vs_fdb_dump(struct sk_buff *msg, struct netlink_callback *cb)
{
	return vs_dump_switches(msg, cb, dump_switch);
}

static int request_entry(struct vs_request *req, struct vs_port **ret_port, u64 *ret_mac,
			 u16 *ret_vid)
{
	int rc = vs_request_port(req, ret_port);

	if (!rc)
		rc = vs_request_mac(req, ret_mac);
	if (!rc)
		rc = vs_request_vlan(req, ret_vid);
	return rc;
}

int vs_fdb_request_add(struct vs_request *req)
{
	struct vs_port *port;
	u64 mac;
	u16 vid;
	int rc;

	rc = request_entry(req, &port, &mac, &vid);
	if (rc)
		return rc;
	req->err.attr = VIFSWITCH_A_MAC;
	return vs_fdb_add(port, mac, vid, &req->err);
}

int vs_fdb_request_del(struct vs_request *req)
{
	struct vs_port *port;
	u64 mac;
	u16 vid;
	int rc;

	rc = request_entry(req, &port, &mac, &vid);
	if (rc)
		return rc;
	rc = vs_fdb_del(port, mac, vid);
	req->err.attr = VIFSWITCH_A_MAC;
	if (rc)
		return vs_refuse(&req->err, rc, "no such entry",
				 "MAC %pM in VLAN %u is no learned or added entry of port %s",
				 nla_data(req->info->attrs[VIFSWITCH_A_MAC]), vid,
				 port->dev->name);
	return 0;
}

int vs_fdb_request_flush(struct vs_request *req)
{
	struct nlattr **attrs = req->info->attrs;
	struct vs_switch *sw = NULL;
	struct vs_port *port = NULL;
	u16 vid = 0;
	int rc = 0;

	if (!attrs[VIFSWITCH_A_SWITCH] && !attrs[VIFSWITCH_A_PORT])
		return vs_missing(req, VIFSWITCH_A_SWITCH, "SWITCH or PORT or both");
	if (attrs[VIFSWITCH_A_SWITCH])
		rc = vs_request_switch(req, &sw);
	if (!rc && attrs[VIFSWITCH_A_PORT])
		rc = vs_request_port(req, &port);
	if (!rc && attrs[VIFSWITCH_A_VLAN])
		rc = vs_request_vlan(req, &vid);
	if (rc)
		return rc;
	if (sw && port && port->sw != sw) {
		req->err.attr = VIFSWITCH_A_PORT;
		return vs_refuse(&req->err, -ENOENT, "the port is not on that switch",
				 "PORT: %s is a port of %s, not of %s", port->dev->name,
				 port->sw->dev->name, sw->dev->name);
	}
	vs_fdb_flush(port ? port->sw : sw, port, attrs[VIFSWITCH_A_VLAN] ? vid : -1);
	return 0;
}

struct neigh_dump {
	struct sk_buff *msg;
	struct netlink_callback *cb;
	int *idx;
};

static int put_neigh(struct shown *s, void *arg)
{
	const struct neigh_dump *d = arg;
	struct nda_cacheinfo ci = {};
	struct nlmsghdr *nlh;
	struct ndmsg *ndm;
	u8 mac[ETH_ALEN];

	if (*d->idx < d->cb->args[2])
		goto next;
	nlh = nlmsg_put(d->msg, NETLINK_CB(d->cb->skb).portid, d->cb->nlh->nlmsg_seq,
			RTM_NEWNEIGH, sizeof(*ndm), NLM_F_MULTI);
	if (!nlh)
		return -EMSGSIZE;
	ndm = nlmsg_data(nlh);
	memset(ndm, 0, sizeof(*ndm));
	ndm->ndm_family = AF_BRIDGE;
	ndm->ndm_ifindex = s->port->dev->ifindex;
	ndm->ndm_state = s->flags & VIFSWITCH_FDB_LOCAL ? NUD_PERMANENT :
			 s->flags & VIFSWITCH_FDB_DORMANT ? NUD_STALE :
			 s->flags & VIFSWITCH_FDB_STATIC ? NUD_NOARP : NUD_REACHABLE;
	ci.ndm_used = s->age_ms / (1000 / USER_HZ);
	ci.ndm_updated = ci.ndm_used;
	vs_mac_store(mac, s->mac);
	if (nla_put(d->msg, NDA_LLADDR, ETH_ALEN, mac) ||
	    nla_put_u32(d->msg, NDA_MASTER, s->port->sw->dev->ifindex) ||
	    nla_put(d->msg, NDA_CACHEINFO, sizeof(ci), &ci) ||
	    (s->vid != VIFSWITCH_VID_NONE && s->vid && nla_put_u16(d->msg, NDA_VLAN, s->vid))) {
		nlmsg_cancel(d->msg, nlh);
		return -EMSGSIZE;
	}
	nlmsg_end(d->msg, nlh);
next:
	++*d->idx;
	return 0;
}

/* ndo_fdb_dump of the switch's netdev: the addresses of all of its ports. */
int vs_fdb_show(struct sk_buff *msg, struct netlink_callback *cb, struct net_device *dev,
		struct net_device *filter_dev, int *idx)
{
	struct neigh_dump d = { msg, cb, idx };
	long place = 0, skip = 0;
	int rc;

	rcu_read_lock();
	rc = for_each_shown(netdev_priv(dev), &place, &skip, put_neigh, &d);
	rcu_read_unlock();
	return rc;
}
