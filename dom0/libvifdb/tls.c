// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * TLS of a connection. The files are read at each connect, so that a new
 * certificate needs no restart. Octets go through a BIO of our own: OpenSSL's
 * would raise SIGPIPE in a program that did not ask for it.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <limits.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "libvifdb/tls.h"

static const char *reason(void)
{
	unsigned long e = ERR_get_error();
	const char *text = e ? ERR_reason_error_string(e) : NULL;

	ERR_clear_error();
	return text ? text : "failed";
}

static SSL_CTX *context(const struct vdb_tls_files *files, char *ret_problem, size_t size)
{
	SSL_CTX *ctx;
	const char *what = NULL, *file = "";

	if (!files->private_key) {
		snprintf(ret_problem, size, "ssl: needs a private key, a certificate and a CA certificate");
		return NULL;
	}
	ERR_clear_error();
	ctx = SSL_CTX_new(TLS_client_method());
	if (!ctx || SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION) != 1)
		what = "TLS";
	else if (SSL_CTX_use_certificate_chain_file(ctx, files->certificate) != 1)
		what = "certificate ", file = files->certificate;
	else if (SSL_CTX_use_PrivateKey_file(ctx, files->private_key, SSL_FILETYPE_PEM) != 1)
		what = "private key ", file = files->private_key;
	else if (SSL_CTX_load_verify_locations(ctx, files->ca_certificate, NULL) != 1)
		what = "CA certificate ", file = files->ca_certificate;
	if (what) {
		snprintf(ret_problem, size, "%s%s: %s", what, file, reason());
		SSL_CTX_free(ctx);
		return NULL;
	}
	SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, NULL);
	SSL_CTX_set_mode(ctx, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
	return ctx;
}

int vdb_tls_check(const struct vdb_tls_files *files, char *ret_problem, size_t size)
{
	SSL_CTX *ctx = context(files, ret_problem, size);

	SSL_CTX_free(ctx);
	return ctx ? 0 : -EINVAL;
}

/* ---- the BIO: a socket without SIGPIPE ---- */

static int bio_write(BIO *bio, const char *data, int len)
{
	ssize_t n = send((int)(intptr_t)BIO_get_data(bio), data, len, MSG_NOSIGNAL);

	BIO_clear_retry_flags(bio);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		BIO_set_retry_write(bio);
	return n;
}

static int bio_read(BIO *bio, char *data, int size)
{
	ssize_t n = recv((int)(intptr_t)BIO_get_data(bio), data, size, 0);

	BIO_clear_retry_flags(bio);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		BIO_set_retry_read(bio);
	return n;
}

static long bio_ctrl(BIO *bio, int command, long number, void *pointer)
{
	return command == BIO_CTRL_FLUSH;
}

static BIO *bio_new(int fd)
{
	static BIO_METHOD *method;
	BIO *bio;

	if (!method) {
		BIO_METHOD *m = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK,
					     "vifdb socket");

		if (!m)
			return NULL;
		BIO_meth_set_write(m, bio_write);
		BIO_meth_set_read(m, bio_read);
		BIO_meth_set_ctrl(m, bio_ctrl);
		/* Sessions of two threads may come here at once. */
		if (!__sync_bool_compare_and_swap(&method, NULL, m))
			BIO_meth_free(m);
	}
	bio = BIO_new(method);
	if (bio) {
		BIO_set_data(bio, (void *)(intptr_t)fd);
		BIO_set_init(bio, 1);
	}
	return bio;
}

/* ---- the connection ---- */

/* The certificate must be for @host, a name or an address. */
static bool expect_host(SSL *ssl, const char *host)
{
	unsigned char address[sizeof(struct in6_addr)];

	if (inet_pton(AF_INET, host, address) == 1 || inet_pton(AF_INET6, host, address) == 1)
		return X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), host) == 1;
	return SSL_set1_host(ssl, host) == 1 && SSL_set_tlsext_host_name(ssl, host) == 1;
}

int vdb_tls_open(struct vdb_connection *c, const char *host, const struct vdb_tls_files *files)
{
	SSL_CTX *ctx = context(files, c->problem, sizeof(c->problem));
	BIO *bio;

	if (!ctx)
		return -EINVAL;
	c->ssl = SSL_new(ctx);
	SSL_CTX_free(ctx);
	bio = c->ssl ? bio_new(c->fd) : NULL;
	if (!bio || !expect_host(c->ssl, host)) {
		BIO_free(bio);
		snprintf(c->problem, sizeof(c->problem), "TLS: %s", reason());
		return -EIO;
	}
	SSL_set_bio(c->ssl, bio, bio);
	return 0;
}

/* What to do about a call that returned @n: 0 to wait, or a negative errno. */
static int outcome(struct vdb_connection *c, int n)
{
	int saved = errno;
	long verdict;

	c->wants_write = false;
	switch (SSL_get_error(c->ssl, n)) {
	case SSL_ERROR_WANT_WRITE:
		c->wants_write = true;
		return 0;
	case SSL_ERROR_WANT_READ:
		return 0;
	case SSL_ERROR_ZERO_RETURN:
		snprintf(c->problem, sizeof(c->problem), "the server closed the connection");
		return -ECONNRESET;
	case SSL_ERROR_SYSCALL:
		snprintf(c->problem, sizeof(c->problem), "%s",
			 n < 0 && saved ? strerror(saved) : "the server closed the connection");
		ERR_clear_error();
		return -ECONNRESET;
	}
	verdict = SSL_get_verify_result(c->ssl);
	snprintf(c->problem, sizeof(c->problem), "TLS: %s",
		 verdict == X509_V_OK ? reason() : X509_verify_cert_error_string(verdict));
	ERR_clear_error();
	return -EPROTO;
}

int vdb_tls_shake_hands(struct vdb_connection *c)
{
	int n;

	ERR_clear_error();
	n = SSL_connect(c->ssl);
	if (n != 1)
		return outcome(c, n);
	c->wants_write = false;
	return 1;
}

int vdb_tls_read(struct vdb_connection *c, char *data, size_t size)
{
	int n;

	ERR_clear_error();
	n = SSL_read(c->ssl, data, size < INT_MAX ? size : INT_MAX);
	return n > 0 ? n : outcome(c, n);
}

int vdb_tls_write(struct vdb_connection *c, const char *data, size_t len)
{
	int n;

	ERR_clear_error();
	n = SSL_write(c->ssl, data, len < INT_MAX ? len : INT_MAX);
	return n > 0 ? n : outcome(c, n);
}

void vdb_tls_close(struct vdb_connection *c)
{
	if (c->ssl && c->step == VDB_OPEN)
		SSL_shutdown(c->ssl);
	SSL_free(c->ssl);
	ERR_clear_error();
	c->ssl = NULL;
}
