/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Samples of switches that are made of flows. Each function writes a family's. */
#ifndef VIFEXPORTD_METRICS_FLOWS_H
#define VIFEXPORTD_METRICS_FLOWS_H

#include "vifexportd/sample.h"

void switch_flows(struct out *o);
void switch_masks(struct out *o);
void switch_misses(struct out *o);
void switch_lost(struct out *o);

#endif /* VIFEXPORTD_METRICS_FLOWS_H */
