// SPDX-License-Identifier: GPL-2.0-or-later
/* The networks of a port; tunnel.h says in which order one takes another's place. */
#include <linux/rculist.h>
#include <linux/slab.h>
#include <net/dst_cache.h>
#include <net/rtnetlink.h>

#include "tunnel.h"

#define TTL	64

DEFINE_STATIC_KEY_FALSE(vs_tunnels);

/* What the kernel's devices are told by tunnel metadata can be of these kinds. */
static const struct {
	const char *kind;
	u32 key_max;
	bool ip4, ip6;
	bool udp;
} kinds[] = {
	{ "vxlan", VIFSWITCH_NETWORK_KEY_MAX, true, true, true },
	{ "geneve", VIFSWITCH_NETWORK_KEY_MAX, true, true, true },
	{ "gretap", U32_MAX, true, false, false },
	{ "ip6gretap", U32_MAX, false, true, false },
	{ VIFSWITCH_LISP_KIND, VIFSWITCH_NETWORK_KEY_MAX, true, true, true },
};

static int kind_of(const struct net_device *dev)
{
	unsigned int i;

	for (i = 0; dev->rtnl_link_ops && i < ARRAY_SIZE(kinds); i++)
		if (!strcmp(dev->rtnl_link_ops->kind, kinds[i].kind))
			return i;
	return -1;
}

bool vs_tunnel_may_be(const struct net_device *dev)
{
	return kind_of(dev) >= 0;
}

static struct vs_network_object *network_at(const struct vs_tunnel *t, u16 vid)
{
	return t ? rtnl_dereference(t->by_vid[vid]) : NULL;
}

static struct vs_network_object *network_of(const struct vs_port *port, u16 vid)
{
	return network_at(rtnl_dereference(port->tunnel), vid);
}

static void object_free(struct vs_network_object *n)
{
	u32 i;

	if (!n)
		return;
	for (i = 0; i < n->count; i++)
		if (n->remote[i].dst)
			dst_release(&n->remote[i].dst->dst);
	vs_lisp_release(n);
	kvfree(n->remote);
	kfree(n->cookie);
	kfree(n);
}

static int remote_init(struct vs_remote *r, const u8 *address, const struct vs_network *spec,
		       bool udp)
{
	bool ip4 = vs_network_is_ip4(address), own = vs_network_is_ip4(spec->own) == ip4;
	struct ip_tunnel_info *info;
	int rc;

	memcpy(r->address, address, sizeof(r->address));
	r->dst = metadata_dst_alloc(0, METADATA_IP_TUNNEL, GFP_KERNEL_ACCOUNT);
	if (!r->dst)
		return -ENOMEM;
	info = &r->dst->u.tun_info;
	rc = dst_cache_init(&info->dst_cache, GFP_KERNEL_ACCOUNT);
	if (rc)
		return rc;
	info->mode = IP_TUNNEL_INFO_TX | (ip4 ? 0 : IP_TUNNEL_INFO_IPV6);
	info->key.tun_id = key32_to_tunnel_id(htonl(spec->key));
	info->key.ttl = TTL;
	/* over IPv6 a UDP checksum is the rule (RFC 8200), and its lack is refused */
	vs_compat_tunnel_flags(&info->key, udp && !ip4);
	if (ip4) {
		memcpy(&info->key.u.ipv4.dst, address + 12, 4);
		if (own)
			memcpy(&info->key.u.ipv4.src, spec->own + 12, 4);
	} else {
		memcpy(&info->key.u.ipv6.dst, address, 16);
		if (own)
			memcpy(&info->key.u.ipv6.src, spec->own, 16);
	}
	return 0;
}

static int remotes_new(struct vs_network_object *n, const struct vs_network *spec, bool udp,
		       struct vs_error *err)
{
	u32 i;

	n->remote = kvcalloc(spec->remote_count, sizeof(*n->remote), GFP_KERNEL_ACCOUNT);
	if (spec->remote_count && !n->remote)
		return vs_out_of_memory(err, "NETWORK_DATA");
	for (i = 0; i < spec->remote_count; i++) {
		n->count++;
		if (remote_init(&n->remote[i], n->blob + spec->remote_offset +
				i * VIFSWITCH_ADDRESS_LEN, spec, udp))
			return vs_out_of_memory(err, "NETWORK_DATA");
		n->remote[i].silent = vs_network_is_silent(spec, i);
	}
	return 0;
}

static bool is_zero(const u8 *address)
{
	return !memchr_inv(address, 0, VIFSWITCH_ADDRESS_LEN);
}

static bool takes(int kind, const u8 *address)
{
	return vs_network_is_ip4(address) ? kinds[kind].ip4 : kinds[kind].ip6;
}

