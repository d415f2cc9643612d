/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef VIFCTL_DOCTOR_BOND_TROUBLE_H
#define VIFCTL_DOCTOR_BOND_TROUBLE_H

#include "vifctl/doctor/finding.h"

/* What is wrong with the uplinks that are bonds, and what mends it. */
void check_bonds(struct doctor *d);

#endif /* VIFCTL_DOCTOR_BOND_TROUBLE_H */
