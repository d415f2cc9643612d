/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Entries of the database's History, and changes on trial. */
#ifndef VIFCTL_HISTORY_PAST_H
#define VIFCTL_HISTORY_PAST_H

#include "vifctl/policy/database.h"

/* A session that follows what commands about the past look at. */
int past_open(struct vifctl *v, const char *const *tables, struct vifdb **ret);
extern const char *const past_tables[];

/* A number of an entry: false, told, if the text is none. */
bool past_number(const char *text, int64_t *ret);
const struct vifdb_row *past_entry(const struct vifdb *db, int64_t id);
/* The promise that the change of this number goes back; NULL if there is none. */
const struct vifdb_row *past_trial(const struct vifdb *db, int64_t id);
/* What it changed, a new reference; NULL if that was not kept. */
json_t *past_changes(const struct vifdb_row *entry);
/* "2026-11-29T03:55:41.000Z"; to be freed. */
char *past_time(int64_t seconds);
/* "root on xen-a, 2026-11-29 03:55:41"; to be freed. */
char *past_by(const struct vifdb_row *entry);

#endif /* VIFCTL_HISTORY_PAST_H */
