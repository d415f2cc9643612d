/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ct(...) as ovs-actions(7) has it, as far as it is carried out. */
#ifndef OPENFLOW_TEXT_CT_H
#define OPENFLOW_TEXT_CT_H

#include <stdio.h>

#include "openflow/action.h"
#include "openflow/text/piece.h"

/* What stands in the brackets, which may be nothing, into @ret, which is new. 0, or -EINVAL. */
int ct_parse(struct piece x, struct of_action *ret, struct flow_problem *problem);
void ct_print(const struct of_action *a, FILE *out);

#endif /* OPENFLOW_TEXT_CT_H */
