/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Several ACLs in an order, as one: the rules of the first in their order, then those
 * of the second, and so on. So the first rule that fits decides, whichever ACL has it.
 * Where none fits, the default of the first ACL that does not allow there decides, and
 * that of the first of all if each allows: an ACL more never lets more through by its
 * default. The built-in rules come once, last, and belong to the ACL of that default.
 */
#ifndef POLICY_ACL_LIST_H
#define POLICY_ACL_LIST_H

#include "policy/acl/groups.h"
#include "policy/model.h"

/* As acl_policies_stamp(); 0: one of them is not there. */
uint64_t acl_list_stamp(struct acl_policies *p, const struct acl_list *list);
/* "base,web". */
void acl_list_name(const struct acl_policies *p, const struct acl_list *list,
		   char ret[ACL_LIST_NAME_MAX]);
/* As acl_policies_build(); the rules' parts are places in @list. */
int acl_list_build(struct acl_policies *p, const struct acl_list *list, struct acl *ret,
		   struct problem *problem);

#endif /* POLICY_ACL_LIST_H */
