// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Frames of a port as they were judged. A frame's verdict is known when the switch is done
 * with it, but then it is gone; so its message is made when it comes, and sent when the
 * verdict is there. On its way whoever drops or delivers it notes that in a struct on the
 * stack of vs_switch_frame(), to which its CPU points: frames nest where a port is a
 * tunnel, whose packets leave by a switch.
 *
 * A recording belongs to a socket. It goes with the socket, whoever killed its owner; with
 * the port; or when all its frames are told. Recordings change under the mutex, which is
 * inside rtnl where both are held, and frames read them under RCU.
 */
#include <linux/if_vlan.h>
#include <linux/mutex.h>
#include <linux/netlink.h>
#include <linux/percpu.h>
#include <linux/slab.h>
#include <net/genetlink.h>

#include "recording.h"

struct vs_recorder {
	struct list_head list;
	struct vs_port *port;
	possible_net_t net;
	u32 portid;
	u32 octets;
	u32 frames;
	atomic64_t number;
	struct rcu_head rcu;
};

DEFINE_STATIC_KEY_FALSE(vs_recording);
DEFINE_STATIC_KEY_FALSE(vs_leaves_specially);

static DEFINE_MUTEX(recorders_mutex);
static LIST_HEAD(recorders);
static DEFINE_PER_CPU(struct vs_recorded *, on_its_way);

/* ---- a frame's message ---- */

/* Its octets as they are on the wire, the tag put back in. */
static int copy_octets(const struct sk_buff *skb, u8 *to, u32 room, u32 *ret_len)
{
	int offset = skb_mac_header(skb) - skb->data;
	u32 len = skb->len - offset, at = 0;

	if (skb_vlan_tag_present(skb)) {
		const __be16 tag[] = { skb->vlan_proto, htons(skb_vlan_tag_get(skb)) };

		*ret_len = len + VLAN_HLEN;
		/* A message has room for a header at least: a part of the tag. */
		at = min_t(u32, room, 2 * ETH_ALEN + VLAN_HLEN);
		if (skb_copy_bits(skb, offset, to, 2 * ETH_ALEN))
			return -EINVAL;
		memcpy(to + 2 * ETH_ALEN, tag, at - 2 * ETH_ALEN);
		return skb_copy_bits(skb, offset + 2 * ETH_ALEN, to + at, room - at);
	}
	*ret_len = len;
	return skb_copy_bits(skb, offset, to, room);
}

static u32 octets_of(const struct vs_recorder *rec, const struct sk_buff *skb)
{
	u32 len = skb->len - (skb_mac_header(skb) - skb->data) +
		  (skb_vlan_tag_present(skb) ? VLAN_HLEN : 0);

	return min(len, rec->octets);
}

/* All but the verdict; NULL: no room, or the recording is over, and then it was counted. */
static struct sk_buff *message(struct vs_recorder *rec, const struct sk_buff *skb,
			       struct vifswitch_recorded *data)
{
	u32 octets = octets_of(rec, skb);
	struct sk_buff *msg;
	struct nlattr *a;
	void *hdr;

	data->number = atomic64_inc_return(&rec->number);
	data->time_ns = ktime_get_real_ns();
	if (data->number > rec->frames)
		return NULL;
	msg = genlmsg_new(nla_total_size(octets) + nla_total_size(sizeof(*data)) +
			  nla_total_size(sizeof(u32)), GFP_ATOMIC);
	if (!msg)
		return NULL;
	hdr = genlmsg_put(msg, 0, 0, &vs_genl_family, 0, VIFSWITCH_CMD_RECORDED);
	if (!hdr || nla_put_u32(msg, VIFSWITCH_A_PORT, rec->port->dev->ifindex))
		goto failed;
	a = nla_reserve(msg, VIFSWITCH_A_PACKET, octets);
	if (!a || copy_octets(skb, nla_data(a), octets, &data->frame_len))
		goto failed;
	return msg;
failed:
	nlmsg_free(msg);
	return NULL;
}

/* Takes @msg over. Whoever has no room for it sees by the numbers that one is missing. */
static void tell(const struct vs_recorder *rec, struct sk_buff *msg,
		 const struct vifswitch_recorded *data)
{
	struct net *net = read_pnet(&rec->net);

	if (!msg)
		return;
	if (nla_put(msg, VIFSWITCH_A_RECORDED, sizeof(*data), data)) {
		nlmsg_free(msg);
		return;
	}
	nlmsg_end(msg, nlmsg_hdr(msg));
	genlmsg_unicast(net, msg, rec->portid);
}

