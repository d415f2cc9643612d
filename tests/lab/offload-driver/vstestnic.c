// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * For tests: netdevs of kind "vstestnic", ports of a NIC that switches, which take rules of tc
 * flower and matchall and carry none of them out. What is sent on one by a socket comes in by it,
 * as if the VM behind had sent it; all else that is sent is gone.
 *
 * /sys/module/vstestnic/parameters:
 *   room     rules that all of them together take; one more is refused with words
 *   rules    that they have now
 *   most     that they had at one time
 *   packets  of 100 octets that each rule is said to have taken when it is asked
 */
#include <linux/etherdevice.h>
#include <linux/list.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/netdevice.h>
#include <net/flow_offload.h>
#include <net/pkt_cls.h>
#include <net/rtnetlink.h>

static unsigned int room = 1000000, rules, most, packets;

module_param(room, uint, 0644);
module_param(rules, uint, 0444);
module_param(most, uint, 0644);
module_param(packets, uint, 0644);

struct rule {
	struct list_head list;
	unsigned long cookie;
};

struct nic_port {
	struct list_head rules;
};

static LIST_HEAD(blocks);
static DEFINE_MUTEX(lock);

static struct rule *find(struct nic_port *port, unsigned long cookie)
{
	struct rule *r;

	list_for_each_entry(r, &port->rules, list)
		if (r->cookie == cookie)
			return r;
	return NULL;
}

static int put(struct nic_port *port, unsigned long cookie, struct netlink_ext_ack *extack)
{
	struct rule *r;

	if (rules >= room) {
		NL_SET_ERR_MSG_MOD(extack, "the table is full");
		return -ENOSPC;
	}
	r = kzalloc(sizeof(*r), GFP_KERNEL);
	if (!r)
		return -ENOMEM;
	r->cookie = cookie;
	list_add(&r->list, &port->rules);
	rules++;
	most = max(most, rules);
	return 0;
}

static int take(struct nic_port *port, unsigned long cookie)
{
	struct rule *r = find(port, cookie);

	if (!r)
		return -ENOENT;
	list_del(&r->list);
	kfree(r);
	rules--;
	return 0;
}

static int tell(struct nic_port *port, unsigned long cookie, struct flow_stats *stats)
{
	if (!find(port, cookie))
		return -ENOENT;
	flow_stats_update(stats, 100ULL * packets, packets, 0, jiffies,
			  FLOW_ACTION_HW_STATS_IMMEDIATE);
	return 0;
}

static int flower(struct nic_port *port, struct flow_cls_offload *f)
{
	switch (f->command) {
	case FLOW_CLS_REPLACE:
		return put(port, f->cookie, f->common.extack);
	case FLOW_CLS_DESTROY:
		return take(port, f->cookie);
	case FLOW_CLS_STATS:
		return tell(port, f->cookie, &f->stats);
	default:
		return -EOPNOTSUPP;
	}
}

static int matchall(struct nic_port *port, struct tc_cls_matchall_offload *f)
{
	switch (f->command) {
	case TC_CLSMATCHALL_REPLACE:
		return put(port, f->cookie, f->common.extack);
	case TC_CLSMATCHALL_DESTROY:
		return take(port, f->cookie);
	case TC_CLSMATCHALL_STATS:
		return tell(port, f->cookie, &f->stats);
	default:
		return -EOPNOTSUPP;
	}
}

static int block_cb(enum tc_setup_type type, void *data, void *priv)
{
	int r = -EOPNOTSUPP;

	mutex_lock(&lock);
	if (type == TC_SETUP_CLSFLOWER)
		r = flower(priv, data);
	else if (type == TC_SETUP_CLSMATCHALL)
		r = matchall(priv, data);
	mutex_unlock(&lock);
	return r;
}

static int nic_setup_tc(struct net_device *dev, enum tc_setup_type type, void *data)
{
	struct nic_port *port = netdev_priv(dev);

	if (type != TC_SETUP_BLOCK)
		return -EOPNOTSUPP;
	return flow_block_cb_setup_simple(data, &blocks, block_cb, port, port, true);
}

static netdev_tx_t nic_xmit(struct sk_buff *skb, struct net_device *dev)
{
	if (!skb->sk) {
		kfree_skb(skb);
		return NETDEV_TX_OK;
	}
	skb_orphan(skb);
	skb->protocol = eth_type_trans(skb, dev);
	netif_rx(skb);
	return NETDEV_TX_OK;
}

static int nic_parent_id(struct net_device *dev, struct netdev_phys_item_id *id)
{
	id->id_len = 4;
	memcpy(id->id, "vsnc", 4);
	return 0;
}

static const struct net_device_ops nic_ops = {
	.ndo_start_xmit = nic_xmit,
	.ndo_setup_tc = nic_setup_tc,
	.ndo_get_port_parent_id = nic_parent_id,
	.ndo_set_mac_address = eth_mac_addr,
	.ndo_validate_addr = eth_validate_addr,
};

static void nic_setup(struct net_device *dev)
{
	struct nic_port *port = netdev_priv(dev);

	ether_setup(dev);
	dev->netdev_ops = &nic_ops;
	dev->needs_free_netdev = true;
	dev->hw_features |= NETIF_F_HW_TC;
	dev->features |= NETIF_F_HW_TC;
	eth_hw_addr_random(dev);
	INIT_LIST_HEAD(&port->rules);
}

static struct rtnl_link_ops nic_link_ops __read_mostly = {
	.kind = "vstestnic",
	.priv_size = sizeof(struct nic_port),
	.setup = nic_setup,
};

static int __init nic_init(void)
{
	return rtnl_link_register(&nic_link_ops);
}

static void __exit nic_exit(void)
{
	rtnl_link_unregister(&nic_link_ops);
}

module_init(nic_init);
module_exit(nic_exit);
MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("A NIC that takes rules of tc, for vifswitch's tests");
MODULE_ALIAS_RTNL_LINK("vstestnic");
