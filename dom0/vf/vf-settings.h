/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a NIC's driver can hold a virtual function to, of a Port row. Frames of one do not
 * pass the switch, so whatever else the row asks for is refused by the field's name: a
 * field that is new is refused until it is listed here. No I/O.
 */
#ifndef VF_VF_SETTINGS_H
#define VF_VF_SETTINGS_H

#include "datapath/links/vf-link.h"
#include "policy/policy-row.h"

/*
 * @port and @qos as of policies_find(); @nic: whose virtual function it is; @sw: the
 * switch that has that NIC as uplink, NULL: none. -EINVAL with the problem.
 */
int vf_settings_make(const struct policy_row *port, const struct policy_row *qos,
		     const char *nic, const char *sw, struct vf_settings *ret,
		     struct problem *problem);

#endif /* VF_VF_SETTINGS_H */
