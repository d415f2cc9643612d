// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The netdev of LISP: like the kernel's external tunnel devices it has neither key nor remote,
 * and takes both from what its port gives each frame (tunnel metadata). On the wire there is
 * no Ethernet header. What goes out loses it here; what comes in gets one from LISP_MAC to
 * nobody, and whoever takes it for a network says to whom (lisp-way.c).
 *
 * TTL and the field of DSCP and ECN are those of the packet inside, and come back from the
 * outside as RFC 9300 (5.3) and RFC 6040 say. Over IPv4 no UDP checksum is sent. Over IPv6
 * one is, though the RFC lets it be zero: a receiver that did not ask for such packets would
 * never see them. What comes in may lack it over both.
 *
 * Packets are cut in segments, and have their checksums, before they get here: the netdev
 * offers neither. The sockets live while the netdev is up.
 */
#include <linux/ethtool.h>
#include <linux/if_ether.h>
#include <linux/module.h>
#include <net/dsfield.h>
#include <net/dst_cache.h>
#include <net/gro_cells.h>
#include <net/inet_ecn.h>
#include <net/ip.h>
#include <net/ip6_route.h>
#include <net/ipv6_stubs.h>
#include <net/rtnetlink.h>
#include <net/udp_tunnel.h>

#include "../trip.h"
#include "core/lisp.h"
#include "tunnel.h"

#define UDP_HLEN	sizeof(struct udphdr)
#define OVERHEAD	(sizeof(struct ipv6hdr) + UDP_HLEN + VS_LISP_LEN)

struct lisp_device {
	struct net_device *dev;
	struct socket *sock4, *sock6;	/* while it is up */
	struct gro_cells cells;
	__be16 port;
};

static const u8 mac_of_all[ETH_ALEN] = VIFSWITCH_LISP_MAC;

bool vs_lisp_is_device(const struct net_device *dev)
{
	return dev->rtnl_link_ops == &vs_lisp_link_ops;
}

/* ---- out ---- */

/* What of the packet inside shows on the outside. */
struct shown {
	u8 tos, ttl;
	__be16 source;
};

static bool look_inside(struct sk_buff *skb, struct net_device *dev, struct shown *ret)
{
	if (skb->protocol == htons(ETH_P_IP) && pskb_may_pull(skb, sizeof(struct iphdr))) {
		ret->tos = ip_hdr(skb)->tos;
		ret->ttl = ip_hdr(skb)->ttl;
	} else if (skb->protocol == htons(ETH_P_IPV6) &&
		   pskb_may_pull(skb, sizeof(struct ipv6hdr))) {
		ret->tos = ipv6_get_dsfield(ipv6_hdr(skb));
		ret->ttl = ipv6_hdr(skb)->hop_limit;
	} else {
		return false;
	}
	ret->source = udp_flow_src_port(dev_net(dev), skb, 0, 0, true);
	return true;
}

static struct dst_entry *route4(struct net_device *dev, struct ip_tunnel_info *info, __be32 *src)
{
	struct flowi4 fl = {
		.flowi4_proto = IPPROTO_UDP, .daddr = info->key.u.ipv4.dst,
		.saddr = info->key.u.ipv4.src,
	};
	struct rtable *rt = dst_cache_get_ip4(&info->dst_cache, src);

	if (rt)
		return &rt->dst;
	rt = ip_route_output_key(dev_net(dev), &fl);
	if (IS_ERR(rt))
		return NULL;
	*src = fl.saddr;
	dst_cache_set_ip4(&info->dst_cache, &rt->dst, fl.saddr);
	return &rt->dst;
}

static struct dst_entry *route6(struct net_device *dev, struct sock *sk,
				struct ip_tunnel_info *info, struct in6_addr *src)
{
	struct flowi6 fl = {
		.flowi6_proto = IPPROTO_UDP, .daddr = info->key.u.ipv6.dst,
		.saddr = info->key.u.ipv6.src,
	};
	struct dst_entry *dst = dst_cache_get_ip6(&info->dst_cache, src);

	if (dst)
		return dst;
	dst = ipv6_stub->ipv6_dst_lookup_flow(dev_net(dev), sk, &fl, NULL);
	if (IS_ERR(dst))
		return NULL;
	*src = fl.saddr;
	dst_cache_set_ip6(&info->dst_cache, dst, &fl.saddr);
	return dst;
}

