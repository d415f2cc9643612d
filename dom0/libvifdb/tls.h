/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LIBVIFDB_TLS_H
#define LIBVIFDB_TLS_H

#include "libvifdb/channel.h"

/* Whether the files can be used: 0 or a negative errno with a text. */
int vdb_tls_check(const struct vdb_tls_files *files, char *ret_problem, size_t size);
int vdb_tls_open(struct vdb_connection *c, const char *host, const struct vdb_tls_files *files);
int vdb_tls_shake_hands(struct vdb_connection *c);
int vdb_tls_read(struct vdb_connection *c, char *data, size_t size);
int vdb_tls_write(struct vdb_connection *c, const char *data, size_t len);
void vdb_tls_close(struct vdb_connection *c);

#endif /* LIBVIFDB_TLS_H */
