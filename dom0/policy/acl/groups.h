/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ACLs as the database has them: its tables ACL, Rule and Group, and the
 * addresses that groups of VMs stand for. An ACL's stamp changes when anything
 * that its rules are made of does, and otherwise never: its row, its rules, the
 * addresses of the groups they name. A group's addresses are found anew when its
 * row or a lock of its VMs changed, and count as changed if they then differ.
 */
#ifndef POLICY_ACL_GROUPS_H
#define POLICY_ACL_GROUPS_H

#include "base/problem.h"
#include "base/row-table.h"
#include "policy/acl/address-locks.h"
#include "policy/acl/rule.h"

#define POLICIES_ACLS_MAX	4096
#define POLICIES_RULES_MAX	262144
#define POLICIES_GROUPS_MAX	65536

struct acl_policies {
	struct row_table acls, rules, groups;
	struct address_locks locks;
	uint64_t generation;	/* counts every change */
	uint64_t group_generation;	/* and those of groups' addresses */
};

/* 0: there is no such ACL. */
uint64_t acl_policies_stamp(struct acl_policies *p, const uint8_t uuid[16]);
/* The ACL's name, "" if it is not known. Cut to ACL_NAME_MAX. */
void acl_policies_name(const struct acl_policies *p, const uint8_t uuid[16],
		       char ret[ACL_NAME_MAX]);
/*
 * An ACL of its rows, sealed. It points to sets of the groups: done with before
 * anything of @p changes. -EINVAL with the problem, which names the ACL, the
 * rule, the field and the value; -ENOMEM with the problem; *ret is empty then.
 */
int acl_policies_build(struct acl_policies *p, const uint8_t uuid[16], struct acl *ret,
		       struct problem *problem);

/* In acl-row.c: is a Rule row kept only, and in force nowhere? */
bool acl_rule_is_disabled(const json_t *row);
/* In acl-row.c: a Rule row into @rule; groups are left to acl_policies_build(). */
int acl_rule_read(const json_t *row, struct acl *acl, struct acl_rule *rule,
		  struct problem *problem);
/* Addresses of a column into @set. */
int acl_addresses_read(const char *column, const json_t *value, struct prefix_set *set,
		       struct problem *problem);
/* A default of a direction from "allow", "deny", "reject" or nothing, which is deny. */
int acl_default_read(const json_t *row, const char *column, uint8_t *ret,
		     struct problem *problem);
/* A name as text that may be shown, cut to ACL_NAME_MAX. */
void acl_name_read(const json_t *row, char ret[ACL_NAME_MAX]);

#endif /* POLICY_ACL_GROUPS_H */
