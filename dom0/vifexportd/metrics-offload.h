/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Samples of what NICs switch themselves. Each function writes a family's. */
#ifndef VIFEXPORTD_METRICS_OFFLOAD_H
#define VIFEXPORTD_METRICS_OFFLOAD_H

#include "vifexportd/sample.h"

/* Of each port of a switch with offload: */
void offload_rules(struct out *o);
void offload_refused(struct out *o);
/* Of each such switch: */
void offload_ports(struct out *o);

#endif /* VIFEXPORTD_METRICS_OFFLOAD_H */
