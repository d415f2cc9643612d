/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The rules that keep a network usable under a default of deny (rule.h lists them). */
#ifndef POLICY_ACL_BUILTIN_H
#define POLICY_ACL_BUILTIN_H

#include "policy/acl/rule.h"

/* -ENOMEM; what was added before stays in @acl. */
int acl_add_builtin(struct acl *acl);
/* The name of a built-in rule or of a default by its cookie, or NULL. */
const char *acl_reserved_name(uint64_t cookie);

#endif /* POLICY_ACL_BUILTIN_H */
