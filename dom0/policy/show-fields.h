/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Members of the document "show" that are more than a number: what a program says. */
#ifndef POLICY_SHOW_FIELDS_H
#define POLICY_SHOW_FIELDS_H

#include <jansson.h>

#include "policy/model.h"

json_t *show_vlan(const struct program_parts *parts);
json_t *show_guard(const struct program_parts *parts);
json_t *show_macs(const struct program_parts *parts);
json_t *show_prefixes(const struct program_parts *parts);
json_t *show_multicast_fast_leave(const struct program_parts *parts);
json_t *show_multicast_router(const struct program_parts *parts);
json_t *show_rate_from_vm(const struct program_parts *parts);

#endif /* POLICY_SHOW_FIELDS_H */
