// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Copies of frames for mirrors. They are made where the frame is, on its CPU, while it
 * is held up; so each mirror has a budget. Copying leaves the frame as it was.
 *
 * What a copy leads to is not mirrored: a tunnel sends its packets by dom0's stack, and
 * they may leave by a mirrored port. They do so within the call that gave it the copy,
 * for its queue, from which they might leave at any time, is passed by.
 */
#include <linux/percpu.h>

#include "core/vlan.h"
#include "limit.h"
#include "mirror-object.h"
#include "recording.h"
#include "trip.h"

/* A frame that its port's mirrors are to copy. skb->data is behind the Ethernet header. */
struct mirrored {
	const struct vs_port *port;		/* whose frame it is, by what direction */
	const struct vs_port *from;		/* by which it came in; the same, or another */
	enum vifswitch_acl_direction dir;
	bool refused;				/* by the port's own policy */
	u16 vid;				/* VID_NONE: not known, */
	u16 prio;				/* and then 0 */
	u32 tag;				/* that it has at the port */
	const struct vs_wire *wire;
};

static DEFINE_PER_CPU(bool, copying);

/* A field of the counters, by its name in the ABI. */
#define FIELD(name)	(offsetof(struct vifswitch_mirror_stats, name) / sizeof(u64))

static void count(const struct vs_mirror_object *m, unsigned int field, u64 value)
{
	struct vs_mirror_counts *c = this_cpu_ptr(m->counts);

	u64_stats_update_begin(&c->syncp);
	u64_stats_add(&c->field[field], value);
	u64_stats_update_end(&c->syncp);
}

static bool within(struct vs_mirror_object *m, enum vs_mirror_limit limit, u32 units)
{
	const struct vs_rate *rate = &m->mirror.limit[limit];

	return !rate->mult || vs_bucket_charge(&m->bucket[limit], rate, units);
}

/* Room for a copy, which is charged; else that is counted. */
static bool has_room(struct vs_mirror_object *m, const struct mirrored *what)
{
	const struct vs_rate *rate = &m->mirror.limit[VS_MIRROR_PACKETS];
	u32 packets = what->wire->packets;
	u64 next, octets = min_t(u64, what->wire->bytes, (u64)m->mirror.snaplen * packets);

	/* look before charging octets for a copy that packets/s will refuse */
	if ((!rate->mult ||
	     vs_bucket_has(rate, READ_ONCE(m->bucket[VS_MIRROR_PACKETS]), packets, &next)) &&
	    within(m, VS_MIRROR_OCTETS, octets) && within(m, VS_MIRROR_PACKETS, packets))
		return true;
	count(m, FIELD(over_rate), 1);
	return false;
}

static int transmit(const struct vs_mirror_object *m, struct sk_buff *skb)
{
	if (!m->tunnel)
		return dev_queue_xmit(skb);
	if (m->opaque)
		skb->protocol = htons(ETH_P_TEB);
	return dev_direct_xmit(skb, 0);
}

/* @skb begins with its Ethernet header, and is one packet. Consumes it. */
static void send_packet(const struct vs_mirror_object *m, struct vs_port *to, struct sk_buff *skb)
{
	u32 longest = READ_ONCE(to->dev->mtu) + ETH_HLEN;
	u32 len = min(skb->len, m->mirror.snaplen);
	bool cut = len > longest;
	int rc;

	if ((skb->ip_summed == CHECKSUM_PARTIAL && skb_csum_hwoffload_help(skb, 0)) ||
	    pskb_trim(skb, min(len, longest))) {
		count(m, FIELD(failed), 1);
		kfree_skb(skb);
		return;
	}
	len = skb->len + (skb_vlan_tag_present(skb) ? VLAN_HLEN : 0);
	rc = transmit(m, skb);
	if (rc != NET_XMIT_SUCCESS && rc != NET_XMIT_CN) {
		vs_count_drop(to->stats, VIFSWITCH_DROP_TO_QUEUE);
		count(m, FIELD(failed), 1);
		return;
	}
	vs_count(to->stats, VIFSWITCH_CTR_TO_PACKETS, 1, len);
	count(m, FIELD(packets), 1);
	count(m, FIELD(octets), len);
	if (cut)
		count(m, FIELD(cut), 1);
}

