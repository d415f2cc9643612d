/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A frame's way through the tables, as steps: the core looks flows up, reads their operations
 * and keeps the registers; what needs the frame itself, other ports or the time is for the
 * caller, one thing at a time:
 *
 *	vs_of_open(&run, ...);
 *	vs_of_key_read(&run.key, run.needs, ...);
 *	vs_of_begin(&run);
 *	while ((what = vs_of_step(&run)) != VS_OF_DONE)
 *		the caller does it
 *
 * After SAVE the caller keeps the frame as it is, in a copy; after RESTORE it goes on with
 * that. When all is done, reason says what became of a frame that was put out nowhere.
 */
#ifndef VS_OF_RUN_H
#define VS_OF_RUN_H

#include "of-edit.h"
#include "of-check.h"

enum vs_of_what {
	VS_OF_DONE,
	VS_OF_OUTPUT,		/* to run->port, a number or one of OF_PORT_* */
	VS_OF_CONTROLLER,	/* as run->told says */
	VS_OF_EDIT,		/* vs_of_edited() with the frame, which may be written */
	VS_OF_TTL,		/* vs_of_ttl_decremented() likewise */
	VS_OF_METER,		/* run->meter is asked, and vs_of_metered() told */
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

/* Where a RESUBMIT goes on. */
struct vs_of_frame {
	const u8 *at, *end;
	const struct vs_of_flow *flow;
	u32 in_port;		/* of the key */
	u16 table;
};

/* What a bucket does to registers and tag is for that bucket alone. */
struct vs_of_saved {
	struct vs_of_key key;
	u32 tag;
	u8 vlan;
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
	struct vs_of_meter *meter;
	u16 table;			/* of the flow */
	const struct vs_of_flow *flow;	/* NULL: none matched */

	/* the interpreter's own */
	const u8 *at, *end;
	const struct vs_of_flow *matched;	/* the first; NULL: a miss so far */
	struct vs_of_group *group;
	struct vs_of_bucket *bucket;
	const u8 *after, *after_end;	/* the group */
	bool saved_valid, in_set, stopped, missed;
	u8 set_at;
	u16 depth;
	u32 lookups, outputs, steps;
	struct vs_of_action_set set;
	struct vs_of_saved saved;
	struct vs_of_frame stack[VIFSWITCH_OF_DEPTH_MAX];
};

/*
 * First of all: the frame sees this version of the tables. run->needs says which words of the
 * key must be read for it. @all: for vs_of_begin_with(), whose operations may ask for any.
 */
void vs_of_open(struct vs_of_run *run, const struct vs_of *of, bool all);
/* The caller has filled in key, tag, packets, bytes, now_ms. Begins in table 0. */
void vs_of_begin(struct vs_of_run *run);
/* With operations that vs_of_check_ops() accepted; they last as long as the run. */
void vs_of_begin_with(struct vs_of_run *run, const u8 *ops, u32 len);

enum vs_of_what vs_of_step(struct vs_of_run *run);

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

/* @done: vs_of_edit_frame() was true. */
void vs_of_edited(struct vs_of_run *run, bool done);
/* What vs_of_edit_ttl() said. */
void vs_of_ttl_decremented(struct vs_of_run *run, bool done, bool over);
/* @passes: it is within the meter. */
void vs_of_metered(struct vs_of_run *run, bool passes);

#endif /* VS_OF_RUN_H */
