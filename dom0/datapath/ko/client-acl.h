/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ACLs in the datapath (vifswitch/acl.h): loaded by pieces, then put in force at once. */
#ifndef DATAPATH_KO_CLIENT_ACL_H
#define DATAPATH_KO_CLIENT_ACL_H

#include "datapath/ko/client.h"
#include "vifswitch/acl.h"

/*
 * Load @blob (1 to VIFSWITCH_ACL_MAX octets) as ACL @id, in place of what had
 * that number; @cookie (1 to VIFSWITCH_COOKIE_MAX octets) is kept with it. On
 * failure what was in force stays.
 */
int datapath_acl_load(struct datapath *dp, uint32_t id, const void *blob, uint32_t len,
		      const void *cookie, uint32_t cookie_len);
/* -EBUSY while ports refer to it. */
int datapath_acl_del(struct datapath *dp, uint32_t id);
int datapath_acl_dump(struct datapath *dp, dp_acl_fn fn, void *arg);
/* Each rule's hits, then the two defaults'. */
int datapath_acl_hits(struct datapath *dp, uint32_t id, dp_hits_fn fn, void *arg);
/* Of modules with VIFSWITCH_FEATURE_PORT_HITS; as in ops.h. */
int datapath_port_hits(struct datapath *dp, uint32_t port, dp_hits_fn fn, void *arg);
int datapath_hits_add(struct datapath *dp, uint32_t port, const struct vifswitch_acl_hits *hits,
		      uint32_t count, uint32_t *ret_taken);
/* The blob in force, 8-octet aligned, to be freed; -EAGAIN if it was replaced meanwhile. */
int datapath_acl_read(struct datapath *dp, uint32_t id, void **ret_blob, uint32_t *ret_len);

#endif /* DATAPATH_KO_CLIENT_ACL_H */
