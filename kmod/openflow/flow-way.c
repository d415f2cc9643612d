// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A frame among flow tables: the steps of core/of/of-run.h, carried out. An output waits until
 * it is known whether something comes after it: then it gets a copy, else the frame itself. It
 * waits with the tag it has, and goes before anything changes the frame.
 *
 * The interpreter's state is too large for the stack, so each CPU has some: bottom halves are
 * off, and frames nest only where a port is a tunnel.
 */
#include <linux/if_vlan.h>

#include <vifswitch/flow-abi.h>

#include "flow-mode.h"
#include "../deliver.h"
#include "../limit.h"

struct way {
	struct vs_flows *fl;
	struct vs_of_run *run;
	struct vs_trip *t;
	struct sk_buff *skb;		/* NULL: it went, or memory was short */
	struct sk_buff *kept;		/* as it was before a group's bucket */
	u32 came_prio;
	u16 came_vid;
	bool came_inner;
	bool changed;			/* t->v does not know the frame's headers as they are */
	bool waits;			/* an output, with these: */
	u8 vlan;
	u32 tag;
	u32 port;
	u32 to;				/* ifindex by which it went */
	enum vifswitch_drop_reason reason;	/* how the last output ended */
};

/* ---- out ---- */

/* What the frame is now, for the policies of where it leaves by. */
static bool know(struct way *w, struct sk_buff *skb)
{
	struct vs_verdict *v = &w->t->v;

	if (w->changed) {
		if (!vs_frame_parse(&v->frame, skb_mac_header(skb), ETH_HLEN + skb_headlen(skb),
				    w->tag))
			return false;
		/* whichever tag is the outer one now, there was another in it */
		v->frame.inner |= w->came_inner;
		v->parsed = false;
		if (v->target <= VS_TO_GROUP)
			v->target = v->frame.dst_group ? VS_TO_GROUP : VS_TO_UNICAST;
	}
	v->vid = w->came_vid;
	v->prio = w->came_prio;
	if (w->vlan != VS_OF_VLAN_CAME)
		v->prio = VS_TAG_TCI(w->tag) & VS_TCI_PRIO;
	if (w->vlan == VS_OF_VLAN_TAG)
		v->vid = VS_TAG_TCI(w->tag) & VS_TCI_VID;
	return true;
}

static void went(struct way *w, const struct vs_port *to, enum vifswitch_drop_reason reason)
{
	w->to = w->to ? VIFSWITCH_FLOW_TO_MANY : to->dev->ifindex;
	w->reason = w->reason == VIFSWITCH_DROP_NONE ? VIFSWITCH_DROP_NONE : reason;
}

/* Consumes @skb. */
static void send_to(struct way *w, struct vs_port *to, struct sk_buff *skb)
{
	const struct vs_program *prog = vs_program_of(w->fl->sw, to);
	struct vs_verdict *v = &w->t->v;
	enum vifswitch_drop_reason reason;
	struct vs_access access;
	u32 tag;

	if (w->vlan == VS_OF_VLAN_NATIVE && prog)
		v->vid = prog->pvid == VIFSWITCH_VID_NONE ? VS_TCI_VID : prog->pvid;
	reason = vs_egress(v, prog, &tag);
	if (unlikely(reason)) {
		vs_drop(vs_forward_is_senders(reason) ? w->t->from : to, skb, reason);
	} else if (unlikely(prog->admits) &&
		   (reason = vs_admit(w->t, to, vs_policy_of(prog), skb, tag,
				      READ_ONCE(w->fl->trusted) ? NULL : &access))) {
		kfree_skb(skb);
	} else {
		reason = deliver(to, skb, tag, &w->t->wire);
	}
	went(w, to, reason);
}

static void send_copy(struct way *w, struct vs_port *to, struct sk_buff *skb)
{
	struct sk_buff *copy = skb_clone(skb, GFP_ATOMIC);

	if (copy)
		send_to(w, to, copy);
	else
		vs_count_drop(w->t->from->stats, VIFSWITCH_DROP_NO_MEMORY);
}

static bool twins(const void *a, const void *b)
{
	return vs_ports_kin(a, b) == VS_KIN_TWIN;
}

/* Without tables a guarded port is found by its claim, and is not among those that floods reach. */
static bool is_to_its_own(const struct vs_verdict *v, const struct vs_program *prog)
{
	return v->target == VS_TO_UNICAST && vs_hold_of(prog, v->frame.dst) != VS_HOLD_NONE;
}

