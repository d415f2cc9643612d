// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * TLS of a connection. The files are read at each connect, so that a new
 * certificate needs no restart. Octets go through a BIO of our own: OpenSSL's
 * would raise SIGPIPE in a program that did not ask for it.
 *
 * OpenSSL is loaded by the first connection that needs it, and stays. It takes 3 MB, and
 * most programs never leave the host's own socket.
 */
#include <arpa/inet.h>
#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "libvifdb/tls.h"

#define LIBRARY "libssl.so.3"
#define FUNCTIONS(X) \
	X(ERR_clear_error) X(ERR_get_error) X(ERR_reason_error_string) X(BIO_clear_flags) \
	X(BIO_free) X(BIO_get_data) X(BIO_get_new_index) X(BIO_meth_free) X(BIO_meth_new) \
	X(BIO_meth_set_ctrl) X(BIO_meth_set_read) X(BIO_meth_set_write) X(BIO_new) \
	X(BIO_set_data) X(BIO_set_flags) X(BIO_set_init) X(SSL_CTX_ctrl) X(SSL_CTX_free) \
	X(SSL_CTX_load_verify_locations) X(SSL_CTX_new) X(SSL_CTX_set_verify) \
	X(SSL_CTX_use_PrivateKey_file) X(SSL_CTX_use_certificate_chain_file) X(SSL_connect) \
	X(SSL_ctrl) X(SSL_free) X(SSL_get0_param) X(SSL_get_error) X(SSL_get_verify_result) \
	X(SSL_new) X(SSL_read) X(SSL_set1_host) X(SSL_set_bio) X(SSL_shutdown) X(SSL_write) \
	X(TLS_client_method) X(X509_VERIFY_PARAM_set1_ip_asc) X(X509_verify_cert_error_string)
#define MEMBER(name) __typeof__(&name) name;
#define FIND(name)                                                                                \
	lib.name = (__typeof__(lib.name))dlsym(handle, #name);                                     \
	lib.complete &= lib.name != NULL;

static struct {
	bool complete;
	FUNCTIONS(MEMBER)
} lib;

static void load(void)
{
	void *handle = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL);

	lib.complete = handle;
	if (handle) {
		FUNCTIONS(FIND)
	}
}

/* Sessions of two threads may come here at once. */
static bool loaded(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, load);
	return lib.complete;
}

static const char *reason(void)
{
	unsigned long e = lib.ERR_get_error();
	const char *text = e ? lib.ERR_reason_error_string(e) : NULL;

	lib.ERR_clear_error();
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
	if (!loaded()) {
		snprintf(ret_problem, size, "ssl: needs the library %s (package libssl3)", LIBRARY);
		return NULL;
	}
	lib.ERR_clear_error();
	ctx = lib.SSL_CTX_new(lib.TLS_client_method());
	if (!ctx ||
	    lib.SSL_CTX_ctrl(ctx, SSL_CTRL_SET_MIN_PROTO_VERSION, TLS1_2_VERSION, NULL) != 1)
		what = "TLS";
	else if (lib.SSL_CTX_use_certificate_chain_file(ctx, files->certificate) != 1)
		what = "certificate ", file = files->certificate;
	else if (lib.SSL_CTX_use_PrivateKey_file(ctx, files->private_key, SSL_FILETYPE_PEM) != 1)
		what = "private key ", file = files->private_key;
	else if (lib.SSL_CTX_load_verify_locations(ctx, files->ca_certificate, NULL) != 1)
		what = "CA certificate ", file = files->ca_certificate;
	if (what) {
		snprintf(ret_problem, size, "%s%s: %s", what, file, reason());
		lib.SSL_CTX_free(ctx);
		return NULL;
	}
	lib.SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, NULL);
	lib.SSL_CTX_ctrl(ctx, SSL_CTRL_MODE,
			 SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER,
			 NULL);
	return ctx;
}

int vdb_tls_check(const struct vdb_tls_files *files, char *ret_problem, size_t size)
{
	SSL_CTX *ctx = context(files, ret_problem, size);

	if (ctx)
		lib.SSL_CTX_free(ctx);
	return ctx ? 0 : -EINVAL;
}

/* ---- the BIO: a socket without SIGPIPE ---- */

static int bio_write(BIO *bio, const char *data, int len)
{
	ssize_t n = send((int)(intptr_t)lib.BIO_get_data(bio), data, len, MSG_NOSIGNAL);

	lib.BIO_clear_flags(bio, BIO_FLAGS_RWS | BIO_FLAGS_SHOULD_RETRY);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		lib.BIO_set_flags(bio, BIO_FLAGS_WRITE | BIO_FLAGS_SHOULD_RETRY);
	return n;
}

