/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The differences between the kernels we build for: 6.1 to 6.12. */
#ifndef VS_COMPAT_H
#define VS_COMPAT_H

#include <linux/if_vlan.h>
#include <linux/netdevice.h>
#include <linux/skbuff.h>
#include <linux/version.h>
#include <net/genetlink.h>
#include <net/ip_tunnels.h>
#include <net/udp_tunnel.h>

/* Since 6.2 each way of an operation has a policy of its own. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 2, 0)
#define VS_COMPAT_SPLIT_OPS
#endif

#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 12, 0)

#include <net/gso.h>

/* Transmission takes no lock, and the netdev stays in its network namespace. */
static inline void vs_compat_setup(struct net_device *dev)
{
	dev->lltx = true;
#ifdef VS_NETNS_IMMUTABLE
	dev->netns_immutable = true;
#else
	dev->netns_local = true;
#endif
}

static inline struct nlattr **vs_compat_dump_attrs(struct netlink_callback *cb)
{
	return genl_info_dump(cb)->attrs;
}

/*
 * In ndo_init and ndo_uninit of a netdev that counts in dev->tstats: who sends by UDP tunnels must
 * have told since 6.9 that it does, and has them made and freed for it.
 */
static inline int vs_compat_tstats_init(struct net_device *dev)
{
	dev->pcpu_stat_type = NETDEV_PCPU_STAT_TSTATS;
	return 0;
}

static inline void vs_compat_tstats_free(struct net_device *dev)
{
}

/* What goes by it has a key, and maybe a checksum. */
static inline void vs_compat_tunnel_flags(struct ip_tunnel_key *key, bool checksum)
{
	__set_bit(IP_TUNNEL_KEY_BIT, key->tun_flags);
	if (checksum)
		__set_bit(IP_TUNNEL_CSUM_BIT, key->tun_flags);
}

/* What a packet says that UDP brought for a tunnel. NULL: out of memory. */
static inline struct metadata_dst *vs_compat_tunnel_told(struct sk_buff *skb, u8 family, u32 key)
{
	IP_TUNNEL_DECLARE_FLAGS(flags) = { };

	__set_bit(IP_TUNNEL_KEY_BIT, flags);
	return udp_tun_rx_dst(skb, family, flags, key32_to_tunnel_id(htonl(key)), 0);
}

#else

static inline void vs_compat_setup(struct net_device *dev)
{
	dev->features |= NETIF_F_LLTX | NETIF_F_NETNS_LOCAL;
}

static inline struct nlattr **vs_compat_dump_attrs(struct netlink_callback *cb)
{
	return genl_dumpit_info(cb)->attrs;
}

static inline int vs_compat_tstats_init(struct net_device *dev)
{
	dev->tstats = netdev_alloc_pcpu_stats(struct pcpu_sw_netstats);
	return dev->tstats ? 0 : -ENOMEM;
}

static inline void vs_compat_tstats_free(struct net_device *dev)
{
	free_percpu(dev->tstats);
}

static inline void vs_compat_tunnel_flags(struct ip_tunnel_key *key, bool checksum)
{
	key->tun_flags = TUNNEL_KEY | (checksum ? TUNNEL_CSUM : 0);
}

static inline struct metadata_dst *vs_compat_tunnel_told(struct sk_buff *skb, u8 family, u32 key)
{
	return udp_tun_rx_dst(skb, family, TUNNEL_KEY, key32_to_tunnel_id(htonl(key)), 0);
}

#endif

#endif /* VS_COMPAT_H */
