/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef VIFSWITCHD_REPORT_H
#define VIFSWITCHD_REPORT_H

#include "vifswitchd/daemon.h"

/* One record for each change since the last call. */
void report_changes(struct daemon *d, uint64_t now);
/* What keeps this host from something that is no single VIF's business, or NULL. */
const char *report_host_problem(const struct daemon *d);

#endif /* VIFSWITCHD_REPORT_H */