static bool put_header(struct sk_buff *skb, struct net_device *dev, const struct dst_entry *dst,
		       u32 instance)
{
	if (dst->dev == dev || skb_cow_head(skb, LL_RESERVED_SPACE(dst->dev) + OVERHEAD))
		return false;
	skb_reset_inner_headers(skb);
	vs_lisp_build(skb_push(skb, VS_LISP_LEN), instance);
	return true;
}

/* False: @skb is still the caller's. */
static bool send4(struct lisp_device *d, struct sk_buff *skb, struct ip_tunnel_info *info,
		  const struct shown *s)
{
	struct socket *sock = READ_ONCE(d->sock4);
	__be32 dst_address = info->key.u.ipv4.dst, src;
	struct dst_entry *dst = sock ? route4(d->dev, info, &src) : NULL;

	if (!dst)
		return false;
	if (!put_header(skb, d->dev, dst, ntohl(tunnel_id_to_key32(info->key.tun_id)))) {
		dst_release(dst);
		return false;
	}
	udp_tunnel_xmit_skb((struct rtable *)dst, sock->sk, skb, src, dst_address, s->tos, s->ttl,
			    0, s->source, d->port, false, true);
	return true;
}

static bool send6(struct lisp_device *d, struct sk_buff *skb, struct ip_tunnel_info *info,
		  const struct shown *s)
{
	struct socket *sock = READ_ONCE(d->sock6);
	struct in6_addr dst_address = info->key.u.ipv6.dst, src;
	struct dst_entry *dst = sock ? route6(d->dev, sock->sk, info, &src) : NULL;

	if (!dst)
		return false;
	if (!put_header(skb, d->dev, dst, ntohl(tunnel_id_to_key32(info->key.tun_id)))) {
		dst_release(dst);
		return false;
	}
	/* the way out of IPv4 does that itself: where it goes to would not be given up, else */
	skb_scrub_packet(skb, false);
	udp_tunnel6_xmit_skb(dst, sock->sk, skb, d->dev, &src, &dst_address, s->tos, s->ttl, 0,
			     s->source, d->port, false);
	return true;
}

static netdev_tx_t lisp_xmit(struct sk_buff *skb, struct net_device *dev)
{
	struct ip_tunnel_info *info = skb_tunnel_info(skb);
	struct lisp_device *d = netdev_priv(dev);
	struct shown s;

	if (!info || !(info->mode & IP_TUNNEL_INFO_TX))
		goto drop;
	skb_pull(skb, ETH_HLEN);
	skb_reset_network_header(skb);
	if (!look_inside(skb, dev, &s))
		goto drop;
	if (ip_tunnel_info_af(info) == AF_INET6 ? send6(d, skb, info, &s) : send4(d, skb, info, &s))
		return NETDEV_TX_OK;
drop:
	DEV_STATS_INC(dev, tx_errors);
	kfree_skb(skb);
	return NETDEV_TX_OK;
}

/* ---- in ---- */

/* The port that the netdev is, or NULL. */
static struct vs_port *port_of(const struct net_device *dev)
{
	return rcu_access_pointer(dev->rx_handler) == vs_tunnel_rx ?
	       rcu_dereference(dev->rx_handler_data) : NULL;
}

static void refuse(struct net_device *dev, struct sk_buff *skb)
{
	struct vs_port *port = port_of(dev);

	DEV_STATS_INC(dev, rx_errors);
	/* what is told of a frame begins with an Ethernet header, and it has none */
	if (port)
		vs_count_drop(port->stats, VIFSWITCH_DROP_LISP_HEADER);
	kfree_skb(skb);
}

/* From UDP's header on. */
static bool read_header(struct sk_buff *skb, struct vs_lisp *ret)
{
	u32 heads = min_t(u32, skb->len, UDP_HLEN + VS_LISP_HEADS);

	return heads > UDP_HLEN && pskb_may_pull(skb, heads) &&
	       vs_lisp_parse(skb->data + UDP_HLEN, heads - UDP_HLEN, skb->len - UDP_HLEN, ret);
}

