/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LIBVIFDB_CLIENT_TXN_H
#define LIBVIFDB_CLIENT_TXN_H

#include "libvifdb/client-state.h"

struct vifdb_txn {
	TAILQ_ENTRY(vifdb_txn) entry;	/* in db->txns */
	struct vifdb *db;		/* NULL once the session was freed */
	json_t *operations;
	enum vifdb_txn_status status;
	int problem;			/* while building: 0, -EINVAL, -ENOMEM */
	char *error;
	int error_operation;
	json_t *result;
	struct vdb_request *request;	/* while pending */
	void (*done)(struct vifdb_txn *txn, void *arg);
	void *arg;
};

/* Its session is gone. */
void vdb_txn_orphan(struct vifdb_txn *txn);

#endif /* LIBVIFDB_CLIENT_TXN_H */
