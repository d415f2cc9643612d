// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Networks with NETWORK_ESP: what goes between this host and their remotes by their kind of
 * tunnel goes in ESP (RFC 4303) or not at all, whatever policies an IKE daemon has set, is
 * about to set, or took away. A packet that leaves passes the hook before it is encrypted,
 * with the state that will do so; one that came in passes it twice, as ESP and then with the
 * states that opened it. So both are asked for a state of transport mode with that very peer.
 *
 * What is asked for once stays so when the network goes: the other host may still send, and
 * the answer to what nobody wants quotes it in clear. NETWORK_UNSEAL ends it, which a network
 * in clear has. Entries change under rtnl and are read by packets under RCU.
 */
#include <linux/icmp.h>
#include <linux/icmpv6.h>
#include <linux/jhash.h>
#include <linux/netfilter.h>
#include <linux/netfilter_ipv4.h>
#include <linux/netfilter_ipv6.h>
#include <linux/pfkeyv2.h>
#include <linux/slab.h>
#include <net/ip.h>
#include <net/ipv6.h>
#include <net/xfrm.h>

#include "tunnel.h"

#define BUCKET_BITS	8
#define ENDS_MAX	8192

/* A remote, and the packets of it that are meant: the protocol, and of UDP the port they go to. */
struct end {
	struct hlist_node node;
	struct rcu_head rcu;
	u8 address[VIFSWITCH_ADDRESS_LEN];
	u8 proto;
	u16 port;
};

struct vs_esp {
	u32 count;
	struct hlist_head bucket[1 << BUCKET_BITS];
};

/* What a packet is, as far as it matters here. */
struct view {
	u8 from[VIFSWITCH_ADDRESS_LEN], to[VIFSWITCH_ADDRESS_LEN];
	u8 proto;
	u16 port;			/* that UDP goes to */
	int at;				/* of what comes after IP's headers */
};

static struct hlist_head *bucket_of(struct vs_esp *esp, const u8 *address)
{
	u32 hash = jhash(address, VIFSWITCH_ADDRESS_LEN, 0);

	return &esp->bucket[hash >> (32 - BUCKET_BITS)];
}

static struct end *find(struct vs_esp *esp, const u8 *address, u8 proto, u16 port)
{
	struct end *e;

	hlist_for_each_entry_rcu(e, bucket_of(esp, address), node, lockdep_rtnl_is_held())
		if (e->proto == proto && e->port == port &&
		    !memcmp(e->address, address, VIFSWITCH_ADDRESS_LEN))
			return e;
	return NULL;
}

/* ---- packets ---- */

static bool read_ports(const struct sk_buff *skb, struct view *v)
{
	__be16 buf[2], *ports;

	v->port = 0;
	if (v->proto != IPPROTO_UDP)
		return v->proto == IPPROTO_GRE;
	ports = skb_header_pointer(skb, v->at, sizeof(buf), buf);
	if (ports)
		v->port = ntohs(ports[1]);
	return ports;
}

/* False: it cannot be a tunnel's. A later fragment is nothing without the first. */
static bool read_ip4(const struct sk_buff *skb, int at, struct view *v)
{
	struct iphdr buf, *ip = skb_header_pointer(skb, at, sizeof(buf), &buf);

	if (!ip || ip->ihl < 5 || ip->frag_off & htons(IP_OFFSET))
		return false;
	vs_network_put_ip4(&ip->saddr, v->from);
	vs_network_put_ip4(&ip->daddr, v->to);
	v->proto = ip->protocol;
	v->at = at + ip->ihl * 4;
	return true;
}

static bool read_ip6(const struct sk_buff *skb, int at, struct view *v)
{
	struct ipv6hdr buf, *ip = skb_header_pointer(skb, at, sizeof(buf), &buf);
	__be16 fragment = 0;

	if (!ip)
		return false;
	memcpy(v->from, &ip->saddr, 16);
	memcpy(v->to, &ip->daddr, 16);
	v->proto = ip->nexthdr;
	v->at = ipv6_skip_exthdr(skb, at + sizeof(*ip), &v->proto, &fragment);
	return v->at >= 0 && !(fragment & htons(IP6_OFFSET));
}

