// SPDX-License-Identifier: GPL-2.0-or-later
/* Frames that end here: counted, told, noted down. */
#include "recording.h"
#include "trip.h"

void vs_drop(struct vs_port *port, struct sk_buff *skb, enum vifswitch_drop_reason reason)
{
	vs_count_drop(port->stats, reason);
	vs_event_packet(port, reason, NULL, skb);
	vs_note_drop(port, reason, NULL, skb);
	kfree_skb(skb);
}

void vs_refused_by(struct vs_port *port, const struct sk_buff *skb,
		   enum vifswitch_drop_reason reason, const u64 *rule)
{
	if (reason != VIFSWITCH_DROP_ACL && reason != VIFSWITCH_DROP_TO_ACL)
		rule = NULL;
	vs_count_drop(port->stats, reason);
	vs_event_packet(port, reason, rule, skb);
	vs_note_drop(port, reason, rule, skb);
}
