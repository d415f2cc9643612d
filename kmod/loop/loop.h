/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Loop protection (vifswitch/loop-abi.h). core/loop-probe.h has the probes.
 *
 *   open --a probe came back--> closed --none comes back any more, for a while--> open
 *
 * Locking. A port's state changes under rtnl, by the switch's work and where its program
 * changes, and by nothing else. While it is closed port->policy is NULL, as of any closed
 * port, and what it should be is in port->loop.held; vs_loop_pause() puts it back for who
 * changes it. Frames note what they see under loop->lock; the work looks at it.
 *
 * Work. A switch that is protected has one work, which begins with the protection and is
 * stopped before that is freed. It waits for nobody who waits for it: without rtnl it comes
 * again. Frames start nothing.
 */
#ifndef VS_LOOP_H
#define VS_LOOP_H

#include <linux/siphash.h>
#include <vifswitch/loop-abi.h>

#include "../vifswitch.h"
#include "core/loop-probe.h"

#define VS_LOOP_HEARD	8	/* between two looks; the next ones say the same again */

/* By which port a probe left, and by which it came: their seq. */
struct vs_loop_heard {
	u32 from, at;
};

struct vs_loop {
	struct rcu_head rcu;
	struct vs_switch *sw;
	struct delayed_work work;
	siphash_key_t key;
	u64 nonce;
	u32 round;
	u32 step;
	u16 vid;		/* of the further probe of the last round */
	u64 sent, found;
	spinlock_t lock;	/* the rest */
	u64 came_back;
	u32 heard_count;
	struct vs_loop_heard heard[VS_LOOP_HEARD];
};

/* loop.c: under rtnl */
int vs_loop_set(struct vs_switch *sw, const struct vifswitch_loop *told, struct vs_error *err);
/* False: it is not protected. */
bool vs_loop_read(const struct vs_switch *sw, struct vifswitch_loop *ret);
/* False: there is nothing to say of it. */
bool vs_loop_port_read(const struct vs_port *port, struct vifswitch_loop_port *ret);

/* loop-way.c */
u64 vs_loop_seal(const struct vs_loop *l, const u8 *sealed);
/* A round of probes, by @port. Under rtnl. */
void vs_loop_probe(struct vs_loop *l, struct vs_port *port, u16 vid);

#endif /* VS_LOOP_H */
