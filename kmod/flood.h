/* SPDX-License-Identifier: GPL-2.0-or-later */
/* flood.c: the ports that get a frame for many, one after the other. */
#ifndef VS_FLOOD_H
#define VS_FLOOD_H

#include "trip.h"

/* Each port that wants the frame gets it when the next one is found. */
struct vs_flooding {
	struct vs_port *last;
	u32 tag;
	enum vifswitch_drop_reason refused;	/* by whom it was refused last */
};

void vs_flood_to(struct vs_trip *t, struct vs_port *port, struct sk_buff *skb,
		 struct vs_flooding *f);

/* snoop/snoop-way.c: what is to become of a frame for many, where a switch snoops. */
enum vs_snooped {
	VS_SNOOPED_NOTHING,	/* it is for every port */
	VS_SNOOPED,		/* the ports that get it were chosen */
	VS_SNOOPED_QUERY,	/* who sent it may not ask */
};

enum vs_snooped vs_snoop(struct vs_trip *t, struct sk_buff *skb, struct vs_flooding *f);

#endif /* VS_FLOOD_H */
