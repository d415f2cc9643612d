/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef POLICY_ROW_OVERLAY_H
#define POLICY_ROW_OVERLAY_H

#include "policy/policy-row.h"

/*
 * What @over says, and where it says nothing of a field, @under; both are of one kind, and
 * either may be NULL, but not both. A row of its own, for policy_row_free().
 */
struct policy_row *row_overlay(const struct policy_row *over, const struct policy_row *under);

#endif /* POLICY_ROW_OVERLAY_H */
