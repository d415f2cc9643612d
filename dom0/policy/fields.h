/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Every kind of object of policy, its table of the database, and its fields. */
#ifndef POLICY_FIELDS_H
#define POLICY_FIELDS_H

#include "policy/field.h"

/* Counted up when a column of any table comes, goes or changes. */
#define POLICY_SCHEMA_VERSION	"0.3.0"

extern const struct kind object_kinds[OBJECT_KINDS_ALL];

#endif /* POLICY_FIELDS_H */
