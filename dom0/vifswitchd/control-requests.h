/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef VIFSWITCHD_CONTROL_REQUESTS_H
#define VIFSWITCHD_CONTROL_REQUESTS_H

#include "vifswitchd/daemon.h"

/* What clients of the control socket ask; the argument is the daemon. */
extern const struct server_ops control_ops;

#endif /* VIFSWITCHD_CONTROL_REQUESTS_H */
