/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Every kind of object of policy, its table of the database, and its fields. */
#ifndef POLICY_FIELDS_H
#define POLICY_FIELDS_H

#include "policy/field.h"

extern const char policy_schema_version[];
/* Every table of the database, also those that the daemons fill; NULL ends them. */
extern const char *const database_tables[];
extern const struct kind object_kinds[OBJECT_KINDS_ALL];

#endif /* POLICY_FIELDS_H */