/* Sensors read what a cable would carry: no segmentation left to do. */
static void send_segments(const struct vs_mirror_object *m, struct vs_port *to,
			  struct sk_buff *skb)
{
	struct sk_buff *segments, *next;

	if (!skb_is_gso(skb)) {
		send_packet(m, to, skb);
		return;
	}
	segments = skb_gso_segment(skb, 0);
	if (IS_ERR_OR_NULL(segments)) {
		count(m, FIELD(failed), 1);
		kfree_skb(skb);
		return;
	}
	consume_skb(skb);
	skb_list_walk_safe(segments, skb, next) {
		skb_mark_not_on_list(skb);
		send_packet(m, to, skb);
	}
}

static void to_port(const struct vs_mirror_object *m, struct vs_port *to, struct sk_buff *copy,
		    u32 tag)
{
	vs_set_tag(copy, tag);
	__skb_push(copy, ETH_HLEN);
	skb_reset_mac_header(copy);
	skb_forward_csum(copy);
	skb_clear_tstamp(copy);
	copy->dev = to->dev;
	copy->priority = 0;
	send_segments(m, to, copy);
}

/* May copies in @vid leave by @port? */
static bool takes_copies(const struct vs_port *port, u16 vid, const struct mirrored *what,
			 const struct vs_verdict *v, u32 *tag)
{
	const struct vs_policy *policy = rcu_dereference(port->policy);

	return policy && (policy->prog.flags & VIFSWITCH_PF_UPLINK) &&
	       !vs_vlan_egress(&policy->prog, vid, what->prio, v->frame.inner, tag) &&
	       vs_is_up(port->dev);
}

/* To one of the ports of a VLAN; false: not after all, which is counted. */
static bool to_uplink(struct vs_mirror_object *m, const struct mirrored *what,
		      struct vs_port *port, struct sk_buff *skb, u32 tag)
{
	struct sk_buff *copy;

	if (!has_room(m, what))
		return false;
	copy = skb_clone(skb, GFP_ATOMIC);
	if (copy)
		copy->priority = 0;
	if (!copy || !vs_deliver(port, copy, tag, what->wire)) {
		count(m, FIELD(failed), 1);
		return true;
	}
	count(m, FIELD(packets), what->wire->packets);
	count(m, FIELD(octets), vs_tagged_bytes(what->wire, tag));
	return true;
}

static bool to_vlan(struct vs_mirror_object *m, const struct mirrored *what,
		    const struct vs_verdict *v, struct sk_buff *skb)
{
	bool found = false, tried = false;
	struct vs_port *port;
	u32 tag;

	list_for_each_entry_rcu(port, &what->port->sw->ports, list) {
		if (port == what->port || port == what->from ||
		    !takes_copies(port, m->mirror.output_vlan, what, v, &tag))
			continue;
		found = true;
		tried |= to_uplink(m, what, port, skb, tag);
	}
	if (!found)
		count(m, FIELD(no_output), 1);
	return tried || !found;
}

/* False: its budget has no room; another mirror may give its output the frame. */
static bool copy_frame(struct vs_mirror_object *m, const struct mirrored *what,
		       const struct vs_verdict *v, struct sk_buff *skb)
{
	struct vs_port *to = rcu_dereference(m->output);
	struct sk_buff *copy;

	if (!m->mirror.output_port)
		return to_vlan(m, what, v, skb);
	if (!to || !vs_is_up(to->dev)) {
		count(m, FIELD(no_output), 1);
		return true;
	}
	if (!has_room(m, what))
		return false;
	copy = skb_clone(skb, GFP_ATOMIC);
	if (copy)
		to_port(m, to, copy, what->tag);
	else
		count(m, FIELD(failed), 1);
	return true;
}

/* Does the mirror's filter, if it has one, let the frame pass? */
static bool filtered(const struct vs_mirror_object *m, const struct mirrored *what,
		     struct vs_verdict *v, struct sk_buff *skb)
{
	const struct vs_acl_version *version;

	if (!m->acl)
		return true;
	version = rcu_dereference(m->acl->version);
	return version && vs_packet_readable(v, skb) &&
	       vs_mirror_filter(&version->acl, what->dir, &v->packet, what->vid);
}

