/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Virtual functions of NICs that a VM has, and that are closed. */
#ifndef VIFCTL_DOCTOR_VF_TROUBLE_H
#define VIFCTL_DOCTOR_VF_TROUBLE_H

#include "vifctl/doctor/finding.h"

void check_vfs(struct doctor *d);

#endif /* VIFCTL_DOCTOR_VF_TROUBLE_H */