/* ---- on its way ---- */

void vs_recorded_begin(struct vs_recorded *r, struct vs_port *from, const struct sk_buff *skb)
{
	memset(r, 0, sizeof(*r));
	r->from = from;
	r->outer = this_cpu_read(on_its_way);
	r->recorder = rcu_dereference(from->recorder);
	if (r->recorder)
		r->msg = message(r->recorder, skb, &r->data);
	this_cpu_write(on_its_way, r);
}

void vs_recorded_end(struct vs_recorded *r)
{
	this_cpu_write(on_its_way, r->outer);
	if (!r->recorder)
		return;
	if (r->data.flags & VIFSWITCH_RECORDED_DELIVERED) {
		r->data.flags &= ~VIFSWITCH_RECORDED_RULE;
		r->data.reason = VIFSWITCH_DROP_NONE;
		r->data.rule = 0;
	}
	tell(r->recorder, r->msg, &r->data);
}

static void decided(struct vifswitch_recorded *data, enum vifswitch_drop_reason reason,
		    const u64 *rule)
{
	data->reason = reason;
	data->rule = rule ? *rule : 0;
	data->flags &= ~VIFSWITCH_RECORDED_RULE;
	if (rule)
		data->flags |= VIFSWITCH_RECORDED_RULE;
}

/* What another port did with the frame of @r: the one where it would have left. */
static void note_drop(struct vs_recorded *r, struct vs_port *port,
		      enum vifswitch_drop_reason reason, const u64 *rule)
{
	decided(&r->data, reason, rule);
	if (port != r->from && !(r->data.flags & VIFSWITCH_RECORDED_DELIVERED))
		r->data.other = port->dev->ifindex;
}

static void note_delivery(struct vs_recorded *r, struct vs_port *port)
{
	bool more = r->data.flags & VIFSWITCH_RECORDED_DELIVERED;

	r->data.other = more ? VIFSWITCH_RECORDED_MANY : port->dev->ifindex;
	r->data.flags |= VIFSWITCH_RECORDED_DELIVERED;
}

static u32 source_of(const struct vs_recorded *r)
{
	return r ? r->from->dev->ifindex : VIFSWITCH_RECORDED_NONE;
}

void vs_recorded_drop(struct vs_port *port, enum vifswitch_drop_reason reason, const u64 *rule,
		      const struct sk_buff *skb)
{
	struct vs_recorded *r = this_cpu_read(on_its_way);
	struct vs_recorder *rec = rcu_dereference(port->recorder);
	struct vifswitch_recorded data = { .flags = VIFSWITCH_RECORDED_TO };

	if (r && r->recorder)
		note_drop(r, port, reason, rule);
	if (!rec || !r || port == r->from)
		return;
	data.other = source_of(r);
	decided(&data, reason, rule);
	tell(rec, message(rec, skb, &data), &data);
}

/* Kept in a message whose verdict is still to come. */
struct waiting {
	struct vifswitch_recorded data;
	struct vs_recorder *rec;
};

struct sk_buff *vs_recorded_leaves(struct vs_port *port, const struct sk_buff *skb)
{
	struct waiting w = { .data.flags = VIFSWITCH_RECORDED_TO };
	struct sk_buff *msg;

	w.rec = rcu_dereference(port->recorder);
	msg = w.rec ? message(w.rec, skb, &w.data) : NULL;
	if (!msg)
		return NULL;
	BUILD_BUG_ON(sizeof(w) > sizeof(msg->cb));
	memcpy(msg->cb, &w, sizeof(w));
	return msg;
}

bool vs_recorded_left(struct vs_port *port, struct sk_buff *msg, bool sent)
{
	struct vs_recorded *r = this_cpu_read(on_its_way);
	struct waiting w;

	/* back to where it came from goes an answer */
	if (r && r->recorder && port != r->from) {
		if (sent)
			note_delivery(r, port);
		else
			note_drop(r, port, VIFSWITCH_DROP_TO_QUEUE, NULL);
	}
	if (!msg)
		return sent;
	memcpy(&w, msg->cb, sizeof(w));
	memset(msg->cb, 0, sizeof(msg->cb));
	w.data.other = source_of(r);
	if (sent)
		w.data.flags |= VIFSWITCH_RECORDED_DELIVERED;
	else
		w.data.reason = VIFSWITCH_DROP_TO_QUEUE;
	tell(w.rec, msg, &w.data);
	return sent;
}

