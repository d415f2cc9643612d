/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A connected socket, plain or TLS, that never blocks. TLS is mutual: a peer
 * without a certificate from our authority does not get through the handshake.
 */
#ifndef VIFDBD_NET_STREAM_H
#define VIFDBD_NET_STREAM_H

#include <stdbool.h>
#include <sys/types.h>
#include <sys/uio.h>

struct tls;
struct stream;

struct tls_files {
	const char *private_key, *certificate, *ca_cert;
	/* What the certificates of those we connect to are for, instead of their addresses. */
	const char *const *peer_names;
	unsigned int n_peer_names;
};

/* *ret_message is set on failure, and the caller frees it. */
int tls_new(const struct tls_files *files, struct tls **ret, char **ret_message);
void tls_free(struct tls *tls);

/*
 * Takes over fd. tls is NULL for a plain one. peer is the IP address that we
 * connected to, or NULL if it connected to us.
 */
int stream_new(int fd, struct tls *tls, const char *peer, struct stream **ret);
void stream_free(struct stream *s);
int stream_fd(const struct stream *s);
/* False while a TLS peer has not shown who it is. */
bool stream_established(const struct stream *s);
/* The name in the certificate of a TLS peer, to be freed; NULL if it has none. */
char *stream_peer_name(const struct stream *s);
bool stream_is_tls(const struct stream *s);
/* What it takes in memory, about. */
size_t stream_memory(const struct stream *s);
/* Octets; 0 at the end; -EAGAIN; or another negative errno. n must be at least 16 KiB. */
ssize_t stream_read(struct stream *s, void *p, size_t n);
ssize_t stream_write(struct stream *s, const struct iovec *iov, int n);
/* True if it cannot go on reading before it can write: TLS does that. */
bool stream_wants_write(const struct stream *s);

#endif
