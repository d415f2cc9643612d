// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What happens on a switch, told to the multicast group if anybody listens.
 * Events that frames cause are sampled, so that a guest can fill neither a
 * socket nor a log.
 */
#include "family.h"

bool vs_sampled(struct vs_sampler *s, int per_second)
{
	unsigned long start = READ_ONCE(s->start);

	if (!start || time_after_eq(jiffies, start + HZ)) {
		WRITE_ONCE(s->start, jiffies | 1);
		atomic_set(&s->count, 0);
	}
	if (atomic_inc_return(&s->count) <= per_second)
		return true;
	atomic64_inc(&s->suppressed);
	return false;
}

/* NULL if nobody listens, or too much was said already. */
static struct sk_buff *event_new(struct vs_port *port, enum vifswitch_event event, bool sampled)
{
	struct sk_buff *msg;
	bool failed;

	if (likely(!genl_has_listeners(&vs_genl_family, dev_net(port->sw->dev),
				       VS_GROUP_EVENTS)))
		return NULL;
	if (sampled && !vs_sampled(&port->events, VIFSWITCH_EVENTS_PER_SEC))
		return NULL;
	msg = genlmsg_new(NLMSG_GOODSIZE, GFP_ATOMIC);
	if (!msg)
		return NULL;
	rcu_read_lock();
	failed = !genlmsg_put(msg, 0, 0, &vs_genl_family, 0, VIFSWITCH_CMD_EVENT) ||
		 nla_put_u32(msg, VIFSWITCH_A_EVENT, event) || vs_put_port(msg, port);
	rcu_read_unlock();
	if (!failed)
		return msg;
	nlmsg_free(msg);
	return NULL;
}

static void event_send(struct vs_port *port, struct sk_buff *msg, bool failed)
{
	if (failed) {
		nlmsg_free(msg);
		return;
	}
	nlmsg_end(msg, nlmsg_hdr(msg));
	genlmsg_multicast_netns(&vs_genl_family, dev_net(port->sw->dev), msg, 0, VS_GROUP_EVENTS,
				GFP_ATOMIC);
}

/* A port's state changed. Frames can cause CLAIMED, so that one is sampled. */
void vs_event_port(struct vs_port *port, enum vifswitch_event event)
{
	struct sk_buff *msg = event_new(port, event, event == VIFSWITCH_EV_CLAIMED);
	const struct vs_policy *policy;
	bool failed;

	if (!msg)
		return;
	rcu_read_lock();
	policy = rcu_dereference(port->policy);
	failed = event == VIFSWITCH_EV_CLAIMED && policy && policy->prog.mac_count &&
		 vs_put_mac(msg, VIFSWITCH_A_MAC, policy->prog.macs[0]);
	rcu_read_unlock();
	event_send(port, msg, failed);
}

void vs_event_mac(struct vs_port *port, enum vifswitch_event event, u64 mac, u16 vid,
		  const struct vs_port *old)
{
	struct sk_buff *msg = event_new(port, event, true);

	if (msg)
		event_send(port, msg, vs_put_mac(msg, VIFSWITCH_A_MAC, mac) ||
			   nla_put_u16(msg, VIFSWITCH_A_VLAN, vid) ||
			   (old && nla_put_u32(msg, VIFSWITCH_A_OLD_PORT, old->dev->ifindex)));
}

/*
 * The first octets of the frame as it was on the wire, its tag put back in; @room: for an
 * Ethernet header at least. How many they are; 0 if they cannot be had.
 */
u32 vs_frame_head(const struct sk_buff *skb, u8 *head, u32 room)
{
	int offset = skb_mac_header(skb) - skb->data;
	u32 len = skb->len - offset, at = 0, part;

	if (skb_vlan_tag_present(skb) && len >= 2 * ETH_ALEN) {
		const __be16 tag[] = { skb->vlan_proto, htons(skb_vlan_tag_get(skb)) };

		if (room < 2 * ETH_ALEN + VLAN_HLEN ||
		    skb_copy_bits(skb, offset, head, 2 * ETH_ALEN))
			return 0;
		memcpy(head + 2 * ETH_ALEN, tag, VLAN_HLEN);
		at = 2 * ETH_ALEN + VLAN_HLEN;
		offset += 2 * ETH_ALEN;
	}
	part = min_t(u32, skb->len - offset, room - at);
	return skb_copy_bits(skb, offset, head + at, part) ? 0 : at + part;
}

static int put_packet(struct sk_buff *msg, const struct sk_buff *skb)
{
	u8 head[VIFSWITCH_EVENT_PACKET_MAX];
	u32 len = skb->len - (skb_mac_header(skb) - skb->data);
	u32 part = vs_frame_head(skb, head, sizeof(head));

	return !part || nla_put(msg, VIFSWITCH_A_PACKET, part, head) ||
	       nla_put_u32(msg, VIFSWITCH_A_PACKET_LEN,
			   len + (skb_vlan_tag_present(skb) ? VLAN_HLEN : 0));
}

/* A frame was dropped for @reason, or passed by a rule that logs. @rule: that decided, or NULL. */
void vs_event_packet(struct vs_port *port, enum vifswitch_drop_reason reason, const u64 *rule,
		     const struct sk_buff *skb)
{
	struct sk_buff *msg;

	msg = event_new(port, reason ? VIFSWITCH_EV_DROP : VIFSWITCH_EV_RULE_LOG, true);
	if (msg)
		event_send(port, msg,
			   (reason && nla_put_u32(msg, VIFSWITCH_A_REASON, reason)) ||
			   put_packet(msg, skb) ||
			   (rule && nla_put_u64_64bit(msg, VIFSWITCH_A_RULE, *rule,
						      VIFSWITCH_A_PAD)) ||
			   nla_put_u64_64bit(msg, VIFSWITCH_A_SUPPRESSED,
					     atomic64_xchg(&port->events.suppressed, 0),
					     VIFSWITCH_A_PAD));
}
