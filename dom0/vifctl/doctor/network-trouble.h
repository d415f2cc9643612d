/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Networks that are not in force, or whose remotes are not reached as they should be. */
#ifndef VIFCTL_DOCTOR_NETWORK_TROUBLE_H
#define VIFCTL_DOCTOR_NETWORK_TROUBLE_H

#include "vifctl/doctor/finding.h"

void check_networks(struct doctor *d);

#endif /* VIFCTL_DOCTOR_NETWORK_TROUBLE_H */
