/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LIBVIFDB_CLIENT_MONITOR_H
#define LIBVIFDB_CLIENT_MONITOR_H

#include "libvifdb/client-state.h"

/* Each 1 when the copy is whole. */
int vdb_monitor_start(struct vifdb *db);
int vdb_monitor_answer(struct vifdb *db, const json_t *result, const json_t *error);
int vdb_monitor_notified(struct vifdb *db, const char *method, const json_t *params);

/* Rows that the owner asks for in place of those before: are there any, send, answered, over. */
bool vdb_conditions_wait(const struct vifdb *db);
int vdb_conditions_send(struct vifdb *db);
int vdb_conditions_answer(struct vifdb *db, const json_t *error);
void vdb_conditions_stop(struct vifdb *db);

#endif /* LIBVIFDB_CLIENT_MONITOR_H */
