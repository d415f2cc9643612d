// SPDX-License-Identifier: GPL-2.0-or-later
#include "vifctl/pool/pool-check.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/mem.h"
#include "vifdb/vifdb.h"
#include "vifctl/view/safe.h"
#include "vifctl/view/text.h"

#define ANSWER_MAX	65536
#define MEMBER_S	5	/* that a member may take */
#define SERVER_MS	30000	/* for a host that answers to have said what it has */

static const char *ssl_words(void)
{
	unsigned long e = ERR_get_error();

	ERR_clear_error();
	return e ? ERR_reason_error_string(e) ?: "not accepted" : "not accepted";
}

/* Not yet, or not any more. */
static int check_dates(const char *file, const X509 *certificate)
{
	if (X509_cmp_current_time(X509_get0_notBefore(certificate)) > 0)
		return vifctl_fail(VIFCTL_FAILED, "%s: this certificate is not valid yet, by this host's "
				   "clock", file);
	if (X509_cmp_current_time(X509_get0_notAfter(certificate)) < 0)
		return vifctl_fail(VIFCTL_FAILED, "%s: this certificate has expired, by this host's clock",
				   file);
	return VIFCTL_OK;
}

static int load_files(const struct pool_setting *s, SSL_CTX *ctx)
{
	if (SSL_CTX_load_verify_locations(ctx, s->ca, NULL) != 1)
		return vifctl_fail(VIFCTL_FAILED, "%s: authority of the certificates: %s", s->ca,
				   ssl_words());
	if (SSL_CTX_use_certificate_chain_file(ctx, s->certificate) != 1)
		return vifctl_fail(VIFCTL_FAILED, "%s: certificate of this host: %s", s->certificate,
				   ssl_words());
	if (SSL_CTX_use_PrivateKey_file(ctx, s->key, SSL_FILETYPE_PEM) != 1)
		return vifctl_fail(VIFCTL_FAILED, "%s: private key of %s: %s", s->key, s->certificate,
				   ssl_words());
	return check_dates(s->certificate, SSL_CTX_get0_certificate(ctx));
}

/* By it the server knows whose rows this host may write. */
static int check_name(const struct pool_setting *s, SSL_CTX *ctx)
{
	X509_NAME *subject = X509_get_subject_name(SSL_CTX_get0_certificate(ctx));
	char name[256] = "";
	struct utsname host;
	const char *wanted;

	uname(&host);
	wanted = s->host ?: host.nodename;
	X509_NAME_get_text_by_NID(subject, NID_commonName, name, sizeof(name));
	if (strcmp(name, wanted)) {
		_cleanup_free_ char *safe = safe_text(name);

		return vifctl_fail(VIFCTL_FAILED, "%s: its common name is \"%s\", and this host's name is "
				   "\"%s\" (host= or uname -n): the other would refuse all that this host "
				   "says of itself; nothing was changed", s->certificate, safe, wanted);
	}
	return VIFCTL_OK;
}

/* ---- a member ---- */

/* "HOST:PORT" of a URL; to be freed. */
static char *address_of(const char *url)
{
	const char *at = strstr(url, "://") + 3;
	int len = (int)strcspn(at, "/");
	const char *colon = memrchr(at, ':', (size_t)len);
	bool has_port = colon && !memchr(colon, ']', (size_t)(at + len - colon));

	return xprintf("%.*s%s", len, at, has_port ? "" : ":2379");
}

static void expect_name(SSL *ssl, const char *address)
{
	_cleanup_free_ char *host = *address == '[' ?
		xprintf("%.*s", (int)strcspn(address + 1, "]"), address + 1) :
		xprintf("%.*s", (int)strcspn(address, ":"), address);
	X509_VERIFY_PARAM *param = SSL_get0_param(ssl);

	if (X509_VERIFY_PARAM_set1_ip_asc(param, host) != 1) {
		ERR_clear_error();
		SSL_set1_host(ssl, host);
		SSL_set_tlsext_host_name(ssl, host);
	}
}

/* Connected, in TLS if @ctx; NULL and why not, to be freed. */
static BIO *connect_to(const char *address, SSL_CTX *ctx, char **ret_problem)
{
	BIO *bio = ctx ? BIO_new_ssl_connect(ctx) : BIO_new_connect(address);
	SSL *ssl = NULL;
	long verified;

	if (ctx) {
		BIO_set_conn_hostname(bio, address);
		BIO_get_ssl(bio, &ssl);
		expect_name(ssl, address);
	}
	if (BIO_do_connect_retry(bio, MEMBER_S, 100) == 1)
		return bio;
	verified = ssl ? SSL_get_verify_result(ssl) : X509_V_OK;
	*ret_problem = xprintf("%s", verified == X509_V_OK ? ssl_words() :
			       X509_verify_cert_error_string(verified));
	BIO_free_all(bio);
	return NULL;
}

