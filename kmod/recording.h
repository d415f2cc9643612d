/* SPDX-License-Identifier: GPL-2.0-or-later */
/* recording.c: frames of a port as they were judged, told to a socket. Off, it is a jump label. */
#ifndef VS_RECORDING_H
#define VS_RECORDING_H

#include <linux/jump_label.h>

#include <vifswitch/record-abi.h>

#include "vifswitch.h"

DECLARE_STATIC_KEY_FALSE(vs_recording);

/* Is there a recording, of whatever port? Then every frame takes the long way. */
static __always_inline bool vs_is_recording(void)
{
	return static_branch_unlikely(&vs_recording);
}

/* Or a port that chooses by which member of a bond a frame leaves? (slb.h) */
DECLARE_STATIC_KEY_FALSE(vs_leaves_specially);

/* A frame on its way through the switch: on the stack of whoever carries it. */
struct vs_recorded {
	struct vs_recorded *outer;
	struct vs_port *from;
	struct vs_recorder *recorder;	/* of @from; NULL: none, and then nothing below counts */
	struct sk_buff *msg;
	struct vifswitch_recorded data;
};

/* Between these every verdict is noted down; @skb->data is behind the Ethernet header. */
void vs_recorded_begin(struct vs_recorded *r, struct vs_port *from, const struct sk_buff *skb);
void vs_recorded_end(struct vs_recorded *r);

/* @port does not let the frame go or come. @rule: that decided, or NULL. */
void vs_recorded_drop(struct vs_port *port, enum vifswitch_drop_reason reason, const u64 *rule,
		      const struct sk_buff *skb);

static __always_inline void vs_note_drop(struct vs_port *port, enum vifswitch_drop_reason reason,
					 const u64 *rule, const struct sk_buff *skb)
{
	if (vs_is_recording())
		vs_recorded_drop(port, reason, rule, skb);
}

/* It is about to leave by @port; what comes back is for the next call, */
struct sk_buff *vs_recorded_leaves(struct vs_port *port, const struct sk_buff *skb);
/* which says whether its queue took it. Returns @sent. */
bool vs_recorded_left(struct vs_port *port, struct sk_buff *msg, bool sent);

/* What is delivered between these is a copy, which says nothing of the frame. */
struct vs_recorded *vs_recorded_out(struct vs_recorded *now);

static __always_inline struct vs_recorded *vs_recorded_hide(void)
{
	return vs_is_recording() ? vs_recorded_out(NULL) : NULL;
}

static __always_inline void vs_recorded_show(struct vs_recorded *was)
{
	if (unlikely(was))
		vs_recorded_out(was);
}

/* Of a port that nobody sends to any more, or all. May sleep. */
void vs_record_port_gone(struct vs_port *port);
int vs_record_start(struct vs_port *port, struct net *net, u32 portid,
		    const struct vifswitch_record *wish, struct vs_error *err);
int vs_record_init(void);
void vs_record_exit(void);

#endif /* VS_RECORDING_H */
