/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A sealed ACL as the blob that the kernel looks packets up in (vifswitch/acl.h). */
#ifndef POLICY_ACL_COMPILE_H
#define POLICY_ACL_COMPILE_H

#include <stddef.h>

#include "policy/acl/rule.h"

/*
 * Equal rules give equal octets, wherever their memory is. The caller frees
 * *ret_blob. -EINVAL with @problem if @acl is not sealed or more than
 * VIFSWITCH_ACL_RULES_MAX rules, built-in ones included, can match packets of one
 * direction and family; -E2BIG with @problem if the tables are larger than
 * VIFSWITCH_ACL_MAX; -ENOMEM with @problem.
 */
int acl_compile(const struct acl *acl, void **ret_blob, size_t *ret_len,
		struct problem *problem);

#endif /* POLICY_ACL_COMPILE_H */