/*
 * Would the port take it? FLOOD: if it floods without tables, or has the address; ALL: whatever
 * it is, but what a guest may tell uplinks alone is for nobody else in either.
 */
static bool wants(struct way *w, struct vs_port *port)
{
	const struct vs_program *prog = vs_program_of(w->fl->sw, port);
	struct vs_verdict *v = &w->t->v;
	u32 tag;

	if (!prog)
		return false;
	if (w->vlan == VS_OF_VLAN_NATIVE)
		v->vid = prog->pvid == VIFSWITCH_VID_NONE ? VS_TCI_VID : prog->pvid;
	if (v->target == VS_TO_UPLINKS ||
	    (w->port == VIFSWITCH_OF_PORT_FLOOD && !is_to_its_own(v, prog)))
		return vs_forward_wants(v, w->t->from, port, prog, vs_is_up(port->dev), twins,
					&tag);
	return port != w->t->from && vs_is_up(port->dev) && !twins(w->t->from, port) &&
	       !vs_egress(v, prog, &tag);
}

static void send_all(struct way *w, struct sk_buff *skb)
{
	struct vs_port *port, *last = NULL;

	vs_of_charge(w->run, READ_ONCE(w->fl->sw->port_count));
	list_for_each_entry_rcu(port, &w->fl->sw->ports, list) {
		if (!wants(w, port))
			continue;
		if (last)
			send_copy(w, last, skb);
		last = port;
	}
	port = &w->fl->sw->local;
	if (wants(w, port)) {
		if (last)
			send_copy(w, last, skb);
		last = port;
	}
	if (last)
		send_to(w, last, skb);
	else
		kfree_skb(skb);
}

static struct vs_port *port_of(const struct way *w, u32 number)
{
	if (number == VIFSWITCH_OF_PORT_IN)
		return w->t->from;
	if (number == VIFSWITCH_OF_PORT_LOCAL)
		return &w->fl->sw->local;
	return number <= VIFSWITCH_OF_PORT_MAX ? rcu_dereference(w->fl->port[number]) : NULL;
}

/* As without tables. What has no tag any more is in the native VLAN of where it came from. */
static void send_normal(struct way *w, struct sk_buff *skb)
{
	u16 pvid = w->t->policy->prog.pvid;
	u32 to;

	if (w->vlan == VS_OF_VLAN_NATIVE)
		w->t->v.vid = pvid == VIFSWITCH_VID_NONE ? 0 : pvid;
	w->reason = vs_switch_normal(w->t, skb, &to);
	if (to == VIFSWITCH_FLOW_TO_MANY)
		vs_of_charge(w->run, READ_ONCE(w->fl->sw->port_count));
	w->to = w->to ? VIFSWITCH_FLOW_TO_MANY : to;
}

/* The output that waits goes, with @skb. */
static void put_out(struct way *w, struct sk_buff *skb)
{
	struct vs_port *to;

	w->waits = false;
	if (!know(w, skb)) {
		vs_drop(w->t->from, skb, VIFSWITCH_DROP_TRUNCATED);
		return;
	}
	if (w->port == VIFSWITCH_OF_PORT_NORMAL) {
		send_normal(w, skb);
	} else if (w->port == VIFSWITCH_OF_PORT_FLOOD || w->port == VIFSWITCH_OF_PORT_ALL) {
		send_all(w, skb);
	} else {
		to = port_of(w, w->port);
		if (to)
			send_to(w, to, skb);
		else
			vs_drop(w->t->from, skb, VIFSWITCH_DROP_NO_DESTINATION);
	}
}

/* Something comes after the output that waits. */
static void put_out_copy(struct way *w)
{
	struct sk_buff *copy;

	if (!w->waits || !w->skb)
		return;
	copy = skb_clone(w->skb, GFP_ATOMIC);
	w->waits = false;
	if (copy)
		put_out(w, copy);
	else
		vs_count_drop(w->t->from->stats, VIFSWITCH_DROP_NO_MEMORY);
}

static void output(struct way *w)
{
	put_out_copy(w);
	w->waits = true;
	w->port = w->run->port;
	w->tag = w->run->tag;
	w->vlan = w->run->vlan;
}

