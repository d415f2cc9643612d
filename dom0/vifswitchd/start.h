/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From options to a running daemon, and its end. */
#ifndef VIFSWITCHD_START_H
#define VIFSWITCHD_START_H

#include "vifswitchd/daemon.h"

int daemon_init(struct daemon *d, const struct daemon_options *options);
int daemon_run(struct daemon *d);
void daemon_deinit(struct daemon *d);

#endif /* VIFSWITCHD_START_H */
