/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What has to change for policy to be as wanted. */
#ifndef VIFCTL_POLICY_DIFF_H
#define VIFCTL_POLICY_DIFF_H

#include <stdio.h>

#include "vifctl/policy/object.h"

#define DIFF_PRIORITY_STEP	100
#define DIFF_PRIORITY_MAX	1000000

struct change {
	const struct object *old;	/* of the current model; NULL: add */
	struct object *wanted;		/* owned; NULL: delete */
};

struct changes {
	struct change *list;
	size_t count;
};

void changes_deinit(struct changes *c);
/* Adds what makes @old into @wanted, which it takes, if there is a difference. */
void changes_add(struct changes *c, const struct object *old, struct object *wanted);

/*
 * All that makes @current into @wanted, whose objects are copied: those of
 * @wanted; and with @prune, of the kinds it names, no others. Fields that are
 * kept and not in @wanted stay.
 */
void changes_of_models(struct changes *c, const struct model *current,
		       const struct model *wanted, bool prune);

/* Numbers for the rules of @acl in their order: old ones stay where they can. */
void rules_place(struct object *acl);

bool objects_differ(const struct object *a, const struct object *b);
/* A rule that is not in @acl in the same form, or not in the same place. */
bool rule_differs(const struct object *old, const struct object *wanted);
/* The rule of that name; NULL if there is none, or no ACL. */
const struct object *rule_named(const struct object *acl, const char *name);

/* One line a change: "~ port web/0 vlan: 100 -> 200". @current, @wanted: for VMs' names. */
void changes_print(const struct changes *c, const struct model *current, FILE *out);
/* [{"change","kind","object","field","old","new"}], the same lines. */
json_t *changes_json(const struct changes *c, const struct model *current);

#endif /* VIFCTL_POLICY_DIFF_H */
