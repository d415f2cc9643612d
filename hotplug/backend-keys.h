/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The only file that knows where in XenStore a hotplug script's answer goes. */
#ifndef HOTPLUG_BACKEND_KEYS_H
#define HOTPLUG_BACKEND_KEYS_H

#include "hotplug/invocation.h"

/* Opens the connection ahead of its use; failing is left to store_record(). */
void store_prepare(void);

/*
 * Writes hotplug-status=connected, or hotplug-error and hotplug-status=error,
 * in one transaction, and only while the backend exists: a node written after
 * the toolstack removed the device would stay for ever. Returns 0, -ENOENT
 * when the backend is gone, or a negative errno.
 */
int store_record(const struct hotplug_request *req, const struct hotplug_outcome *outcome);

/* True in the domain that runs the toolstack. */
bool store_is_control_domain(void);

#endif /* HOTPLUG_BACKEND_KEYS_H */
