/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the rules of a table say about one dimension's values. */
#ifndef POLICY_ACL_FILL_H
#define POLICY_ACL_FILL_H

#include "policy/acl/dim.h"
#include "policy/acl/rule.h"

/* A rule of a table; its number there is its place among the members. */
struct acl_member {
	const struct acl_rule *rule;
	uint16_t index;		/* among the ACL's rules */
};

/* Whether some rule does not fit all values. */
bool acl_dimension_used(const struct acl_member *members, unsigned int count,
			enum vifswitch_acl_family family, enum vifswitch_acl_dimension dimension);
/* Fill @dim, which is new. -ENOMEM, -E2BIG. */
int acl_fill(struct dim *dim, const struct acl_member *members, unsigned int count,
	     enum vifswitch_acl_family family, enum vifswitch_acl_dimension dimension);

#endif /* POLICY_ACL_FILL_H */