/*
 * A tunnel's packet that an uplink brings for dom0, as another host's copies come. Copied again
 * it would go round between two hosts that have each other's sensor, and grow.
 */
static bool is_tunnelled(const struct mirrored *what, struct vs_verdict *v, struct sk_buff *skb)
{
	const struct vs_policy *policy = rcu_dereference(what->from->policy);

	return policy && policy->prog.flags & VIFSWITCH_PF_UPLINK &&
	       ether_addr_equal(eth_hdr(skb)->h_dest, what->port->sw->dev->dev_addr) &&
	       vs_packet_readable(v, skb) && v->packet.family != VIFSWITCH_ACL_OTHER &&
	       v->packet.proto == IPPROTO_GRE;
}

/*
 * Copies for the mirrors @chosen, bar those in @done, which had the frame already; who
 * gets it now is added there.
 */
static void mirror_frame(u32 chosen, u32 *done, const struct mirrored *what, struct vs_verdict *v,
			 struct sk_buff *skb)
{
	struct vs_recorded *way;
	u32 left;

	if (this_cpu_read(copying) || is_tunnelled(what, v, skb))
		return;
	this_cpu_write(copying, true);
	way = vs_recorded_hide();
	for (left = chosen & ~*done; left; left &= ~*done) {
		unsigned int i = __ffs(left);
		struct vs_mirror_object *m = rcu_dereference(what->port->sw->mirror[i]);

		left &= ~BIT(i);
		if (!m || !vs_mirror_takes(&m->mirror, what->refused, v->frame.control,
					   what->vid) || !filtered(m, what, v, skb))
			continue;
		*done |= BIT(i);
		if (copy_frame(m, what, v, skb))
			*done |= READ_ONCE(m->siblings);
	}
	vs_recorded_show(way);
	this_cpu_write(copying, false);
}

void vs_mirror_from(struct vs_trip *t, struct vs_port *port, struct sk_buff *skb)
{
	bool known = vs_mirror_knows_vlan(t->v.reason);
	struct mirrored what = {
		.port = port, .from = port, .dir = VIFSWITCH_ACL_FROM,
		.refused = t->v.reason,
		.vid = known ? t->v.vid : VIFSWITCH_VID_NONE, .prio = known ? t->v.prio : 0,
		.tag = vs_tag_of(skb), .wire = &t->wire,
	};

	mirror_frame(t->policy->prog.mirror_from, &t->mirrored, &what, &t->v, skb);
}

void vs_mirror_refused(struct vs_trip *t, struct vs_port *port, struct sk_buff *skb)
{
	if (likely(!t->policy || !t->policy->prog.mirror_from) ||
	    t->v.reason == VIFSWITCH_DROP_TRUNCATED || t->v.reason == VIFSWITCH_DROP_NO_MEMORY)
		return;
	vs_wire_of(&t->wire, skb);
	vs_mirror_from(t, port, skb);
}

void vs_mirror_to(struct vs_trip *t, struct vs_port *to, u32 chosen, struct sk_buff *skb, u32 tag,
		  bool refused)
{
	struct mirrored what = {
		.port = to, .from = t->from, .dir = VIFSWITCH_ACL_TO,
		.refused = refused, .vid = t->v.vid, .prio = t->v.prio,
		.tag = tag, .wire = &t->wire,
	};

	if (!refused && (!vs_is_up(to->dev) || (!to->local && !vs_fits(to->dev, skb, &t->wire))))
		return;
	mirror_frame(chosen, &t->mirrored, &what, &t->v, skb);
}

void vs_mirror_take(struct vs_trip *t, struct vs_port *port, struct sk_buff *skb)
{
	u32 chosen = t->policy->prog.mirror_from;

	if (!chosen) {
		vs_count_drop(port->stats, VIFSWITCH_DROP_NO_DESTINATION);
		vs_note_drop(port, VIFSWITCH_DROP_NO_DESTINATION, NULL, skb);
		kfree_skb(skb);
		return;
	}
	vs_wire_of(&t->wire, skb);
	vs_count(port->stats, VIFSWITCH_CTR_FROM_PACKETS, t->wire.packets,
		 vs_tagged_bytes(&t->wire, vs_tag_of(skb)));
	vs_mirror_from(t, port, skb);
	consume_skb(skb);
}
