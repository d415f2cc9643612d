// SPDX-License-Identifier: GPL-2.0-or-later
#include <dlfcn.h>
#include <errno.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <resolv.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "base/number.h"
#include "mesh/mesh-proof.h"

#define LIBRARY		"libcrypto.so.3"
#define SIGNATURE_MAX	1024	/* octets: RSA of 8192 bits */
#define PEM_MAX		16384
#define FUNCTIONS(X) \
	X(BIO_free) X(BIO_new_file) X(BIO_new_mem_buf) X(EVP_DigestSign) X(EVP_DigestSignInit) \
	X(EVP_DigestVerify) X(EVP_DigestVerifyInit) X(EVP_MD_CTX_free) X(EVP_MD_CTX_new) \
	X(EVP_PKEY_free) X(EVP_PKEY_get_id) X(EVP_sha256) X(ERR_clear_error) \
	X(PEM_read_bio_PrivateKey) X(PEM_read_bio_X509) X(X509_NAME_get_text_by_NID) \
	X(X509_STORE_CTX_free) X(X509_STORE_CTX_get_error) X(X509_STORE_CTX_init) \
	X(X509_STORE_CTX_new) X(X509_STORE_free) X(X509_STORE_load_locations) X(X509_STORE_new) \
	X(X509_free) X(X509_get0_pubkey) X(X509_get_subject_name) X(X509_verify_cert) \
	X(X509_verify_cert_error_string) X(X509_check_private_key)
#define MEMBER(name) __typeof__(&name) name;
#define FIND(name)                                                                                \
	lib.name = (__typeof__(lib.name))dlsym(handle, #name);                                     \
	lib.complete &= lib.name != NULL;

static struct {
	bool tried, complete;
	FUNCTIONS(MEMBER)
} lib;

static bool loaded(struct problem *problem)
{
	if (!lib.tried) {
		void *handle = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL);

		lib.tried = true;
		lib.complete = handle;
		if (handle) {
			FUNCTIONS(FIND)
		}
	}
	if (!lib.complete)
		problem_set(problem, LIBRARY " cannot be loaded");
	return lib.complete;
}

#define RELEASE(name, type, function)                                                             \
	static void name(type **p)                                                                 \
	{                                                                                          \
		if (*p)                                                                            \
			lib.function(*p);                                                          \
	}
RELEASE(free_bio, BIO, BIO_free)
RELEASE(free_certificate, X509, X509_free)
RELEASE(free_key, EVP_PKEY, EVP_PKEY_free)
RELEASE(free_digest, EVP_MD_CTX, EVP_MD_CTX_free)
RELEASE(free_store, X509_STORE, X509_STORE_free)
RELEASE(free_check, X509_STORE_CTX, X509_STORE_CTX_free)

bool mesh_proof_wanted(const struct mesh_proof_files *files)
{
	return access(files->ca, R_OK) == 0;
}

/* What is signed; the same on every host, for good. */
static char *statement(const char *host, const char *const keys[2], int64_t sequence)
{
	return xprintf("vifswitch wireguard keys 1\n%s\n%lld\n0 %s\n1 %s\n", host,
		       (long long)sequence, keys[0] ?: "-", keys[1] ?: "-");
}

/* Ed25519 and Ed448 have no digest of their own choice. */
static const EVP_MD *digest_of(const EVP_PKEY *key)
{
	int id = lib.EVP_PKEY_get_id(key);

	return id == EVP_PKEY_ED25519 || id == EVP_PKEY_ED448 ? NULL : lib.EVP_sha256();
}

/* ---- making ---- */

static char *read_text(const char *path)
{
	FILE *f = fopen(path, "re");
	char *text = f ? xzalloc(PEM_MAX + 1) : NULL;
	size_t n = f ? fread(text, 1, PEM_MAX + 1, f) : 0;

	if (f)
		fclose(f);
	if (n && n <= PEM_MAX)
		return text;
	free(text);
	return NULL;
}

static EVP_PKEY *read_key(const char *path)
{
	_cleanup_(free_bio) BIO *in = lib.BIO_new_file(path, "r");

	/* A key with a passphrase is none: nobody is there to ask. */
	return in ? lib.PEM_read_bio_PrivateKey(in, NULL, NULL, (void *)"") : NULL;
}

static X509 *read_certificate(const char *text)
{
	_cleanup_(free_bio) BIO *in = lib.BIO_new_mem_buf(text, -1);

	return in ? lib.PEM_read_bio_X509(in, NULL, NULL, NULL) : NULL;
}

