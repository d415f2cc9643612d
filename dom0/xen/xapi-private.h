/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A XAPI host's VIFs have no "bridge" in their backend: their toolstack keeps what it wants of
 * them in /xapi/UUID/private/vif/DEVID, which no guest can read or write. UUID is the one that
 * the domain's node "vm" names: in a migration a temporary one, and another one later. Each
 * VIF's keys are watched, for its locking mode and its network change while it runs.
 */
#ifndef XEN_XAPI_PRIVATE_H
#define XEN_XAPI_PRIVATE_H

#include "xen/xen-vif.h"
#include "xen/xenstore.h"

/*
 * Sets config if there are such keys, and none for a VIF with a bridge of its own. Where they were
 * there before and are not now, its VM is about to get another UUID, and config stays. Negative:
 * the connection is lost.
 */
int xapi_private_read(struct xenstore *xs, struct xen_vif *vif);
/* An event with this token is one of those; marks its VIF. */
bool xapi_private_event(const struct xen_vifs *vifs, const char *token);
/* The domain's node "vm" has changed. */
void xapi_private_moved(const struct xen_vifs *vifs, uint32_t domid);
/* @xs may be NULL: there is no connection. */
void xapi_private_unwatch(struct xenstore *xs, struct xen_vif *vif);
/* No watch of before is there on a new connection. */
void xapi_private_forget(const struct xen_vifs *vifs);

#endif /* XEN_XAPI_PRIVATE_H */
