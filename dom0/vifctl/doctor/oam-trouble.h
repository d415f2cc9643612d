/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef VIFCTL_DOCTOR_OAM_TROUBLE_H
#define VIFCTL_DOCTOR_OAM_TROUBLE_H

#include "vifctl/doctor/finding.h"

/* What CFM, BFD and neighbours say of the links of uplinks, and what mends it. */
void check_oam(struct doctor *d);

#endif /* VIFCTL_DOCTOR_OAM_TROUBLE_H */
