/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The virtual functions of this host's NICs: read, judged, set. */
#ifndef VIFSWITCHD_VFS_HERE_H
#define VIFSWITCHD_VFS_HERE_H

#include "vifswitchd/daemon.h"

/*
 * Once in a pass, after VIFs' helpers have their answers. Nothing is touched before it is known
 * what XenStore and the database say. @links_changed: some netdev did, in this pass. When to
 * try again what failed; 0: never.
 */
uint64_t vfs_reconcile(struct daemon *d, bool links_changed, uint64_t now);
/* The document "vfs". */
json_t *document_vfs(struct daemon *d);

#endif /* VIFSWITCHD_VFS_HERE_H */
