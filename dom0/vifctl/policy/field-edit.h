/* SPDX-License-Identifier: GPL-2.0-or-later */
/* KEY+=VALUE and KEY-=VALUE: a list with more or less in it than it has. */
#ifndef VIFCTL_POLICY_FIELD_EDIT_H
#define VIFCTL_POLICY_FIELD_EDIT_H

#include "vifctl/policy/field-text.h"

/* Also of a trunk's VLANs, although that is one word. */
bool field_can_edit(const struct field *f);

/*
 * @text: what to add, or to take out; of a map that is to lose, its keys. What is there
 * already is no problem, what is to go must be there, and the last one does not go:
 * an empty field means something else. False: *ret_problem tells, @columns is untouched.
 */
bool field_add_text(const struct field *f, const char *text, json_t *columns, char **ret_problem);
bool field_remove_text(const struct field *f, const char *text, json_t *columns,
		       char **ret_problem);

#endif /* VIFCTL_POLICY_FIELD_EDIT_H */
