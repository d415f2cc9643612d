/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The plainest reading of what acl-rule.h says a rule matches: every rule, every
 * field, bit by bit. It shares no code with the compiler or with acl_explain(),
 * so that they can be held against it.
 */
#ifndef POLICY_ORACLE_H
#define POLICY_ORACLE_H

#include "policy/acl-explain.h"

/* The index in @acl->rules of the rule that decides, or ACL_NO_RULE. */
size_t oracle_lookup(const struct acl *acl, enum vifswitch_acl_direction direction,
		     const struct acl_packet *packet);

#endif /* POLICY_ORACLE_H */
