/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A non-blocking connection to a server, with or without TLS. Functions that
 * return int give a negative errno when it is of no use any more; then
 * vdb_connection_problem() has a text, and vdb_connection_close() is due.
 */
#ifndef LIBVIFDB_CONNECTION_H
#define LIBVIFDB_CONNECTION_H

#include "libvifdb/channel.h"

/* -EINVAL if @text is no remote; -ENOMEM. */
int vdb_remote_parse(const char *text, struct vdb_remote *ret);
void vdb_remote_free(struct vdb_remote *remote);

void vdb_connection_init(struct vdb_connection *c);
/* Begin to connect. A host name, unlike an address, waits for the name server here. */
int vdb_connection_open(struct vdb_connection *c, const struct vdb_remote *remote,
			const struct vdb_tls_files *tls);
/* 1: open, 0: not yet. */
int vdb_connection_progress(struct vdb_connection *c, const struct vdb_remote *remote,
			    const struct vdb_tls_files *tls);
void vdb_connection_close(struct vdb_connection *c);

short vdb_connection_events(const struct vdb_connection *c, bool has_output);
/* Octets read or written, 0 if that would block. */
int vdb_connection_read(struct vdb_connection *c, char *data, size_t size);
int vdb_connection_write(struct vdb_connection *c, const char *data, size_t len);

#endif /* LIBVIFDB_CONNECTION_H */
