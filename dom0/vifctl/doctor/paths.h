/* SPDX-License-Identifier: GPL-2.0-or-later */
/* MTUs and VLANs along a VM's way out. */
#ifndef VIFCTL_DOCTOR_PATHS_H
#define VIFCTL_DOCTOR_PATHS_H

#include "vifctl/doctor/finding.h"

void check_paths(struct doctor *d, const json_t *port, const char *label);

#endif /* VIFCTL_DOCTOR_PATHS_H */
