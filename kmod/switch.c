// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The switch's netdev, which is also dom0's port on it. It never carries
 * IFF_BRIDGE_PORT or IFF_EBRIDGE, nor do its ports: bridge.ko would take what
 * hangs on them for its own.
 */
#include <linux/ethtool.h>
#include <linux/neighbour.h>
#include <linux/rculist.h>
#include <linux/slab.h>
#include <net/rtnetlink.h>

#include <vifswitch/link-abi.h>

#include "vifswitch.h"
#include "core/reason.h"
#include "meter.h"
#include "mirror-object.h"
#include "openflow.h"
#include "switch-frame.h"

#define COMMON_FEATURES (NETIF_F_SG | NETIF_F_FRAGLIST | NETIF_F_HIGHDMA | NETIF_F_GSO_MASK | \
			 NETIF_F_HW_CSUM)

LIST_HEAD(vs_switches);

static const struct net_device_ops switch_ops;

struct vs_switch *vs_switch_of(const struct net_device *dev)
{
	return dev->netdev_ops == &switch_ops ? netdev_priv(dev) : NULL;
}

/* Order of creation; dumps go on by it. */
u64 vs_next_seq(void)
{
	static u64 seq;

	ASSERT_RTNL();
	return ++seq;
}

/* What is too large for it is answered, and what carries it has the MTU of another port. */
static bool is_tunnel(const struct vs_port *port)
{
	const struct vs_policy *policy = rtnl_dereference(port->policy);

	return policy && policy->prog.flags & VIFSWITCH_PF_TUNNEL;
}

/* Unless somebody chose an MTU, the switch's is what all of its ports can take. */
void vs_switch_mtu_update(struct vs_switch *sw)
{
	unsigned int mtu = UINT_MAX;
	struct vs_port *port;

	ASSERT_RTNL();
	if (sw->mtu_fixed || sw->dev->reg_state != NETREG_REGISTERED)
		return;
	list_for_each_entry(port, &sw->ports, list)
		if (!is_tunnel(port))
			mtu = min(mtu, port->dev->mtu);
	if (mtu == UINT_MAX)
		mtu = ETH_DATA_LEN;
	if (mtu == sw->dev->mtu)
		return;
	dev_set_mtu(sw->dev, mtu);
	sw->mtu_fixed = false;
}

static void headroom_update(struct vs_switch *sw)
{
	unsigned int headroom = 0;
	struct vs_port *port;

	list_for_each_entry(port, &sw->ports, list)
		headroom = max_t(unsigned int, headroom, netdev_get_fwd_headroom(port->dev));
	if (headroom == sw->dev->needed_headroom)
		return;
	sw->dev->needed_headroom = headroom;
	list_for_each_entry(port, &sw->ports, list)
		netdev_set_rx_headroom(port->dev, headroom);
}

void vs_switch_ports_changed(struct vs_switch *sw)
{
	headroom_update(sw);
	vs_switch_mtu_update(sw);
	netdev_update_features(sw->dev);
}

static netdev_features_t switch_fix_features(struct net_device *dev, netdev_features_t features)
{
	struct vs_switch *sw = netdev_priv(dev);
	netdev_features_t mask = features;
	struct vs_port *port;

	if (list_empty(&sw->ports))
		return features;
	features &= ~NETIF_F_ONE_FOR_ALL;
	list_for_each_entry(port, &sw->ports, list)
		features = netdev_increment_features(features, port->dev->features, mask);
	return netdev_add_tso_features(features, mask);
}

static netdev_tx_t switch_xmit(struct sk_buff *skb, struct net_device *dev)
{
	struct vs_switch *sw = netdev_priv(dev);

	if (unlikely(!pskb_may_pull(skb, ETH_HLEN))) {
		vs_count_drop(sw->local.stats, VIFSWITCH_DROP_TRUNCATED);
		kfree_skb(skb);
		return NETDEV_TX_OK;
	}
	skb_reset_mac_header(skb);
	nf_reset_ct(skb);
	/* packet sockets may say anything about the protocol */
	if (unlikely(eth_type_vlan(skb->protocol)))
		skb->protocol = eth_hdr(skb)->h_proto;
	skb_pull(skb, ETH_HLEN);
	rcu_read_lock();
	vs_switch_frame(&sw->local, &skb);
	rcu_read_unlock();
	return NETDEV_TX_OK;
}

static void switch_stats64(struct net_device *dev, struct rtnl_link_stats64 *stats)
{
	struct vs_switch *sw = netdev_priv(dev);
	struct vs_totals totals;
	unsigned int i;

	vs_stats_sum(sw->local.stats, &totals);
	stats->tx_packets = totals.ctr[VIFSWITCH_CTR_FROM_PACKETS];
	stats->tx_bytes = totals.ctr[VIFSWITCH_CTR_FROM_BYTES];
	stats->rx_packets = totals.ctr[VIFSWITCH_CTR_TO_PACKETS];
	stats->rx_bytes = totals.ctr[VIFSWITCH_CTR_TO_BYTES];
	for (i = VIFSWITCH_DROP_NONE + 1; i < VIFSWITCH_DROP_COUNT; i++) {
		if (vs_reason_is_egress(i))
			stats->rx_dropped += totals.drops[i];
		else
			stats->tx_dropped += totals.drops[i];
	}
}

