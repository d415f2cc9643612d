/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The policy in force for a VIF: field by field what its Port row says, else its QoS
 * row, else the VM's own config. A pure function, driven by the table of fields.
 */
#ifndef POLICY_MERGE_H
#define POLICY_MERGE_H

#include "policy/vif-fields.h"

/*
 * @port NULL: the database has nothing; @qos: the row that @port refers to, if it
 * is there. -EINVAL with the problem; *ret untouched then.
 */
int vif_policy_merge(const struct vif_keys *keys, const struct policy_row *port,
		     const struct policy_row *qos, const struct switch_names *known,
		     struct vif_policy *ret, struct problem *problem);

#endif /* POLICY_MERGE_H */
