/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LIBVIFDB_PROTOCOL_H
#define LIBVIFDB_PROTOCOL_H

#include "libvifdb/client-state.h"

int vdb_protocol_start(struct vifdb *db, uint64_t now);
int vdb_protocol_input(struct vifdb *db, const char *data, size_t len, uint64_t now);
/* The same for octets that are in db->input already. */
int vdb_protocol_received(struct vifdb *db, uint64_t now);
int vdb_protocol_tick(struct vifdb *db, uint64_t now);
uint64_t vdb_protocol_deadline(const struct vifdb *db);
void vdb_protocol_stop(struct vifdb *db);

#endif /* LIBVIFDB_PROTOCOL_H */
