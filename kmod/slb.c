// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Members and what they carry change under slb->lock; taps are added and taken away under
 * rtnl. Frames read a bucket's member and count its octets for their CPU. The work takes no
 * rtnl, so whoever has that may wait for it.
 */
#include <linux/if_arp.h>
#include <linux/percpu.h>
#include <linux/slab.h>
#include <net/arp.h>
#include <net/bonding.h>

#include "core/frame.h"
#include "core/slb-buckets.h"
#include "recording.h"
#include "slb.h"

#define EVERY		(10 * HZ)	/* as Open vSwitch rebalances */
#define LOCKED		(5 * HZ)	/* likewise, after a gratuitous ARP from here */
/* About 1 Mb/s: octets of a load, whose history counts as much as the interval itself. */
#define LEAST		(2 * 10 * 1000000ULL / 8)

/* The tap of one member; free without a netdev. */
struct member {
	struct packet_type tap;
	struct net_device *bond;
};

struct vs_slb {
	struct vs_slb_table table;
	u32 usable;
	spinlock_t lock;
	u64 __percpu *octets;		/* by buckets, since they were added to the loads */
	unsigned long told[VS_SLB_BUCKETS];	/* when an ARP for everybody left from there */
	struct delayed_work work;
	struct member members[VS_SLB_MEMBERS_MAX];
};

/* ---- what is received ---- */

/* What is said to the host itself, by each cable for that cable: CFM, LLDP, LACP; no probes. */
static bool is_for_host(const struct sk_buff *skb)
{
	enum vs_control control = vs_control_of_group(eth_hdr(skb)->h_dest);

	return control == VS_CONTROL_IEEE ||
	       (!control && vs_type_is_control(ntohs(eth_hdr(skb)->h_proto)));
}

/*
 * Before the driver: of what a member that is not the active one brings. The driver has its
 * packet alone here, and takes nothing of what this writes for its own.
 */
static int tapped(struct sk_buff *skb, struct net_device *dev, struct packet_type *tap,
		  struct net_device *orig)
{
	const struct member *m = container_of(tap, struct member, tap);
	const u8 *to = eth_hdr(skb)->h_dest;

	if (is_multicast_ether_addr(to) && !is_for_host(skb) &&
	    bond_option_active_slave_get_rcu(netdev_priv(m->bond)) != dev)
		skb->pkt_type = VS_OTHER_MEMBER;
	consume_skb(skb);
	return NET_RX_SUCCESS;
}

static u32 bucket_of(const struct sk_buff *skb)
{
	return vs_slb_bucket(vs_mac_load(eth_hdr(skb)->h_source),
			     skb_vlan_tag_present(skb) ? skb_vlan_tag_get_id(skb) : 0);
}

static bool is_arp_for_all(const struct sk_buff *skb)
{
	__be16 type = eth_hdr(skb)->h_proto;

	return (type == htons(ETH_P_ARP) || type == htons(ETH_P_RARP)) &&
	       is_broadcast_ether_addr(eth_hdr(skb)->h_dest);
}

/* Says that its sender is where it comes from: any answer, or a question for itself. */
static bool is_gratuitous(const struct sk_buff *skb)
{
	struct { struct arphdr head; u8 body[20]; } __packed buf;
	const typeof(buf) *arp = skb_header_pointer(skb, 0, sizeof(buf), &buf);

	if (!arp || !is_arp_for_all(skb))
		return false;
	if (eth_hdr(skb)->h_proto == htons(ETH_P_RARP) ||
	    arp->head.ar_op == htons(ARPOP_REPLY))
		return true;
	return arp->head.ar_pln == 4 && arp->head.ar_hln == ETH_ALEN &&
	       !memcmp(arp->body + ETH_ALEN, arp->body + 2 * ETH_ALEN + 4, 4);
}

enum vifswitch_drop_reason vs_slb_moves(struct vs_port *port, const struct vs_verdict *v,
					const struct vs_program *prog, const struct sk_buff *skb)
{
	const struct vs_slb *slb = rcu_dereference(port->slb);

	if (v->reason != VIFSWITCH_DROP_REFLECTED || !slb || !is_gratuitous(skb) ||
	    time_before(jiffies, READ_ONCE(slb->told[bucket_of(skb)]) + LOCKED) ||
	    vs_fdb_take(port, prog, v->frame.src, v->vid))
		return v->reason;
	return VIFSWITCH_DROP_NONE;
}

/* ---- what is sent ---- */

void vs_slb_choose(struct vs_port *port, struct sk_buff *skb, u32 bytes)
{
	struct vs_slb *slb = rcu_dereference(port->slb);
	u32 bucket = bucket_of(skb);

	if (unlikely(!slb))
		return;
	this_cpu_add(slb->octets[bucket], bytes);
	if (unlikely(is_arp_for_all(skb)))
		WRITE_ONCE(slb->told[bucket], jiffies);
	/* The driver takes the queue that was recorded for its own, and 0 for none. */
	skb_set_queue_mapping(skb, 0);
	if (likely(READ_ONCE(slb->table.member[bucket])))
		skb_record_rx_queue(skb, READ_ONCE(slb->table.member[bucket]));
}

static void take_octets(struct vs_slb *slb)
{
	unsigned int cpu, i;

	lockdep_assert_held(&slb->lock);
	for_each_possible_cpu(cpu) {
		u64 *octets = per_cpu_ptr(slb->octets, cpu);

		/* What is counted at this very moment may be lost. */
		for (i = 0; i < VS_SLB_BUCKETS; i++) {
			slb->table.load[i] += READ_ONCE(octets[i]);
			WRITE_ONCE(octets[i], 0);
		}
	}
}

