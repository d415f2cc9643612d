/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Samples of CFM, BFD and LLDP on links of uplinks. Each function writes a family's. */
#ifndef VIFEXPORTD_METRICS_OAM_H
#define VIFEXPORTD_METRICS_OAM_H

#include "vifexportd/sample.h"

void link_unwatched(struct out *o);
void cfm_faults(struct out *o);
void cfm_flaps(struct out *o);
void cfm_health(struct out *o);
void bfd_up(struct out *o);
void bfd_flaps(struct out *o);
void lldp_neighbours(struct out *o);

#endif /* VIFEXPORTD_METRICS_OAM_H */
