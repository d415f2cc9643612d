/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is wrong between this host's database server and its pool. */
#ifndef VIFCTL_DOCTOR_POOL_TROUBLE_H
#define VIFCTL_DOCTOR_POOL_TROUBLE_H

#include "vifctl/doctor/finding.h"

void check_pool(struct doctor *d);

#endif /* VIFCTL_DOCTOR_POOL_TROUBLE_H */
