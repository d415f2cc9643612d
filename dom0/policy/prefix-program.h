/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The prefixes of one family in a program's form; @ret has room for prefix_set_family(). */
#ifndef POLICY_PREFIX_PROGRAM_H
#define POLICY_PREFIX_PROGRAM_H

#include "base/prefix.h"
#include "vifswitch/abi.h"

void prefix_set_abi4(const struct prefix_set *set, struct vifswitch_prefix4 *ret);
void prefix_set_abi6(const struct prefix_set *set, struct vifswitch_prefix6 *ret);
/* And back, to what is in @set. */
int prefix_set_add_abi4(struct prefix_set *set, const struct vifswitch_prefix4 *from, size_t count);
int prefix_set_add_abi6(struct prefix_set *set, const struct vifswitch_prefix6 *from, size_t count);

#endif /* POLICY_PREFIX_PROGRAM_H */
