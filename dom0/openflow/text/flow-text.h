/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A flow as text, as ovs-ofctl(8) has it: words of the flow itself and of its match, with commas,
 * then actions=... What "ovs-ofctl dump-flows" prints beside (duration, n_packets and so on) is
 * read over. No I/O.
 */
#ifndef OPENFLOW_TEXT_FLOW_H
#define OPENFLOW_TEXT_FLOW_H

#include "openflow/of-txn.h"
#include "openflow/text/action-text.h"
#include "openflow/text/match-text.h"

enum flow_text_use {
	FLOW_TEXT_ADD,		/* needs actions */
	FLOW_TEXT_MODIFY,	/* needs actions; cookie=N/MASK filters */
	FLOW_TEXT_FILTER,	/* a match: no actions, no timeouts */
};

/*
 * 0, or -EINVAL with @problem; *ret is to be given to flow_mod_deinit() after 0. Its command is
 * ADD, MODIFY or DELETE. @names may be NULL. @ret_priority_said may be NULL.
 */
int flow_text_parse(const char *text, size_t len, enum flow_text_use use,
		    const struct port_names *names, struct of_flow_mod *ret,
		    bool *ret_priority_said, struct flow_problem *problem);

/* "table=1,priority=5,ip,nw_src=10.0.0.1 actions=drop": flow_text_parse() reads it as it was. */
void flow_text_print(const struct of_flow *flow, FILE *out);

#endif /* OPENFLOW_TEXT_FLOW_H */
