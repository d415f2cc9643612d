// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "vifdbd/net/stream.h"

#define TLS_CHUNK 16384
#define TLS_MEMORY (64u << 10) /* OpenSSL's, and the chunk */

struct tls {
	SSL_CTX *ctx;
	const char *const *peer_names;
	unsigned int n_peer_names;
};

struct stream {
	int fd;
	SSL *ssl;
	bool wants_write;
	/* What SSL_write() was given and could not send: it wants to see just that again. */
	char *held;
	size_t held_len;
};

static char *tls_error(const char *what, const char *file)
{
	unsigned long e = ERR_get_error();

	return xprintf("%s %s: %s", what, file, e ? ERR_reason_error_string(e) : "failed");
}

int tls_new(const struct tls_files *files, struct tls **ret, char **ret_message)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_method());

	*ret_message = NULL;
	if (!ctx) {
		*ret_message = tls_error("TLS", "library");
		return -EIO;
	}
	SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION);
	SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
	SSL_CTX_set_mode(ctx, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
	SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
	if (SSL_CTX_use_certificate_chain_file(ctx, files->certificate) != 1)
		*ret_message = tls_error("certificate", files->certificate);
	else if (SSL_CTX_use_PrivateKey_file(ctx, files->private_key, SSL_FILETYPE_PEM) != 1)
		*ret_message = tls_error("private key", files->private_key);
	else if (SSL_CTX_load_verify_locations(ctx, files->ca_cert, NULL) != 1)
		*ret_message = tls_error("CA certificate", files->ca_cert);
	if (*ret_message) {
		SSL_CTX_free(ctx);
		return -EINVAL;
	}
	*ret = xzalloc(sizeof(**ret));
	(*ret)->ctx = ctx;
	(*ret)->peer_names = files->peer_names;
	(*ret)->n_peer_names = files->n_peer_names;
	return 0;
}

void tls_free(struct tls *tls)
{
	if (tls)
		SSL_CTX_free(tls->ctx);
	free(tls);
}

/* The certificate must be for this address, or for one of the names that were given. */
static bool expect_peer(SSL *ssl, const struct tls *tls, const char *address)
{
	X509_VERIFY_PARAM *param = SSL_get0_param(ssl);
	unsigned int i;

	if (!tls->n_peer_names)
		return X509_VERIFY_PARAM_set1_ip_asc(param, address) == 1;
	for (i = 0; i < tls->n_peer_names; i++)
		if (X509_VERIFY_PARAM_add1_host(param, tls->peer_names[i], 0) != 1)
			return false;
	return true;
}

int stream_new(int fd, struct tls *tls, const char *peer, struct stream **ret)
{
	struct stream *s = xzalloc(sizeof(*s));

	s->fd = fd;
	if (tls) {
		s->ssl = SSL_new(tls->ctx);
		if (!s->ssl || !SSL_set_fd(s->ssl, fd) ||
		    (peer && !expect_peer(s->ssl, tls, peer))) {
			stream_free(s);
			return -ENOMEM;
		}
		/* Who connects speaks first. */
		s->wants_write = peer;
		if (peer)
			SSL_set_connect_state(s->ssl);
		else
			SSL_set_accept_state(s->ssl);
	}
	*ret = s;
	return 0;
}

void stream_free(struct stream *s)
{
	if (!s)
		return;
	if (s->ssl) {
		ERR_clear_error();
		SSL_shutdown(s->ssl);
		SSL_free(s->ssl);
	}
	close(s->fd);
	free(s->held);
	free(s);
}

bool stream_established(const struct stream *s)
{
	return !s->ssl || SSL_is_init_finished(s->ssl);
}

char *stream_peer_name(const struct stream *s)
{
	X509 *certificate = s->ssl ? SSL_get_peer_certificate(s->ssl) : NULL;
	unsigned char *utf8 = NULL;
	char *name = NULL;
	X509_NAME *subject;
	int at, len;

	if (!certificate)
		return NULL;
	subject = X509_get_subject_name(certificate);
	at = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
	len = at < 0 ? -1 : ASN1_STRING_to_UTF8(&utf8, X509_NAME_ENTRY_get_data(
							       X509_NAME_get_entry(subject, at)));
	if (len > 0 && !memchr(utf8, 0, (size_t)len))
		name = xprintf("%.*s", len, (char *)utf8);
	OPENSSL_free(utf8);
	X509_free(certificate);
	return name;
}

bool stream_is_tls(const struct stream *s)
{
	return s->ssl;
}

size_t stream_memory(const struct stream *s)
{
	return sizeof(*s) + (s->ssl ? TLS_MEMORY : 0);
}

int stream_fd(const struct stream *s)
{
	return s->fd;
}

bool stream_wants_write(const struct stream *s)
{
	return s->wants_write;
}

static ssize_t tls_result(struct stream *s, int n, bool writing)
{
	int e = SSL_get_error(s->ssl, n);

	s->wants_write = e == SSL_ERROR_WANT_WRITE && !writing;
	if (e == SSL_ERROR_WANT_READ || e == SSL_ERROR_WANT_WRITE)
		return -EAGAIN;
	if (e == SSL_ERROR_ZERO_RETURN)
		return 0;
	if (!SSL_is_server(s->ssl) && SSL_get_verify_result(s->ssl) != X509_V_OK)
		log_warning("TLS: the certificate of whom we connected to: %s",
			    X509_verify_cert_error_string(SSL_get_verify_result(s->ssl)));
	return -EPROTO;
}

ssize_t stream_read(struct stream *s, void *p, size_t n)
{
	ssize_t r;

	if (!s->ssl) {
		r = recv(s->fd, p, n, 0);
		return r < 0 ? -errno : r;
	}
	ERR_clear_error();
	r = SSL_read(s->ssl, p, n < INT32_MAX ? (int)n : INT32_MAX);
	if (r > 0) {
		s->wants_write = false;
		return r;
	}
	return tls_result(s, (int)r, false);
}

static ssize_t tls_write(struct stream *s, const struct iovec *iov, int n)
{
	ssize_t r;
	int i;

	/* A record should not be a few octets: gather what there is. */
	if (!s->held)
		s->held = xmalloc(TLS_CHUNK);
	for (i = 0, s->held_len = 0; i < n && s->held_len < TLS_CHUNK; i++) {
		size_t len = iov[i].iov_len;

		if (len > TLS_CHUNK - s->held_len)
			len = TLS_CHUNK - s->held_len;
		memcpy(s->held + s->held_len, iov[i].iov_base, len);
		s->held_len += len;
	}
	ERR_clear_error();
	r = SSL_write(s->ssl, s->held, (int)s->held_len);
	if (r > 0)
		return r;
	r = tls_result(s, (int)r, true);
	return r ? r : -EPIPE;
}

ssize_t stream_write(struct stream *s, const struct iovec *iov, int n)
{
	struct msghdr mh = { .msg_iov = (struct iovec *)iov, .msg_iovlen = n };
	ssize_t r;

	if (s->ssl)
		return tls_write(s, iov, n);
	r = n == 1 ? send(s->fd, iov->iov_base, iov->iov_len, MSG_NOSIGNAL)
		   : sendmsg(s->fd, &mh, MSG_NOSIGNAL);
	return r < 0 ? -errno : r;
}
