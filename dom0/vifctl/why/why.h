/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Why a packet is or is not delivered: the decision core (kmod/core), the same
 * code that the kernel runs, on the programs, ACLs and addresses that are in
 * force, told stage by stage. Nothing here talks to anybody.
 */
#ifndef VIFCTL_WHY_WHY_H
#define VIFCTL_WHY_WHY_H

#include "vifctl/why/remembered.h"

/*
 * {"verdict":"delivered"|"dropped", "reason":WORD|null, "sentence":"..."|null,
 *  "rule":"..."|null,
 *  "stages":[{"stage","port","result":"ok"|"drop"|"note","text",
 *             where sessions decide "session":{"asked":"table|new|established|unknown",
 *             "state":WORD|null (of the one that it is of)},
 *             of an ACL also "rules" (those before the one that decided: rules.h)
 *             and, if there is one which would say otherwise but comes too late,
 *             "behind":{"rule","number","action"}}],
 *  "to":[{"netdev","port"}], "notes":["..."] (notes.h), "fix":"..."|null}; NULL without memory.
 */
json_t *why_explain(const struct why_world *w, const struct why_port *from,
		    const struct why_frame *frame);

#endif /* VIFCTL_WHY_WHY_H */
