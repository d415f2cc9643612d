/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Actions as text (ovs-actions(7)): words of action-rows.c. */
#ifndef OPENFLOW_TEXT_ACTION_H
#define OPENFLOW_TEXT_ACTION_H

#include "openflow/action.h"
#include "openflow/text/value-text.h"

/* A list; "drop" is one of none. 0, or -EINVAL with @problem; ret is appended to. */
int actions_parse(struct piece x, const struct port_names *names, struct of_actions *ret,
		  struct flow_problem *problem);
/* actions_parse() reads it as it was, but for the form in which a field is set. */
void actions_print(const struct of_actions *list, FILE *out);

#endif /* OPENFLOW_TEXT_ACTION_H */