static int switch_init(struct net_device *dev)
{
	struct vs_switch *sw = netdev_priv(dev);
	struct vs_error err = {};
	int rc;

	sw->dev = dev;
	sw->seq = vs_next_seq();
	INIT_LIST_HEAD(&sw->ports);
	vs_sweeper_init(sw);
	rc = vs_port_init(&sw->local, sw, dev);
	if (rc)
		return rc;
	sw->local.local = true;
	sw->local.special = true;
	rc = vs_fdb_init(sw);
	if (rc)
		goto stats;
	rc = vs_fdb_set_own(sw, dev->dev_addr, &err);
	if (rc)
		goto fdb;
	list_add_tail(&sw->list, &vs_switches);
	return 0;

fdb:
	cancel_delayed_work_sync(&sw->ageing_work);
	vs_fdb_free(sw);
stats:
	vs_port_release(&sw->local);
	vs_port_fini(&sw->local);
	return rc;
}

/* Closing the guests' netdevs together costs one grace period, not one each. */
static void leave_all(struct vs_switch *sw)
{
	struct vs_port *port, *next;
	LIST_HEAD(guests);

	list_for_each_entry(port, &sw->ports, list)
		if (vs_port_is_guest(port))
			list_add(&port->dev->close_list, &guests);
	dev_close_many(&guests, true);
	list_for_each_entry_safe(port, next, &sw->ports, list)
		vs_port_leave(port);
}

static void switch_uninit(struct net_device *dev)
{
	struct vs_switch *sw = netdev_priv(dev);

	leave_all(sw);
	vs_loop_free(sw);
	list_del(&sw->list);
	cancel_delayed_work_sync(&sw->ageing_work);
	cancel_delayed_work_sync(&sw->sweeper);
	vs_mirrors_free(sw);
	vs_flows_free(sw);
	vs_underlay_free(sw);
	vs_locked_gone(&sw->local);
	vs_locked_free(sw);
	vs_snoop_free(sw);
	vs_meter_leave(&sw->local);
	vs_fdb_port_gone(&sw->local);
	vs_port_release(&sw->local);
}

/* Last of all: nobody refers to the netdev any more. */
static void switch_destruct(struct net_device *dev)
{
	struct vs_switch *sw = netdev_priv(dev);

	vs_port_fini(&sw->local);
	kfree(sw->own);
	vs_fdb_free(sw);
}

static int switch_set_mac(struct net_device *dev, void *p)
{
	struct vs_switch *sw = netdev_priv(dev);
	struct vs_error err = {};
	struct sockaddr *addr = p;
	int rc;

	if (!is_valid_ether_addr(addr->sa_data))
		return -EADDRNOTAVAIL;
	if (ether_addr_equal(dev->dev_addr, addr->sa_data))
		return 0;
	rc = vs_fdb_set_own(sw, addr->sa_data, &err);
	if (rc) {
		netdev_info(dev, "%s\n", err.text);
		return rc;
	}
	eth_hw_addr_set(dev, addr->sa_data);
	return 0;
}

static int switch_change_mtu(struct net_device *dev, int mtu)
{
	struct vs_switch *sw = netdev_priv(dev);

	sw->mtu_fixed = true;
	dev->mtu = mtu;
	return 0;
}

static void switch_change_rx_flags(struct net_device *dev, int flags)
{
	struct vs_switch *sw = netdev_priv(dev);

	if (flags & IFF_PROMISC)
		WRITE_ONCE(sw->promiscuous, dev->flags & IFF_PROMISC);
}

/* Nothing to do: group frames of its VLANs reach the local port anyway. */
static void switch_set_rx_mode(struct net_device *dev)
{
}

static int switch_add_slave(struct net_device *dev, struct net_device *slave,
			    struct netlink_ext_ack *extack)
{
	struct vs_config cfg = {};
	struct vs_error err = {};
	int rc;

	rc = vs_port_join(netdev_priv(dev), slave, &cfg, &err);
	if (rc && extack)
		extack->_msg = err.brief;
	return rc;
}

static int switch_del_slave(struct net_device *dev, struct net_device *slave)
{
	struct vs_port *port = vs_port_of(slave);

	if (!port || port->local || port->sw != netdev_priv(dev))
		return -EINVAL;
	vs_port_leave(port);
	return 0;
}

static const struct net_device_ops switch_ops = {
	.ndo_init		= switch_init,
	.ndo_uninit		= switch_uninit,
	.ndo_start_xmit		= switch_xmit,
	.ndo_get_stats64	= switch_stats64,
	.ndo_set_mac_address	= switch_set_mac,
	.ndo_validate_addr	= eth_validate_addr,
	.ndo_change_mtu		= switch_change_mtu,
	.ndo_change_rx_flags	= switch_change_rx_flags,
	.ndo_set_rx_mode	= switch_set_rx_mode,
	.ndo_fix_features	= switch_fix_features,
	.ndo_features_check	= passthru_features_check,
	.ndo_add_slave		= switch_add_slave,
	.ndo_del_slave		= switch_del_slave,
	.ndo_fdb_dump		= vs_fdb_show,
};

