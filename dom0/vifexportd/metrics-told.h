/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Samples of what sees traffic: mirrors and exporters. Each function writes a family's. */
#ifndef VIFEXPORTD_METRICS_TOLD_H
#define VIFEXPORTD_METRICS_TOLD_H

#include "vifexportd/sample.h"

void mirror_in_force(struct out *o);
void mirror_copies(struct out *o);
void mirror_octets(struct out *o);
void mirror_lost(struct out *o);
void exporter_up(struct out *o);
void exporter_records(struct out *o);
void exporter_lost(struct out *o);
void exporter_left_out(struct out *o);
void flow_overruns(struct out *o);
void flow_unclaimed(struct out *o);

#endif /* VIFEXPORTD_METRICS_TOLD_H */