json_t *mesh_proof_make(const struct mesh_proof_files *files, const char *host,
			const char *const keys[2], int64_t sequence, struct problem *problem)
{
	_cleanup_free_ char *certificate = read_text(files->certificate);
	_cleanup_free_ char *text = statement(host, keys, sequence);
	_cleanup_(free_digest) EVP_MD_CTX *digest = NULL;
	_cleanup_(free_key) EVP_PKEY *key = NULL;
	_cleanup_(free_certificate) X509 *own = NULL;
	uint8_t signature[SIGNATURE_MAX];
	char in_text[2 * SIGNATURE_MAX];
	size_t len = sizeof(signature);

	if (!loaded(problem))
		return NULL;
	key = read_key(files->key);
	own = certificate ? read_certificate(certificate) : NULL;
	if (!key || !own || lib.X509_check_private_key(own, key) != 1) {
		lib.ERR_clear_error();
		problem_set(problem, "%s and %s are no certificate with its key", files->certificate, files->key);
		return NULL;
	}
	digest = lib.EVP_MD_CTX_new();
	if (!digest || lib.EVP_DigestSignInit(digest, NULL, digest_of(key), NULL, key) != 1 ||
	    lib.EVP_DigestSign(digest, signature, &len, (const uint8_t *)text, strlen(text)) != 1) {
		lib.ERR_clear_error();
		problem_set(problem, "%s does not sign", files->key);
		return NULL;
	}
	if (b64_ntop(signature, len, in_text, sizeof(in_text)) < 0)
		return NULL;
	return json_pack("{s:s, s:o, s:s}", "certificate", certificate, "sequence",
			 json_sprintf("%lld", (long long)sequence), "signature", in_text);
}

/* ---- checking ---- */

static int check_chain(const struct mesh_proof_files *files, X509 *certificate,
		       struct problem *problem)
{
	_cleanup_(free_store) X509_STORE *store = lib.X509_STORE_new();
	_cleanup_(free_check) X509_STORE_CTX *check = lib.X509_STORE_CTX_new();

	if (!store || !check || lib.X509_STORE_load_locations(store, files->ca, NULL) != 1 ||
	    lib.X509_STORE_CTX_init(check, store, certificate, NULL) != 1)
		return problem_set(problem, "%s is no certificate", files->ca);
	if (lib.X509_verify_cert(check) == 1)
		return 0;
	return problem_set(problem, "its certificate is not good: %s",
			   lib.X509_verify_cert_error_string(lib.X509_STORE_CTX_get_error(check)));
}

static int check_name(const X509 *certificate, const char *host, struct problem *problem)
{
	char name[256] = "";
	int len = lib.X509_NAME_get_text_by_NID(lib.X509_get_subject_name(certificate),
						NID_commonName, name, sizeof(name));

	if (len == (int)strlen(host) && strcmp(name, host) == 0)
		return 0;
	return problem_set(problem, "the proof is by another host's certificate, of %.60s",
			   len > 0 ? name : "nobody");
}

static int check_signature(X509 *certificate, const char *text, const char *signature,
			   struct problem *problem)
{
	_cleanup_(free_digest) EVP_MD_CTX *digest = lib.EVP_MD_CTX_new();
	EVP_PKEY *key = lib.X509_get0_pubkey(certificate);
	uint8_t octets[SIGNATURE_MAX];
	int len = b64_pton(signature, octets, sizeof(octets));

	if (len > 0 && digest && key &&
	    lib.EVP_DigestVerifyInit(digest, NULL, digest_of(key), NULL, key) == 1 &&
	    lib.EVP_DigestVerify(digest, octets, (size_t)len, (const uint8_t *)text,
				 strlen(text)) == 1)
		return 0;
	return problem_set(problem, "the signature is not of these keys");
}

int mesh_proof_check(const struct mesh_proof_files *files, const char *host,
		     const char *const keys[2], const struct mesh_proof *proof,
		     int64_t *ret_sequence, struct problem *problem)
{
	_cleanup_(free_certificate) X509 *certificate = NULL;
	_cleanup_free_ char *text = NULL;
	uint64_t sequence;
	int r;

	if (!proof->certificate || !proof->sequence || !proof->signature)
		return problem_set(problem, "it has no proof");
	if (!number_parse(proof->sequence, strlen(proof->sequence), 0, INT64_MAX, &sequence))
		return problem_set(problem, "the proof's sequence is no number");
	if (!loaded(problem))
		return -EINVAL;
	certificate = strlen(proof->certificate) <= PEM_MAX ? read_certificate(proof->certificate) :
							      NULL;
	if (!certificate)
		r = problem_set(problem, "the proof's certificate is none");
	else
		r = check_chain(files, certificate, problem);
	if (r == 0)
		r = check_name(certificate, host, problem);
	text = statement(host, keys, (int64_t)sequence);
	if (r == 0)
		r = check_signature(certificate, text, proof->signature, problem);
	lib.ERR_clear_error();
	if (r == 0)
		*ret_sequence = (int64_t)sequence;
	return r;
}
