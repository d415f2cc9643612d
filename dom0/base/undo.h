/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Takes back changes of rows, by the operations of an OVSDB transaction (RFC 7047,
 * section 5.2). What changed is a list of
 *
 *   {"table", "uuid", "key": {...}, and "inserted" or "deleted": {columns}, or
 *    "old", "new": {columns}, "removed", "added": {columns that are sets or maps}}
 *
 * "inserted" leaves out columns that nobody had set; beside "keys_only": true, all that
 * do not name the row.
 *
 * A value that is not as the change left it was changed since: it overlaps. Of a set
 * or a map only elements that the change added or removed can.
 */
#ifndef BASE_UNDO_H
#define BASE_UNDO_H

#include <jansson.h>
#include <stdbool.h>

struct undo {
	/* The row's columns as they are now, a new reference; NULL if it is not there. */
	json_t *(*row)(void *arg, const char *table, const char *uuid);
	void *arg;
	/* Has nothing changed the row since? Asked if that cannot be seen; NULL: who knows. */
	bool (*untouched)(void *arg, const char *table, const char *uuid);
	bool overwrite; /* take back what overlaps as well, where that can be */
	/* Out: */
	json_t *operations; /* array; empty: it is as before the change */
	json_t *overlaps;   /* [{"table", "uuid", "key", "column" or null}] */
};

/* -EBADMSG if the list is none. The outputs are the caller's in any case. */
int undo_changes(const json_t *changes, struct undo *u);
void undo_deinit(struct undo *u);

#endif /* BASE_UNDO_H */
