/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The fields of a VIF that are more than a number in its place: those that the VM's
 * own config may give too, and those that mean something only together. Each is
 * named by its row of the table, and called in the order of the table, after all
 * plain values are in place.
 */
#ifndef POLICY_VIF_FIELDS_H
#define POLICY_VIF_FIELDS_H

#include "base/problem.h"
#include "policy/model.h"
#include "policy/policy-row.h"

/* What a VIF's policy is made of; rows are NULL if there are none. */
struct merge {
	const struct vif_keys *keys;
	const struct policy_row *port;
	const struct policy_row *qos;
	const struct switch_names *known;
};

/* Of a row that has vlan_mode, tag and trunks: does it say anything? Then what. */
bool row_has_vlans(const struct policy_row *row);
int row_vlans(const struct policy_row *row, struct vlans *ret, struct problem *problem);

int merge_switch(const struct merge *m, struct vif_policy *ret, struct problem *problem);
int merge_vlan(const struct merge *m, struct vif_policy *ret, struct problem *problem);
int merge_guard(const struct merge *m, struct vif_policy *ret, struct problem *problem);
int merge_mac_lock(const struct merge *m, struct vif_policy *ret, struct problem *problem);
int merge_ip_lock(const struct merge *m, struct vif_policy *ret, struct problem *problem);
int merge_acl(const struct merge *m, struct vif_policy *ret, struct problem *problem);
int merge_rate_from_vm(const struct merge *m, struct vif_policy *ret, struct problem *problem);
int merge_burst_from_vm(const struct merge *m, struct vif_policy *ret, struct problem *problem);
int merge_packets_from_vm(const struct merge *m, struct vif_policy *ret, struct problem *problem);
int merge_burst_to_vm(const struct merge *m, struct vif_policy *ret, struct problem *problem);
int merge_mtu(const struct merge *m, struct vif_policy *ret, struct problem *problem);
int merge_uplink_max(const struct merge *m, struct vif_policy *ret, struct problem *problem);
int merge_trust(const struct merge *m, struct vif_policy *ret, struct problem *problem);
int merge_multicast_fast_leave(const struct merge *m, struct vif_policy *ret,
			       struct problem *problem);
int merge_multicast_router(const struct merge *m, struct vif_policy *ret, struct problem *problem);
int merge_storm_burst(const struct merge *m, struct vif_policy *ret, struct problem *problem);

#endif /* POLICY_VIF_FIELDS_H */
