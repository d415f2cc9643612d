// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Joining and leaving. A port that leaves goes in this order: a guest's netdev
 * is closed, so that its VM cannot reach dom0's own stack; the port is
 * unpublished (list, entries, guards); netdev_rx_handler_unregister() waits
 * until no frame is on its way through it; then it is freed.
 */
#include <linux/if_arp.h>
#include <linux/if_vlan.h>
#include <linux/rculist.h>
#include <linux/slab.h>

#include "meter.h"
#include "mirror-object.h"
#include "openflow.h"
#include "recording.h"
#include "slb.h"
#include "switch-frame.h"

/* The switch writes to frames, so it must not share them. */
static bool unshare(struct sk_buff **pskb)
{
	*pskb = skb_share_check(*pskb, GFP_ATOMIC);
	return *pskb;
}

static noinline rx_handler_result_t rx_shared(struct sk_buff **pskb)
{
	if (!unshare(pskb))
		return RX_HANDLER_CONSUMED;
	return vs_switch_frame(rcu_dereference((*pskb)->dev->rx_handler_data), pskb);
}

/* The host's own, or marked on its way in (slb.h). */
static noinline rx_handler_result_t rx_special(struct sk_buff **pskb)
{
	struct vs_port *port = rcu_dereference((*pskb)->dev->rx_handler_data);

	if ((*pskb)->pkt_type != VS_OTHER_MEMBER)
		return RX_HANDLER_PASS;
	if (rcu_access_pointer(port->slb)) {
		vs_drop(port, *pskb, VIFSWITCH_DROP_OTHER_MEMBER);
		return RX_HANDLER_CONSUMED;
	}
	/* Nobody minds any more by which member it came. */
	(*pskb)->pkt_type = PACKET_MULTICAST;
	return unshare(pskb) ? vs_switch_frame(port, pskb) : RX_HANDLER_CONSUMED;
}

rx_handler_result_t vs_port_rx(struct sk_buff **pskb)
{
	if (unlikely((*pskb)->pkt_type >= PACKET_LOOPBACK))
		return rx_special(pskb);
	if (unlikely(skb_shared(*pskb)))
		return rx_shared(pskb);
	return vs_switch_frame(rcu_dereference((*pskb)->dev->rx_handler_data), pskb);
}

/* The port @dev is, or NULL. Under rtnl. */
struct vs_port *vs_port_of(const struct net_device *dev)
{
	struct vs_switch *sw = vs_switch_of(dev);

	ASSERT_RTNL();
	if (sw)
		return &sw->local;
	if (rtnl_dereference(dev->rx_handler) != vs_port_rx &&
	    rtnl_dereference(dev->rx_handler) != vs_tunnel_rx)
		return NULL;
	return rtnl_dereference(dev->rx_handler_data);
}

int vs_port_init(struct vs_port *port, struct vs_switch *sw, struct net_device *dev)
{
	port->sw = sw;
	port->dev = dev;
	port->seq = vs_next_seq();
	INIT_LIST_HEAD(&port->entries);
	vs_announce_init(port);
	port->stats = vs_stats_alloc();
	return port->stats ? 0 : -ENOMEM;
}

/* Of a port that no frame reaches any more, or none ever did. */
void vs_port_release(struct vs_port *port)
{
	vs_record_port_gone(port);
	vs_policy_release(rtnl_dereference(port->policy));
}

void vs_port_fini(struct vs_port *port)
{
	kfree(rcu_dereference_protected(port->policy, true));
	kfree(rcu_dereference_protected(port->cookie, true));
	kfree(port->guards);
	kfree(port->fragments);
	vs_meter_free(rcu_dereference_protected(port->meter, true));
	vs_sessions_free(port);
	vs_tunnel_free(port);
	free_percpu(port->stats);
}

/* Why @dev cannot join; rtnetlink, which keeps no copy, is told @why alone. */
static int refuse(struct vs_error *err, int code, struct net_device *dev, const char *why)
{
	struct net_device *master = netdev_master_upper_dev_get(dev);

	err->attr = VIFSWITCH_A_PORT;
	err->brief = why;
	return vs_refuse(err, code, "PORT %s (ARP type %u, address %pM, master %s): %s", dev->name,
			 dev->type, dev->dev_addr, master ? master->name : "none", why);
}

