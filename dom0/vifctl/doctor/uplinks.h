/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What mends an uplink, or a switch that is not there. */
#ifndef VIFCTL_DOCTOR_UPLINKS_H
#define VIFCTL_DOCTOR_UPLINKS_H

#include <jansson.h>

/* @failed: {"uplink","error"} of a switch; to be freed. */
char *uplink_text(const json_t *sw, const json_t *failed);
char *uplink_command(const json_t *failed);
/* @sw has an error; to be freed. */
char *switch_command(const json_t *sw);

#endif /* VIFCTL_DOCTOR_UPLINKS_H */