/* ---- changes ---- */

/* As many octets as the core wants may be written: *ret_len of them, from *ret_p on. */
static bool writable(struct way *w, u8 **ret_p, size_t *ret_len)
{
	if (!w->skb)
		return false;
	put_out_copy(w);
	if (!vs_make_readable(w->skb) || skb_unclone(w->skb, GFP_ATOMIC)) {
		vs_drop(w->t->from, w->skb, VIFSWITCH_DROP_NO_MEMORY);
		w->skb = NULL;
		return false;
	}
	if (w->skb->ip_summed == CHECKSUM_COMPLETE)
		w->skb->ip_summed = CHECKSUM_NONE;
	*ret_p = skb_mac_header(w->skb);
	*ret_len = min_t(size_t, ETH_HLEN + skb_headlen(w->skb), VS_PACKET_HEADERS);
	return true;
}

static size_t partial_at(const struct sk_buff *skb)
{
	return skb->ip_summed == CHECKSUM_PARTIAL ? skb_checksum_start_offset(skb) + ETH_HLEN : 0;
}

/* The headers now; t->v's are those of an output. */
static bool parse(const struct way *w, struct vs_frame *f, const u8 *p, size_t len)
{
	return vs_frame_parse(f, p, len, w->run->tag);
}

static void edit(struct way *w)
{
	struct vs_frame f;
	size_t len;
	u8 *p;

	if (!writable(w, &p, &len) || !parse(w, &f, p, len))
		return;
	vs_of_run_edit(w->run, p, len, ETH_HLEN + w->skb->len, &f, partial_at(w->skb));
	w->changed = true;
}

static void decrement_ttl(struct way *w)
{
	struct vs_frame f;
	size_t len;
	bool over;
	u8 *p;

	if (!writable(w, &p, &len) || !parse(w, &f, p, len))
		return;
	vs_of_run_ttl(w->run, p, len, ETH_HLEN + w->skb->len, &f, &over);
	if (over && w->run->told.max_len)
		vs_flows_tell(w->fl, w->run, w->t, w->skb);
}

/* Its Ethernet header is a part of the data meanwhile, as skb_mpls_push() and _pop() have it. */
static int put_label(struct sk_buff *skb, const struct vs_of_shape *shape, u32 label)
{
	int rc;

	__skb_push(skb, ETH_HLEN);
	skb_reset_mac_len(skb);
	rc = shape->push ? skb_mpls_push(skb, htonl(label), htons(shape->type), ETH_HLEN, true) :
	     skb_mpls_pop(skb, htons(shape->type), ETH_HLEN, true);
	__skb_pull(skb, ETH_HLEN);
	skb_reset_network_header(skb);
	return rc;
}

static void change_shape(struct way *w)
{
	const struct vs_of_shape *shape = &w->run->shape;
	struct vs_frame f;
	size_t len;
	u8 *p;

	/* a tag that is no longer in its place would not be what is before the label */
	if (!writable(w, &p, &len) || !parse(w, &f, p, len) || f.l3 != ETH_HLEN ||
	    (!shape->push && !vs_of_has_label(&f, len)))
		return;
	if (put_label(w->skb, shape, shape->push ? vs_of_label_for(p, len, ETH_HLEN + w->skb->len,
								   &f) : 0) ||
	    !vs_make_readable(w->skb)) {
		vs_drop(w->t->from, w->skb, VIFSWITCH_DROP_NO_MEMORY);
		w->skb = NULL;
		return;
	}
	w->changed = true;
	p = skb_mac_header(w->skb);
	len = min_t(size_t, ETH_HLEN + skb_headlen(w->skb), VS_PACKET_HEADERS);
	if (parse(w, &f, p, len))
		vs_of_shaped(w->run, p, len, ETH_HLEN + w->skb->len, &f);
}

static void remark(struct way *w, u16 levels)
{
	struct vs_frame f;
	size_t len;
	u8 *p;

	if (writable(w, &p, &len) && parse(w, &f, p, len))
		vs_of_edit_precedence(p, len, ETH_HLEN + w->skb->len, &f, levels);
}

