/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Samples of rules of ACLs. Each function writes a family's. */
#ifndef VIFEXPORTD_METRICS_RULES_H
#define VIFEXPORTD_METRICS_RULES_H

#include "vifexportd/sample.h"

void rule_hits(struct out *o);
void port_rule_hits(struct out *o);

#endif /* VIFEXPORTD_METRICS_RULES_H */
