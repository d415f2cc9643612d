/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef VIFCTL_POLICY_BOND_CHANGE_H
#define VIFCTL_POLICY_BOND_CHANGE_H

#include "vifctl/policy/object.h"

bool bond_change_is_bond(const struct object *uplink);
/*
 * What of an Uplink's change interrupts what it carries, in words, to be freed; NULL: nothing
 * does. Either may be NULL.
 */
char *bond_change_interrupts(const struct object *old, const struct object *wanted);

#endif /* VIFCTL_POLICY_BOND_CHANGE_H */
