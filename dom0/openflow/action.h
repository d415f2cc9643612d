/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Actions and instructions, in one list and of one form for all versions. What sets a field is
 * one kind, whichever of the four ways to say so was used; `form` remembers which, because who
 * asks what a flow does wants to read what he wrote.
 */
#ifndef OPENFLOW_ACTION_H
#define OPENFLOW_ACTION_H

#include "openflow/of-field.h"

/* The order of what is an instruction in 1.1 and later is that in which it is carried out. */
enum of_action_kind {
	ACT_OUTPUT,		/* a: port, octets for the controller */
	ACT_CONTROLLER,		/* a: octets, id, reason; data: what it gets back */
	ACT_ENQUEUE,		/* a: port, queue */
	ACT_TRUNCATE,		/* output of at most so much; a: port, octets */
	ACT_OUTPUT_REG,		/* src; a: octets for the controller */
	ACT_GROUP,		/* a: group */
	ACT_SET_QUEUE,		/* a: queue */
	ACT_POP_QUEUE,
	ACT_VLAN_VID,		/* a: VID; pushes a tag where there is none */
	ACT_VLAN_PCP,		/* a: PCP; likewise */
	ACT_PUSH_VLAN,		/* a: ethertype */
	ACT_POP_VLAN,
	ACT_PUSH_MPLS,		/* a: ethertype */
	ACT_POP_MPLS,		/* a: ethertype of what it was in front of */
	ACT_DEC_MPLS_TTL,
	ACT_SET_FIELD,		/* dst; value, mask; form */
	ACT_MOVE,		/* src, dst */
	ACT_DEC_TTL,		/* data: ids of controllers, 16 bits each */
	/* a: port or OFPP_IN_PORT, table or OF_TABLE_ALL for this one; form 1: without table */
	ACT_RESUBMIT,
	ACT_FIN_TIMEOUT,	/* a: idle, hard */
	ACT_NOTE,		/* data */
	ACT_EXIT,
	ACT_CONJUNCTION,	/* a: clause, clauses, id */
	ACT_CLONE,		/* inner */
	/* src: a zone, 16 bits, or no field; a: flags, zone, table or OF_TABLE_ALL: none */
	ACT_CT,
	ACT_CT_CLEAR,
	/* a: idle, hard, priority << 16 | table, cookie; form: flags; data: for learn_next() */
	ACT_LEARN,
	ACT_METER,		/* a: meter */
	ACT_CLEAR,
	ACT_WRITE,		/* inner */
	ACT_METADATA,		/* value, mask in a */
	ACT_GOTO,		/* a: table */
	ACT_KINDS
};

enum of_set_form { SET_AS_FIELD, SET_AS_LOAD, SET_AS_TUNNEL };

/* Some bits of a field. */
struct of_bits {
	const struct of_field *field;
	uint16_t ofs, count;
};

struct of_actions;

struct of_action {
	uint8_t kind, form;
	struct of_bits src, dst;
	uint64_t a[4];
	struct of_value value, mask;
	uint8_t *data;
	uint16_t len;
	struct of_actions *inner;
};

struct of_actions {
	struct of_action *v;
	size_t count, room;
};

/* A share of a total of octets: what somebody made us keep. */
struct of_charge {
	size_t *total;
	size_t octets;
};

static inline void charge(struct of_charge *c, size_t *total, size_t octets)
{
	*c = (struct of_charge){ total, octets };
	*total += octets;
}

static inline void discharge(struct of_charge *c)
{
	if (c->total)
		*c->total -= c->octets;
	*c = (struct of_charge){};
}

/* Actions that do not change any more, for the flows of one request. */
struct of_shared {
	size_t users;
	struct of_charge charge;
	struct of_actions list;
};

#define OF_ACTIONS_MAX	1024		/* of a list */
#define OF_NESTED_MAX	8

struct of_action *actions_add(struct of_actions *list, enum of_action_kind kind);
/* ACT_SET_FIELD of the whole field. */
void actions_add_set(struct of_actions *list, const struct of_field *f, struct of_value value,
		     struct of_value mask, enum of_set_form form);
void action_deinit(struct of_action *a);
void actions_deinit(struct of_actions *list);
/* Memory that they take, without @list itself. */
size_t actions_octets(const struct of_actions *list);
/* A copy with one user, that is charged to @total. */
struct of_shared *shared_new(const struct of_actions *list, size_t *total);
/* One user less. @shared may be NULL. */
void shared_put(struct of_shared *shared);
void actions_copy(const struct of_actions *from, struct of_actions *to);
/* Is there an action, at any depth, that sends to @port; to @group, or with OFPG_ANY to any? */
bool actions_output_to(const struct of_actions *list, uint32_t port);
bool actions_use_group(const struct of_actions *list, uint32_t group);
/* Of OFPM_ALL: of any. */
bool actions_use_meter(const struct of_actions *list, uint32_t meter);

/* One of the parts of a flow that ACT_LEARN makes. */
enum of_learn { LEARN_MATCH, LEARN_LOAD, LEARN_OUTPUT };

struct of_learn_part {
	enum of_learn what;
	bool given;			/* value says it, else src */
	struct of_value value;
	struct of_bits src, dst;	/* dst: not of OUTPUT */
	uint16_t bits;
};

#define OF_LEARN_PARTS_MAX	32

/* The next part; false: that was all, or, with in->bad, it is none. Then *ret_error says why. */
bool learn_next(struct of_in *in, struct of_learn_part *ret, enum of_error *ret_error);
void learn_put(struct of_out *out, const struct of_learn_part *part);

/* Actions, one after the other, without instructions. *ret is appended to. */
enum of_error actions_decode(struct of_in *in, uint8_t version, struct of_actions *ret);
void actions_encode(const struct of_actions *list, uint8_t version, struct of_out *out);
/* Instructions; for 1.0 the same as actions. */
enum of_error instructions_decode(struct of_in *in, uint8_t version, struct of_actions *ret);
void instructions_encode(const struct of_actions *list, uint8_t version, struct of_out *out);
/* Do they say the same, whichever form each was given in? */
bool instructions_same(const struct of_actions *a, const struct of_actions *b);
/*
 * Can everybody be told of a flow with these instructions? In another version than that of who
 * gave them they may be longer: a field that is set by a mask becomes up to 64 loads in 1.0.
 */
bool instructions_fit(const struct of_actions *list);

/* What exists. */
struct of_limits {
	bool (*port)(const void *owner, uint32_t port);
	bool (*group)(const void *owner, uint32_t group);
	bool (*meter)(const void *owner, uint32_t meter);
	const void *owner;
};

/* May a flow of @table that matches @m do that? In 1.0 a field that a frame lacks is not set. */
enum of_error actions_check(const struct of_actions *list, const struct of_match *m,
			    uint8_t table, uint8_t version, const struct of_limits *limits);

#endif /* OPENFLOW_ACTION_H */
