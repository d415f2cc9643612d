/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The prefixes of one family in a program's form; @ret has room for prefix_set_family(). */
#ifndef POLICY_PREFIX_PROGRAM_H
#define POLICY_PREFIX_PROGRAM_H

#include "base/prefix.h"
#include "vifswitch/abi.h"

void prefix_set_abi4(const struct prefix_set *set, struct vifswitch_prefix4 *ret);
void prefix_set_abi6(const struct prefix_set *set, struct vifswitch_prefix6 *ret);

#endif /* POLICY_PREFIX_PROGRAM_H */
