/* SPDX-License-Identifier: GPL-2.0-or-later */
/* learn(...) as ovs-actions(7) has it. */
#ifndef OPENFLOW_TEXT_LEARN_H
#define OPENFLOW_TEXT_LEARN_H

#include <stdio.h>

#include "openflow/action.h"
#include "openflow/text/port-names.h"

/* What stands in the brackets, into @ret, which is new. 0, or -EINVAL with @problem. */
int learn_parse(struct piece x, const struct port_names *names, struct of_action *ret,
		struct flow_problem *problem);
void learn_print(const struct of_action *a, FILE *out);

#endif /* OPENFLOW_TEXT_LEARN_H */
