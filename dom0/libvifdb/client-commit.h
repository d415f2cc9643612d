/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LIBVIFDB_CLIENT_COMMIT_H
#define LIBVIFDB_CLIENT_COMMIT_H

#include "libvifdb/client-state.h"

int vdb_commit_start(struct vifdb *db);		/* sends what was queued */
int vdb_commit_answer(struct vifdb *db, struct vifdb_txn *txn, json_t *result,
		      const json_t *error);
void vdb_commit_lost(struct vifdb *db);

#endif /* LIBVIFDB_CLIENT_COMMIT_H */