static bool read_ip(const struct sk_buff *skb, u8 pf, int at, struct view *v)
{
	return pf == NFPROTO_IPV4 ? read_ip4(skb, at, v) : read_ip6(skb, at, v);
}

/* An error of ICMP quotes the packet that it answers. */
static bool is_quote(const struct sk_buff *skb, u8 pf, const struct view *v)
{
	u8 buf, *type;

	if (v->proto != (pf == NFPROTO_IPV4 ? IPPROTO_ICMP : IPPROTO_ICMPV6))
		return false;
	type = skb_header_pointer(skb, v->at, 1, &buf);
	if (!type)
		return false;
	return pf == NFPROTO_IPV6 ? !(*type & ICMPV6_INFOMSG_MASK) : icmp_is_err(*type);
}

static bool is_with(const struct xfrm_state *x, const xfrm_address_t *peer, const u8 *address,
		    u8 pf)
{
	bool ip4 = pf == NFPROTO_IPV4;

	return x->id.proto == IPPROTO_ESP && x->props.mode == XFRM_MODE_TRANSPORT &&
	       x->props.family == (ip4 ? AF_INET : AF_INET6) &&
	       x->props.ealgo != SADB_EALG_NULL && x->props.ealgo != SADB_X_EALG_NULL_AES_GMAC &&
	       !memcmp(peer, address + (ip4 ? 12 : 0), ip4 ? 4 : 16);
}

static bool is_opened(const struct sk_buff *skb, const struct view *v, u8 pf)
{
	const struct sec_path *sp = skb_sec_path(skb);
	const struct xfrm_state *x = sp && sp->len ? sp->xvec[sp->len - 1] : NULL;

	return x && is_with(x, &x->props.saddr, v->from, pf);
}

static bool will_be_closed(const struct sk_buff *skb, const struct view *v, u8 pf)
{
	const struct dst_entry *dst = skb_dst(skb);
	const struct xfrm_state *x = dst ? dst_xfrm(dst) : NULL;

	return x && is_with(x, &x->id.daddr, v->to, pf);
}

static bool passes_in(struct vs_esp *esp, const struct sk_buff *skb, u8 pf, struct view *v)
{
	return !read_ports(skb, v) || !find(esp, v->from, v->proto, v->port) ||
	       is_opened(skb, v, pf);
}

static bool passes_out(struct vs_esp *esp, const struct sk_buff *skb, u8 pf, struct view *v)
{
	struct view quoted;

	if (read_ports(skb, v))
		return !find(esp, v->to, v->proto, v->port) || will_be_closed(skb, v, pf);
	return !is_quote(skb, pf, v) ||
	       !read_ip(skb, pf, v->at + sizeof(struct icmphdr), &quoted) ||
	       !read_ports(skb, &quoted) || !find(esp, quoted.from, quoted.proto, quoted.port);
}

static unsigned int watch(void *priv, struct sk_buff *skb, const struct nf_hook_state *state)
{
	struct vs_net *vn = vs_net_of(state->net);
	bool in = state->hook == NF_INET_PRE_ROUTING;
	struct view v;

	if (!read_ip(skb, state->pf, skb_network_offset(skb), &v))
		return NF_ACCEPT;
	if (in ? passes_in(vn->esp, skb, state->pf, &v) : passes_out(vn->esp, skb, state->pf, &v))
		return NF_ACCEPT;
	vs_sealed_count(vn, in);
	return NF_DROP;
}