static int bio_read(BIO *bio, char *data, int size)
{
	ssize_t n = recv((int)(intptr_t)lib.BIO_get_data(bio), data, size, 0);

	lib.BIO_clear_flags(bio, BIO_FLAGS_RWS | BIO_FLAGS_SHOULD_RETRY);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		lib.BIO_set_flags(bio, BIO_FLAGS_READ | BIO_FLAGS_SHOULD_RETRY);
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
		BIO_METHOD *m = lib.BIO_meth_new(lib.BIO_get_new_index() | BIO_TYPE_SOURCE_SINK,
					     "vifdb socket");

		if (!m)
			return NULL;
		lib.BIO_meth_set_write(m, bio_write);
		lib.BIO_meth_set_read(m, bio_read);
		lib.BIO_meth_set_ctrl(m, bio_ctrl);
		/* Sessions of two threads may come here at once. */
		if (!__sync_bool_compare_and_swap(&method, NULL, m))
			lib.BIO_meth_free(m);
	}
	bio = lib.BIO_new(method);
	if (bio) {
		lib.BIO_set_data(bio, (void *)(intptr_t)fd);
		lib.BIO_set_init(bio, 1);
	}
	return bio;
}

/* ---- the connection ---- */

/* The certificate must be for @host, a name or an address. */
static bool expect_host(SSL *ssl, const char *host)
{
	unsigned char address[sizeof(struct in6_addr)];

	if (inet_pton(AF_INET, host, address) == 1 || inet_pton(AF_INET6, host, address) == 1)
		return lib.X509_VERIFY_PARAM_set1_ip_asc(lib.SSL_get0_param(ssl), host) == 1;
	return lib.SSL_set1_host(ssl, host) == 1 &&
	       lib.SSL_ctrl(ssl, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name,
			    (char *)host) == 1;
}

int vdb_tls_open(struct vdb_connection *c, const char *host, const struct vdb_tls_files *files)
{
	SSL_CTX *ctx = context(files, c->problem, sizeof(c->problem));
	BIO *bio;

	if (!ctx)
		return -EINVAL;
	c->ssl = lib.SSL_new(ctx);
	lib.SSL_CTX_free(ctx);
	bio = c->ssl ? bio_new(c->fd) : NULL;
	if (!bio || !expect_host(c->ssl, host)) {
		lib.BIO_free(bio);
		snprintf(c->problem, sizeof(c->problem), "TLS: %s", reason());
		return -EIO;
	}
	lib.SSL_set_bio(c->ssl, bio, bio);
	return 0;
}

/* What to do about a call that returned @n: 0 to wait, or a negative errno. */
static int outcome(struct vdb_connection *c, int n)
{
	int saved = errno;
	long verdict;

	c->wants_write = false;
	switch (lib.SSL_get_error(c->ssl, n)) {
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
		lib.ERR_clear_error();
		return -ECONNRESET;
	}
	verdict = lib.SSL_get_verify_result(c->ssl);
	snprintf(c->problem, sizeof(c->problem), "TLS: %s",
		 verdict == X509_V_OK ? reason() : lib.X509_verify_cert_error_string(verdict));
	lib.ERR_clear_error();
	return -EPROTO;
}

int vdb_tls_shake_hands(struct vdb_connection *c)
{
	int n;

	lib.ERR_clear_error();
	n = lib.SSL_connect(c->ssl);
	if (n != 1)
		return outcome(c, n);
	c->wants_write = false;
	return 1;
}

int vdb_tls_read(struct vdb_connection *c, char *data, size_t size)
{
	int n;

	lib.ERR_clear_error();
	n = lib.SSL_read(c->ssl, data, size < INT_MAX ? size : INT_MAX);
	return n > 0 ? n : outcome(c, n);
}

int vdb_tls_write(struct vdb_connection *c, const char *data, size_t len)
{
	int n;

	lib.ERR_clear_error();
	n = lib.SSL_write(c->ssl, data, len < INT_MAX ? len : INT_MAX);
	return n > 0 ? n : outcome(c, n);
}

void vdb_tls_close(struct vdb_connection *c)
{
	if (!c->ssl)
		return;
	if (c->step == VDB_OPEN)
		lib.SSL_shutdown(c->ssl);
	lib.SSL_free(c->ssl);
	lib.ERR_clear_error();
	c->ssl = NULL;
}
