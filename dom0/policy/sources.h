/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where each field of a VIF's policy comes from, for people. */
#ifndef POLICY_SOURCES_H
#define POLICY_SOURCES_H

#include <jansson.h>

#include "policy/model.h"
#include "policy/policy-row.h"

/*
 * {field: @database, "qos" or "config"}; fields that nobody set, which have their default,
 * are left out. @port and @qos may be NULL, as for vif_policy_merge().
 */
json_t *policy_sources(const struct vif_keys *keys, const struct policy_row *port,
		       const struct policy_row *qos, const char *database);
/* The field of a VIF whose value a member of the document "show" is; NULL: none. */
const struct field *policy_field_shown(const char *member);

#endif /* POLICY_SOURCES_H */
