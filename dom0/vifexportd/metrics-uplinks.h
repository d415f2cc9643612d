/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Samples of uplinks, and of members of bonds. Each function writes a family's. */
#ifndef VIFEXPORTD_METRICS_UPLINKS_H
#define VIFEXPORTD_METRICS_UPLINKS_H

#include "vifexportd/sample.h"

void uplink_up(struct out *o);
void uplink_looped(struct out *o);
void uplink_failovers(struct out *o);
void uplink_partner(struct out *o);
void uplink_aggregated(struct out *o);
void member_up(struct out *o);
void member_flaps(struct out *o);
void member_received(struct out *o);
void member_sent(struct out *o);

#endif /* VIFEXPORTD_METRICS_UPLINKS_H */