/* What this kind of tunnel cannot do. */
static int check_kind(const struct vs_port *port, const struct vs_network *spec, const u8 *blob,
		      struct vs_error *err)
{
	int kind = kind_of(port->dev);
	u32 i;

	if (spec->key > kinds[kind].key_max)
		return vs_refuse(err, -ERANGE,
				 "NETWORK_DATA: key is %u; accepted for %s: 1 to %u", spec->key,
				 kinds[kind].kind, kinds[kind].key_max);
	if (spec->flags && !spec->udp_port == kinds[kind].udp)
		return vs_refuse(err, -EINVAL, "NETWORK_DATA: udp_port is %u; accepted for %s: %s",
				 spec->udp_port, kinds[kind].kind,
				 kinds[kind].udp ? "the netdev's" : "0");
	for (i = 0; i < spec->remote_count; i++)
		if (!takes(kind, blob + spec->remote_offset + i * VIFSWITCH_ADDRESS_LEN))
			return vs_refuse(err, -EINVAL,
					 "NETWORK_DATA: remote is %u, of IPv%d; accepted for %s: IPv%d",
					 i, kinds[kind].ip4 ? 6 : 4, kinds[kind].kind,
					 kinds[kind].ip4 ? 4 : 6);
	if (!is_zero(spec->own) && !takes(kind, spec->own))
		return vs_refuse(err, -EINVAL,
				 "NETWORK_DATA: own is of IPv%d; accepted for %s: IPv%d",
				 kinds[kind].ip4 ? 6 : 4, kinds[kind].kind,
				 kinds[kind].ip4 ? 4 : 6);
	if (spec->eid_count && !vs_lisp_is_device(port->dev))
		return vs_refuse(err, -EINVAL, "NETWORK_DATA: eid_count is %u; accepted for %s: 0",
				 spec->eid_count, kinds[kind].kind);
	return 0;
}

static int check_others(struct vs_tunnel *t, u16 vid, const struct vs_network *spec,
			struct vs_error *err)
{
	const struct vs_network_object *other = t ? vs_network_by_key(t, spec->key) : NULL;

	if (other && other->vid != vid)
		return vs_refuse(err, -EEXIST,
				 "NETWORK_DATA: key is %u, which VLAN %u has; accepted: one of its own",
				 spec->key, other->vid);
	if (t && t->count >= VIFSWITCH_NETWORKS_MAX && !network_at(t, vid))
		return vs_refuse(err, -ENOSPC, "NETWORK_DATA: the port has its %u networks already",
				 VIFSWITCH_NETWORKS_MAX);
	return 0;
}

static int object_new(struct vs_port *port, u16 vid, const void *blob, u32 len,
		      struct vs_network_object **ret, struct vs_network *ret_spec,
		      struct vs_error *err)
{
	struct vs_tunnel *t = rtnl_dereference(port->tunnel);
	struct vs_network_object *n;
	struct vs_program_error perr;
	struct vs_network spec;
	int rc;

	err->attr = VIFSWITCH_A_NETWORK_DATA;
	rc = vs_network_parse(blob, len, &spec, &perr);
	if (rc)
		return vs_refuse(err, rc, "NETWORK_DATA: %s is %llu; accepted: %s", perr.field,
				 perr.value, perr.accepted);
	rc = check_kind(port, &spec, blob, err);
	if (!rc)
		rc = check_others(t, vid, &spec, err);
	if (rc)
		return rc;
	n = kzalloc(struct_size(n, blob, len), GFP_KERNEL_ACCOUNT);
	if (!n)
		return vs_out_of_memory(err, "NETWORK_DATA");
	n->key = spec.key;
	n->vid = vid;
	n->blob_len = len;
	memcpy(n->blob, blob, len);
	rc = remotes_new(n, &spec, kinds[kind_of(port->dev)].udp, err);
	if (!rc && vs_lisp_is_device(port->dev))
		rc = vs_lisp_prepare(port, n, &spec, err);
	if (rc) {
		object_free(n);
		return rc;
	}
	*ret = n;
	*ret_spec = spec;
	return 0;
}

static bool is_sealed(const struct vs_network_object *n)
{
	u32 i;

	for (i = 0; i < n->count; i++)
		if (vs_network_is_sealed(n->remote[i].address))
			return true;
	return false;
}

static int tunnel_new(struct vs_port *port, struct vs_error *err)
{
	struct vs_tunnel *t;

	if (rtnl_dereference(port->tunnel))
		return 0;
	t = kvzalloc(sizeof(*t), GFP_KERNEL_ACCOUNT);
	if (!t)
		return vs_out_of_memory(err, "NETWORK_DATA");
	rcu_assign_pointer(port->tunnel, t);
	WRITE_ONCE(port->special, true);
	static_branch_inc(&vs_tunnels);
	vs_policy_asks(port);
	return 0;
}

