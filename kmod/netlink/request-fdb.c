// SPDX-License-Identifier: GPL-2.0-or-later
/* Addresses over netlink: ours, and what "bridge fdb show" reads. */
#include <linux/neighbour.h>
#include <linux/rculist.h>

#include <vifswitch/network-abi.h>

#include "family.h"

/* One address as a dump shows it. */
struct shown {
	const struct vs_port *port;
	u64 mac;
	u16 vid;	/* or VID_NONE */
	u32 flags;	/* VIFSWITCH_FDB_* */
	u32 age_ms;
	const u8 *remote;	/* address, or NULL */
};

static void show_guard(struct shown *s, const struct vs_guard *g)
{
	s->port = READ_ONCE(g->at);
	s->mac = VS_KEY_MAC(g->key);
	s->vid = VIFSWITCH_VID_NONE;
	s->age_ms = 0;
	s->remote = NULL;
	s->flags = VIFSWITCH_FDB_STATIC |
		   (g->local ? VIFSWITCH_FDB_LOCAL : VIFSWITCH_FDB_GUARD) |
		   (READ_ONCE(g->active) ? 0 : VIFSWITCH_FDB_DORMANT) |
		   (g->key == s->mac ? 0 : VIFSWITCH_FDB_LISTED);
}

static void show_entry(struct shown *s, const struct vs_fdb_entry *e)
{
	s->port = READ_ONCE(e->port);
	s->mac = VS_KEY_MAC(e->key);
	s->vid = e->key >> 48;
	s->age_ms = jiffies_to_msecs(jiffies - READ_ONCE(e->seen));
	s->flags = e->fixed ? VIFSWITCH_FDB_STATIC : READ_ONCE(e->told) ? VIFSWITCH_FDB_TOLD : 0;
	s->remote = vs_remote_address(READ_ONCE(e->remote));
}

struct dump {
	struct sk_buff *msg;
	struct netlink_callback *cb;
	int *idx;
};

typedef int (*show_fn)(struct shown *s, const struct dump *d);

/*
 * Calls @fn for every address, from bucket *@place, *@skip addresses into it.
 * When @fn fails, they are left at the address it failed on. The buckets of the
 * guards come before those of the entries.
 */
static int for_each_shown(const struct vs_switch *sw, long *place, long *skip, show_fn fn,
			  const struct dump *d)
{
	const long guards = 1L << VS_GUARD_BITS, all = guards + (1L << VS_FDB_BITS);
	struct hlist_head *bucket;
	struct hlist_node *node;
	struct shown s;
	long index;
	int rc;

	for (; *place < all; ++*place, *skip = 0) {
		bucket = *place < guards ? &sw->guard_table[*place] :
					   &sw->fdb_table[*place - guards];
		index = 0;
		__hlist_for_each_rcu(node, bucket) {
			if (index++ < *skip)
				continue;
			if (*place < guards)
				show_guard(&s, hlist_entry(node, struct vs_guard, node));
			else
				show_entry(&s, hlist_entry(node, struct vs_fdb_entry, node));
			rc = fn(&s, d);
			if (rc)
				return rc;
			++*skip;
		}
	}
	return 0;
}

int vs_put_mac(struct sk_buff *msg, int attr, u64 mac)
{
	u8 addr[ETH_ALEN];

	vs_mac_store(addr, mac);
	return nla_put(msg, attr, ETH_ALEN, addr);
}

static int put_entry(struct sk_buff *msg, void *what)
{
	const struct shown *s = what;

	return nla_put_u32(msg, VIFSWITCH_A_SWITCH, s->port->sw->dev->ifindex) ||
	       nla_put_u32(msg, VIFSWITCH_A_PORT, s->port->dev->ifindex) ||
	       vs_put_mac(msg, VIFSWITCH_A_MAC, s->mac) ||
	       nla_put_u16(msg, VIFSWITCH_A_VLAN, s->vid) ||
	       nla_put_u32(msg, VIFSWITCH_A_FDB_FLAGS, s->flags) ||
	       nla_put_u32(msg, VIFSWITCH_A_AGE_MS, s->age_ms) ||
	       (s->remote && nla_put(msg, VIFSWITCH_A_REMOTE, VIFSWITCH_ADDRESS_LEN, s->remote)) ?
	       -EMSGSIZE : 0;
}

