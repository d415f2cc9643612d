/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The only file that knows where in XenStore a hotplug script's answer goes. */
#ifndef HOTPLUG_BACKEND_KEYS_H
#define HOTPLUG_BACKEND_KEYS_H

#include "hotplug/invocation.h"

#define HOTPLUG_UUID_MAX	37

/* Opens the connection ahead of its use; failing is left to store_record(). */
void store_prepare(void);

/*
 * Writes hotplug-status=connected, or hotplug-error and hotplug-status=error,
 * in one transaction, and only while the backend exists: a node written after
 * the toolstack removed the device would stay for ever. Returns 0, -ENOENT
 * when the backend is gone, or a negative errno.
 */
int store_record(const struct hotplug_request *req, const struct hotplug_outcome *outcome);

/*
 * XAPI waits for a node of its own, below /xapi, beside or in place of hotplug-status: it is
 * written by store_record() where XAPI made its parent, and taken away by store_release() when
 * the VIF is gone.
 */
struct xapi_vif {
	char vm[HOTPLUG_UUID_MAX], vif[HOTPLUG_UUID_MAX];	/* as XAPI names them */
};
/* False: it is none of XAPI's. In a migration the VM's is the one it has for that time. */
bool store_find_xapi(const struct hotplug_request *req, struct xapi_vif *ret);
/* Also if its domain, by which a VM is known, is gone before. */
void store_release(const struct hotplug_request *req);

/* True in the domain that runs the toolstack. */
bool store_is_control_domain(void);

#endif /* HOTPLUG_BACKEND_KEYS_H */