/* What the way did to the outside, done to the inside. False: it must not go on. */
static bool take_shown(struct sk_buff *skb, u8 tos, u8 ttl, bool ip6)
{
	u32 head = ip6 ? sizeof(struct ipv6hdr) : sizeof(struct iphdr);

	if (skb_ensure_writable(skb, head))
		return false;
	if (skb->ip_summed == CHECKSUM_COMPLETE)
		skb->ip_summed = CHECKSUM_NONE;
	if (ip6) {
		struct ipv6hdr *ip = ipv6_hdr(skb);

		if (INET_ECN_decapsulate(skb, tos, ipv6_get_dsfield(ip)) > 1)
			return false;
		ipv6_change_dsfield(ip, INET_ECN_MASK, tos & ~INET_ECN_MASK);
		ip->hop_limit = min(ip->hop_limit, ttl);
		return true;
	}
	if (INET_ECN_decapsulate(skb, tos, ip_hdr(skb)->tos) > 1)
		return false;
	ipv4_change_dsfield(ip_hdr(skb), INET_ECN_MASK, tos & ~INET_ECN_MASK);
	if (ttl < ip_hdr(skb)->ttl) {
		csum_replace2(&ip_hdr(skb)->check, htons(ip_hdr(skb)->ttl << 8), htons(ttl << 8));
		ip_hdr(skb)->ttl = ttl;
	}
	return true;
}

static bool put_ethernet(struct sk_buff *skb, struct net_device *dev)
{
	struct ethhdr *eth;
	__be16 type = skb->protocol;

	if (skb_cow_head(skb, ETH_HLEN))
		return false;
	eth = skb_push(skb, ETH_HLEN);
	eth_zero_addr(eth->h_dest);
	ether_addr_copy(eth->h_source, mac_of_all);
	eth->h_proto = type;
	skb->protocol = eth_type_trans(skb, dev);
	skb_reset_network_header(skb);
	return true;
}

static bool keep_outer(struct sk_buff *skb, u8 version, u32 instance)
{
	struct metadata_dst *dst;

	dst = vs_compat_tunnel_told(skb, version == 4 ? AF_INET : AF_INET6, instance);
	if (dst)
		skb_dst_set(skb, &dst->dst);
	return dst;
}

/* 0: it was consumed. UDP's header is in front, the outer IP header before it. */
static int lisp_rcv(struct sock *sk, struct sk_buff *skb)
{
	struct lisp_device *d = rcu_dereference_sk_user_data(sk);
	u8 tos, ttl, version;
	struct vs_lisp lisp;

	if (!d) {
		kfree_skb(skb);
		return 0;
	}
	if (!read_header(skb, &lisp)) {
		refuse(d->dev, skb);
		return 0;
	}
	version = ip_hdr(skb)->version;
	tos = version == 4 ? ip_hdr(skb)->tos : ipv6_get_dsfield(ipv6_hdr(skb));
	ttl = version == 4 ? ip_hdr(skb)->ttl : ipv6_hdr(skb)->hop_limit;
	/* the outer addresses are there until the network header is the inner one */
	if (iptunnel_pull_header(skb, UDP_HLEN + VS_LISP_LEN,
				 htons(lisp.ip6 ? ETH_P_IPV6 : ETH_P_IP), false) ||
	    !keep_outer(skb, version, lisp.instance) ||
	    pskb_trim_rcsum(skb, lisp.len))
		goto drop;
	skb_reset_network_header(skb);
	if (!take_shown(skb, tos, ttl, lisp.ip6) || !put_ethernet(skb, d->dev))
		goto drop;
	dev_sw_netstats_rx_add(d->dev, skb->len + ETH_HLEN);
	gro_cells_receive(&d->cells, skb);
	return 0;

drop:
	DEV_STATS_INC(d->dev, rx_dropped);
	kfree_skb(skb);
	return 0;
}

/* ---- the netdev ---- */

static int open_socket(struct lisp_device *d, u8 family, struct socket **ret)
{
	struct udp_port_cfg cfg = {
		.family = family, .local_udp_port = d->port, .ipv6_v6only = family == AF_INET6,
	};
	struct udp_tunnel_sock_cfg tunnel = {
		.sk_user_data = d, .encap_type = 1, .encap_rcv = lisp_rcv,
	};
	struct socket *sock;
	int rc = udp_sock_create(dev_net(d->dev), &cfg, &sock);

	if (rc)
		return rc;
	setup_udp_tunnel_sock(dev_net(d->dev), sock, &tunnel);
	WRITE_ONCE(*ret, sock);
	return 0;
}

/* Nobody sends by it or receives for it any more when it is released. */
static void close_socket(struct socket **at)
{
	struct socket *sock = *at;

	if (!sock)
		return;
	WRITE_ONCE(*at, NULL);
	rcu_assign_sk_user_data(sock->sk, NULL);
	synchronize_net();
	udp_tunnel_sock_release(sock);
}

