/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LIBVIFDB_CLIENT_MONITOR_H
#define LIBVIFDB_CLIENT_MONITOR_H

#include "libvifdb/client-state.h"

/* Each 1 when the copy is whole. */
int vdb_monitor_start(struct vifdb *db);
int vdb_monitor_answer(struct vifdb *db, const json_t *result, const json_t *error);
int vdb_monitor_notified(struct vifdb *db, const char *method, const json_t *params);

#endif /* LIBVIFDB_CLIENT_MONITOR_H */
