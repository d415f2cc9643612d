/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Hosts that are gone, and VMs that two hosts claim, by the facts of doctor.h. */
#ifndef VIFCTL_DOCTOR_PRESENCE_TROUBLE_H
#define VIFCTL_DOCTOR_PRESENCE_TROUBLE_H

#include <jansson.h>

/* [{"subject", "text", "command"}] */
json_t *presence_troubles(const json_t *database);

#endif /* VIFCTL_DOCTOR_PRESENCE_TROUBLE_H */
