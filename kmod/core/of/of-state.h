/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is known of a frame on its way through the tables (of-run.h). */
#ifndef VS_OF_STATE_H
#define VS_OF_STATE_H

#include "of-edit.h"
#include "of-check.h"

enum vs_of_what {
	VS_OF_DONE,
	VS_OF_OUTPUT,		/* to run->port, a number or one of OF_PORT_* */
	VS_OF_CONTROLLER,	/* as run->told says */
	VS_OF_EDIT,		/* vs_of_run_edit() with the frame, which may be written */
	VS_OF_TTL,		/* vs_of_run_ttl() likewise */
	VS_OF_SHAPE,		/* run->shape is done, and vs_of_shaped() told */
	VS_OF_METER,		/* run->meter is asked, and vs_of_metered() told */
	VS_OF_TRACK,		/* run->track is done, and vs_of_tracked() told */
	VS_OF_LEARN,		/* as run->told says, unless run->learned was told lately */
	VS_OF_SAVE,
	VS_OF_RESTORE,
};

/* Which VLAN the frame is in: see openflow-abi.h. */
enum vs_of_vlan {
	VS_OF_VLAN_CAME,	/* in which it came */
	VS_OF_VLAN_TAG,		/* that of the tag */
	VS_OF_VLAN_NATIVE,	/* native of the port it leaves by */
};

struct vs_of_told {
	u64 data;
	u16 controller;
	u16 max_len;
	u8 reason;		/* enum vifswitch_of_packet_reason */
};

/* A label in front of the others, or the outer one taken off; the frame's type is @type then. */
struct vs_of_shape {
	bool push;
	u16 type;
};

/* A session is looked for. */
struct vs_of_track {
	u16 zone;
	u16 table;		/* it goes on in, or OF_CT_HERE */
	bool commit;		/* begins one */
};

/* Where a RESUBMIT goes on. */
struct vs_of_frame {
	const u8 *at, *end;
	const struct vs_of_flow *flow;
	u32 in_port;		/* of the key */
	u16 table;
	u16 ct_state, ct_zone;	/* of the key */
};

/* What a bucket or a clone does to registers and tag is for itself alone. */
struct vs_of_saved {
	struct vs_of_key key;
	u32 tag;
	u8 vlan;
};

/* Clauses of a conjunction that the frame fits. */
struct vs_of_clauses {
	u64 fit;
	u32 id;
	u8 count;
};

/* What was met in a table with conjunctions. */
struct vs_of_met {
	struct vs_of_flow *best;	/* of those that are no part of one */
	struct vs_of_flow *part[VIFSWITCH_OF_CONJUNCT_MAX];
	struct vs_of_clauses clauses[VIFSWITCH_OF_CONJUNCT_MAX];
	u32 parts, conjunctions;
	bool too_many;
};

#define VS_OF_SET_MAX	24	/* different fields in an action set */

struct vs_of_action_set {
	const struct vifswitch_of_op *pop, *push, *ttl, *group, *output;
	const struct vifswitch_of_op *field[VS_OF_SET_MAX];
	u8 fields;
};

typedef bool (*vs_of_up_fn)(const void *world, u32 port);

struct vs_of_run {
	const struct vs_of *of;
	const void *world;
	vs_of_up_fn up;			/* is the port up? For buckets that watch one */
	u64 version;
	u8 needs;			/* VS_OF_NEEDS_* */
	u64 now_ms;
	u32 packets, bytes;		/* to count */

	struct vs_of_key key;
	u32 tag;			/* VS_TAG() or VS_NO_TAG, as it leaves */
	u8 vlan;			/* enum vs_of_vlan */
	enum vifswitch_drop_reason reason;

	/* of what the caller is to do */
	u32 port;
	struct vs_of_told told;
	struct vs_of_edit edit;
	struct vs_of_shape shape;
	struct vs_of_meter *meter;
	struct vs_of_track track;
	u64 learned;			/* a hash of what is learned, and by which flow */
	u16 table;			/* of the flow */
	const struct vs_of_flow *flow;	/* NULL: none matched */

	/* the interpreter's own */
	const u8 *at, *end;
	const struct vs_of_flow *matched;	/* the first; NULL: a miss so far */
	struct vs_of_group *group;	/* of the bucket; NULL: it is a clone */
	struct vs_of_bucket *bucket;
	const u8 *after, *after_end;	/* the group or clone */
	bool apart;			/* in one of those */
	bool saved_valid, in_set, stopped, missed;
	bool of_label;			/* the TTL is a label's */
	u8 set_at;
	u16 depth;
	u32 lookups, outputs, steps;
	struct vs_of_action_set set;
	struct vs_of_met met;
	struct vs_of_saved saved;
	struct vs_of_frame stack[VIFSWITCH_OF_DEPTH_MAX];
};

static inline void vs_of_too_much(struct vs_of_run *run)
{
	run->stopped = true;
	run->reason = VIFSWITCH_DROP_FLOW_LIMIT;
}

/* So many more ports, or what costs as much. False: it was too much, and the way ends. */
static inline bool vs_of_charge(struct vs_of_run *run, u32 steps)
{
	run->steps += steps;
	if (likely(run->steps <= VIFSWITCH_OF_STEPS_MAX))
		return true;
	vs_of_too_much(run);
	return false;
}

#endif /* VS_OF_STATE_H */
