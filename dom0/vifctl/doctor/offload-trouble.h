/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Ports whose NIC was to switch for them, and refused. */
#ifndef VIFCTL_DOCTOR_OFFLOAD_TROUBLE_H
#define VIFCTL_DOCTOR_OFFLOAD_TROUBLE_H

#include "vifctl/doctor/finding.h"

void check_offload(struct doctor *d, const json_t *port, const char *label);

#endif /* VIFCTL_DOCTOR_OFFLOAD_TROUBLE_H */