static int lisp_open(struct net_device *dev)
{
	struct lisp_device *d = netdev_priv(dev);
	int rc = open_socket(d, AF_INET, &d->sock4);

	if (rc)
		return rc;
	rc = open_socket(d, AF_INET6, &d->sock6);
	if (!rc || rc == -EAFNOSUPPORT || rc == -EPFNOSUPPORT)
		return 0;
	close_socket(&d->sock4);
	return rc;
}

static int lisp_stop(struct net_device *dev)
{
	struct lisp_device *d = netdev_priv(dev);

	close_socket(&d->sock4);
	close_socket(&d->sock6);
	return 0;
}

static int lisp_init(struct net_device *dev)
{
	struct lisp_device *d = netdev_priv(dev);
	int rc;

	d->dev = dev;
	rc = vs_compat_tstats_init(dev);
	if (rc)
		return rc;
	rc = gro_cells_init(&d->cells, dev);
	if (rc)
		vs_compat_tstats_free(dev);
	return rc;
}

static void lisp_uninit(struct net_device *dev)
{
	struct lisp_device *d = netdev_priv(dev);

	gro_cells_destroy(&d->cells);
	vs_compat_tstats_free(dev);
}

static const struct net_device_ops lisp_ops = {
	.ndo_init		= lisp_init,
	.ndo_uninit		= lisp_uninit,
	.ndo_open		= lisp_open,
	.ndo_stop		= lisp_stop,
	.ndo_start_xmit		= lisp_xmit,
	.ndo_get_stats64	= dev_get_tstats64,
	.ndo_validate_addr	= eth_validate_addr,
};

static const struct device_type lisp_type = {
	.name = VIFSWITCH_LISP_KIND,
};

static void lisp_setup(struct net_device *dev)
{
	ether_setup(dev);
	dev->netdev_ops = &lisp_ops;
	SET_NETDEV_DEVTYPE(dev, &lisp_type);
	dev->needs_free_netdev = true;
	dev->priv_flags |= IFF_NO_QUEUE;
	dev->priv_flags &= ~IFF_TX_SKB_SHARING;
	dev->flags &= ~IFF_MULTICAST;
	dev->min_mtu = IPV6_MIN_MTU;
	dev->max_mtu = IP_MAX_MTU - OVERHEAD;
	dev->mtu = ETH_DATA_LEN - OVERHEAD;
	dev->needed_headroom = LL_MAX_HEADER + OVERHEAD;
	vs_compat_setup(dev);
	netif_keep_dst(dev);
	eth_hw_addr_set(dev, mac_of_all);
}

static int lisp_newlink(struct net *src_net, struct net_device *dev, struct nlattr *tb[],
			struct nlattr *data[], struct netlink_ext_ack *extack)
{
	struct lisp_device *d = netdev_priv(dev);

	if (!vs_net_allowed(dev_net(dev))) {
		NL_SET_ERR_MSG(extack, VS_NET_REFUSAL);
		return -EPERM;
	}
	d->port = data && data[IFLA_VSLISP_PORT] ? nla_get_be16(data[IFLA_VSLISP_PORT]) :
						   htons(VIFSWITCH_LISP_PORT);
	if (!d->port) {
		NL_SET_ERR_MSG(extack, "port is 0; accepted: 1 to 65535");
		return -ERANGE;
	}
	return register_netdevice(dev);
}

static size_t lisp_get_size(const struct net_device *dev)
{
	return nla_total_size(sizeof(__be16));
}

static int lisp_fill_info(struct sk_buff *msg, const struct net_device *dev)
{
	const struct lisp_device *d = netdev_priv(dev);

	return nla_put_be16(msg, IFLA_VSLISP_PORT, d->port);
}

static const struct nla_policy lisp_policy[IFLA_VSLISP_PORT + 1] = {
	[IFLA_VSLISP_PORT] = { .type = NLA_U16 },
};

struct rtnl_link_ops vs_lisp_link_ops __read_mostly = {
	.kind		= VIFSWITCH_LISP_KIND,
	.priv_size	= sizeof(struct lisp_device),
	.setup		= lisp_setup,
	.maxtype	= IFLA_VSLISP_PORT,
	.policy		= lisp_policy,
	.newlink	= lisp_newlink,
	.get_size	= lisp_get_size,
	.fill_info	= lisp_fill_info,
};

MODULE_ALIAS_RTNL_LINK(VIFSWITCH_LISP_KIND);
