/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LIBVIFDB_CLIENT_LOCK_H
#define LIBVIFDB_CLIENT_LOCK_H

#include "libvifdb/client-state.h"

int vdb_lock_start(struct vifdb *db);
int vdb_lock_answer(struct vifdb *db, json_int_t id, const json_t *result, const json_t *error);
int vdb_lock_notified(struct vifdb *db, bool held, const json_t *params);
void vdb_lock_stop(struct vifdb *db);

#endif /* LIBVIFDB_CLIENT_LOCK_H */
