// SPDX-License-Identifier: GPL-2.0-or-later
/* Who is believed to have told a WireGuard key: certificates that openssl makes, and forgeries. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/hash.h"
#include "mesh/mesh-proof.h"
#include "mesh/mesh-proved.h"

#define EC	"-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes"

static const char *const keys[] = { "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA= 51790", NULL };
static const char *const forged[] = { "BAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA= 51790", NULL };

struct bed {
	char dir[40];
	char path[12][80];
	struct mesh_proof_files host2, host3, stranger;
};

static void run(const char *command)
{
	assert_int_equal(system(command), 0);
}

static const char *path_of(struct bed *b, int i, const char *name)
{
	snprintf(b->path[i], sizeof(b->path[i]), "%s/%s", b->dir, name);
	return b->path[i];
}

static void issue(const struct bed *b, const char *ca, const char *name)
{
	char command[800];

	snprintf(command, sizeof(command),
		 "cd %s && openssl req -x509 " EC " -subj /CN=ca -keyout %s.key -out %s.pem "
		 "-days 30 2>/dev/null; test -f %s.pem", b->dir, "new", "new", "new");
	run(command);
	snprintf(command, sizeof(command), "cd %s && test -f %s.pem || { mv new.key %s.key; mv new.pem %s.pem; }",
		 b->dir, ca, ca, ca);
	run(command);
	snprintf(command, sizeof(command),
		 "cd %s && openssl req -new " EC " -subj /CN=%s -keyout %s-%s.key -out csr 2>/dev/null && "
		 "openssl x509 -req -in csr -CA %s.pem -CAkey %s.key -set_serial 7 -days 30 "
		 "-out %s-%s.pem 2>/dev/null", b->dir, name, ca, name, ca, ca, ca, name);
	run(command);
}

static int setup(void **state)
{
	struct bed *b = calloc(1, sizeof(*b));

	strcpy(b->dir, "/tmp/mesh-proof-XXXXXX");
	assert_non_null(mkdtemp(b->dir));
	issue(b, "ca", "host2");
	issue(b, "ca", "host3");
	issue(b, "other", "host2");
	b->host2 = (struct mesh_proof_files){ path_of(b, 0, "ca-host2.key"),
					      path_of(b, 1, "ca-host2.pem"), path_of(b, 2, "ca.pem") };
	b->host3 = (struct mesh_proof_files){ path_of(b, 3, "ca-host3.key"),
					      path_of(b, 4, "ca-host3.pem"), b->path[2] };
	b->stranger = (struct mesh_proof_files){ path_of(b, 5, "other-host2.key"),
						 path_of(b, 6, "other-host2.pem"), b->path[2] };
	*state = b;
	return 0;
}

static int teardown(void **state)
{
	struct bed *b = *state;
	char command[80];

	snprintf(command, sizeof(command), "rm -r %s", b->dir);
	run(command);
	free(b);
	return 0;
}

static struct mesh_proof proof_of(const json_t *row)
{
	return (struct mesh_proof){
		json_string_value(json_object_get(row, "certificate")),
		json_string_value(json_object_get(row, "sequence")),
		json_string_value(json_object_get(row, "signature")),
	};
}

static void refused(struct bed *b, const json_t *row, const char *host, const char *const told[2],
		    const char *words)
{
	const struct mesh_proof proof = proof_of(row);
	struct problem problem = {};
	int64_t sequence = -1;

	assert_int_equal(mesh_proof_check(&b->host2, host, told, &proof, &sequence, &problem),
			 -EINVAL);
	if (!strstr(problem.text, words))
		fail_msg("%s", problem.text);
	assert_int_equal(sequence, -1);
}

static json_t *made_of(const struct mesh_proof_files *files, const char *host,
		       const char *const told[2])
{
	struct problem problem = {};
	json_t *row = mesh_proof_make(files, host, told, 1234, &problem);

	if (!row)
		fail_msg("%s", problem.text);
	return row;
}

static json_t *made(const struct mesh_proof_files *files, const char *host)
{
	return made_of(files, host, keys);
}

static void test_good(void **state)
{
	struct bed *b = *state;
	json_t *row = made(&b->host2, "host2");
	const struct mesh_proof proof = proof_of(row);
	struct problem problem;
	int64_t sequence = 0;

	assert_true(mesh_proof_wanted(&b->host2));
	assert_int_equal(mesh_proof_check(&b->host2, "host2", keys, &proof, &sequence, &problem), 0);
	assert_int_equal(sequence, 1234);
	json_decref(row);
}

static void test_forged(void **state)
{
	struct bed *b = *state;
	json_t *row = made(&b->host2, "host2"), *none = json_object();

	refused(b, none, "host2", keys, "it has no proof");
	refused(b, row, "host2", forged, "the signature is not of these keys");
	refused(b, row, "host4", keys, "by another host's certificate, of host2");
	json_object_set_new(row, "sequence", json_string("1235"));
	refused(b, row, "host2", keys, "the signature is not of these keys");
	json_object_set_new(row, "sequence", json_string("x"));
	refused(b, row, "host2", keys, "no number");
	json_object_set_new(row, "sequence", json_string("1234"));
	json_object_set_new(row, "signature", json_string("!"));
	refused(b, row, "host2", keys, "the signature is not of these keys");
	json_object_set_new(row, "certificate", json_string("x"));
	refused(b, row, "host2", keys, "certificate is none");
	json_decref(row);
	/* Another host of the pool, and one who made himself a CA. */
	row = made(&b->host3, "host2");
	refused(b, row, "host2", keys, "by another host's certificate, of host3");
	json_decref(row);
	row = made(&b->stranger, "host2");
	refused(b, row, "host2", keys, "its certificate is not good");
	json_decref(row);
	json_decref(none);
}

static void test_no_files(void **state)
{
	struct bed *b = *state;
	struct mesh_proof_files files = b->host2;
	struct problem problem;

	files.key = b->host3.key;
	assert_null(mesh_proof_make(&files, "host2", keys, 1, &problem));
	assert_non_null(strstr(problem.text, "no certificate with its key"));
	files.ca = "/nowhere";
	assert_false(mesh_proof_wanted(&files));
}

/* What was found of a row is not said of another, however alike. */
static void test_remembered(void **state)
{
	static const char *const own[] = { "AAAAAAAAAAAAAAAAAAAAkMXAAAAAAAAAAAAAAAAAAAA= 51790", NULL };
	static const char twin[] = "AAAAAAAAAAAAAAAAAAAAfbDBAAAAAAAAAAAAAAAAAAA= 51790";
	struct bed *b = *state;
	json_t *row = made_of(&b->host2, "host2", own);
	const struct mesh_proof proof = proof_of(row);
	struct pool_host host = {
		.name = "host2", .keys = { own[0] },
		.proof = { proof.certificate, proof.sequence, proof.signature },
	};
	struct mesh m = { .name = (char []){ "host1" } };

	assert_int_equal(bytes_sum(own[0], strlen(own[0]), 1), bytes_sum(twin, strlen(twin), 1));
	mesh_prove(&m, &b->host2, &host, 1, 1);
	assert_null(host.doubt);
	host.keys[0] = twin;
	mesh_prove(&m, &b->host2, &host, 1, 2);
	assert_non_null(host.doubt);
	host.keys[0] = own[0];
	mesh_prove(&m, &b->host2, &host, 1, 3);
	assert_null(host.doubt);
	mesh_proved_forget(&m);
	json_decref(row);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good), cmocka_unit_test(test_forged),
		cmocka_unit_test(test_no_files), cmocka_unit_test(test_remembered),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
