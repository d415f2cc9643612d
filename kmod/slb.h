/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A port that is a bond and balances by source (core/slb-buckets.h), over the bonding driver in
 * mode active-backup with all_slaves_active: the driver sends by the member whose queue_id is the
 * packet's queue, if it is up, and else by its active one. So when this module knows nothing
 * yet, or too late, frames take the active member.
 *
 * Received is what for many comes by the active member alone, as each switch outside sends a
 * copy by every one, but control frames for this host by each; and nothing from an address that
 * is one of this host's own ports: that is what the host sent itself. What the driver hands up
 * does not say by which member it came: a tap on each member other than the active one marks
 * frames for many (VS_OTHER_MEMBER).
 */
#ifndef VS_KMOD_SLB_H
#define VS_KMOD_SLB_H

#include <linux/if_packet.h>

#include "trip.h"

/* As pkt_type, which nothing else on its way in has. */
#define VS_OTHER_MEMBER	PACKET_KERNEL

struct vs_slb;

/* Of cfg->policy, if it asks for it and the port has none; -ENOMEM. */
int vs_slb_prepare(struct vs_port *port, struct vs_config *cfg, struct vs_error *err);
void vs_slb_commit(struct vs_port *port, struct vs_config *cfg);
/* Never published, or NULL. */
void vs_slb_free(struct vs_slb *slb);
/* Of a port that nothing leads to any more. */
void vs_slb_leave(struct vs_port *port);
/* Its bond's members are others, or are used otherwise. Under rtnl. */
void vs_slb_refresh(struct vs_port *port);

/* Chooses the member by which @skb, from its Ethernet header on, leaves. */
void vs_slb_choose(struct vs_port *port, struct sk_buff *skb, u32 bytes);
/*
 * Of a frame refused as REFLECTED: is it a gratuitous ARP of an address that has left this
 * host, and now is behind @port? NONE, or the reason as it was.
 */
enum vifswitch_drop_reason vs_slb_moves(struct vs_port *port, const struct vs_verdict *v,
					const struct vs_program *prog,
					const struct sk_buff *skb);

#endif /* VS_KMOD_SLB_H */
