/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A packet's way while it is told: what why.c and its parts have in common. */
#ifndef VIFCTL_WHY_TELLING_H
#define VIFCTL_WHY_TELLING_H

#include "vifctl/why/remembered.h"
#include "vifctl/why/snooped.h"

struct telling {
	const struct why_world *world;
	const struct why_port *from;
	const struct why_frame *frame;
	struct vs_verdict v;
	bool learns;				/* the port learns the source address */
	json_t *stages, *to;
	enum vifswitch_drop_reason reason;	/* of the drop that counts */
	const struct why_port *dropped_at;
	const struct why_acl *acl;		/* that decided it */
	enum vifswitch_acl_direction direction;
	int rule;
	struct why_snooped snooped;
	bool trusted; /* a flow put it out, whose controller is: no ACL is asked */
};

/* @text is stolen. */
void telling_stage(struct telling *t, const char *name, const struct why_port *port,
		   const char *result, char *text);
void telling_drop(struct telling *t, const struct why_port *port,
		  enum vifswitch_drop_reason reason);
/* True if the frame reaches this port. */
bool telling_egress(struct telling *t, const struct why_port *to);
/* As a switch without flow tables. */
void telling_forward(struct telling *t);
/* For vs_forward_wants(). */
bool telling_twins(const void *a, const void *b);

#endif /* VIFCTL_WHY_TELLING_H */
