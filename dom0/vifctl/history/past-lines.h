/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the database's History keeps, in the lines that changes are told by. */
#ifndef VIFCTL_HISTORY_PAST_LINES_H
#define VIFCTL_HISTORY_PAST_LINES_H

#include <vifdb/vifdb.h>

/* Tables that names are looked up in. */
#define PAST_NAMES "VM", "ACL", "QoS", "Group"

/* Of a list as base/undo.h has it: "changes" of changes.json. */
json_t *past_lines(const struct vifdb *db, const json_t *changes);
/* The same of operations that take changes back, and of rows as they are now. */
json_t *past_lines_of_operations(const struct vifdb *db, const json_t *changes,
				 const json_t *operations);
/* The columns that name a row: names of columns. */
json_t *past_key_columns(const struct vifdb *db, const char *table);
/* "acl web", of an element of changes or overlaps; to be freed. */
char *past_label(const struct vifdb *db, const json_t *changes, const json_t *change);
/* Of a list of lines: is one of this kind (NULL: any) about this object, or of what is in it? */
bool past_concerns(const json_t *lines, const char *kind, const char *name);

#endif /* VIFCTL_HISTORY_PAST_LINES_H */