/*
 * A VLAN netdev without REORDER_HDR hands us frames with its tag in them, and sends
 * those that have a tag as they are: a VM could choose the VLAN.
 */
static bool is_leaky_vlan(const struct net_device *dev)
{
#if IS_ENABLED(CONFIG_VLAN_8021Q)
	return is_vlan_dev(dev) && !(vlan_dev_priv(dev)->flags & VLAN_FLAG_REORDER_HDR);
#else
	return false;
#endif
}

static int may_join(struct vs_switch *sw, struct net_device *dev, struct vs_error *err)
{
	if (vs_switch_of(dev))
		return refuse(err, -EOPNOTSUPP, dev, "a switch cannot be a port of one");
	if ((dev->flags & IFF_LOOPBACK) || dev->type != ARPHRD_ETHER ||
	    dev->addr_len != ETH_ALEN)
		return refuse(err, -EOPNOTSUPP, dev, "accepted: Ethernet (1), not loopback");
	if (netif_is_l3_master(dev) || (dev->priv_flags & IFF_DONT_BRIDGE))
		return refuse(err, -EOPNOTSUPP, dev, "an L3 master, or may not be bridged");
	if (is_leaky_vlan(dev))
		return refuse(err, -EOPNOTSUPP, dev, "a VLAN netdev needs reorder_hdr on");
	if (!is_valid_ether_addr(dev->dev_addr))
		return refuse(err, -EOPNOTSUPP, dev, "accepted: a unicast address");
	if (netdev_master_upper_dev_get(dev) || netdev_is_rx_handler_busy(dev))
		return refuse(err, -EBUSY, dev, "belongs to another netdev or user already");
	if (sw->port_count >= VIFSWITCH_PORTS_MAX)
		return refuse(err, -ENOSPC, dev, "the switch has its 4096 ports already");
	return 0;
}

/* Netdevs without a receive filter need no promiscuity, and no line in the log. */
static bool has_receive_filter(const struct net_device *dev)
{
	return dev->netdev_ops->ndo_set_rx_mode || dev->netdev_ops->ndo_change_rx_flags;
}

int vs_port_join(struct vs_switch *sw, struct net_device *dev, struct vs_config *cfg,
		 struct vs_error *err)
{
	struct vs_port *port;
	int rc;

	ASSERT_RTNL();
	rc = may_join(sw, dev, err);
	if (rc)
		return rc;
	port = kzalloc(sizeof(*port), GFP_KERNEL_ACCOUNT);
	if (!port)
		return vs_out_of_memory(err, "a port");
	rc = vs_port_init(port, sw, dev);
	if (rc) {
		kfree(port);
		return refuse(err, rc, dev, "out of memory");
	}
	rc = vs_config_check(port, cfg, err);
	if (rc)
		goto free;
	if (has_receive_filter(dev)) {
		rc = dev_set_promiscuity(dev, 1);
		if (rc) {
			refuse(err, rc, dev, "cannot be made promiscuous");
			goto free;
		}
		port->promiscuous = true;
	}
	rc = netdev_master_upper_dev_link(dev, sw->dev, NULL, NULL, NULL);
	if (rc) {
		refuse(err, rc, dev, "cannot be put below this switch");
		goto promiscuity;
	}
	rc = netdev_rx_handler_register(dev, vs_tunnel_may_be(dev) ? vs_tunnel_rx : vs_port_rx,
					port);
	if (rc) {
		refuse(err, rc, dev, "has a receive handler already");
		goto unlink;
	}
	dev_disable_lro(dev);
	vs_flows_port_joins(port);
	list_add_tail_rcu(&port->list, &sw->ports);
	sw->port_count++;
	rcu_assign_pointer(port->cookie, cfg->cookie);	/* so that JOINED has it */
	cfg->cookie = NULL;
	cfg->set_cookie = false;
	vs_event_port(port, VIFSWITCH_EV_PORT_JOINED);
	vs_config_commit(port, cfg);
	netdev_set_rx_headroom(dev, sw->dev->needed_headroom);
	vs_switch_ports_changed(sw);
	return 0;

unlink:
	netdev_upper_dev_unlink(dev, sw->dev);
promiscuity:
	if (port->promiscuous)
		dev_set_promiscuity(dev, -1);
free:
	vs_port_release(port);
	vs_port_fini(port);
	kfree(port);
	return rc;
}

