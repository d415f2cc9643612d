/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whose turn it is in a handover: pure decisions, from what is seen alone, so that a
 * daemon that was restarted in the middle goes on where it was. No I/O, no clock.
 *
 * One row of table Handover for each identity says how far it is:
 *   offered  the host whose domain is suspended wrote the state of the port there
 *   taken    another VIF has it
 * Each offer has a generation of its own, and each change of the row is made only if
 * generation, state and taker are what was read: so a host takes an offer once. A host that
 * took it may have had no business with it, and nobody can tell: so one where the VM does
 * arrive, by the word of its own toolstack, takes it after that as well. A VIF takes one
 * offer in its life, for it comes from one place, and none once it was in use for as long
 * as an offer lasts. The record goes when its domain is gone. Where that goes on instead
 * of leaving, its row is deleted; so is one that has expired.
 */
#ifndef HANDOVER_TURN_H
#define HANDOVER_TURN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/handover-offer.h"
#include "base/problem.h"

#define HANDOVER_WAIT_US	500000ULL	/* that a hotplug helper waits for an offer */
#define HANDOVER_AHEAD_S	60		/* that the other host's clock may be */

enum handover_state { HANDOVER_OFFERED, HANDOVER_TAKEN, HANDOVER_STATES };
/* In the order of the enum, then NULL. */
extern const char *const handover_state_words[];

/* A row, without the record. */
struct handover_row {
	const char *host;		/* that wrote it */
	const char *taker;		/* the host that took it; NULL: none */
	int64_t domid;			/* there */
	int64_t generation;
	int64_t since;			/* seconds since 1970 */
	int64_t policy;			/* the configuration in force there; 0: nobody counts */
	enum handover_state state;
};

/* What the row is to a VIF here. */
enum handover_offer {
	OFFER_NONE,
	OFFER_OWN,		/* this VIF's own, still offered, */
	OFFER_OWN_TAKEN,	/* or taken by somebody */
	OFFER_VALID,		/* of another domain of the same VM: for this VIF to take */
	OFFER_BEHIND,		/* the same, but this host knows an older policy than the writer */
	OFFER_BAD,		/* it may not be taken; see the problem */
};

struct handover_here {
	const char *host;		/* this one's name */
	int64_t domid;
	int64_t now;			/* seconds since 1970 */
	int64_t policy;			/* the configuration that is known here */
	int64_t tried;			/* the generation that this VIF could not take */
	bool took;			/* it has taken one, or is in use for too long to */
	bool arrives;			/* its toolstack said that the VM comes from elsewhere */
	const char *located;		/* another host that says that it has the VM; NULL: none */
};

/* @row may be NULL. Sets the problem with OFFER_BAD and OFFER_BEHIND only. */
enum handover_offer handover_judge(const struct handover_row *row,
				   const struct handover_here *here, struct problem *problem);

enum handover_step {
	STEP_NEW,		/* not plugged yet */
	STEP_AWAITED,		/* the VM is elsewhere: what comes from there is waited for */
	STEP_TAKING,		/* a transaction is under way */
	STEP_HERE,		/* in use; what is offered late is merged */
	STEP_OFFERING,		/* a transaction is under way */
	STEP_OFFERED,
	STEP_WITHDRAWING,	/* a transaction is under way */
};

enum handover_act { ACT_NONE, ACT_TAKE, ACT_OFFER, ACT_WITHDRAW };

struct handover_view {
	bool connected;		/* to the database */
	bool plugged;		/* the port is there, with its policy in force */
	bool suspended, dying;	/* the domain */
	bool elsewhere;		/* another host says that it has the VM */
	bool waited;		/* STEP_AWAITED has lasted HANDOVER_WAIT_US */
	bool over, done;	/* the transaction is over; it was committed */
	enum handover_offer offer;
};

/* The next step, and what to do on the way there. */
enum handover_step handover_next(enum handover_step step, const struct handover_view *view,
				 enum handover_act *ret_act);
/* Is the helper that plugs the VIF still to wait? */
bool handover_step_holds(enum handover_step step);

#endif /* HANDOVER_TURN_H */
