/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who uses which ACL, and what that makes of VIFs. No I/O. */
#ifndef VIFSWITCHD_ACL_USERS_H
#define VIFSWITCHD_ACL_USERS_H

#include "policydb/rows.h"
#include "vifswitchd/observed.h"

/* Set used, wanted and named of all ACLs by VIFs' policies and programs in the kernel. */
void acl_users_note(struct facts *facts);
/*
 * After VIFs were judged: tell the policies what VIFs here are locked to, make
 * anew what has changed, forget what nobody uses. If that changes acls.verdicts,
 * or judging did, a VIF may have to be judged again.
 */
void acl_users_update(struct facts *facts, struct policies *policies);
/* What keeps a VIF's ACL from being in force, or NULL. */
const struct retry *acl_users_retry(const struct facts *facts, const struct vif *vif);

#endif /* VIFSWITCHD_ACL_USERS_H */
