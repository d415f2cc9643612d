/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ACLs of the datapath of flows (ovs.h). */
#ifndef DATAPATH_OVS_OVS_ACL_H
#define DATAPATH_OVS_OVS_ACL_H

#include "datapath/ovs/ovs-state.h"

int ovs_dp_acl_load(struct ovs_datapath *dp, uint32_t id, const void *blob, uint32_t len,
		    const void *cookie, uint32_t cookie_len);
int ovs_dp_acl_del(struct ovs_datapath *dp, uint32_t id);
int ovs_dp_acl_dump(struct ovs_datapath *dp, dp_acl_fn fn, void *arg);
/* Is it there with that cookie? */
bool ovs_dp_acl_is(const struct ovs_datapath *dp, uint32_t id, const void *cookie,
		   uint32_t cookie_len);

void ovs_acl_free(struct ovs_acl *acl);
/* Those that an earlier process kept. */
void ovs_acls_adopt(struct ovs_datapath *dp);

#endif /* DATAPATH_OVS_OVS_ACL_H */