static void switch_drvinfo(struct net_device *dev, struct ethtool_drvinfo *info)
{
	strscpy(info->driver, KBUILD_MODNAME, sizeof(info->driver));
}

static const struct ethtool_ops switch_ethtool_ops = {
	.get_drvinfo	= switch_drvinfo,
	.get_link	= ethtool_op_get_link,
};

static const struct device_type switch_type = {
	.name = VIFSWITCH_LINK_KIND,
};

static void switch_setup(struct net_device *dev)
{
	ether_setup(dev);
	dev->netdev_ops = &switch_ops;
	dev->ethtool_ops = &switch_ethtool_ops;
	SET_NETDEV_DEVTYPE(dev, &switch_type);
	dev->needs_free_netdev = true;
	dev->priv_destructor = switch_destruct;
	dev->priv_flags |= IFF_NO_QUEUE | IFF_DISABLE_NETPOLL;
	dev->priv_flags &= ~IFF_TX_SKB_SHARING;	/* frames are changed on their way */
	dev->max_mtu = ETH_MAX_MTU;
	dev->features = COMMON_FEATURES | NETIF_F_HW_VLAN_CTAG_TX | NETIF_F_HW_VLAN_STAG_TX;
	dev->hw_features = dev->features;
	dev->vlan_features = COMMON_FEATURES;
	vs_compat_setup(dev);
	eth_hw_addr_random(dev);
}

static int switch_validate(struct nlattr *tb[], struct nlattr *data[],
			   struct netlink_ext_ack *extack)
{
	const struct nlattr *address = tb[IFLA_ADDRESS];

	if (!address || (nla_len(address) == ETH_ALEN && is_valid_ether_addr(nla_data(address))))
		return 0;
	NL_SET_ERR_MSG_ATTR(extack, address, "address: accepted: 6 octets, unicast, not all zero");
	return -EADDRNOTAVAIL;
}

static int switch_newlink(struct net *src_net, struct net_device *dev, struct nlattr *tb[],
			  struct nlattr *data[], struct netlink_ext_ack *extack)
{
	if (!vs_net_allowed(dev_net(dev))) {
		NL_SET_ERR_MSG(extack, VS_NET_REFUSAL);
		return -EPERM;
	}
	return register_netdevice(dev);
}

static size_t switch_get_size(const struct net_device *dev)
{
	return 3 * nla_total_size(sizeof(u32));
}

static int switch_fill_info(struct sk_buff *msg, const struct net_device *dev)
{
	const struct vs_switch *sw = netdev_priv(dev);

	if (nla_put_u32(msg, IFLA_VIFSWITCH_AGEING_MS, jiffies_to_msecs(sw->ageing)) ||
	    nla_put_u32(msg, IFLA_VIFSWITCH_FDB_COUNT, READ_ONCE(sw->fdb_count)) ||
	    nla_put_u32(msg, IFLA_VIFSWITCH_PORT_COUNT, sw->port_count))
		return -EMSGSIZE;
	return 0;
}

static size_t switch_get_slave_size(const struct net_device *dev, const struct net_device *slave)
{
	return nla_total_size(VIFSWITCH_COOKIE_MAX) + 2 * nla_total_size(sizeof(u32)) +
	       nla_total_size(sizeof(u8));
}

static int switch_fill_slave_info(struct sk_buff *msg, const struct net_device *dev,
				  const struct net_device *slave)
{
	const struct vs_port *port = vs_port_of(slave);
	const struct vs_cookie *cookie;

	if (!port)
		return 0;
	cookie = rtnl_dereference(port->cookie);
	if (nla_put_u32(msg, IFLA_VIFSWITCH_PORT_FLAGS, vs_port_flags(port)) ||
	    nla_put_u8(msg, IFLA_VIFSWITCH_PORT_CLAIM, READ_ONCE(port->active)) ||
	    nla_put_u32(msg, IFLA_VIFSWITCH_PORT_FDB_COUNT, READ_ONCE(port->learned)) ||
	    (cookie && nla_put(msg, IFLA_VIFSWITCH_PORT_COOKIE, cookie->len, cookie->data)))
		return -EMSGSIZE;
	return 0;
}

static void switch_dellink(struct net_device *dev, struct list_head *head)
{
	leave_all(netdev_priv(dev));
	unregister_netdevice_queue(dev, head);
}

struct rtnl_link_ops vs_link_ops __read_mostly = {
	.kind		= VIFSWITCH_LINK_KIND,
	.priv_size	= sizeof(struct vs_switch),
	.setup		= switch_setup,
	.validate	= switch_validate,
	.newlink	= switch_newlink,
	.dellink	= switch_dellink,
	.get_size	= switch_get_size,
	.fill_info	= switch_fill_info,
	.get_slave_size	= switch_get_slave_size,
	.fill_slave_info = switch_fill_slave_info,
};