static void rebalance(struct work_struct *work)
{
	struct vs_slb *slb = container_of(work, struct vs_slb, work.work);

	spin_lock_bh(&slb->lock);
	take_octets(slb);
	vs_slb_rebalance(&slb->table, slb->usable, LEAST);
	spin_unlock_bh(&slb->lock);
	queue_delayed_work(system_power_efficient_wq, &slb->work, EVERY);
}

/* ---- members ---- */

static struct member *member_of(struct vs_slb *slb, const struct net_device *dev)
{
	unsigned int i;

	for (i = 0; i < VS_SLB_MEMBERS_MAX; i++)
		if (slb->members[i].tap.dev == dev)
			return &slb->members[i];
	return NULL;
}

/* NULL: all of them. What is on its way through a tap is not any more afterwards. */
static void remove_taps(struct vs_slb *slb, struct net_device *bond)
{
	unsigned int i;

	for (i = 0; i < VS_SLB_MEMBERS_MAX; i++) {
		struct member *m = &slb->members[i];

		if (!m->tap.dev || (bond && netdev_master_upper_dev_get(m->tap.dev) == bond))
			continue;
		dev_remove_pack(&m->tap);
		m->tap.dev = NULL;
	}
}

static void add_tap(struct vs_slb *slb, struct net_device *bond, struct net_device *dev)
{
	struct member *m = member_of(slb, NULL);

	if (!m || member_of(slb, dev))
		return;
	m->bond = bond;
	m->tap = (struct packet_type){
		.type = htons(ETH_P_ALL), .dev = dev, .func = tapped, .ignore_outgoing = true,
	};
	dev_add_pack(&m->tap);
}

/* Those whose number the driver knows, and which it sends by. */
static u32 look_at_members(struct vs_slb *slb, struct net_device *dev)
{
	struct bonding *bond = netdev_priv(dev);
	struct list_head *iter;
	struct slave *slave;
	u32 usable = 0;

	bond_for_each_slave(bond, slave, iter) {
		add_tap(slb, dev, slave->dev);
		if (slave->queue_id <= VS_SLB_MEMBERS_MAX && slave->link == BOND_LINK_UP &&
		    bond_slave_is_up(slave))
			usable |= 1U << slave->queue_id;
	}
	return usable & ~1U;
}

void vs_slb_refresh(struct vs_port *port)
{
	struct vs_slb *slb = rtnl_dereference(port->slb);
	bool moved = false;
	u32 usable;

	ASSERT_RTNL();
	if (!slb || !netif_is_bond_master(port->dev))
		return;
	remove_taps(slb, port->dev);
	usable = look_at_members(slb, port->dev);
	spin_lock_bh(&slb->lock);
	if (usable != slb->usable) {
		take_octets(slb);
		/* Silent addresses, too, were behind one that is gone. */
		moved = slb->usable & ~usable;
		slb->usable = usable;
		moved |= vs_slb_assign(&slb->table, usable);
	}
	spin_unlock_bh(&slb->lock);
	if (moved)
		vs_announce_all(port);
}

/* ---- its life ---- */

int vs_slb_prepare(struct vs_port *port, struct vs_config *cfg, struct vs_error *err)
{
	unsigned int i;

	if (!cfg->policy || !(cfg->policy->prog.flags & VIFSWITCH_PF_SLB) ||
	    rtnl_dereference(port->slb))
		return 0;
	err->attr = VIFSWITCH_A_PROGRAM;
	cfg->slb = kzalloc(sizeof(*cfg->slb), GFP_KERNEL_ACCOUNT);
	if (cfg->slb)
		cfg->slb->octets = __alloc_percpu_gfp(VS_SLB_BUCKETS * sizeof(u64), sizeof(u64),
						      GFP_KERNEL_ACCOUNT);
	if (!cfg->slb || !cfg->slb->octets) {
		kfree(cfg->slb);
		cfg->slb = NULL;
		return vs_out_of_memory(err, "balance-slb");
	}
	spin_lock_init(&cfg->slb->lock);
	INIT_DELAYED_WORK(&cfg->slb->work, rebalance);
	for (i = 0; i < VS_SLB_BUCKETS; i++)
		cfg->slb->told[i] = jiffies - LOCKED;
	return 0;
}

void vs_slb_free(struct vs_slb *slb)
{
	if (slb)
		free_percpu(slb->octets);
	kfree(slb);
}

/* Frames may still be on their way with it. */
static void retire(struct vs_slb *slb)
{
	remove_taps(slb, NULL);
	cancel_delayed_work_sync(&slb->work);
	static_branch_dec(&vs_leaves_specially);
	synchronize_net();
	vs_slb_free(slb);
}

void vs_slb_commit(struct vs_port *port, struct vs_config *cfg)
{
	struct vs_slb *old = rtnl_dereference(port->slb);

	if (!cfg->set_policy)
		return;
	if (cfg->slb) {
		rcu_assign_pointer(port->slb, cfg->slb);
		static_branch_inc(&vs_leaves_specially);
		queue_delayed_work(system_power_efficient_wq, &cfg->slb->work, EVERY);
		cfg->slb = NULL;
		vs_slb_refresh(port);
	} else if (old && !(cfg->policy && cfg->policy->prog.flags & VIFSWITCH_PF_SLB)) {
		rcu_assign_pointer(port->slb, NULL);
		retire(old);
	}
}

void vs_slb_leave(struct vs_port *port)
{
	struct vs_slb *slb = rtnl_dereference(port->slb);

	if (!slb)
		return;
	rcu_assign_pointer(port->slb, NULL);
	retire(slb);
}
