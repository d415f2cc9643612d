/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the Uplink row of the database and vifswitch.conf say of an uplink, as it is meant. */
#ifndef UPLINK_UPLINK_SETTINGS_H
#define UPLINK_UPLINK_SETTINGS_H

#include "policy/policy-row.h"
#include "policy/port-policy.h"
#include "uplink/bond.h"
#include "uplink/cable.h"

struct uplink_settings {
	struct bond *bond;		/* NULL: the device of its own name */
	struct cable *cable;		/* to an interface of dom0's; NULL: none */
	struct port_policy *policy;
	uint64_t rate;			/* bits per second; 0: not said */
	uint64_t to_bps;		/* of a VM's tap, likewise: most that it is sent */
};

/*
 * Fields of @row win over those of @file; either may be NULL. @policy is what the file says
 * of VLANs. -EINVAL with the problem: then only ret->policy is made, of @policy.
 */
int uplink_settings_read(const char *name, const struct policy_row *row,
			 const struct policy_row *file, const struct port_policy *policy,
			 struct uplink_settings *ret, struct problem *problem);

void uplink_settings_deinit(struct uplink_settings *settings);

#endif /* UPLINK_UPLINK_SETTINGS_H */
