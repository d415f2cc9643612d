/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The policy in force for a VIF: field by field what the database says, else
 * what the VM's own config says. A pure function; struct vif_policy is its
 * result, merge.c has one line for each field.
 */
#ifndef POLICY_MERGE_H
#define POLICY_MERGE_H

#include "policy/model.h"
#include "policy/port-row.h"
#include "policy/qos-row.h"

/*
 * @port NULL: the database has nothing; @qos: the row that @port refers to, if it
 * is there. -EINVAL with the problem; *ret untouched then.
 */
int vif_policy_merge(const struct vif_keys *keys, const struct port_policy *port,
		     const struct qos_policy *qos, const struct switch_names *known,
		     struct vif_policy *ret, struct problem *problem);

#endif /* POLICY_MERGE_H */
