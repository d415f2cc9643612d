/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LIBVIFDB_CLIENT_REQUEST_H
#define LIBVIFDB_CLIENT_REQUEST_H

#include "libvifdb/client-state.h"

/* Both steal @params; request ids are in *ret_id if given. */
int vdb_request_send(struct vifdb *db, enum vdb_request_kind kind, json_t *params,
		     json_int_t *ret_id);
int vdb_request_send_queued(struct vifdb *db, struct vdb_request *request);
struct vdb_request *vdb_request_free(struct vdb_request *request);
int vdb_output_json(struct vifdb *db, json_t *message);	/* steals */
int vdb_output_write(struct vifdb *db);			/* as much as the connection takes */
void vdb_output_flush(struct vifdb *db);		/* the same, outside vifdb_run() */

#endif /* LIBVIFDB_CLIENT_REQUEST_H */