static int put_shown(struct shown *s, const struct dump *d)
{
	const struct vs_dump *at = vs_dump_of(d->cb);

	if (at->only_port && s->port->dev->ifindex != at->only_port)
		return 0;
	return vs_dump_put(d->msg, d->cb, put_entry, s);
}

static int dump_switch(struct sk_buff *msg, struct netlink_callback *cb, struct vs_switch *sw)
{
	const struct dump d = { msg, cb };
	struct vs_dump *at = vs_dump_of(cb);
	int rc;

	rcu_read_lock();
	rc = for_each_shown(sw, &at->place, &at->skip, put_shown, &d);
	rcu_read_unlock();
	return rc;
}

void vs_fdb_dump(struct sk_buff *msg, struct netlink_callback *cb)
{
	vs_dump_switches(msg, cb, dump_switch);
}

int vs_fdb_request_add(struct vs_request *req)
{
	const struct nlattr *a = req->attrs[VIFSWITCH_A_REMOTE];
	struct vs_remote *remote = a ? vs_remote_find(req->port, req->vid, nla_data(a)) : NULL;
	const struct nlattr *f = req->attrs[VIFSWITCH_A_FDB_FLAGS];
	u32 flags = f ? nla_get_u32(f) : 0;

	if (flags & ~VIFSWITCH_FDB_TOLD) {
		req->err.attr = VIFSWITCH_A_FDB_FLAGS;
		return vs_refuse(&req->err, -EINVAL, "FDB_FLAGS is %u; accepted: 0, or %u (told)",
				 flags, VIFSWITCH_FDB_TOLD);
	}
	if (a && !remote) {
		req->err.attr = VIFSWITCH_A_REMOTE;
		return vs_refuse(&req->err, -ENOENT,
				 "REMOTE: accepted: a remote of the network in VLAN %u of port %s",
				 req->vid, req->dev->name);
	}
	req->err.attr = VIFSWITCH_A_MAC;
	return vs_fdb_add(req->port, req->mac, req->vid, remote, flags, &req->err);
}

int vs_fdb_request_del(struct vs_request *req)
{
	int rc = vs_fdb_del(req->port, req->mac, req->vid);

	req->err.attr = VIFSWITCH_A_MAC;
	if (rc)
		return vs_refuse(&req->err, rc,
				 "MAC %pM in VLAN %u is no learned or added entry of port %s",
				 nla_data(req->attrs[VIFSWITCH_A_MAC]), req->vid, req->dev->name);
	return 0;
}

int vs_fdb_request_carry(struct vs_request *req)
{
	req->err.attr = VIFSWITCH_A_MAC;
	return vs_fdb_carry(req->port, req->mac, req->vid, &req->err);
}

int vs_fdb_request_flush(struct vs_request *req)
{
	struct vs_switch *sw = req->sw;
	struct vs_port *port = req->port;

	if (!sw && !port)
		return vs_missing(req, "SWITCH or PORT or both");
	if (sw && port && port->sw != sw) {
		req->err.attr = VIFSWITCH_A_PORT;
		return vs_refuse(&req->err, -ENOENT, "PORT: %s is a port of %s, not of %s",
				 port->dev->name, port->sw->dev->name, sw->dev->name);
	}
	vs_fdb_flush(port ? port->sw : sw, port, req->vid);
	return 0;
}

static int put_neigh(struct shown *s, const struct dump *d)
{
	struct nda_cacheinfo ci = {};
	struct nlmsghdr *nlh;
	struct ndmsg *ndm;

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
	if (vs_put_mac(d->msg, NDA_LLADDR, s->mac) ||
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
	const struct dump d = { msg, cb, idx };
	long place = 0, skip = 0;
	int rc;

	rcu_read_lock();
	rc = for_each_shown(netdev_priv(dev), &place, &skip, put_neigh, &d);
	rcu_read_unlock();
	return rc;
}
