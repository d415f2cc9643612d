/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A non-blocking connection to a server, with or without TLS. Functions that
 * return int give a negative errno when it is of no use any more; then
 * vdb_connection_problem() has a text, and vdb_connection_close() is due.
 */
#ifndef LIBVIFDB_CONNECTION_H
#define LIBVIFDB_CONNECTION_H

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

/* -EINVAL if @text is no remote; -ENOMEM. */
int vdb_remote_parse(const char *text, struct vdb_remote *ret);
void vdb_remote_free(struct vdb_remote *remote);
/* Whether the files can be used: 0 or a negative errno with a text. */
int vdb_tls_check(const struct vdb_tls_files *files, char *ret_problem, size_t size);

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

/* tls.c */
int vdb_tls_open(struct vdb_connection *c, const char *host, const struct vdb_tls_files *files);
int vdb_tls_shake_hands(struct vdb_connection *c);
int vdb_tls_read(struct vdb_connection *c, char *data, size_t size);
int vdb_tls_write(struct vdb_connection *c, const char *data, size_t len);
void vdb_tls_close(struct vdb_connection *c);

#endif /* LIBVIFDB_CONNECTION_H */
