/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The _Server database, by which clients learn what databases there are. */
#ifndef VIFDBD_NET_SELF_H
#define VIFDBD_NET_SELF_H

struct db;

struct db *self_new(const struct db *db);
/* The database of this name has another schema now. */
void self_changed(struct db *self, const struct db *db);

#endif