/* @vid's network is @now, or none; the one it was is freed. */
static void put_in_place(struct vs_port *port, struct vs_tunnel *t, u16 vid,
			 struct vs_network_object *now)
{
	struct vs_network_object *old = network_at(t, vid);

	if (old)
		hlist_del_rcu(&old->node);
	rcu_assign_pointer(t->by_vid[vid], now);
	if (now)
		hlist_add_head_rcu(&now->node, vs_tunnel_bucket(t, now->key));
	t->count += !!now - !!old;
	if (!old)
		return;
	synchronize_net();
	vs_fdb_repoint(port, vid, now);
	synchronize_net();
	object_free(old);
}

static bool same_as(const struct vs_network_object *old, const struct vs_network_object *n)
{
	return old && old->blob_len == n->blob_len && !memcmp(old->blob, n->blob, n->blob_len) &&
	       !old->cookie == !n->cookie &&
	       (!n->cookie || vs_cookies_kin(old->cookie, n->cookie) == VS_KIN_TWIN);
}

/* Takes over @cookie when it succeeds. */
int vs_network_set(struct vs_port *port, u16 vid, const void *blob, u32 len,
		   struct vs_cookie *cookie, struct vs_error *err)
{
	struct vs_network_object *n;
	struct vs_network spec;
	struct vs_tunnel *t;
	int rc;

	ASSERT_RTNL();
	if (port->local || !vs_tunnel_may_be(port->dev)) {
		err->attr = VIFSWITCH_A_PORT;
		return vs_refuse(err, -EOPNOTSUPP,
				 "PORT %s is of kind %s; accepted: vxlan, geneve, gretap, ip6gretap, made external, and " VIFSWITCH_LISP_KIND,
				 port->dev->name, port->dev->rtnl_link_ops ?
				 port->dev->rtnl_link_ops->kind : "none");
	}
	rc = object_new(port, vid, blob, len, &n, &spec, err);
	if (rc)
		return rc;
	/* before the first frame goes there */
	rc = is_sealed(n) ? vs_sealed_watch(dev_net(port->dev), err) : 0;
	if (!rc)
		rc = vs_esp_set(dev_net(port->dev), n, &spec, err);
	if (!rc)
		rc = tunnel_new(port, err);
	if (rc) {
		if (n->lisp && !network_of(port, vid))
			vs_fdb_del(port, vs_lisp_mac(), vid);
		object_free(n);
		return rc;
	}
	n->cookie = cookie;
	t = rtnl_dereference(port->tunnel);
	if (same_as(network_at(t, vid), n))
		object_free(n);
	else
		put_in_place(port, t, vid, n);
	return 0;
}

int vs_network_delete(struct vs_port *port, u16 vid, struct vs_error *err)
{
	const struct vs_network_object *n = network_of(port, vid);

	ASSERT_RTNL();
	err->attr = VIFSWITCH_A_VLAN;
	if (!n)
		return vs_refuse(err, -ENOENT, "VLAN is %u; accepted: that of a network of %s",
				 vid, port->dev->name);
	if (n->lisp)
		vs_fdb_del(port, vs_lisp_mac(), vid);
	put_in_place(port, rtnl_dereference(port->tunnel), vid, NULL);
	return 0;
}

/* False: none in that VLAN. What it points to is good under rtnl. */
bool vs_network_show(const struct vs_port *port, u16 vid, struct vs_network_shown *ret)
{
	const struct vs_network_object *n = network_of(port, vid);

	if (n)
		*ret = (struct vs_network_shown){ n->blob, n->blob_len, n->cookie };
	return n;
}

struct vs_remote *vs_remote_find(const struct vs_port *port, u16 vid, const u8 *address)
{
	const struct vs_network_object *n = network_of(port, vid);

	return n ? vs_network_remote(n, address) : NULL;
}

const u8 *vs_remote_address(const struct vs_remote *remote)
{
	return remote ? remote->address : NULL;
}

struct vs_remote *vs_remote_again(const struct vs_network_object *n,
				  const struct vs_remote *remote)
{
	return n && remote ? vs_network_remote(n, remote->address) : NULL;
}

/* Of a port that no frame and no entry leads to any more. */
void vs_tunnel_free(struct vs_port *port)
{
	struct vs_tunnel *t = rcu_dereference_protected(port->tunnel, true);
	unsigned int vid;

	if (!t)
		return;
	for (vid = 0; vid <= VIFSWITCH_VID_MAX; vid++)
		object_free(rcu_dereference_protected(t->by_vid[vid], true));
	kvfree(t);
	static_branch_dec(&vs_tunnels);
}
