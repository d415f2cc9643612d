/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A connection as connection.c and tls.c share it. */
#ifndef LIBVIFDB_CHANNEL_H
#define LIBVIFDB_CHANNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct addrinfo;
struct ssl_st;

enum vdb_remote_kind { VDB_UNIX, VDB_TCP, VDB_SSL };

struct vdb_remote {
	enum vdb_remote_kind kind;
	char *text;		/* as given */
	char *host;		/* or the socket's path */
	char *port;
};

struct vdb_tls_files {
	char *private_key, *certificate, *ca_certificate;
};

enum vdb_connection_step {
	VDB_CLOSED,
	VDB_CONNECTS,
	VDB_SHAKES_HANDS,
	VDB_OPEN,
};

struct vdb_connection {
	int fd;
	enum vdb_connection_step step;
	bool wants_write;	/* TLS has something to say */
	struct ssl_st *ssl;
	struct addrinfo *addresses, *address;	/* of host; the one that is tried */
	char problem[256];
};

#endif /* LIBVIFDB_CHANNEL_H */
