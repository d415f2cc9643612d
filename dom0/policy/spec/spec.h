/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is made of the table of fields when the project is built: the database's
 * schema, that of a port's document, and the manual's lists. Nothing of it is in a running program.
 */
#ifndef POLICY_SPEC_SPEC_H
#define POLICY_SPEC_SPEC_H

#include <jansson.h>
#include <stdio.h>

#include "policy/fields.h"

/* @schema with the version, and the columns of every kind in its table. */
void spec_schema(json_t *schema);
/*
 * The JSON schema of those members of a port in "show" that are a number or words; in $defs
 * that of each kind of object, as "vifctl export" writes it, and of the whole file.
 */
json_t *spec_members(void);
/*
 * A manual page: @in with each line "@fields KIND" replaced by the list of that
 * kind's fields. False: a line names no kind.
 */
bool spec_manual(FILE *in, FILE *out);

#endif /* POLICY_SPEC_SPEC_H */
