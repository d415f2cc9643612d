/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What becomes of a packet whose ACL's answer depends on the port's sessions: asked of
 * a copy of the port's own table, with the code that the kernel runs, or of what the
 * operator wants it to be. Of a packet in words sequence numbers, SCTP's tags and ICMP's
 * identifiers are not known: it is taken for one that fits.
 */
#ifndef VIFCTL_WHY_REMEMBERED_H
#define VIFCTL_WHY_REMEMBERED_H

#include "vifctl/why/world.h"

enum why_state {
	WHY_STATE_TABLE,	/* as the ports' tables have it */
	WHY_STATE_NEW,		/* nobody knows a connection of it */
	WHY_STATE_ESTABLISHED,	/* it answers: in a connection that its receiver began */
	WHY_STATE_UNKNOWN,	/* it could be either; only found, never asked for */
};

struct why_frame {
	const uint8_t *octets;
	size_t len;
	bool exact;		/* else made of words */
	enum why_state state;
};

struct why_memory {
	enum why_state asked;	/* not TABLE if nobody knows that */
	const char *session;	/* state of the one that it is of, or NULL */
	bool begins;		/* it would begin one in a table that is full */
};

/* True: "new" or "established". */
bool why_state_parse(const char *word, enum why_state *ret);
const char *why_state_word(enum why_state state);

/* The reason in the end, if @access->track is ALLOWED or DENIED. */
enum vifswitch_drop_reason why_remembered(const struct why_world *w, const struct why_port *port,
					  enum vifswitch_acl_direction dir,
					  const struct vs_verdict *v, const struct why_frame *frame,
					  const struct vs_access *access, struct why_memory *ret);

#endif /* VIFCTL_WHY_REMEMBERED_H */
