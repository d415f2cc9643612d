/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The _Server database, by which clients learn what databases there are. */
#ifndef VIFDBD_NET_SELF_H
#define VIFDBD_NET_SELF_H

#include <jansson.h>

struct db;

struct db *self_new(const struct db *db);
/* The database of this name has another schema now. */
void self_changed(struct db *self, const struct db *db);

/* How the pool stands, for whoever asks _Server. */
void self_pool(struct db *self, const json_t *status);

#endif
