/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Samples of switches. Each function writes a family's. */
#ifndef VIFEXPORTD_METRICS_SWITCHES_H
#define VIFEXPORTD_METRICS_SWITCHES_H

#include "vifexportd/sample.h"

void switch_up(struct out *o);
void switch_addresses(struct out *o);
void switch_errors(struct out *o);
/* Of those that snoop on multicast: */
void switch_members(struct out *o);
void switch_refused(struct out *o);
void switch_passed_over(struct out *o);
/* Of those that look for loops: */
void switch_loops(struct out *o);
/* Of those that are made of flows: */
void switch_flows(struct out *o);
void switch_masks(struct out *o);
void switch_misses(struct out *o);
void switch_lost(struct out *o);

#endif /* VIFEXPORTD_METRICS_SWITCHES_H */
