/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Every field of policy that a port's program holds, as the document "show" has it. */
#ifndef POLICY_PROGRAM_JSON_H
#define POLICY_PROGRAM_JSON_H

#include <jansson.h>

#include "policy/field.h"
#include "policy/model.h"

/* Sets the members of @port; those of a port without a program if @parts is zeros. */
void program_json(json_t *port, const struct program_parts *parts);
/* The member that tells a field; NULL if none does, or only as part of another one. */
const char *field_member(const struct field *f);
/* The field that a member which is a number or words tells; NULL: none. */
const struct field *field_of_member(const char *member);
/* A member that is a number or words, for people; NULL if it is null; to be freed. */
char *field_member_text(const struct field *f, const json_t *value);

#endif /* POLICY_PROGRAM_JSON_H */