/* Header and body of what is answered to a question for its status; to be freed. */
static char *ask(BIO *bio, const char *address)
{
	_cleanup_free_ char *question = xprintf("POST /v3/maintenance/status HTTP/1.0\r\nHost: %s\r\n"
						"Content-Length: 2\r\nConnection: close\r\n\r\n{}",
						address);
	char *answer = xmalloc(ANSWER_MAX + 1);
	time_t end = time(NULL) + MEMBER_S;
	int len = 0, n;

	/* It does not block: BIO_do_connect_retry() made it so. */
	do {
		n = BIO_write(bio, question, (int)strlen(question));
	} while (n <= 0 && BIO_should_retry(bio) && BIO_wait(bio, end, 100) == 1);
	do {
		n = BIO_read(bio, answer + len, ANSWER_MAX - len);
		len += n > 0 ? n : 0;
	} while (len < ANSWER_MAX &&
		 (n > 0 || (n < 0 && BIO_should_retry(bio) && BIO_wait(bio, end, 100) == 1)));
	answer[len] = '\0';
	return answer;
}

static void check_clock(const char *url, const char *answer)
{
	const char *date = strcasestr(answer, "\r\nDate: ");
	struct tm tm = {};
	long ahead;

	if (!date || !strptime(date + 8, "%a, %d %b %Y %H:%M:%S", &tm))
		return;
	ahead = (long)(timegm(&tm) - time(NULL));
	if (labs(ahead) > POOL_CLOCK_S)
		vifctl_say("warning: the clock of %s is %ld s %s this host's: times of handovers and of "
			   "certificates will not hold", url, labs(ahead), ahead > 0 ? "ahead of" : "behind");
}

/* 3.4 or later. */
static int check_version(const char *url, const char *answer)
{
	const char *body = strstr(answer, "\r\n\r\n");
	json_t *status = body ? json_loads(body + 4, 0, NULL) : NULL;
	_cleanup_free_ char *version = safe_text(get_text(status, "version"));
	_cleanup_free_ char *error = safe_text(json_string_value(
		json_array_get(json_object_get(status, "errors"), 0)) ?: "");
	int major = 0, minor = 0, fields = sscanf(version, "%d.%d", &major, &minor);

	json_decref(status);
	if (fields != 2)
		return vifctl_fail(VIFCTL_FAILED, "%s: what answers there is no etcd", url);
	if (major < 3 || (major == 3 && minor < 4))
		return vifctl_fail(VIFCTL_FAILED, "%s: this is etcd %s; 3.4 or later is needed", url,
				   version);
	if (*error)
		vifctl_say("warning: %s says: %s", url, error);
	return VIFCTL_OK;
}

static int check_member(const char *url, SSL_CTX *ctx, size_t *answering)
{
	_cleanup_free_ char *address = address_of(url), *problem = NULL, *answer = NULL;
	BIO *bio = connect_to(address, !strncmp(url, "https:", 6) ? ctx : NULL, &problem);
	int status;

	if (!bio) {
		vifctl_say("warning: %s: %s", url, problem);
		return VIFCTL_OK;
	}
	answer = ask(bio, address);
	BIO_free_all(bio);
	check_clock(url, answer);
	status = check_version(url, answer);
	*answering += status == VIFCTL_OK;
	return status;
}

/* A busy host may take its time; one where nobody listens is not waited for so long. */
static int wait_for_server(struct vifdb *db)
{
	int64_t start = clock_ms();

	while (vifdb_state(db) != VIFDB_READY) {
		bool nobody = vifdb_state(db) == VIFDB_DISCONNECTED && *vifdb_error(db);
		int64_t waited = clock_ms() - start;
		int r;

		if (waited >= SERVER_MS || (nobody && waited >= MEMBER_S * 1000))
			return -ETIMEDOUT;
		r = vifdb_wait(db, 100);
		if (r < 0)
			return r;
	}
	return 0;
}

static int ask_server(const struct pool_setting *s)
{
	bool v6 = strchr(s->address, ':');
	_cleanup_free_ char *remote = xprintf("ssl:%s%s%s:%s", v6 ? "[" : "", s->address,
					      v6 ? "]" : "", s->port);
	struct vifdb *db = NULL;
	int r = vifdb_new(remote, NULL, &db), status = VIFCTL_OK;

	if (r >= 0)
		r = vifdb_set_tls(db, s->key, s->certificate, s->ca);
	if (r >= 0)
		r = vifdb_follow(db, "Global", NULL);
	if (r >= 0)
		r = wait_for_server(db);
	if (r < 0) {
		_cleanup_free_ char *why = safe_text(db && *vifdb_error(db) ? vifdb_error(db) :
							     strerror(-r));

		status = vifctl_fail(VIFCTL_FAILED, "%s does not answer; nothing was changed: %s", remote,
				     why);
	}
	vifdb_free(db);
	return status;
}

int pool_check_direct(const struct pool_setting *s)
{
	bool joins = !strcmp(s->way, "join");
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
	int status = load_files(s, ctx);

	if (status == VIFCTL_OK && joins)
		status = check_name(s, ctx);
	SSL_CTX_free(ctx);
	return status || !joins ? status : ask_server(s);
}

int pool_check(const struct pool_setting *s)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
	int status = s->tls ? load_files(s, ctx) : VIFCTL_OK;
	size_t answering = 0;

	SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION);
	SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, NULL);
	for (size_t i = 0; i < s->count && status == VIFCTL_OK; i++)
		status = check_member(s->urls[i], ctx, &answering);
	SSL_CTX_free(ctx);
	if (status == VIFCTL_OK && answering * 2 <= s->count)
		return vifctl_fail(VIFCTL_FAILED, "%zu of %zu members of etcd answer, and a majority is "
				   "needed; nothing was changed", answering, s->count);
	return status;
}
