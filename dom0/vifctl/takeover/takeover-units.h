/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The services on both sides of a take-over, as systemd starts them. */
#ifndef VIFCTL_TAKEOVER_UNITS_H
#define VIFCTL_TAKEOVER_UNITS_H

#include <jansson.h>
#include <stdbool.h>

/*
 * Who may start depends on IN_CHARGE from here on (drop-ins), and ours are enabled: as long as
 * that file is not there nothing is different. An exit status of vifctl's, which says what failed.
 */
int units_prepare(void);
/* As if there had been no take-over. */
void units_undo(void);
/* Those of Open vSwitch that run. */
json_t *units_running(void);
bool unit_is_active(const char *unit);
/* An exit status of vifctl's. */
int unit_do(const char *verb, const char *unit);

#endif /* VIFCTL_TAKEOVER_UNITS_H */
