/* SPDX-License-Identifier: GPL-2.0-or-later WITH Linux-syscall-note */
/*
 * Frames of one port as they were judged: what it sent and what it got, or would have got.
 * Part of the kernel ABI (abi.h, which says how it grows); host byte order.
 *
 * RECORD asks for them on a socket, RECORDED messages come to that socket alone, and it
 * ends when so many were sent, the port leaves or the socket is closed, in whatever way. A
 * port has one recording at a time. A frame for which the socket or the kernel has no room
 * is not told of, but counted; so is nothing else: a recording holds up no frame.
 *
 * A frame is one message: of a GSO frame all segments together, with checksums as far as
 * they are made yet. What the port sent is as it came in, what it got is as it went out.
 */
#ifndef VIFSWITCH_RECORD_ABI_H
#define VIFSWITCH_RECORD_ABI_H

#include <linux/types.h>

#define VIFSWITCH_RECORD_OCTETS_MIN	14
#define VIFSWITCH_RECORD_OCTETS_MAX	16384
#define VIFSWITCH_RECORD_FRAMES_MAX	100000000

#define VIFSWITCH_RECORD_LEN		8

struct vifswitch_record {
	__u32 octets;		/* of each frame, at most */
	__u32 frames;		/* then it ends */
};

#define VIFSWITCH_RECORDED_TO		(1U << 0)	/* to the port; else from it */
#define VIFSWITCH_RECORDED_DELIVERED	(1U << 1)	/* of a frame for many: to one at least */
#define VIFSWITCH_RECORDED_RULE		(1U << 2)	/* "rule" decided that it was dropped */

/* Values of "other" that are no ifindex. */
#define VIFSWITCH_RECORDED_NONE		0U
#define VIFSWITCH_RECORDED_MANY		0xffffffffU

struct vifswitch_recorded {
	__u64 time_ns;		/* since 1970 */
	__u64 number;		/* of this recording, from 1 on; those that were lost, too */
	__u64 rule;		/* its cookie, or RULE_DEFAULT_* */
	__u32 flags;		/* VIFSWITCH_RECORDED_* */
	/* enum vifswitch_drop_reason. Without it and DELIVERED: the host itself took the frame */
	__u32 reason;
	__u32 other;		/* ifindex: where it went, or by which it came; see above */
	__u32 frame_len;	/* octets, tag too */
};

#endif /* VIFSWITCH_RECORD_ABI_H */