/* Puts another in its place. */
struct vs_recorded *vs_recorded_out(struct vs_recorded *now)
{
	struct vs_recorded *was = this_cpu_read(on_its_way);

	this_cpu_write(on_its_way, now);
	return was;
}

/* ---- recordings ---- */

static void end(struct vs_recorder *rec)
{
	lockdep_assert_held(&recorders_mutex);
	list_del(&rec->list);
	RCU_INIT_POINTER(rec->port->recorder, NULL);
	static_branch_dec(&vs_leaves_specially);
	static_branch_dec(&vs_recording);
	kfree_rcu(rec, rcu);
}

void vs_record_port_gone(struct vs_port *port)
{
	struct vs_recorder *rec;

	mutex_lock(&recorders_mutex);
	rec = rcu_dereference_protected(port->recorder, lockdep_is_held(&recorders_mutex));
	if (rec)
		end(rec);
	mutex_unlock(&recorders_mutex);
}

/* One that told all its frames is in nobody's way. */
static bool is_over(const struct vs_recorder *rec)
{
	return atomic64_read(&rec->number) >= rec->frames;
}

static int add(struct vs_port *port, struct vs_recorder *rec, struct vs_error *err)
{
	struct vs_recorder *old;

	old = rcu_dereference_protected(port->recorder, lockdep_is_held(&recorders_mutex));
	if (old && !is_over(old))
		return vs_refuse(err, -EBUSY, "PORT is recorded already, by the socket %u; accepted: one recording at a time",
				 old->portid);
	if (old)
		end(old);
	list_add(&rec->list, &recorders);
	static_branch_inc(&vs_recording);
	static_branch_inc(&vs_leaves_specially);
	rcu_assign_pointer(port->recorder, rec);
	return 0;
}

int vs_record_start(struct vs_port *port, struct net *net, u32 portid,
		    const struct vifswitch_record *wish, struct vs_error *err)
{
	struct vs_recorder *rec;
	int rc;

	if (wish->octets < VIFSWITCH_RECORD_OCTETS_MIN ||
	    wish->octets > VIFSWITCH_RECORD_OCTETS_MAX)
		return vs_refuse(err, -EINVAL, "RECORD: octets is %u; accepted: %u to %u",
				 wish->octets, VIFSWITCH_RECORD_OCTETS_MIN,
				 VIFSWITCH_RECORD_OCTETS_MAX);
	if (!wish->frames || wish->frames > VIFSWITCH_RECORD_FRAMES_MAX)
		return vs_refuse(err, -EINVAL, "RECORD: frames is %u; accepted: 1 to %u",
				 wish->frames, VIFSWITCH_RECORD_FRAMES_MAX);
	rec = kzalloc(sizeof(*rec), GFP_KERNEL_ACCOUNT);
	if (!rec)
		return vs_out_of_memory(err, "a recording");
	rec->port = port;
	write_pnet(&rec->net, net);
	rec->portid = portid;
	rec->octets = wish->octets;
	rec->frames = wish->frames;
	mutex_lock(&recorders_mutex);
	rc = add(port, rec, err);
	mutex_unlock(&recorders_mutex);
	if (rc)
		kfree(rec);
	return rc;
}

static int on_socket(struct notifier_block *nb, unsigned long event, void *arg)
{
	const struct netlink_notify *n = arg;
	struct vs_recorder *rec, *next;

	if (event != NETLINK_URELEASE || n->protocol != NETLINK_GENERIC)
		return NOTIFY_DONE;
	mutex_lock(&recorders_mutex);
	list_for_each_entry_safe(rec, next, &recorders, list) {
		if (rec->portid == n->portid && net_eq(read_pnet(&rec->net), n->net))
			end(rec);
	}
	mutex_unlock(&recorders_mutex);
	return NOTIFY_DONE;
}

static struct notifier_block notifier = { .notifier_call = on_socket };

int vs_record_init(void)
{
	return netlink_register_notifier(&notifier);
}

/* Ports are gone, and with them all recordings. */
void vs_record_exit(void)
{
	netlink_unregister_notifier(&notifier);
}
