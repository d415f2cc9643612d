// SPDX-License-Identifier: GPL-2.0-or-later
#include <inttypes.h>
#include <string.h>

#include "handover/turn.h"

const char *const handover_state_words[] = {
	[HANDOVER_OFFERED] = "offered", [HANDOVER_TAKEN] = "taken",
	[HANDOVER_STATES] = NULL,
};

/* Nobody took it yet, or another host did although the VM arrives here. */
static bool may_be_taken(const struct handover_row *row, const struct handover_here *here)
{
	return row->state == HANDOVER_OFFERED ||
	       (here->arrives && row->taker && strcmp(row->taker, here->host) != 0);
}

/* Of another domain. */
static enum handover_offer judge_other(const struct handover_row *row,
				       const struct handover_here *here, struct problem *problem)
{
	if (row->since > here->now + HANDOVER_AHEAD_S) {
		problem_set(problem, "the clock of host %s is ahead by %" PRId64 " s; at most %d s",
			    row->host, row->since - here->now, HANDOVER_AHEAD_S);
		return OFFER_BAD;
	}
	if (row->since < here->now - HANDOVER_EXPIRES_S) {
		problem_set(problem, "what host %s offered is older than %d s", row->host,
			    HANDOVER_EXPIRES_S);
		return OFFER_BAD;
	}
	if (here->located && strcmp(here->located, row->host) != 0) {
		problem_set(problem, "host %s offered it, but host %s had the VM", row->host,
			    here->located);
		return OFFER_BAD;
	}
	if (row->policy > here->policy) {
		problem_set(problem, "this host knows the policy up to configuration %" PRId64
			    ", and host %s had %" PRId64 " in force for the VM", here->policy,
			    row->host, row->policy);
		return OFFER_BEHIND;
	}
	return OFFER_VALID;
}

enum handover_offer handover_judge(const struct handover_row *row,
				   const struct handover_here *here, struct problem *problem)
{
	if (!row)
		return OFFER_NONE;
	if (strcmp(row->host, here->host) == 0 && row->domid == here->domid)
		return row->state == HANDOVER_OFFERED ? OFFER_OWN : OFFER_OWN_TAKEN;
	if (!may_be_taken(row, here) || here->took || row->generation == here->tried)
		return OFFER_NONE;
	return judge_other(row, here, problem);
}

static bool is_own(enum handover_offer offer)
{
	return offer == OFFER_OWN || offer == OFFER_OWN_TAKEN;
}

/* The step after a transaction. One that failed leaves all to be judged again. */
static enum handover_step after(enum handover_step step, bool done)
{
	return step == STEP_OFFERING && done ? STEP_OFFERED : STEP_HERE;
}

static enum handover_step while_suspended(enum handover_step step,
					  const struct handover_view *view,
					  enum handover_act *ret_act)
{
	/*
	 * A row that is still offered is this suspension's only if an earlier daemon wrote it;
	 * else it is one that could not be withdrawn, and a new offer replaces it.
	 */
	if (step == STEP_OFFERED || view->offer == OFFER_OWN_TAKEN ||
	    (step == STEP_NEW && view->offer == OFFER_OWN))
		return STEP_OFFERED;
	if (!view->plugged || !view->connected)
		return step;
	*ret_act = ACT_OFFER;
	return STEP_OFFERING;
}

static enum handover_step while_running(enum handover_step step, const struct handover_view *view,
					enum handover_act *ret_act)
{
	if (is_own(view->offer) && view->connected) {
		*ret_act = ACT_WITHDRAW;
		return STEP_WITHDRAWING;
	}
	if (!view->plugged)
		return STEP_NEW;
	if (view->offer == OFFER_VALID && view->connected) {
		*ret_act = ACT_TAKE;
		return STEP_TAKING;
	}
	if (step == STEP_NEW && view->elsewhere && view->connected)
		return STEP_AWAITED;
	if (step == STEP_AWAITED && !view->waited && view->connected)
		return STEP_AWAITED;
	return STEP_HERE;
}

enum handover_step handover_next(enum handover_step step, const struct handover_view *view,
				 enum handover_act *ret_act)
{
	*ret_act = ACT_NONE;
	if (step == STEP_TAKING || step == STEP_OFFERING || step == STEP_WITHDRAWING) {
		if (!view->over)
			return step;
		step = after(step, view->done);
	}
	/* What it offered stays: its VM is about to be elsewhere. */
	if (view->dying)
		return step;
	return view->suspended ? while_suspended(step, view, ret_act) :
				 while_running(step, view, ret_act);
}

bool handover_step_holds(enum handover_step step)
{
	return step == STEP_AWAITED || step == STEP_TAKING;
}