/* All bands are charged; the one of the highest rate that is exceeded acts. */
static void ask_meter(struct way *w)
{
	struct vs_of_meter *m = w->run->meter;
	u32 units = m->flags & VIFSWITCH_OF_METER_PACKETS ? w->run->packets : w->run->bytes;
	struct vs_of_band *acts = NULL;
	unsigned int i;

	for (i = 0; i < m->band_count; i++) {
		struct vs_of_band *band = &m->band[i];

		if (!vs_bucket_charge(&band->state, &band->rate, units) &&
		    (!acts || band->per_second > acts->per_second))
			acts = band;
	}
	if (acts) {
		vs_of_add(&acts->counts.packets, w->run->packets);
		vs_of_add(&acts->counts.bytes, w->run->bytes);
	}
	if (acts && acts->type == VIFSWITCH_OF_BAND_REMARK)
		remark(w, acts->levels);
	vs_of_metered(w->run, !acts || acts->type != VIFSWITCH_OF_BAND_DROP);
}

static void track(struct way *w)
{
	enum vifswitch_drop_reason reason = VIFSWITCH_DROP_NO_MEMORY;
	u16 state = 0;

	if (w->skb)
		reason = vs_flows_track(w->t, w->skb, w->run, w->came_vid, &state);
	vs_of_tracked(w->run, state, reason);
}

/* ---- the whole way ---- */

static void keep(struct way *w)
{
	w->kept = w->skb ? skb_clone(w->skb, GFP_ATOMIC) : NULL;
	if (w->skb && !w->kept)
		vs_count_drop(w->t->from->stats, VIFSWITCH_DROP_NO_MEMORY);
}

/* What waits goes with the frame as the bucket left it. */
static void put_back(struct way *w)
{
	if (w->skb && w->waits)
		put_out(w, w->skb);
	else
		kfree_skb(w->skb);
	w->waits = false;
	w->skb = w->kept;
	w->kept = NULL;
	w->changed = true;
}

static void tell(struct way *w)
{
	if (w->skb)
		vs_flows_tell(w->fl, w->run, w->t, w->skb);
}

static void steps(struct way *w)
{
	enum vs_of_what what;

	while ((what = vs_of_step(w->run)) != VS_OF_DONE) {
		switch (what) {
		case VS_OF_OUTPUT:
			output(w);
			break;
		case VS_OF_CONTROLLER:
			tell(w);
			break;
		case VS_OF_EDIT:
			edit(w);
			break;
		case VS_OF_TTL:
			decrement_ttl(w);
			break;
		case VS_OF_SHAPE:
			change_shape(w);
			break;
		case VS_OF_METER:
			ask_meter(w);
			break;
		case VS_OF_TRACK:
			track(w);
			break;
		case VS_OF_LEARN:
			if (w->skb && vs_flows_learns(w->fl, w->run->learned))
				tell(w);
			break;
		case VS_OF_SAVE:
			keep(w);
			break;
		case VS_OF_RESTORE:
			put_back(w);
			break;
		case VS_OF_DONE:
			break;
		}
	}
}

/* Nothing waits for the frame any more. */
static void finish(struct way *w)
{
	kfree_skb(w->kept);
	if (!w->skb)
		return;
	if (w->waits) {
		put_out(w, w->skb);
	} else if (w->run->reason) {
		w->reason = w->run->reason;
		vs_drop(w->t->from, w->skb, w->run->reason);
	} else {
		/* it went to a controller, or in copies */
		if (w->reason == VIFSWITCH_DROP_FLOW_DROP)
			w->reason = VIFSWITCH_DROP_NONE;
		consume_skb(w->skb);
	}
}

static bool is_port_up(const void *world, u32 number)
{
	const struct way *w = world;
	const struct vs_port *port = port_of(w, number);

	return port && vs_is_up(port->dev);
}

static void prepare(struct way *w, struct vs_trip *t, struct sk_buff *skb, u32 tag)
{
	struct vs_of_run *run = w->run;

	w->t = t;
	w->skb = skb;
	w->kept = NULL;
	w->came_vid = t->v.vid;
	w->came_prio = t->v.prio;
	w->came_inner = t->v.frame.inner;
	w->changed = false;
	w->waits = false;
	w->to = 0;
	w->reason = VIFSWITCH_DROP_FLOW_DROP;
	run->world = w;
	run->up = is_port_up;
	run->packets = t->wire.packets;
	run->bytes = vs_tagged_bytes(&t->wire, tag);
	run->now_ms = vs_flows_now();
	run->tag = tag;
}