static const struct nf_hook_ops hooks[] = {
	{
		.hook = watch, .pf = NFPROTO_IPV4, .hooknum = NF_INET_PRE_ROUTING,
		.priority = NF_IP_PRI_FIRST,
	}, {
		.hook = watch, .pf = NFPROTO_IPV4, .hooknum = NF_INET_POST_ROUTING,
		.priority = NF_IP_PRI_LAST,
	}, {
		.hook = watch, .pf = NFPROTO_IPV6, .hooknum = NF_INET_PRE_ROUTING,
		.priority = NF_IP6_PRI_FIRST,
	}, {
		.hook = watch, .pf = NFPROTO_IPV6, .hooknum = NF_INET_POST_ROUTING,
		.priority = NF_IP6_PRI_LAST,
	},
};

/* ---- networks ---- */

static int begin(struct net *net, struct vs_error *err)
{
	struct vs_net *vn = vs_net_of(net);
	int rc;

	if (vn->esp)
		return 0;
	vn->esp = kzalloc(sizeof(*vn->esp), GFP_KERNEL_ACCOUNT);
	if (!vn->esp)
		return vs_out_of_memory(err, "NETWORK_DATA");
	rc = nf_register_net_hooks(net, hooks, ARRAY_SIZE(hooks));
	if (!rc)
		return 0;
	/* some of the hooks may have been there for a while */
	synchronize_net();
	kfree(vn->esp);
	vn->esp = NULL;
	return vs_refuse(err, rc, "NETWORK_DATA: packets that have to be encrypted cannot be watched");
}

static int seal(struct vs_esp *esp, const u8 *address, u8 proto, u16 port, struct vs_error *err)
{
	struct end *e;

	if (find(esp, address, proto, port))
		return 0;
	if (esp->count >= ENDS_MAX)
		return vs_refuse(err, -ENOSPC, "NETWORK_DATA: %u remotes are watched already, the most",
				 ENDS_MAX);
	e = kzalloc(sizeof(*e), GFP_KERNEL_ACCOUNT);
	if (!e)
		return vs_out_of_memory(err, "NETWORK_DATA");
	memcpy(e->address, address, sizeof(e->address));
	e->proto = proto;
	e->port = port;
	hlist_add_head_rcu(&e->node, bucket_of(esp, address));
	esp->count++;
	return 0;
}

static void unseal(struct vs_esp *esp, const u8 *address, u8 proto, u16 port)
{
	struct end *e = esp ? find(esp, address, proto, port) : NULL;

	if (!e)
		return;
	hlist_del_rcu(&e->node);
	esp->count--;
	kfree_rcu(e, rcu);
}

int vs_esp_set(struct net *net, const struct vs_network_object *n, const struct vs_network *spec,
	       struct vs_error *err)
{
	u8 proto = spec->udp_port ? IPPROTO_UDP : IPPROTO_GRE;
	int rc = 0;
	u32 i;

	ASSERT_RTNL();
	if (spec->flags & VIFSWITCH_NETWORK_ESP)
		rc = begin(net, err);
	for (i = 0; !rc && i < n->count; i++) {
		if (spec->flags & VIFSWITCH_NETWORK_ESP)
			rc = seal(vs_net_of(net)->esp, n->remote[i].address, proto,
				  spec->udp_port, err);
		else if (spec->flags & VIFSWITCH_NETWORK_UNSEAL)
			unseal(vs_net_of(net)->esp, n->remote[i].address, proto, spec->udp_port);
	}
	return rc;
}

/* Of a namespace without switches. */
void vs_esp_exit(struct net *net)
{
	struct vs_net *vn = vs_net_of(net);
	struct hlist_node *next;
	struct end *e;
	u32 i;

	if (!vn->esp)
		return;
	nf_unregister_net_hooks(net, hooks, ARRAY_SIZE(hooks));
	synchronize_net();
	for (i = 0; i < ARRAY_SIZE(vn->esp->bucket); i++)
		hlist_for_each_entry_safe(e, next, &vn->esp->bucket[i], node)
			kfree(e);
	kfree(vn->esp);
	vn->esp = NULL;
}
