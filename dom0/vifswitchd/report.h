/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef VIFSWITCHD_REPORT_H
#define VIFSWITCHD_REPORT_H

#include "vifswitchd/daemon.h"

/* One record for each change since the last call. */
void report_changes(struct daemon *d, uint64_t now);
/* A problem of the host as a whole, not of one VIF; NULL: none. */
const char *report_host_problem(const struct daemon *d);

#endif /* VIFSWITCHD_REPORT_H */