/* @all: operations that are in no table are to come. */
static bool begin(struct way *w, struct vs_trip *t, struct sk_buff *skb, u32 tag, u32 in_port,
		  bool all)
{
	vs_of_open(w->run, w->fl->of, all);
	prepare(w, t, skb, tag);
	if (w->run->needs & VS_OF_NEEDS_FRAME && !vs_make_readable(skb))
		return false;
	vs_of_key_read(&w->run->key, w->run->needs, skb_mac_header(skb),
		       min_t(size_t, ETH_HLEN + skb_headlen(skb), VS_PACKET_HEADERS),
		       ETH_HLEN + skb->len, &t->v.frame, tag, in_port);
	return true;
}

static enum vifswitch_drop_reason lose(struct vs_trip *t, struct sk_buff *skb,
				       enum vifswitch_drop_reason reason)
{
	vs_drop(t->from, skb, reason);
	return reason;
}

enum vifswitch_drop_reason vs_flows_frame(struct vs_trip *t, struct sk_buff *skb, u32 tag,
					  u32 *ret_to)
{
	struct way w __uninitialized;
	struct vs_flows_runs *runs;

	w.fl = rcu_dereference(t->from->sw->flows);
	if (unlikely(!w.fl))
		return vs_switch_normal(t, skb, ret_to);	/* it is being turned off */
	runs = this_cpu_ptr(w.fl->runs);
	if (unlikely(runs->depth == VS_FLOWS_NESTED))
		return lose(t, skb, VIFSWITCH_DROP_FLOW_LIMIT);
	w.run = &runs->run[runs->depth];
	if (unlikely(!begin(&w, t, skb, tag, t->from->number, false)))
		return lose(t, skb, VIFSWITCH_DROP_NO_MEMORY);
	runs->depth++;
	vs_of_begin(w.run);
	steps(&w);
	finish(&w);
	runs->depth--;
	if (w.to)
		*ret_to = w.to;
	return w.reason;
}

/*
 * What userspace sends has passed no port's ingress: it is dom0's word, as what a controller
 * sends is. Where it leaves, the port's program is asked all the same.
 */
enum vifswitch_drop_reason vs_flows_packet_out(struct vs_flows *fl, struct sk_buff *skb,
					       const struct vifswitch_of_packet_out *out,
					       const u8 *ops)
{
	struct vs_port *from = &fl->sw->local;
	struct vs_flows_runs *runs;
	struct vs_trip t = {};
	struct way w = { .fl = fl };
	u32 tag;

	if (out->in_port && out->in_port <= VIFSWITCH_OF_PORT_MAX)
		from = rcu_dereference(fl->port[out->in_port]);
	if (!from) {
		kfree_skb(skb);
		return VIFSWITCH_DROP_NO_DESTINATION;
	}
	tag = vs_tag_of(skb);
	t.from = from;
	t.policy = rcu_dereference(from->policy);
	if (!t.policy)
		return lose(&t, skb, VIFSWITCH_DROP_CLOSED);
	if (!vs_frame_parse(&t.v.frame, skb_mac_header(skb), ETH_HLEN + skb_headlen(skb), tag))
		return lose(&t, skb, VIFSWITCH_DROP_TRUNCATED);
	t.v.target = t.v.frame.dst_group ? VS_TO_GROUP : VS_TO_UNICAST;
	t.v.vid = VS_TAG_TCI(tag) & VS_TCI_VID;
	t.v.prio = VS_TAG_TCI(tag) & VS_TCI_PRIO;
	vs_wire_of(&t.wire, skb);
	runs = this_cpu_ptr(fl->runs);
	if (runs->depth == VS_FLOWS_NESTED)
		return lose(&t, skb, VIFSWITCH_DROP_FLOW_LIMIT);
	w.run = &runs->run[runs->depth];
	if (!begin(&w, &t, skb, tag, out->in_port, out->ops_len))
		return lose(&t, skb, VIFSWITCH_DROP_NO_MEMORY);
	runs->depth++;
	if (out->ops_len)
		vs_of_begin_with(w.run, ops, out->ops_len);
	else
		vs_of_begin(w.run);
	w.run->vlan = t.v.vid ? VS_OF_VLAN_TAG : VS_OF_VLAN_NATIVE;
	steps(&w);
	finish(&w);
	runs->depth--;
	return w.reason;
}
