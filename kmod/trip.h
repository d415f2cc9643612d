/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A frame on its way through the switch; forward.c says what holds there. */
#ifndef VS_TRIP_H
#define VS_TRIP_H

#include "acl-object.h"
#include "core/forward.h"

struct vs_trip {
	struct vs_policy *policy;	/* of where it came from */
	struct vs_acl_use *use;		/* of that one's ACL, if any */
	struct vs_verdict v;
	struct vs_wire wire;
	struct vs_port *from;
	u32 mirrored;			/* bits of the mirrors that have it */
};

/* Where a frame may go is judged by one program, read once. */
static __always_inline const struct vs_program *vs_program_of(const void *world, const void *port)
{
	const struct vs_policy *policy = rcu_dereference(((const struct vs_port *)port)->policy);

	return likely(policy) ? &policy->prog : NULL;
}

static __always_inline struct vs_policy *vs_policy_of(const struct vs_program *prog)
{
	return container_of(prog, struct vs_policy, prog);
}

/* Read once for a frame: rules are numbered anew in the next version. */
static __always_inline struct vs_acl_use *vs_use_of(const struct vs_policy *policy)
{
	return rcu_dereference(policy->use);
}

static __always_inline const struct vs_acl *vs_acl_in(const struct vs_acl_use *use)
{
	return use ? &use->version->acl : NULL;
}

static inline u32 vs_tag_of(const struct sk_buff *skb)
{
	if (likely(!skb_vlan_tag_present(skb)))
		return VS_NO_TAG;
	return VS_TAG(ntohs(skb->vlan_proto), skb_vlan_tag_get(skb));
}

static __always_inline void vs_set_tag(struct sk_buff *skb, u32 tag)
{
	if (likely(tag == VS_NO_TAG))
		__vlan_hwaccel_clear_tag(skb);
	else
		__vlan_hwaccel_put_tag(skb, htons(VS_TAG_TYPE(tag)), VS_TAG_TCI(tag));
}

/* Octets of a frame with @tag beside it. */
static inline u32 vs_tagged_bytes(const struct vs_wire *wire, u32 tag)
{
	return likely(tag == VS_NO_TAG) ? wire->bytes : wire->bytes + wire->packets * VLAN_HLEN;
}

/* The same question where it is not that simple. */
bool vs_fits_otherwise(const struct net_device *dev, const struct sk_buff *skb, u32 largest);

static inline bool vs_fits(const struct net_device *dev, const struct sk_buff *skb,
			   const struct vs_wire *wire)
{
	return likely(wire->largest <= READ_ONCE(dev->mtu) + ETH_HLEN) ||
	       vs_fits_otherwise(dev, skb, wire->largest);
}

static inline bool vs_is_up(const struct net_device *dev)
{
	return (READ_ONCE(dev->state) & (BIT(__LINK_STATE_START) | BIT(__LINK_STATE_NOCARRIER))) ==
	       BIT(__LINK_STATE_START);
}

/* forward.c */
bool vs_make_readable(struct sk_buff *skb);

/* deliver.c */
void vs_drop(struct vs_port *port, struct sk_buff *skb, enum vifswitch_drop_reason reason);
/* @port does not take it; the frame itself may go on elsewhere. */
void vs_refused_by(struct vs_port *port, const struct sk_buff *skb,
		   enum vifswitch_drop_reason reason, const u64 *rule);

/*
 * admit.c: may the frame go to @to with @tag, whose program asks? If not, that is counted. @access
 * is NULL where its ACL is not asked.
 */
enum vifswitch_drop_reason vs_admit(struct vs_trip *t, struct vs_port *to,
				    struct vs_policy *policy, struct sk_buff *skb, u32 tag,
				    struct vs_access *access);

/* Can the packet be read, and was it? One behind a tag inside cannot. */
bool vs_packet_readable(struct vs_verdict *v, struct sk_buff *skb);

/* tunnel-out.c: does it fit into what @to sends? If not, its sender was told. */
bool vs_tunnel_fits(struct vs_trip *t, struct vs_port *to, struct sk_buff *skb);
/* Instead of deliver(), which it is the end of. */
enum vifswitch_drop_reason vs_tunnel_deliver(struct vs_port *port, struct sk_buff *skb, u32 tag,
					     const struct vs_wire *wire);
/* underlay.c: why a VM may not send this there (a port with @flags); NONE: it may. */
enum vifswitch_drop_reason vs_underlay_refuses(struct vs_trip *t, const struct vs_port *to,
					       u32 flags, struct sk_buff *skb);

/* flood.c: how it ended; NONE: somebody got it. */
enum vifswitch_drop_reason vs_flood(struct vs_trip *t, struct sk_buff *skb);
/* Of an address that was seen nowhere. */
enum vifswitch_drop_reason vs_flood_unknown(struct vs_trip *t, struct sk_buff *skb);
void vs_show_local(const struct vs_trip *t, struct sk_buff *skb);

/* mirror-copy.c: the frame for the mirrors of what @port sends; now that it may go, or not. */
void vs_mirror_from(struct vs_trip *t, struct vs_port *port, struct sk_buff *skb);
void vs_mirror_refused(struct vs_trip *t, struct vs_port *port, struct sk_buff *skb);
/* The frame as @to gets it, or would if its policy did not refuse it. */
void vs_mirror_to(struct vs_trip *t, struct vs_port *to, u32 chosen, struct sk_buff *skb, u32 tag,
		  bool refused);
/* A copy that a mirror of another host sent here: for the port's own mirrors alone. */
void vs_mirror_take(struct vs_trip *t, struct vs_port *port, struct sk_buff *skb);

/* loop/loop-way.c: a probe came by @port, an uplink. */
void vs_loop_heard(struct vs_trip *t, struct vs_port *port, struct sk_buff *skb);

#endif /* VS_TRIP_H */