/* Must its netdev be closed before it leaves? */
bool vs_port_is_guest(const struct vs_port *port)
{
	return port->guest && port->dev->reg_state == NETREG_REGISTERED &&
	       (port->dev->flags & IFF_UP);
}

/* Not for the local port. */
void vs_port_leave(struct vs_port *port)
{
	struct net_device *dev = port->dev;
	struct vs_switch *sw = port->sw;

	ASSERT_RTNL();
	if (vs_port_is_guest(port))
		dev_close(dev);
	list_del_rcu(&port->list);
	sw->port_count--;
	vs_fdb_port_gone(port);
	vs_snoop_port_gone(port);
	vs_locked_gone(port);
	vs_mirrors_port_gone(port);
	vs_flows_port_gone(port);
	netdev_rx_handler_unregister(dev);
	vs_loop_port_gone(port);
	vs_port_release(port);
	vs_meter_leave(port);
	vs_slb_leave(port);
	vs_announce_leave(port);

	netdev_upper_dev_unlink(dev, sw->dev);
	if (port->promiscuous)
		dev_set_promiscuity(dev, -1);
	netdev_reset_rx_headroom(dev);
	vs_switch_ports_changed(sw);
	vs_event_port(port, VIFSWITCH_EV_PORT_LEFT);
	vs_port_fini(port);
	kfree(port);
}

/* What becomes of a netdev that a bond has, which is a port. */
static void member_event(struct net_device *dev, unsigned long event, void *ptr)
{
	const struct netdev_notifier_changeupper_info *info = ptr;
	struct net_device *bond;
	struct vs_port *port;

	switch (event) {
	case NETDEV_CHANGEUPPER:
		bond = info->upper_dev;
		break;
	case NETDEV_CHANGELOWERSTATE:
	case NETDEV_CHANGE:
	case NETDEV_UP:
	case NETDEV_DOWN:
		bond = netdev_master_upper_dev_get(dev);
		break;
	default:
		return;
	}
	port = bond ? vs_port_of(bond) : NULL;
	if (port)
		vs_slb_refresh(port);
}

static int port_event(struct notifier_block *nb, unsigned long event, void *ptr)
{
	struct net_device *dev = netdev_notifier_info_to_dev(ptr);
	struct vs_port *port = vs_port_of(dev);

	member_event(dev, event, ptr);
	if (!port || port->local)
		return NOTIFY_DONE;
	switch (event) {
	case NETDEV_UNREGISTER:
		vs_port_leave(port);
		break;
	case NETDEV_UP:
	case NETDEV_CHANGE:
		/* What may not join may not stay. */
		if (is_leaky_vlan(dev))
			vs_port_leave(port);
		else
			vs_snoop_arrived(port);
		break;
	case NETDEV_DOWN:
		vs_fdb_flush(port->sw, port, -1);
		break;
	case NETDEV_BONDING_FAILOVER:
		vs_slb_refresh(port);
		vs_announce_all(port);
		break;
	case NETDEV_NOTIFY_PEERS:
		/* Addresses of dom0's own are the switch's. */
		call_netdevice_notifiers(event, port->sw->dev);
		break;
	case NETDEV_CHANGEMTU:
		vs_switch_mtu_update(port->sw);
		break;
	case NETDEV_FEAT_CHANGE:
		netdev_update_features(port->sw->dev);
		break;
	case NETDEV_PRE_TYPE_CHANGE:
		return NOTIFY_BAD;
	}
	return NOTIFY_DONE;
}

struct notifier_block vs_port_notifier = {
	.notifier_call = port_event,
};
