/* SPDX-License-Identifier: GPL-2.0-or-later WITH Linux-syscall-note */
/*
 * Loop protection: a switch that sends probes (kmod/core/loop-probe.h) by its uplinks, and
 * closes one of two by which a frame that it sent came back. SWITCH_SET (abi.h) takes LOOP; a
 * switch does nothing of it until it is told.
 *
 *  - Each second each uplink that is up sends one in the VLAN of its untagged frames, and one in
 *    one of the VLANs of other ports, in turn. One that comes back by another uplink in the VLAN
 *    that it was sent in closes the one of both that joined later: PORT_CLOSED, and PORT_LOOPED
 *    in PORT_FLAGS. Its program stays, and may be replaced.
 *  - A closed one goes on sending, so it is known whether the loop is still there. It is opened
 *    when for LOOP_HOLD_S none came back; each further loop within LOOP_FORGET_S doubles that,
 *    up to LOOP_HOLD_MAX_S. Up to half of it is added at random, so that two switches in one
 *    loop do not go on closing and opening together.
 *  - Probes of others go from uplink to uplink as frames for all do, whether or not a switch is
 *    protected. No guest gets one, and none may send one. A switch in flow mode neither sends
 *    nor forwards them.
 *  - One that comes back by the uplink that sent it (ECHO) closes nothing: the loop is none of
 *    this switch's.
 */
#ifndef VIFSWITCH_LOOP_ABI_H
#define VIFSWITCH_LOOP_ABI_H

#include <linux/types.h>

#define VIFSWITCH_LOOP_LEN		32	/* octets of LOOP */
#define VIFSWITCH_LOOP_HOLD_S		10
#define VIFSWITCH_LOOP_HOLD_MAX_S	640
#define VIFSWITCH_LOOP_FORGET_S		600

#define VIFSWITCH_LOOP_ON	(1U << 0)

struct vifswitch_loop {
	__u32 flags;		/* VIFSWITCH_LOOP_ON, or 0 with all else 0: off */
	/* reply only */
	__u32 closed;		/* uplinks, now */
	__u64 sent;		/* probes */
	__u64 heard;		/* of them, that came back */
	__u64 found;		/* times that an uplink was closed */
};

#define VIFSWITCH_LOOP_CLOSED	(1U << 0)
#define VIFSWITCH_LOOP_ECHO	(1U << 1)

/* Of a port that is closed for a loop, or hears itself. */
struct vifswitch_loop_port {
	__u32 flags;		/* VIFSWITCH_LOOP_CLOSED, _ECHO */
	__u32 other;		/* ifindex of the other uplink, CLOSED */
	__u32 count;		/* loops of late */
	__u32 hold_s;		/* it is opened when none came back for so long, at least */
};

#endif /* VIFSWITCH_LOOP_ABI_H */
